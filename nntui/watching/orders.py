"""Orders from outside into a run: lines of JSON in a file beside its record, which only the run itself writes.

Who gives an order appends a line; the run reads what is new at the end of a step. What it has done stands in the
record.
"""

import errno
import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nntui_engine.errors import InputError

try:
    import fcntl
except ImportError:  # pragma: no cover - not on Windows
    fcntl = None  # type: ignore[assignment]

SUFFIX = ".orders"
RECORD = "NNTUI_RECORD"  # in the environment: where a script records to that does not say it
TOLD = "NNTUI_RECORD_TOLD"  # … and the file in which it tells where that is
LONGEST = 4096  # bytes of an order
SECONDS = 0.05  # between two looks at the file
# What may be asked, and the keys of each
KNOWN = {
    "set": ("what", "value", "group"),
    "pause": (),
    "go": (),
    "step": (),
    "save": (),
    "stop": (),
}
SETTABLE = {
    "lr": "the factor on the learning rate",
    "weight_decay": "the weight decay",
    "clip_norm": "the largest norm of a gradient, 0 for no limit",
    "dropout": "the share of units that is left out",
}
RANGES = {"lr": (0.0, 1e6), "weight_decay": (0.0, 1e6), "clip_norm": (0.0, 1e30), "dropout": (0.0, 0.999)}


def name_of(what: object, group: object) -> str:
    """What is set, as the record and the lab have it: "lr", and of one group of parameters "lr_1"."""
    return f"{what}" if group is None else f"{what}_{group}"


def named(name: str) -> tuple[str, int | None]:
    """What is set, and the group of parameters it is for (None for all), of such a name."""
    what, _, group = name.rpartition("_")
    return (what, int(group)) if what and group.isdecimal() else (name, None)


def orders_path(record: Path) -> Path:
    """Where the orders to the run of a record stand."""
    return record.with_name(record.name + SUFFIX)


@dataclass(frozen=True, slots=True)
class Order:
    """One order: ``do`` is a key of KNOWN; ``group``: the group of parameters it is for, None for all."""

    do: str
    what: str = ""
    value: float = 0.0
    group: int | None = None


def checked(value: object) -> Order:
    """An order. Raises InputError for what is none."""
    if not isinstance(value, dict) or value.get("do") not in KNOWN:
        raise InputError(f"no order; allowed: {', '.join(KNOWN)}")
    do = str(value["do"])
    if do != "set":
        return Order(do)
    what, number, group = value.get("what"), value.get("value"), value.get("group")
    if what not in SETTABLE:
        raise InputError(f'"{str(what)[:40]}" cannot be set; allowed: {", ".join(SETTABLE)}')
    low, high = RANGES[what]
    if isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high:
        raise InputError(f"{what}: must be a number from {low:g} to {high:g}; got {str(number)[:40]}")
    if not (group is None or (isinstance(group, int) and not isinstance(group, bool) and group >= 0)):
        raise InputError(f"group: must be the number of a group of parameters; got {str(group)[:40]}")
    return Order(do, what, float(number), group)


def tell_where(record: Path) -> None:
    """Tells who has started the script where its record is."""
    told = os.environ.get(TOLD)
    if told:
        with suppress(OSError):
            Path(told).write_text(str(record.absolute()))


def give(record: Path, order: Order) -> None:
    """Give an order to the run that writes ``record``. Raises InputError where that cannot be written."""
    line: dict[str, Any] = {"do": order.do}
    if order.do == "set":
        line |= {"what": order.what, "value": order.value, "group": order.group}
    data = json.dumps(line).encode() + b"\n"
    path = orders_path(record)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)  # made by the run: without it nobody listens
    except FileNotFoundError:
        raise InputError(f"{record}: its run takes no orders: it has ended, or does not allow them") from None
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None
    try:
        os.write(descriptor, data)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        os.close(descriptor)


class Attendance:
    """Shows the run of a record, as long as this process lives and has not closed it, that somebody is there who may
    have it go on: without anybody a run that was paused does so by itself."""

    def __init__(self, record: Path) -> None:
        self._descriptor = -1
        with suppress(OSError):
            self._descriptor = os.open(orders_path(record), os.O_RDONLY)
            if fcntl is not None:
                fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def close(self) -> None:
        """Leaves it alone."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class Inbox:
    """Reads the orders to a run. Raises OSError where the file cannot be made."""

    def __init__(self, record: Path) -> None:
        self.path = orders_path(record)
        self._descriptor = os.open(
            self.path, os.O_RDONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600
        )
        self._rest = b""
        self._looked = 0.0

    def attended(self) -> bool:
        """Whether somebody is there who gives orders; True where the system cannot tell."""
        if fcntl is None:
            return True
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno in (errno.EAGAIN, errno.EACCES)
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        return False

    def due(self) -> bool:
        """Whether it is time for another look."""
        now = time.monotonic()
        if now - self._looked < SECONDS:
            return False
        self._looked = now
        return True

    def new(self) -> Iterator[Order | str]:
        """The orders since the last call; of a line that is none what is wrong. Raises OSError, no ValueError."""
        data = self._rest + os.read(self._descriptor, 1 << 16)
        *lines, self._rest = data.split(b"\n")
        if len(self._rest) > LONGEST:
            self._rest = b""
        for line in lines:
            try:
                if len(line) > LONGEST:
                    raise ValueError("it is too long")
                yield checked(json.loads(line))
            except (ValueError, RecursionError) as error:  # an InputError is one
                yield str(error).partition("\n")[0][:200]

    def close(self) -> None:
        """Takes no more orders."""
        os.close(self._descriptor)
        self.path.unlink(missing_ok=True)
