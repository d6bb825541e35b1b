"""The line above everything: what runs, how far it is, what is wrong with it, how fast it goes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from nntui_engine.run.snapshot import LaneSnapshot, NetworkPart, Snapshot
from nntui_engine.scenario.settings import UNKNOWN_SEED

from .grid import Grid, Spot
from .numbers import grouped, short
from .severity import severity_sign, worst
from .theme import ACCENT, DIM, ERROR, FAINT, GOOD, TEXT, WARNING, Theme

BEFORE_VIEWS = 3  # forms of the rest that leave room for the views: what they lack is worth less
LEARNED = 0.9  # of the training set right, or explained, from which a lane that nothing is wrong with is healthy

Piece = tuple[str, str]  # text and style
Part = list[Piece]


@dataclass(frozen=True, slots=True)
class Tab:
    """A view: its key, its name, the action that shows it, whether it is on screen, and whether it cannot be."""

    key: str
    label: str
    call: str
    here: bool = False
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What the header says beside the snapshot; ``rate`` (0: not shown) and ``speed`` are in steps per second.

    ``severities`` are those of the findings, ``watching`` is whether they are looked for, ``healthy`` whether it is
    known that nothing is wrong, ``tabs`` are the views.
    """

    title: str
    state: str = "running"  # running, paused, finished, preparing, failed, record, lost
    rate: float = 0.0
    speed: float = math.inf
    severities: tuple[str, ...] = ()
    watching: bool = False
    tabs: tuple[Tab, ...] = ()
    healthy: bool = False


def draw_header(snapshot: Snapshot | None, status: Status, width: int, theme: Theme) -> Grid:
    """One row: name, title, step, state, findings, speed, seed, the lanes with their markers, and the views.

    Where not all fit the lanes go first, then the names of views, the limit of the speed, the name, the views, the
    words "steps/s", the seed, the speed, and words of the title; step, state and findings never.
    """
    grid = Grid.blank(width, 1)
    state = _state(snapshot, status, theme)
    if snapshot is None:
        forms = [[[("nntui", f"bold {ACCENT}")], [(status.title, TEXT)], state], [state]]
    else:
        forms = _forms(snapshot, status, state, theme)
    views = sum(cell_len(tab.key) + 2 for tab in status.tabs) + 3 if status.tabs else 0
    beside = next((parts for parts in forms[:BEFORE_VIEWS] if _width(parts) + views <= width), None)
    parts = beside or next((parts for parts in forms if _width(parts) <= width), forms[-1])
    column = 1
    for part in parts:
        for text, style in part:
            column = grid.write(0, column, text, style)
        column += 3
    end = _draw_tabs(grid, column, status.tabs) if snapshot is not None else grid.width
    if snapshot is not None and parts is forms[0] and len(snapshot.lanes) > 1:
        _draw_lane_legend(grid, snapshot, column, end, theme)
    return grid


def _draw_tabs(grid: Grid, column: int, tabs: Sequence[Tab]) -> int:
    """The views at the right end: all names, or that of the one on screen, or keys alone; the column they begin at."""
    here = tuple(tab.label if tab.here else "" for tab in tabs)
    for labels in (tuple(tab.label for tab in tabs), here, ("",) * len(tabs)):
        words = [f"{tab.key} {label}".strip() for tab, label in zip(tabs, labels, strict=True)]
        start = grid.width - 1 - sum(cell_len(word) + 2 for word in words)
        if words and column <= start:
            break
    else:
        return grid.width
    at = start
    for tab, word in zip(tabs, words, strict=True):
        style = f"bold {TEXT} underline" if tab.here else FAINT if tab.missing else DIM
        grid.spots.append(Spot("call", tab.call, 0, at, cell_len(word) + 1))
        at = grid.write(0, at, word, style) + 2
    return start


def _forms(snapshot: Snapshot, status: Status, state: Part, theme: Theme) -> list[list[Part]]:
    """The parts of the header from all to the few that are always there."""
    name: Part = [("nntui", f"bold {ACCENT}")]
    seed: Part = [] if snapshot.seed == UNKNOWN_SEED else [("seed ", DIM), (grouped(snapshot.seed), TEXT)]
    always = [_step(snapshot, theme), state, _health(snapshot, status, theme)]
    longest, plain, bare = _speed_forms(status)
    titles: list[Part] = [[(words, TEXT)] for words in _leading_words(status.title, theme.glyphs.end)]
    title = titles[0]
    found = [
        [name, title, *always, longest, seed],
        [name, title, *always, plain, seed],
        [title, *always, plain, seed],
        [title, *always, bare, seed],
        [title, *always, bare],
        *([some, *always] for some in titles),
        always,
    ]
    return [[part for part in parts if any(text for text, _ in part)] for parts in found]


