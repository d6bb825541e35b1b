"""The maps of several lanes side by side, as many as fit, all of one size."""

import math
from collections.abc import Sequence
from dataclasses import replace

from nntui.looks.regions import Regions
from nntui_engine.run.snapshot import Snapshot

from .boxes import draw_box
from .grid import Grid, fit
from .map_frame import Canvas
from .numbers import number
from .regions import draw_plane, draw_regions, legend, seen, width_of, write_entries, wrong_words
from .theme import DIM, TEXT, Theme

LEAST = (20, 7)  # columns and rows of a map with the name of its lane
LEAST_OF_ROWS = (34, 12)  # of rows alone, which need more room to be told apart
GAP = 2


def draw_lane_maps(
    found: Sequence[Regions], chosen: int, lanes: int, titles: tuple[str, ...], width: int, height: int, theme: Theme
) -> Grid:
    """The map of one lane in a frame with ticks, or of several in a box; ``chosen`` is first where not all of the
    run's ``lanes`` fit, and what is not shown is counted."""
    one = next((regions for regions in found if regions.lane == chosen), found[0])
    columns, rows = width - 4, height - 3
    across, down = arranged(len(found), one, columns, rows)
    if lanes == 1 or across * down < 2:
        hidden = f" ({lanes - 1} more: tab)" if lanes > 1 else ""
        whose = f"{theme.lane_marker(one.lane)} {one.name}{hidden}" if one.name else ""
        return draw_regions(one, titles, width, height, theme, whose)
    shown = list(found)
    if len(shown) > across * down:
        shown = [one, *(regions for regions in found if regions is not one)][: across * down]
    grid = Grid.blank(width, height)
    draw_box(grid, theme, fit(titles[0], width - 6, theme.glyphs.end))
    wide, high = (columns - GAP * (across - 1)) // across, rows // down
    for place, regions in enumerate(shown):
        row, column = divmod(place, across)
        grid.paste(_tile(regions, regions is one, wide, high, theme), 1 + row * high, 2 + column * (wide + GAP))
    _draw_foot(grid, shown, one, lanes - len(shown), theme)
    return grid


def with_names(found: Sequence[Regions], snapshot: Snapshot) -> list[Regions]:
    """The same with the names that lanes have on screen; without those of lanes that are gone."""
    there = (regions for regions in found if regions.lane < len(snapshot.lanes))
    return [replace(regions, name=snapshot.lanes[regions.lane].name) for regions in there]


def arranged(count: int, found: Regions, columns: int, rows: int) -> tuple[int, int]:
    """How many maps stand side by side and below each other so that ``count`` of them are largest; fewer where not all
    have room."""
    least = LEAST if found.kind.size else LEAST_OF_ROWS
    best, largest = (max(1, min(count, (columns + GAP) // (least[0] + GAP))), max(1, rows // least[1])), 0.0
    for across in range(1, count + 1):
        down = -(-count // across)
        wide, high = (columns - GAP * (across - 1)) // across, rows // down
        if wide < least[0] or high < least[1]:
            continue
        (x0, x1), (y0, y1) = found.data
        spans = (x1 - x0, y1 - y0) if found.even else (wide, 2 * high)
        size = min(wide / spans[0], 2 * (high - 1) / spans[1])  # of one unit
        if size > largest * 1.001:
            best, largest = (across, down), size
    return best


def _tile(found: Regions, chosen: bool, width: int, height: int, theme: Theme) -> Grid:
    """A lane's name, how many rows it answers wrong, and its map."""
    grid = Grid.blank(width, height)
    mark = theme.glyphs.chosen if chosen else " "
    column = grid.write(0, 0, mark, TEXT)
    column = grid.write(0, column, f"{theme.lane_marker(found.lane)} ", f"bold {theme.lane(found.lane)}")
    notes = wrong_words(found)
    note = next((words for words in notes if len(words) + len(found.name) + 2 <= width - column), notes[-1])
    name = fit(found.name, max(4, width - column - len(note) - 2), theme.glyphs.end)
    column = grid.write(0, column, name, f"bold {TEXT}" if chosen else TEXT)
    grid.write_right(0, width, note, DIM)
    window, columns, rows = seen(found, width, height - 1)
    draw_plane(grid, found, window, Canvas((width - columns) // 2, 1, columns, rows), theme)
    return grid


def _draw_foot(grid: Grid, shown: Sequence[Regions], one: Regions, hidden: int, theme: Theme) -> None:
    """What the marks mean, where the map lies, and how many lanes are not shown."""
    row, end = grid.height - 2, grid.width - 2
    if hidden:
        words = f" {hidden} more {'lane' if hidden == 1 else 'lanes'}: tab, or a larger window"
        grid.write_right(row, end, fit(words, end - 2, theme.glyphs.end), TEXT)
        end -= len(words)
    every = max(shown, key=lambda regions: int(regions.wrong.any()))
    entries = next(form for form in legend(every, theme) if width_of(form) <= end - 2)
    column = write_entries(grid, row, 2, entries)
    words = f"  {', '.join(_span(one, axis) for axis in (0, 1))}"
    if one.kind.size and len(words) <= end - column:
        grid.write(row, column, words, DIM)


def _span(found: Regions, axis: int) -> str:
    low, high = found.data[axis]
    digits = max(2, 1 + math.ceil(math.log10(max(abs(low), abs(high)) / (high - low))))
    name = found.features[axis] if axis < len(found.features) else f"x{axis + 1}"
    return f"{name} {number(low, 7, digits)} to {number(high, 7, digits)}"
