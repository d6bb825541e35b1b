"""Own data as CSV: a header row of column names, then one row of numbers (and a target) for each example."""

import array
import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

import numpy as np

from ..errors import InputError, allowed_names
from .dataset import Array
from .raw import RawData, check_size, printable
from .targets import MAX_CLASSES

LARGEST_FILE = 1_000_000_000
_LONGEST_LINE = 10_000_000
_MISSING = ("", "nan", "na", "n/a", "null", "none")


class _TextTargetError(Exception):
    """The target column turned out to be text."""


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """One file: features ``x`` (rows, columns) and targets ``y`` (rows, targets), text as its number in ``names``."""

    columns: tuple[str, ...]
    targets: tuple[str, ...]
    x: Array
    y: Array


def read_csv(path: Path, target: str | Sequence[str], task: str, validation: Path | None, where: str) -> RawData:
    """Read ``path``, and ``validation`` (the same columns) as the last rows if given.

    ``target`` is a column's name, several names, or "last" (the last column, unless one is called so). A single target
    is text, and so classes in sorted order, if its first cell is no number; or if any is not and ``task`` is "classes"
    or "binary". Columns are separated by commas, semicolons or tabs.

    Raises InputError naming file, line and column for anything that is no finite number, and for ragged rows.
    """
    names: dict[str, int] | None = None
    try:
        tables = _read_all(path, target, task, validation, names, where)
    except _TextTargetError:
        names = {}
        tables = _read_all(path, target, task, validation, names, where)
    first = tables[0]
    features = tuple(name for name in first.columns if name not in first.targets)
    x, y = (
        np.concatenate(parts) if len(parts) > 1 else parts[0]
        for parts in zip(*((t.x, t.y) for t in tables), strict=True)
    )
    held_out = len(tables[1].y) if len(tables) > 1 else 0
    if names is None:
        return RawData(x, y, features, first.targets, (), None, held_out)
    classes = tuple(sorted(names))
    rank = np.empty(len(names))
    rank[[names[name] for name in classes]] = np.arange(len(names))
    y = rank[y.astype(np.int64)]
    unseen = set(np.unique(y)) - set(np.unique(y[: len(y) - held_out]))
    if unseen:
        raise InputError(f'{where}: {validation}: class "{classes[int(min(unseen))]}" is in no training row')
    return RawData(x, y, features, first.targets, tuple(map(printable, classes)), None, held_out)


def _read_all(
    path: Path,
    target: str | Sequence[str],
    task: str,
    validation: Path | None,
    names: dict[str, int] | None,
    where: str,
) -> list[_Table]:
    tables = [_read(path, target, None, task, names, where)]
    if validation is not None:
        tables.append(_read(validation, tables[0].targets, tables[0].columns, task, names, where))
    return tables