def _width(parts: list[Part]) -> int:
    return 2 + sum(cell_len(text) for part in parts for text, _ in part) + 3 * (len(parts) - 1)


def _leading_words(text: str, end: str) -> list[str]:
    """The text, and what is left of it word by word."""
    words = text.split() or [""]
    return [" ".join(words), *(" ".join(words[:count]) + end for count in range(len(words) - 1, 0, -1))]


def _step(snapshot: Snapshot, theme: Theme) -> Part:
    """Where the lanes stand: a step, or the lowest and the highest, and the last one, where that is known."""
    steps = [lane.step for lane in snapshot.lanes]
    here = grouped(max(steps))
    if min(steps) < max(steps):
        here = f"{grouped(min(steps))}{'-' if theme.ascii_only else '–'}{here}"
    end = (
        ""
        if any(_nobody_knows_the_end(lane, snapshot.steps) for lane in snapshot.lanes)
        else f" / {grouped(snapshot.steps)}"
    )
    return [("step ", DIM), (here, f"bold {TEXT}"), (end, DIM)]


def _nobody_knows_the_end(lane: LaneSnapshot, steps: int) -> bool:
    """Whether a script makes the lane's run, and may go on beyond the last step that is known."""
    at_end = lane.state == "running" and lane.step >= steps
    return at_end and isinstance(lane.own, NetworkPart) and "watch" in lane.network.settings.table


def _state(snapshot: Snapshot | None, status: Status, theme: Theme) -> Part:
    """A sign and a word; where some lanes have ended, how many run."""
    g = theme.glyphs
    symbol, colour = {
        "running": (g.running, GOOD),
        "paused": (g.paused, WARNING),
        "finished": (g.finished, ACCENT),
        "record": (g.stopped, ACCENT),
        "preparing": (g.waiting, DIM),
        "failed": (g.bad, ERROR),
        "lost": (g.bad, ERROR),
    }[status.state]
    words = status.state
    if snapshot is not None and status.state == "running":
        count = sum(lane.state == "running" for lane in snapshot.lanes)
        if 0 < count < len(snapshot.lanes):
            words = f"{count} of {len(snapshot.lanes)} running"
    return [(f"{symbol} {words}", f"bold {colour}")]


def _health(snapshot: Snapshot, status: Status, theme: Theme) -> Part:
    """How many findings there are; of a race, how many lanes have diverged. Without any, what that says."""
    if snapshot.on_surface:
        lost = sum(lane.surface.diverged_at is not None for lane in snapshot.lanes)
        return [(f"{theme.glyphs.bad} {lost} diverged", f"bold {ERROR}")] if lost else [("", DIM)]
    if status.severities:
        return [_counted(status.severities, theme)]
    if not status.watching:
        return [("", DIM)]
    if status.healthy:
        return [(f"{theme.glyphs.done} healthy", GOOD)]
    if any(lane.state == "running" for lane in snapshot.lanes):
        return [("no findings yet", DIM)]
    return [("no findings", DIM)]


def _counted(severities: Sequence[str], theme: Theme) -> Piece:
    words = "1 finding" if len(severities) == 1 else f"{len(severities)} findings"
    severity = worst(severities)
    sign, colour = severity_sign(severity, theme)
    return f"{sign} {words}", colour if severity == "info" else f"bold {colour}"


def has_learned(lane: LaneSnapshot) -> bool:
    """Whether a lane gets at least ``LEARNED`` of its training set right, or explains so much of it."""
    whole, explains = lane.whole, lane.network.settings.accuracy == "none"
    return whole.get("train_r2" if explains else "train_accuracy", math.nan) >= LEARNED


def _draw_lane_legend(grid: Grid, snapshot: Snapshot, column: int, end: int, theme: Theme) -> None:
    entries = [(theme.lane_marker(lane.index), lane.name, theme.lane(lane.index)) for lane in snapshot.lanes]
    full = sum(cell_len(name) + 4 for _, name, _ in entries)
    if column + full <= end:
        column = end - full
        for marker, name, colour in entries:
            column = grid.write(0, column, f"{marker} ", colour)
            column = grid.write(0, column, f"{name}  ", TEXT)


def _speed_forms(status: Status) -> tuple[Part, Part, Part]:
    """The rate reached, with its limit, without, and in few characters; the limit alone where nothing runs."""
    limit = "" if math.isinf(status.speed) else f"limit {short(status.speed)}"
    if status.state == "running" and status.rate > 0:
        reached = f"{short(status.rate)} steps/s"
        words = (f"{reached} ({limit})" if limit else reached, reached, f"{short(status.rate)}/s")
    else:
        words = (f"{limit} steps/s" if limit and status.state in ("running", "paused") else "", "", "")
    longest, plain, bare = ([(text, DIM)] for text in words)
    return longest, plain, bare
