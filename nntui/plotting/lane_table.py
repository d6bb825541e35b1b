"""The lanes of networks in numbers: loss of the newest mini-batch, how much is right of all rows, how each stands."""

import math
from collections import Counter
from collections.abc import Mapping

from nntui_engine.run.finding import layer_words
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot
from nntui_engine.scenario.load import Sweep

from .boxes import draw_box
from .grid import Grid
from .lane_rows import Column, LaneRow, draw_rows, lines_for, number_room, rows_height
from .numbers import explained, grouped, number, share
from .severity import lane_sign
from .sweep_rows import fold_groups
from .theme import ACCENT, DIM, ERROR, TEXT, WARNING, Theme

Words = tuple[str, str]  # and their style


def lanes_height(snapshot: Snapshot | None) -> int:
    """Rows the table needs to show every lane."""
    return 4 if snapshot is None else rows_height(len(snapshot.lanes))


def draw_lanes(
    snapshot: Snapshot | None,
    chosen: int,
    everything: bool,
    width: int,
    height: int,
    theme: Theme,
    sweep: Sweep | None = None,
    undrawn: frozenset[int] = frozenset(),
    sick: Mapping[int, str] | None = None,
) -> Grid:
    """One line a lane; under them in words how the chosen one stands, or what the numbers are.

    ``chosen`` is the lane whose layers are drawn; ``everything`` says that the knobs turn for all lanes. Where not all
    lanes fit, each group of a ``sweep`` but the chosen lane's is one line. ``undrawn`` are those whose curves are not,
    ``sick`` says of lanes by index how bad the worst is that was found in them.
    """
    if snapshot is None:
        grid = Grid.blank(width, height)
        draw_box(grid, theme, "Lanes")
        return grid
    lanes = snapshot.lanes
    room = number_room(width)
    columns = _columns(lanes, room)
    rows = [
        LaneRow(
            theme.lane_marker(lane.index), theme.lane(lane.index), lane.name, _cells(lane, room),
            state_sign(lane, theme, (sick or {}).get(lane.index, "")), everything or lane.index == chosen, lane.index,
        )
        for lane in lanes
    ]  # fmt: skip
    rows = [row.undrawn(theme) if lane.index in undrawn else row for lane, row in zip(lanes, rows, strict=True)]
    if sweep is not None and len(sweep.groups) > 1 and lines_for(height, len(rows)) < len(rows):
        rows = fold_groups(rows, lanes, sweep, {lane.index: _measure(lane) for lane in lanes}, theme)
    words = all_words(lanes) if everything and len(lanes) > 1 else lane_words(lanes[chosen])
    if chosen in undrawn and not everything:
        words = "not drawn; it trains on", DIM
    words = words or _meaning(lanes if everything else lanes[chosen : chosen + 1])
    title = "Lanes" if len(lanes) > 1 else "Network"
    return draw_rows(title, rows, columns, words, (width, height), theme)


def _columns(lanes: tuple[LaneSnapshot, ...], room: int) -> list[Column]:
    found = [Column("loss", ("batch loss", "batch"), room, 1)]
    if len({lane.step for lane in lanes}) > 1:
        found.insert(0, Column("step", ("step",), max(len(grouped(lane.step)) for lane in lanes), 2))
    held_out = any(_has_held_out(lane) for lane in lanes)
    places = max(6 if _explains(lane) else 5 for lane in lanes)
    found.append(Column("train", ("R² train",) if all(map(_explains, lanes)) else ("train",), places, 3))
    if held_out:
        return [*found, Column("valid", ("valid",), places, 0)]
    return [*found[:-1], Column("train", found[-1].headings, places, 0)]


def _cells(lane: LaneSnapshot, room: int) -> dict[str, tuple[str, str]]:
    whole, explains = lane.whole, _explains(lane)
    loss = whole.get("loss", math.nan)
    bad = lane.network.first_non_finite is not None or (lane.step > 0 and math.isnan(loss))
    accuracy = explained if explains else share
    held = whole.get("r2" if explains else "validation_accuracy", math.nan) if _has_held_out(lane) else math.nan
    return {
        "step": (grouped(lane.step), DIM),
        "loss": (number(loss, room) if bad or not math.isnan(loss) else "-", ERROR if bad else TEXT),
        "train": (accuracy(whole.get("train_r2" if explains else "train_accuracy", math.nan)), TEXT),
        "valid": (accuracy(held), TEXT),
    }


def _measure(lane: LaneSnapshot) -> float:
    """What lanes are compared by: held-out rows, or where there are none the training set."""
    explains, held_out = _explains(lane), _has_held_out(lane)
    name = ("r2" if held_out else "train_r2") if explains else "validation_accuracy" if held_out else "train_accuracy"
    return lane.whole.get(name, math.nan)


def _explains(lane: LaneSnapshot) -> bool:
    """Whether R² is the lane's measure, and not a share of right answers."""
    return lane.network.settings.accuracy == "none"


def _has_held_out(lane: LaneSnapshot) -> bool:
    """Whether rows are held out; where none are, R² is that of the training set."""
    return not math.isnan(lane.whole.get("validation_loss", math.nan))


def state_sign(lane: LaneSnapshot, theme: Theme, severity: str = "") -> Words:
    """A character for how a network's lane stands: how bad the worst is that was found in it (``severity``), else
    whether it has ended, which says nothing of how well; a space while it simply trains."""
    g = theme.glyphs
    severity = "critical" if lane.network.first_non_finite is not None else severity
    if severity:
        return lane_sign(severity, theme)
    return {"stopped early": (g.stopped, WARNING), "finished": (g.finished, ACCENT)}.get(lane.state, (" ", DIM))


def lane_words(lane: LaneSnapshot) -> Words | None:
    """What is worth saying about a lane, and its colour; None when it simply trains."""
    first = lane.network.first_non_finite
    if first is not None:
        return f"NaN since step {grouped(first.step)}, {layer_words((first.layer,), lane.layer_names)}", ERROR
    if lane.state == "stopped early":
        return f"stopped early at {grouped(lane.step)}", WARNING
    return (f"finished at {grouped(lane.step)}", ACCENT) if lane.state == "finished" else None


def all_words(lanes: tuple[LaneSnapshot, ...]) -> Words | None:
    """How many lanes stand how; None when all simply train."""
    counts = Counter(
        "NaN" if lane.network.first_non_finite is not None else lane.state
        for lane in lanes
        if lane_words(lane) is not None
    )
    if not counts:
        return None
    words = ", ".join(f"{'all' if count == len(lanes) else count} {state}" for state, count in counts.items())
    return words, ERROR if counts["NaN"] else DIM


def _meaning(lanes: tuple[LaneSnapshot, ...]) -> Words:
    measures = {"R²" if _explains(lane) else "% right" for lane in lanes}
    if len(measures) > 1:
        return "% right, without % R²", DIM
    measure, held_out = measures.pop(), any(map(_has_held_out, lanes))
    return (f"valid: {measure}, held out" if held_out else f"train: {measure} of all rows"), DIM