def _read(
    path: Path,
    target: str | Sequence[str],
    expected: tuple[str, ...] | None,
    task: str,
    names: dict[str, int] | None,
    where: str,
) -> _Table:
    place = f"{where}: {path}"
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{place}: larger than {LARGEST_FILE // 10**9} GB, the limit for a CSV file")
        with path.open("rb") as probe:
            if b"\0" in probe.read(4096):
                raise InputError(f"{place}: not a CSV file (it holds zero bytes)")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return _parse(_bounded(stream), target, expected, task, names, place)
    except UnicodeDecodeError:
        raise InputError(f"{place}: not UTF-8 text") from None
    except csv.Error as error:
        raise InputError(f"{place}: not a CSV file: {error}") from None


def _bounded(stream: TextIO) -> Iterator[str]:
    """Lines of ``stream``; one without an end is refused before it fills the memory."""
    while line := stream.readline(_LONGEST_LINE):
        if len(line) >= _LONGEST_LINE:
            raise csv.Error(f"a line of more than {_LONGEST_LINE // 10**6} million characters")
        yield line


def _parse(
    lines: Iterator[str],
    target: str | Sequence[str],
    expected: tuple[str, ...] | None,
    task: str,
    names: dict[str, int] | None,
    place: str,
) -> _Table:
    """Read the rows. ``names`` None expects numbers as targets; else text is numbered in it as it is met."""
    first = next(lines, "")
    delimiter = max(",;\t", key=first.count)
    columns = tuple(printable(name.strip()) for name in next(csv.reader([first], delimiter=delimiter), []))
    _check_header(columns, expected, place)
    targets = _target_columns(columns, target, place)
    at_target = [columns.index(name) for name in targets]
    at_feature = [index for index in range(len(columns)) if index not in at_target]
    if not at_feature:
        raise InputError(f"{place}: no column is left for the inputs: the targets are {', '.join(targets)}")
    features, values = array.array("d"), array.array("d")
    rows = 0
    reader = csv.reader(lines, delimiter=delimiter)
    for row in reader:
        line = reader.line_num + 1
        if not row or (len(columns) > 1 and len(row) == 1 and not row[0].strip()):
            continue  # a blank line
        if len(row) != len(columns):
            raise InputError(f"{place}: line {line} has {len(row)} cells, but the header has {len(columns)}")
        for index in at_feature:
            features.append(_finite(row[index], place, line, columns[index]))
        for index in at_target:
            cell = row[index].strip()
            if names is not None:
                values.append(_name(cell, names, place, line, columns[index]))
                continue
            may_be_text = len(targets) == 1 and cell.lower() not in _MISSING and _number(cell) is None
            if may_be_text and (rows == 0 or task in ("classes", "binary")):
                raise _TextTargetError
            hint = '; for classes with such names set data.task = "classes"' if may_be_text else ""
            values.append(_finite(cell, place, line, columns[index], hint))
        rows += 1
        if rows % 100_000 == 0:
            check_size(rows, len(columns), place)
    check_size(rows, len(columns), place)
    if not rows:
        raise InputError(f"{place}: 0 rows below the header")
    return _Table(
        columns,
        targets,
        np.frombuffer(features, dtype=np.float64).reshape(rows, -1),
        np.frombuffer(values, dtype=np.float64).reshape(rows, -1),
    )


def _check_header(columns: tuple[str, ...], expected: tuple[str, ...] | None, place: str) -> None:
    if not any(columns):
        raise InputError(f"{place}: the first line is empty; it must hold the column names")
    if all(_number(name) is not None for name in columns):
        raise InputError(f"{place}: line 1 holds numbers; the first line must hold the column names")
    seen: set[str] = set()
    for name in columns:
        if name in seen:
            raise InputError(f'{place}: two columns are called "{name}"')
        seen.add(name)
    if expected is not None and columns != expected:
        raise InputError(f"{place}: its columns differ from those of the training file: {', '.join(expected)[:200]}")


def _target_columns(columns: tuple[str, ...], target: str | Sequence[str], place: str) -> tuple[str, ...]:
    if target == "last" and "last" not in columns:
        return columns[-1:]
    names = (target,) if isinstance(target, str) else tuple(target)
    if not names:
        raise InputError(f"{place}: data.target is an empty list; name at least one column")
    for name in names:
        if name not in columns:
            raise InputError(
                f'{place}: data.target: no column is called "{name}"; {allowed_names(name, list(columns))}'
            )
    return tuple(dict.fromkeys(names))


def _number(cell: str) -> float | None:
    """The number in ``cell``, or None; Python's own ``1_000`` is no number in a CSV file."""
    try:
        return float(cell) if "_" not in cell else None
    except ValueError:
        return None


def _finite(cell: str, place: str, line: int, column: str, hint: str = "") -> float:
    value = _number(cell)
    if value is None or not math.isfinite(value):
        _refuse(cell, place, line, column, f'"{cell.strip()[:40]}" is not a finite number{hint}')
    return value


def _name(cell: str, names: dict[str, int], place: str, line: int, column: str) -> float:
    if cell.lower() in _MISSING:
        _refuse(cell, place, line, column, f'"{cell}" stands for a missing value, not for a class')
    if cell not in names and len(names) >= MAX_CLASSES:
        raise InputError(
            f'{place}: column "{column}" holds more than {MAX_CLASSES} different texts, the limit for classes'
        )
    return float(names.setdefault(cell, len(names)))


def _refuse(cell: str, place: str, line: int, column: str, problem: str) -> NoReturn:
    raise InputError(f'{place}: line {line}, column "{column}": {problem if cell.strip() else "the cell is empty"}')
