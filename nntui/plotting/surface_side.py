"""A race's lanes in numbers: the short list beside the map, the table under it, the curvature at one head."""

import math
from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .boxes import draw_box
from .grid import Grid, Spot, fit, wrap
from .lane_names import short_names
from .lane_rows import ROOMY, Column, LaneRow, draw_more, draw_rows, first_shown, number_room, rows_height
from .numbers import grouped, number, setting
from .severity import lane_sign
from .theme import ACCENT, DIM, ERROR, FAINT, GOOD, TEXT, WARNING, Theme

CURVATURE_ROWS = 8
_NAME = 12
_COLUMNS = (("step", 8), ("value", 9), ("distance", 10), ("gradient", 10), ("lr", 9))


def racers_height(race: Snapshot) -> int:
    """Rows of the short list."""
    return rows_height(len(race.lanes))


def draw_racers(
    race: Snapshot,
    chosen: int,
    everything: bool,
    width: int,
    height: int,
    theme: Theme,
    undrawn: frozenset[int] = frozenset(),
) -> Grid:
    """Each lane's marker, name, value and distance to the nearest minimum, and under them how the chosen one stands."""
    lanes = race.lanes
    room = number_room(width)
    columns = [
        Column("value", ("value",), room, 0),
        Column("distance", ("distance" if width >= ROOMY else "dist.",), room, 1),
    ]
    if len({lane.step for lane in lanes}) > 1:
        columns.insert(0, Column("step", ("step",), max(len(grouped(lane.step)) for lane in lanes), 2))
    rows = [
        LaneRow(
            theme.lane_marker(lane.index), theme.lane(lane.index), _called(lane), _cells(lane, room),
            race_sign(lane, theme), everything or lane.index == chosen, lane.index,
        )
        for lane in lanes
    ]  # fmt: skip
    rows = [row.undrawn(theme) if lane.index in undrawn else row for lane, row in zip(lanes, rows, strict=True)]
    words = _all_words(lanes) if everything and len(lanes) > 1 else race_words(lanes[chosen])
    title = "Optimizers" if len(lanes) > 1 else "Optimizer"
    meaning = ("distance: to the minimum", DIM)
    return draw_rows(title, rows, columns, words or meaning, (width, height), theme)


def _called(lane: LaneSnapshot) -> str:
    return lane.name or lane.settings.optimizer


def _cells(lane: LaneSnapshot, room: int) -> dict[str, tuple[str, str]]:
    colour = ERROR if lane.surface.diverged_at is not None else TEXT
    return {
        "step": (grouped(lane.step), DIM),
        "value": (number(lane.whole["value"], room), colour),
        "distance": (number(lane.whole["distance"], room), colour),
    }


def race_sign(lane: LaneSnapshot, theme: Theme) -> tuple[str, str]:
    """A character for how a racer stands, and its style; a space while it races or waits."""
    if lane.surface.diverged_at is not None:
        return lane_sign("critical", theme)
    return (theme.glyphs.finished, ACCENT) if lane.state == "finished" else (" ", DIM)


def race_words(lane: LaneSnapshot) -> tuple[str, str] | None:
    """How a racer that no longer races stands, and the colour of the words."""
    if lane.surface.diverged_at is not None:
        return f"diverged at step {grouped(lane.surface.diverged_at)}", ERROR
    return (f"finished at {grouped(lane.step)}", ACCENT) if lane.state == "finished" else None


def _all_words(lanes: Sequence[LaneSnapshot]) -> tuple[str, str] | None:
    lost = sum(lane.surface.diverged_at is not None for lane in lanes)
    ended = sum(lane.state == "finished" for lane in lanes)
    words = [f"{count} {word}" for count, word in ((ended, "finished"), (lost, "diverged")) if count]
    return (", ".join(words), ERROR if lost else DIM) if words else None


def table_height(race: Snapshot) -> int:
    """Rows of the table under the map."""
    return 3 + len(race.lanes)


