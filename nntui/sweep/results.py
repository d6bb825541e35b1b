"""The file of a sweep: what it is made of, then what came of each cell, a line for each as they end.

JSON lines: the first has the plan and what it was made with, every other ``{"cell", "value", "state", "step"}``. A line
that was cut off is as if it were not there. One process at a time writes.
"""

import fcntl
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np

from nntui_engine.errors import InputError

from .batch import Result
from .plan import Plan

FORMAT = 1
LONGEST = 100_000_000  # bytes of a file that is read
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Results:
    """What is known of a sweep's cells, in a file that grows; ``path`` None: nowhere but here.

    Beside ``found``, by number: ``values`` (cells,), NaN where there is none, and ``done`` and ``diverged`` (cells,).
    """

    def __init__(self, plan: Plan, made_with: Mapping[str, str], path: Path | None = None) -> None:
        self.plan, self.made_with, self.path = plan, dict(made_with), path
        self.found: dict[int, Result] = {}
        self.values = np.full(plan.count, np.nan)
        self.done, self.diverged = np.zeros((2, plan.count), dtype=np.bool_)
        self._file: IO[bytes] | None = None
        self._begun_here = False

    @classmethod
    def begin(cls, path: Path, plan: Plan, made_with: Mapping[str, str]) -> "Results":
        """A new file. Raises InputError where there is one, or none can be made."""
        results = cls(plan, made_with, path)
        try:
            results._file = path.open("xb")
        except FileExistsError:
            raise InputError(
                f"{path}: it exists already; go on with it by --resume {path}, or choose another"
            ) from None
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror}") from None
        results._begun_here = True
        results._lock()
        results._write([{"nntui_sweep": FORMAT, "made_with": results.made_with, "plan": msgspec.to_builtins(plan)}])
        return results

    @classmethod
    def resume(cls, path: Path) -> "Results":
        """A file that is there, to be gone on with. Raises InputError for another file, and for one into which another
        process writes."""
        results = cls.read(path)
        try:
            results._file = path.open("r+b")
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror}") from None
        results._lock()
        whole = results._file.read()
        results._file.seek(whole.rfind(b"\n") + 1)
        results._file.truncate()
        return results

    @classmethod
    def read(cls, path: Path) -> "Results":
        """What stands in a file. Raises InputError for one that is no sweep's."""
        try:
            if not path.is_file() or path.stat().st_size > LONGEST:
                raise InputError(f"{path}: {'too large' if path.is_file() else 'no such file'}")
            lines = path.read_bytes().split(b"\n")[:-1]
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from None
        try:
            head = json.loads(lines[0])
            known = head["nntui_sweep"] == FORMAT
            plan = msgspec.convert(head["plan"], Plan) if known else None
            made_with = {str(key): str(value) for key, value in head["made_with"].items()}
        except (IndexError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
            raise InputError(f"{path}: not a sweep of nntui") from None
        if plan is None:
            raise InputError(f"{path}: written by another version of nntui; must be format {FORMAT}")
        results = cls(plan, made_with, path)
        for number, line in enumerate(lines[1:], 2):
            try:
                one = json.loads(line)
                value = one["value"]
                value = _WORDS[value] if isinstance(value, str) else value
                result = Result(
                    int(one["cell"]), None if value is None else float(value), str(one["state"]), int(one["step"])
                )
                if not 0 <= result.cell < plan.count:
                    raise ValueError
            except (KeyError, TypeError, ValueError, RecursionError):
                raise InputError(f"{path}: line {number} is no cell of this sweep") from None
            results._know(result)
        return results

    @property
    def missing(self) -> list[int]:
        """Cells of which nothing is known yet."""
        return [int(number) for number in np.flatnonzero(~self.done)]

    def add(self, results: Iterable[Result]) -> None:
        """Keeps what came of some cells; on the disk before it returns. Raises InputError where that cannot be."""
        new = [result for result in results if result.cell not in self.found]
        if self._file is not None:
            self._write([asdict(result) for result in new])
        for result in new:
            self._know(result)

    def close(self) -> None:
        """Lets go of the file; one that was begun here and has no cell goes again."""
        if self._file is not None:
            self._file.close()
            self._file = None
            if self._begun_here and not self.found and self.path is not None:
                self.path.unlink(missing_ok=True)

    def _know(self, result: Result) -> None:
        self.values[result.cell] = math.nan if result.value is None else result.value
        self.diverged[result.cell] = result.state == "diverged"
        self.done[result.cell] = True
        self.found[result.cell] = result

    def _lock(self) -> None:
        assert self._file is not None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise InputError(f"{self.path}: another sweep writes into it now") from None

    def _write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        from nntui.json_text import json_text

        if self._file is None:
            return
        try:
            self._file.write("".join(json_text(row, indent=None) for row in rows).encode())
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise InputError(f"{self.path}: cannot be written: {error.strerror}; cells up to here are kept") from None
