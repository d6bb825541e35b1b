"""The column beside the plots: the lanes with their numbers, and the knobs."""

import math
from dataclasses import dataclass

from rich.cells import cell_len

from nntui_engine.run.finding import layer_words
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .boxes import draw_box
from .grid import Grid, fit, wrap
from .numbers import explained, number, share
from .theme import ACCENT, DIM, ERROR, FAINT, GOOD, TEXT, WARNING, Theme

NUMBERS = 19  # a space, then three columns of six


@dataclass(frozen=True, slots=True)
class KnobRow:
    """One knob as it is shown. ``was`` is its first value where it was changed; ``missing`` greys it out."""

    label: str
    value: str
    was: str = ""
    missing: bool = False
    waiting: bool = False


def lanes_height(snapshot: Snapshot | None, width: int) -> int:
    """Rows the lanes panel needs to show everything."""
    if snapshot is None:
        return 4
    per_lane = 1 if _one_line(snapshot, width - 4) else 2
    notes = sum(bool(state_words(lane)[0]) for lane in snapshot.lanes)
    return 3 + per_lane * len(snapshot.lanes) + notes


def draw_lanes(snapshot: Snapshot | None, chosen: int, everything: bool, width: int, height: int, theme: Theme) -> Grid:
    """Each lane's marker, name, loss, accuracy (or R²) on the mini-batch and on held-out rows, and its state.

    ``chosen`` is the lane whose layers are drawn; ``everything`` says that the knobs turn for all lanes.
    """
    grid = Grid.blank(width, height)
    draw_box(grid, theme, "Lanes" if snapshot is None or len(snapshot.lanes) > 1 else "Network")
    if snapshot is None:
        return grid
    inner = width - 4
    regression = all(lane.network.settings.accuracy == "none" for lane in snapshot.lanes)
    grid.write_right(1, width - 2, "loss train valid" if not regression else "loss    R² valid", DIM)
    row = 2
    one_line = _one_line(snapshot, inner) or height - 3 < 2 * len(snapshot.lanes)
    for lane in snapshot.lanes:
        if row >= height - 1:
            break
        here = lane.index == chosen or everything
        several = len(snapshot.lanes) > 1
        colour = theme.lane(lane.index)
        if several and here:
            grid.write(row, 1, theme.glyphs.chosen, ACCENT)
        room = inner - 2 - (NUMBERS if one_line else 0)
        column = grid.write(row, 2, f"{theme.lane_marker(lane.index)} ", colour)
        grid.write(row, column, fit(lane.name, room, theme.glyphs.end), f"bold {TEXT}" if here else TEXT)
        row += 0 if one_line else 1
        if row < height - 1:
            _write_numbers(grid, row, width - 2, lane, regression)
        row += 1
        words, style = state_words(lane)
        if words and row < height - 1:
            grid.write(row, 4, fit(words, inner - 2, theme.glyphs.end), style)
            row += 1
    return grid


def _write_numbers(grid: Grid, row: int, end: int, lane: LaneSnapshot, regression: bool) -> None:
    whole = lane.whole
    loss = whole.get("loss", math.nan)
    never = lane.step == 0
    bad = lane.network.first_non_finite is not None or (not never and math.isnan(loss))
    train = whole.get("train_r2" if regression else "accuracy", math.nan)
    accuracy = explained if regression else share
    held = whole.get("r2" if regression else "validation_accuracy", math.nan)
    grid.write_right(row, end - 12, number(loss, 6) if bad or not math.isnan(loss) else "-", ERROR if bad else TEXT)
    grid.write_right(row, end - 6, accuracy(train), TEXT)
    grid.write_right(row, end, accuracy(held), TEXT)


def state_words(lane: LaneSnapshot) -> tuple[str, str]:
    """What is worth saying about a lane, and its colour; "" when it simply trains."""
    first = lane.network.first_non_finite
    if first is not None:
        return f"NaN since step {first.step}, {layer_words((first.layer,), lane.layer_names)}", ERROR
    if lane.state == "stopped early":
        return f"stopped early at {lane.step}", WARNING
    if lane.state == "finished":
        return "finished", GOOD
    return "", DIM


def _one_line(snapshot: Snapshot, inner: int) -> bool:
    return max(cell_len(lane.name) for lane in snapshot.lanes) <= inner - 2 - NUMBERS


def draw_knobs(
    rows: list[KnobRow], chosen: int, target: str, explanation: str, width: int, height: int, theme: Theme
) -> Grid:
    """The knobs, the chosen one marked, with a sentence about it where there is room; ``target``: whose they are."""
    grid = Grid.blank(width, height)
    title = f"Knobs {theme.glyphs.dot} {target}" if target else "Knobs"
    draw_box(grid, theme, fit(title, width - 6, theme.glyphs.end))
    room = height - 2
    first = max(0, min(chosen - room // 2, len(rows) - room)) if len(rows) > room else 0
    for offset, row in enumerate(rows[first : first + room]):
        _draw_knob(grid, offset + 1, row, first + offset == chosen, theme)
    if len(rows) > room:
        if first > 0:
            grid.write(0, width - 4, "↑" if not theme.ascii_only else "^", DIM)
        if first + room < len(rows):
            grid.write(height - 1, width - 4, "↓" if not theme.ascii_only else "v", DIM)
    left = room - len(rows)
    lines = wrap(explanation, width - 4)
    if lines and left > len(lines):
        top = len(rows) + 2
        for offset, line in enumerate(lines):
            grid.write(top + offset, 2, line, DIM)
    return grid


def _draw_knob(grid: Grid, row: int, knob: KnobRow, chosen: bool, theme: Theme) -> None:
    g = theme.glyphs
    left, right = g.turn.split()
    label_style = f"bold {TEXT}" if chosen else FAINT if knob.missing else DIM
    if chosen:
        grid.write(row, 1, g.chosen, f"bold {ACCENT}")
    grid.write(row, 3, knob.label, label_style)
    column = 15
    colour = FAINT if knob.missing else WARNING if knob.waiting else ACCENT if knob.was else TEXT
    value = fit(knob.value, grid.width - column - 2, g.end)
    if chosen and not knob.missing:
        grid.write(row, column - 2, left, ACCENT)
    end = grid.write(row, column, value, f"bold {colour}" if chosen or knob.was else colour)
    if chosen and not knob.missing and end + 2 < grid.width:
        end = grid.write(row, end + 1, right, ACCENT)
    if knob.was:
        was = f"was {knob.was}"
        if end + 1 + cell_len(was) <= grid.width - 2:
            grid.write_right(row, grid.width - 2, was, FAINT)