def draw_race_table(
    race: Snapshot,
    chosen: int,
    everything: bool,
    width: int,
    height: int,
    theme: Theme,
    undrawn: frozenset[int] = frozenset(),
) -> Grid:
    """Every lane in a row: step, value, distance, gradient norm, lr in force, and how it stands."""
    grid = Grid.blank(width, height)
    draw_box(grid, theme, "Race")
    shown = [(title, room) for title, room in _COLUMNS]
    while sum(room for _, room in shown) + _NAME + 8 > width and len(shown) > 2:
        shown.remove(next(c for c in reversed(shown) if c[0] not in ("value", "distance")))
    name_room = max(_NAME, min(28, width - 4 - sum(room for _, room in shown) - 24))
    column = 4 + name_room
    for title, room in shown:
        column += room
        grid.write_right(1, column, title, DIM)
    _, names = short_names([_called(lane) for lane in race.lanes], name_room - 1, theme.glyphs.end)
    lines = max(0, height - 3)
    first = first_shown([lane.index == chosen for lane in race.lanes], lines)
    draw_more(grid, first, len(race.lanes) - first - lines, theme)
    for row, lane in enumerate(race.lanes[first : first + lines], start=2):
        here = lane.index == chosen or everything
        grid.spots.append(Spot("lane", lane.index, row, 1, width - 2))
        if here and len(race.lanes) > 1:
            grid.write(row, 1, theme.glyphs.chosen, ACCENT)
        if lane.index in undrawn:
            grid.write(row, 2, theme.glyphs.dot, FAINT)
            grid.write(row, 4, names[lane.index], FAINT)
        else:
            grid.write(row, 2, theme.lane_marker(lane.index), theme.lane(lane.index))
            grid.write(row, 4, names[lane.index], _weight(here))
        numbers = {
            "step": grouped(lane.step),
            "value": number(lane.whole["value"]),
            "distance": number(lane.whole["distance"]),
            "gradient": number(lane.whole["gradient_norm"]),
            "lr": setting(lane.whole["lr"], 3),
        }
        lost = lane.surface.diverged_at is not None
        words, colour = race_words(lane) or ("", DIM)
        words_at = column + 4
        if words_at + cell_len(words) >= width - 1:  # in place of a diverged lane's last numbers, which say no more
            words_at = width - 2 - cell_len(words) if lost else width
        end = 4 + name_room
        for title, room in shown:
            end += room
            if end < words_at - 2:
                grid.write_right(row, end, numbers[title], ERROR if lost else TEXT)
        grid.write(row, min(column + 2, words_at - 2), *race_sign(lane, theme))
        grid.write(row, words_at, words, colour)
    return grid


def draw_curvature(lane: LaneSnapshot, named: bool, width: int, height: int, theme: Theme) -> Grid:
    """The Hessian where the lane stands: eigenvalues, condition number, and lr times the largest against its limit."""
    grid = Grid.blank(width, height)
    title = f"Curvature at {theme.lane_marker(lane.index)} {lane.name}" if named else "Curvature"
    draw_box(grid, theme, fit(title, width - 6, theme.glyphs.end))
    rows = curvature_rows(lane, theme)
    row = 1
    for label, value, colour in rows:
        if row >= height - 1:
            break
        if label:
            grid.write(row, 2, label, DIM)
            grid.write(row, 12, fit(value, width - 14, theme.glyphs.end), colour)
            row += 1
            continue
        for line in wrap(value, width - 4):
            if row < height - 1:
                grid.write(row, 2, line, colour)
            row += 1
    return grid


def curvature_rows(lane: LaneSnapshot, theme: Theme) -> list[tuple[str, str, str]]:
    """(label, value, colour) rows; a label of "" makes the value a sentence."""
    low, high = lane.surface.curvatures
    if lane.surface.diverged_at is not None or not (math.isfinite(low) and math.isfinite(high)):
        return [("", "The lane has left every bound: there is no curvature to measure.", DIM)]
    names = ("Hessian", "condition", "lr x max") if theme.ascii_only else ("Hessian λ", "condition", "lr·λmax")
    condition = number(high / low) if low > 0.0 else "none (saddle)" if high > 0.0 else "none (peak)"
    product = lane.whole["lr"] * high
    limit = stability_limit(lane.settings.optimizer, lane.settings.optimizer_parameters)
    stable = product < (2.0 if limit is None else limit)
    rows = [
        (names[0], f"{number(low)}, {number(high)}", TEXT),
        (names[1], condition, TEXT),
        (
            names[2],
            f"{number(product)} {'<' if stable else '>'} {setting(limit or 2.0)}: {'stable' if stable else 'unstable'}",
            GOOD if stable else ERROR,
        ),
    ]
    if limit is None:
        rows[2] = (names[2], f"{number(product)} (2 for SGD)", TEXT if stable else WARNING)
        rows.append(("", f"{lane.settings.optimizer} rescales the gradient: 2 is the limit of plain descent.", FAINT))
    elif limit != 2.0:
        rows.append(("", "Momentum moves the limit of 2.", FAINT))
    elif low < 0.0:
        rows.append(("", "A saddle or a ridge: the path is pushed away along one direction.", FAINT))
    return rows


def stability_limit(optimizer: str, values: Mapping[str, float]) -> float | None:
    """The largest lr·λ with which gradient descent stays bounded on a parabola; None for other optimizers.

    2 for plain descent, 2(1 + β) with momentum β, (2 + 2β)/(1 + 2β) with Nesterov's; from the roots of the recurrence
    z² − (1 + β − a)z + β (Polyak) and z² − (1 + β)(1 − a)z + β(1 − a) (Nesterov), a = lr·λ, which leave the unit
    circle at z = −1.
    """
    if optimizer != "sgd":
        return None
    beta, kept = values.get("momentum", 0.0), 1.0 - values.get("dampening", 0.0)
    if beta == 0.0:
        return 2.0
    if values.get("nesterov"):
        return (2.0 + 2.0 * beta) / (1.0 + 2.0 * beta)
    return 2.0 * (1.0 + beta) / kept if kept > 0 else math.inf


def _weight(here: bool) -> str:
    return f"bold {TEXT}" if here else TEXT
