"""The map of a sweep: a field for each cell, its colour by what was measured."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .colours import contrast
from .grid import Grid, Spot, fit
from .numbers import number
from .shades import Palette, rising, rising_shades
from .theme import ACCENT, DIM, ERROR, FAINT, TEXT, Theme

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
CELL = "cell"  # what its spots are
WIDEST, HIGHEST = 12, 4  # of a field
NUMBER = 7  # columns that a number takes, if there is room
LEAST = 5  # columns of a field in which one is written
BAR = 40  # columns
SCALES_APART = 100.0  # times: from there on colours go by the logarithm
LONGEST_LABEL = 12


@dataclass(frozen=True, slots=True, eq=False)
class SweepMap:
    """``values`` (rows, columns), NaN where nothing is known; ``diverged`` of the same shape, and ``done``: those that
    have ended. ``cursor`` is a (row, column). ``percent``: whether values are shares."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_name: str
    column_name: str
    values: Floats
    done: Flags
    diverged: Flags
    cursor: tuple[int, int]
    log: bool = False
    percent: bool = False


def shares_of(values: Floats, diverged: Flags, log: bool) -> tuple[Floats, float, float]:
    """How far up each of the values (rows, columns) is between the smallest and the largest of those that did not
    diverge, and these two; NaN where there is none."""
    usable = np.isfinite(values) & ~diverged & ((values > 0) | (not log))
    if not usable.any():
        return np.full(values.shape, np.nan), math.nan, math.nan
    low, high = float(values[usable].min()), float(values[usable].max())
    with np.errstate(all="ignore"):
        scaled = np.log(values) if log else values
        bottom, top = (math.log(low), math.log(high)) if log else (low, high)
        shares = (scaled - bottom) / (top - bottom) if top > bottom else np.full(values.shape, 0.5)
    return np.where(np.isnan(values), np.nan, np.clip(shares, 0.0, 1.0)), low, high


def wants_log(values: Floats, diverged: Flags) -> bool:
    """Whether the values (rows, columns) are so far apart that their logarithms tell more."""
    usable = values[np.isfinite(values) & ~diverged]
    return bool(usable.size and usable.min() > 0 and usable.max() / usable.min() > SCALES_APART)


def value_words(value: float, percent: bool, room: int = NUMBER) -> str:
    """A value in at most ``room`` columns where its shortest form fits."""
    if percent and math.isfinite(value):
        text = f"{100 * value:.1f}%"
        return text if len(text) <= room else f"{100 * value:.0f}%"
    return number(value, room)


