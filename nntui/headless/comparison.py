"""Comparing a run with the reference of an earlier one: numbers within a tolerance, frames cell by cell."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nntui.headless.svg_cells import cell_styles
from nntui_engine.registry.statistic import EVALUATION_STATISTICS, LAYER_STATISTICS, WHOLE_STATISTICS

# What a person or the scenario chose: no tolerance applies.
EXACT = ("settings", "tweaks", "frame")
COUNTS = ("dead_units", "inactive_units")
LINEAR_WHOLE = {row.name for row in (*WHOLE_STATISTICS, *EVALUATION_STATISTICS) if row.scale == "linear"}
LINEAR_LAYER = {row.name for row in LAYER_STATISTICS if row.scale == "linear"}


@dataclass(frozen=True, slots=True)
class NumberDifference:
    """A value at ``path`` ("sigmoid · layer 2 · gradient_norm") that is not what the reference holds."""

    path: str
    expected: Any
    got: Any


@dataclass(frozen=True, slots=True)
class RowDifference:
    """Cells ``columns`` (0-based) of ``row`` (0-based) that differ; ``panel`` is the title of the box around them."""

    row: int
    columns: tuple[int, ...]
    expected: str
    got: str
    panel: str


@dataclass(frozen=True, slots=True)
class CellDifference:
    """How two frames differ: ``changed`` of ``total`` cells, by row."""

    rows: tuple[RowDifference, ...]
    changed: int
    total: int

    @property
    def percent(self) -> float:
        """The share of cells that differ, in percent; 0.0 for frames without cells."""
        return 100.0 * self.changed / self.total if self.total else 0.0


def compare_numbers(expected: Any, got: Any, percent: float) -> list[NumberDifference]:
    """All values of two run documents that differ by more than ``percent`` of their size.

    A value of a logarithmic statistic is measured against itself; one on a linear scale (a mean, a share, a count)
    against the most it can be or is in its lane, because a mean of almost 0 has no size of its own. Whole numbers and
    settings must be equal. NaN equals NaN.
    """
    return list(_compare(expected, got, percent / 100.0, (), {}))


Scales = Mapping[str, float]


def _compare(
    expected: Any, got: Any, share: float, path: tuple[str, ...], scales: Scales
) -> Iterator[NumberDifference]:
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        if "units" in expected and "index" in expected:
            scales = {**scales, **dict.fromkeys(COUNTS, float(expected["units"]))}
        for key in [*expected, *(key for key in got if key not in expected)]:
            inner_share = 0.0 if key in EXACT else share
            yield from _compare(
                expected.get(key, "nothing"), got.get(key, "nothing"), inner_share, (*path, str(key)), scales
            )
    elif isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            yield NumberDifference(f"number of {_words(path)}", len(expected), len(got))
            return
        scales = _scales(expected, path)
        for position, (one, other) in enumerate(zip(expected, got, strict=True)):
            name = str(one.get("name") or position + 1) if isinstance(one, Mapping) else str(position + 1)
            yield from _compare(one, other, share, (*path, name), scales)
    elif not _same(expected, got, share, scales.get(path[-1], 0.0) if path else 0.0):
        yield NumberDifference(_words(path), expected, got)


def _scales(items: Sequence[Any], path: tuple[str, ...]) -> Scales:
    """What the linear statistics of lanes or layers are measured against, by name."""
    if path[-1] == "lanes":
        return dict.fromkeys(LINEAR_WHOLE, 1.0)
    if path[-1] != "layers":
        return {}
    layers = [item for item in items if isinstance(item, Mapping)]  # a finding's "layers" are plain numbers
    scales = {}
    for name in LINEAR_LAYER:
        sizes = [abs(item[name]) for item in layers if _is_number(item.get(name))]
        scales[name] = max([1.0 if name.endswith(("fraction", "similarity")) else 0.0, *sizes])
    return scales


def _same(expected: Any, got: Any, share: float, scale: float) -> bool:
    if _is_number(expected) and _is_number(got) and float in (type(expected), type(got)):
        return bool(abs(expected - got) <= share * max(abs(expected), abs(got), scale))
    return bool(expected == got)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _words(path: tuple[str, ...]) -> str:
    words: list[str] = []
    for before, part in zip(("", *path), path, strict=False):
        if part == "lanes":
            continue
        if before == "layers":
            words[-1] = f"layer {part}"
        elif before == "lanes" and part.isdecimal():
            words.append(f"lane {part}")
        else:
            words.append(part)
    return " · ".join(words)


def compare_cells(expected: str, got: str, expected_svg: str = "", got_svg: str = "") -> CellDifference:
    """Two frames, cell by cell: characters from their texts, colours from their SVGs.

    Missing rows and columns count as blank.
    """
    old, new = expected.splitlines(), got.splitlines()
    width = max((len(line) for line in (*old, *new)), default=0)
    height = max(len(old), len(new))
    old = [line.ljust(width) for line in old] + [" " * width] * (height - len(old))
    new = [line.ljust(width) for line in new] + [" " * width] * (height - len(new))
    old_styles, new_styles = cell_styles(expected_svg), cell_styles(got_svg)
    rows = []
    for row, (before, after) in enumerate(zip(old, new, strict=True)):
        columns = tuple(
            c for c in range(width) if before[c] != after[c] or old_styles.get((row, c)) != new_styles.get((row, c))
        )
        if columns:
            rows.append(RowDifference(row, columns, before, after, _panel(new, row, columns[0])))
    return CellDifference(tuple(rows), sum(len(row.columns) for row in rows), width * height)


_TITLE = re.compile(r"[┌╭┏╔├┬┳╤┐╮][─━═ ]*(?P<title>[^─━═┌╭┐╮┬├┤│]*[^─━═┌╭┐╮┬├┤│ ])[─━═ ]*(?=[┐╮┓╗┬┳╤┤┌╭])")


def _panel(lines: Sequence[str], row: int, column: int) -> str:
    """The title in the top border of the box around a cell, or ""."""
    for index in range(row, -1, -1):
        for match in _TITLE.finditer(lines[index]):
            if match.start() <= column <= match.end():
                return match["title"].strip()
    return ""