def draw_sweep_map(spec: SweepMap, width: int, height: int, theme: Theme) -> Grid:
    """The map with its axes and the scale of its colours, of exactly ``width`` × ``height`` cells."""
    grid = Grid.blank(width, height)
    grid.write(0, 1, fit(spec.title, width - 2, theme.glyphs.end), f"bold {TEXT}")
    label = min(LONGEST_LABEL, max(map(len, (*spec.rows, spec.row_name))))
    left, top = label + 2, 3
    room_across, room_down = width - left - 1, height - top - 3
    if room_across < 1 or room_down < 1:
        return grid
    wide = max(1, min(WIDEST, room_across // len(spec.columns)))
    tall = max(1, min(HIGHEST, room_down // len(spec.rows), max(1, wide // 2 - 1)))
    first_column = _window(spec.cursor[1], len(spec.columns), room_across // wide)
    first_row = _window(spec.cursor[0], len(spec.rows), room_down // tall)
    shown_columns = range(first_column, min(len(spec.columns), first_column + room_across // wide))
    shown_rows = range(first_row, min(len(spec.rows), first_row + room_down // tall))
    palette = rising(theme)
    shares, low, high = shares_of(spec.values, spec.diverged, spec.log)
    shades = rising_shades(shares, palette)
    grid.write(1, left, fit(spec.column_name, room_across, theme.glyphs.end), DIM)
    _column_labels(grid, spec, shown_columns, left, wide, theme)
    grid.write(2, 0, fit(spec.row_name, label, theme.glyphs.end).rjust(label), DIM)
    for line, row in enumerate(shown_rows):
        at = top + line * tall
        style = f"bold {TEXT}" if row == spec.cursor[0] else DIM
        grid.write(at + (tall - 1) // 2, 0, fit(spec.rows[row], label, theme.glyphs.end).rjust(label), style)
        for place, column in enumerate(shown_columns):
            _field(
                grid, spec, (row, column), at, left + place * wide, wide, tall, int(shades[row, column]), palette, theme
            )
    if len(spec.columns) == 1:
        _bars(grid, spec, shown_rows, top, left + wide + 1, tall, shares, shades, palette, theme)
    below = top + len(shown_rows) * tall + 1
    more = [
        f"{hidden} {words}"
        for hidden, words in (
            (len(spec.rows) - len(shown_rows), "rows"),
            (len(spec.columns) - len(shown_columns), "columns"),
        )
        if hidden
    ]
    if more:
        grid.write(
            below - 1, left, fit(f"{' and '.join(more)} more: the arrows go there", room_across, theme.glyphs.end), DIM
        )
    _scale(grid, spec, low, high, palette, theme, below, left)
    return grid


def _window(cursor: int, count: int, room: int) -> int:
    """The first of those that are shown where not all have room."""
    return max(0, min(cursor - room // 2, count - room))


def _column_labels(grid: Grid, spec: SweepMap, shown: range, left: int, wide: int, theme: Theme) -> None:
    """As many as do not touch each other, that of the cursor always."""
    size = max(len(spec.columns[column]) for column in shown)
    every = max(1, math.ceil((min(size, LONGEST_LABEL) + 1) / wide))
    taken: set[int] = set()
    for column in sorted(shown, key=lambda one: (one != spec.cursor[1], one)):
        if column != spec.cursor[1] and (column - shown[0]) % every:
            continue
        room = wide * every - 1
        text = fit(spec.columns[column], max(1, room), theme.glyphs.end)
        at = min(left + (column - shown[0]) * wide + max(0, (wide - len(text)) // 2), grid.width - len(text))
        cells = set(range(at - 1, at + len(text) + 1))
        if cells & taken:
            continue
        taken |= cells
        grid.write(2, at, text, f"bold {TEXT}" if column == spec.cursor[1] else DIM)


def _field(
    grid: Grid, spec: SweepMap, place: tuple[int, int], top: int, left: int, wide: int, tall: int, shade: int,
    palette: Palette, theme: Theme,
) -> None:  # fmt: skip
    value, chosen = float(spec.values[place]), place == spec.cursor
    done, diverged = bool(spec.done[place]), bool(spec.diverged[place])
    coloured = not theme.ascii_only and shade >= 0 and not diverged and done
    if coloured:
        behind = palette.colours[shade]
        front = "#000000" if contrast("#000000", behind) > contrast("#ffffff", behind) else "#ffffff"
        style = f"{front} on {behind}"
    elif diverged:
        style = f"bold {ERROR}" if theme.ascii_only else f"bold {TEXT} on {theme.nowhere}"
    else:
        style = FAINT if not done else DIM
    mark = theme.glyphs.bad if diverged else "" if done else theme.glyphs.dot
    if not done or diverged:
        text = mark
    elif math.isnan(value):
        text = theme.glyphs.dash
    elif wide >= LEAST:
        text = value_words(value, spec.percent, wide - 1)
    else:
        text = palette.marks[shade] if theme.ascii_only and shade >= 0 else ""
    for line in range(tall):
        words = fit(text if line == (tall - 1) // 2 else "", wide, theme.glyphs.end)
        ink = style
        if chosen:
            ink = style if "bold" in style else f"bold {style}"
            bracketed = wide >= 3 and len(words) <= wide - 2
            words = f"[{words.center(wide - 2)}]" if bracketed else words
            ink = ink if bracketed else f"{ink} reverse"
        grid.write(top + line, left, words.center(wide), ink)
    grid.spots.append(Spot(CELL, place, top, left, wide, tall))


def _bars(
    grid: Grid, spec: SweepMap, rows: range, top: int, left: int, tall: int, shares: Floats, shades: NDArray[np.int16],
    palette: Palette, theme: Theme,
) -> None:  # fmt: skip
    """Beside a single column: as long as the value is far up its scale."""
    room = min(BAR, grid.width - left - 1)
    for line, row in enumerate(rows):
        share = float(shares[row, 0])
        if math.isfinite(share) and not spec.diverged[row, 0]:
            colour = DIM if theme.ascii_only else palette.colours[int(shades[row, 0])]
            bar = theme.glyphs.full * max(1, round(share * room))
            grid.write(top + line * tall + (tall - 1) // 2, left, bar, colour)


def _scale(
    grid: Grid, spec: SweepMap, low: float, high: float, palette: Palette, theme: Theme, row: int, left: int
) -> None:
    if math.isnan(low):
        grid.write(row, left, "nothing is measured yet" if not spec.done.any() else "no run has a finite number", DIM)
        return
    column = grid.write(row, left, f"{value_words(low, spec.percent)} ", TEXT)
    room = grid.width - column - len(value_words(high, spec.percent)) - 1
    for shade in range(0, palette.levels, max(1, math.ceil(palette.levels / max(1, room)))):
        if theme.ascii_only:
            column = grid.write(row, column, palette.marks[shade], ACCENT)
        else:
            column = grid.write(row, column, theme.glyphs.full, palette.colours[shade])
    column = grid.write(row, column, f" {value_words(high, spec.percent)}", TEXT)
    words = ", by its logarithm" if spec.log else ""
    if spec.diverged.any():
        words += f"   {theme.glyphs.bad} has diverged, not in the scale"
    grid.write(row, column, fit(words, max(0, grid.width - column), theme.glyphs.end), DIM)
