"""What the lab knows and what it shows of it: all that lies between the session's views and the screen."""

import math
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping

from nntui.plotting import numbers
from nntui.plotting.header import Status
from nntui.plotting.kept import Kept
from nntui.plotting.layers_view import STATISTICS
from nntui.plotting.log_list import FindingLine, LogLine
from nntui.plotting.panel import PanelView
from nntui.plotting.severity import WORST_FIRST
from nntui.plotting.theme import Theme
from nntui.plotting.tries import TryLine
from nntui_engine.analysis.fixing.candidates import Candidate
from nntui_engine.record.noticed import FixEvent
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from . import reasons
from .arrangement import Arrangement, Arrangements
from .expected_words import expected_line
from .fix_trials import FixTrials
from .footer import in_footer, labels
from .health import health_lines, is_healthy, sick_lanes
from .keys import Action, footer_items
from .knob_rack import KnobRack
from .knob_rows import knobs_of
from .knobs import Knob
from .labels import LaneLabels
from .layer_knobs import FrozenKnob
from .lesson import lesson_text
from .log_book import LogBook
from .map_view import MapView
from .message import Message
from .new_lanes import ORIGINAL, NewLane, difference, named
from .scenario_words import has_preview, preview
from .session_view import SessionView
from .shown_words import finding_line, found_marks, state_name
from .state import LabState

LOSSES = ("loss", "train_loss", "validation_loss", "sweep_loss")  # their axes are switched together
PLANES = 10  # through the weights: along their path, and random ones


class LabModel:
    """The newest view, and what a person has chosen: lane, knob, page, view, log axis."""

    def __init__(
        self,
        title: str,
        actions: tuple[Action, ...],
        theme: Theme,
        *,
        still: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.title = title
        self.actions = actions
        self.theme = theme
        self.still = still
        self.rack = KnobRack()
        self.panel_view = PanelView()
        self.map_view = MapView()
        self.all_lanes = False
        self.arrangements: Arrangements = {}  # of panels, by view
        self.solo = False  # whether the chosen lane alone is drawn
        self.page = 0
        self.zoom = ""  # the plot that stands alone
        self.pages = 1
        self.shown: tuple[str, ...] = ()  # the plots on screen
        self.lists_layers = False  # whether the table of layers is on screen
        self.layer_last = False  # whether a layer was chosen last, and no knob since
        self.view_name = ""  # until it is known what runs
        self.output: deque[str] | None = None  # lines of the script that runs under the lab
        self.output_of = ""
        self.view = SessionView()
        self.tries_done: set[int] = set()
        self.fixes = FixTrials()
        self.note_fix: Callable[[FixEvent], object] = lambda _: None  # has who records the run note what became of one
        self._names: list[str] = []  # of the lanes, when they were seen last
        self._like: dict[str, str] = {}  # what every lane that was added is like
        self.branching = False  # whether turning a knob makes a new lane
        self._branches: set[str] = set()  # lanes that were made so, whose knobs turn themselves
        self._labels_of_lanes = LaneLabels(theme.glyphs.arrow)
        self._tried: dict[str, str] = {}  # lanes that suggestions made, and what they are like
        self._awaited: tuple[str, int] | None = None  # the lane to be chosen, and the order that makes it
        self._chosen_by_hand = False  # whether a person chose the lane, and it was not made last
        self._book = LogBook(theme.glyphs.arrow, clock)
        self._message = Message(self._state_now, clock)
        self._knobs_now: Kept[tuple[Knob, ...]] = Kept()
        self._finding_lines: Kept[list[FindingLine]] = Kept()
        self._fix_now: Kept[tuple[str, Candidate] | None] = Kept()

    # -- what comes in -----------------------------------------------------------------------------------------

    def take(self, view: SessionView) -> None:
        """The session's newest view."""
        if view.speed != self.view.speed and self.view.stage == "ready":
            words = "unlimited" if math.isinf(view.speed) else f"at most {numbers.short(view.speed)} steps a second"
            self.say(f"Speed: {words}", log=False)
        before, self.view = self.view.snapshot, view
        self.rack.settle(view.applied)
        self.panel_view.looks, self.panel_view.sweep = view.looks, view.scenario.sweep
        self.panel_view.former = view.former
        self.panel_view.blind = "follow" in view.capabilities and "predict" not in view.capabilities
        self.panel_view.found = found_marks(view.findings, self.theme)
        if view.snapshot is not None:
            names = [lane.name for lane in view.snapshot.lanes]
            if self._awaited is not None and view.applied >= self._awaited[1]:  # it is there, or was refused
                if self._awaited[0] in names:
                    self.panel_view.lane, self.all_lanes = names.index(self._awaited[0]), False
                    self._chosen_by_hand = False
                self._awaited = None
            self._stay_with_the_lane(names)
            self.view_name = self.view_name or ("map" if self.race is not None else "overview")
            self._gather_knobs()
            self._book.read(before, view.snapshot)
            for words, event in self.fixes.ended(view.snapshot, view.findings):
                self.say(words)
                self.note_fix(event)
            self._book.happened(view.happened)

    def _gather_knobs(self) -> None:
        """The knobs for the chosen lane and layer."""
        if self.view.snapshot is not None:
            settings, layer = self.view.snapshot.lanes[self.panel_view.lane].settings, self.panel_view.layer
            self.rack.knobs = self._knobs_now.of((settings, layer), lambda: knobs_of(settings, layer))

    @property
    def race(self) -> Snapshot | None:
        """The newest snapshot where it is one of a race."""
        snapshot = self.view.snapshot
        return snapshot if snapshot is not None and snapshot.on_surface else None

    def say(self, text: str, error: bool = False, log: bool = True, of_state: bool = False) -> None:
        """Shows a message for a few seconds, and keeps it in the log; one that is not kept tells of a state."""
        self._message.say(text, error, of_state or not log)
        if log:
            self._book.note(text, error)

    def message_faded(self) -> bool:
        """Whether a message has stood long enough just now; it is gone then."""
        return self._message.faded()

    @property
    def log(self) -> list[LogLine]:
        """What happened, oldest first."""
        return self._book.all_lines

    def _state_now(self) -> Hashable:
        """What messages tell of."""
        view, snapshot = self.view, self.view.snapshot
        if snapshot is None:
            return view.stage
        step = None if view.running else snapshot.step
        chosen = (self.view_name, self.panel_view.lane, self.all_lanes, self.rack.chosen)
        return (
            view.stage,
            view.running,
            view.finished,
            step,
            len(snapshot.marks),
            len(snapshot.lanes),
            view.speed,
            chosen,
        )

    def _stay_with_the_lane(self, names: list[str]) -> None:
        """The chosen lane stays chosen where others came or went; of one that is gone the lane that it was like."""
        if len(names) == len(self._names):
            others = [(old, new) for old, new in zip(self._names, names, strict=True) if old != new]
            if len(others) == 1:  # it has another name: whatever is chosen stays where it is
                (old, new), self._names = others[0], names
                if old in self._like:
                    self._like.setdefault(new, self._like[old])
        view, wanted = self.panel_view, self._chosen_name
        for _ in self._like:
            if wanted is not None and wanted not in names:
                wanted = self._like.get(wanted)
        if wanted in names and self._names != names:
            view.lane = names.index(wanted)
        view.lane = min(view.lane, len(names) - 1)
        self._names = names

    @property
    def _chosen_name(self) -> str | None:
        return self._names[self.panel_view.lane] if self.panel_view.lane < len(self._names) else None

    def new_lanes(self, settings: Mapping[str, object], like: str | None, fresh: bool) -> list[NewLane]:
        """Lanes like ``like`` (or else those chosen) with other settings."""
        snapshot = self.view.snapshot
        if snapshot is None:
            return []
        lanes = {lane.name: lane for lane in snapshot.lanes}
        found: list[NewLane] = []
        for origin in [like] if like in lanes else [lane.name for lane in self.chosen_lanes]:
            words = difference(settings) or ("again" if fresh else f"from step {lanes[origin].step}")
            name = named(origin, words, [*lanes, *(lane.name for lane in found)], self.theme.glyphs.arrow)
            found.append(NewLane(name, origin, settings, fresh))
            self._like[name] = origin or ORIGINAL
        return found

    def await_lane(self, name: str, ticket: int) -> None:
        """Chooses a lane as soon as the order that makes it is carried out."""
        self._awaited = (name, ticket)

    @property
    def makes_branches(self) -> bool:
        """Whether turning a knob now makes new lanes."""
        return self.branching and not all(lane.name in self._branches for lane in self.chosen_lanes)

    def branches(self, restarts: bool) -> list[NewLane]:
        """Copies of the chosen lanes for a knob to be turned on: from their starts where it ``restarts`` them."""
        lanes = self.new_lanes({}, None, restarts)
        self._branches |= {lane.name for lane in lanes}
        return lanes

    @property
    def awaits_lane(self) -> bool:
        """Whether a lane that was asked for is not there yet."""
        return self._awaited is not None

    def like_for_try(self, lane: str | None) -> str | None:
        """The lane that a suggestion is for: its own, or the chosen one; beside what another suggestion made, the
        lane which that one was for."""
        if lane is not None or self.all_lanes:
            return lane
        return next((one for one in map(self._tried.get, [one.name for one in self.chosen_lanes]) if one), None)

    def tried(self, lanes: list[NewLane]) -> None:
        """Remembers which lanes suggestions made."""
        self._tried |= {lane.name: lane.like or ORIGINAL for lane in lanes}

    def choose_next_lane(self) -> None:
        """The next lane; after the last, all of them together."""
        count = len(self.view.snapshot.lanes) if self.view.snapshot is not None else 1
        if self.all_lanes:
            self.all_lanes, self.panel_view.lane = False, 0
        elif self.panel_view.lane + 1 < count:
            self.panel_view.lane += 1
        elif count > 1:
            self.all_lanes = True
        self._chosen_by_hand = not self.all_lanes
        self._leave_what_this_lane_has_not()

    def choose_lane(self, lane: int) -> None:
        """A lane by its place."""
        if self.view.snapshot is not None:
            self.all_lanes, self.panel_view.lane = False, min(lane, len(self.view.snapshot.lanes) - 1)
            self._chosen_by_hand = True
            self._leave_what_this_lane_has_not()

    def _leave_what_this_lane_has_not(self) -> None:
        if reasons.why_not(self, self.view_name):
            self.view_name = "overview"

    @property
    def _layers(self) -> tuple[int, ...]:
        """The units of each layer of the chosen lane."""
        snapshot = self.view.snapshot
        if snapshot is None or snapshot.on_surface:
            return ()
        return tuple(layer.units for layer in snapshot.lanes[self.panel_view.lane].layers)

    def switch_log_axis(self) -> bool:
        """The loss, or the plot that stands alone, between a linear and a logarithmic axis; False where it has one."""
        view = self.panel_view
        if self.zoom and self.zoom not in view.log_now:
            return False
        alone = bool(self.zoom) and self.zoom not in LOSSES
        wanted = not view.log_now.get(self.zoom or "loss", False)
        view.log_axes |= dict.fromkeys((self.zoom,) if alone else LOSSES, wanted)
        return True

    def choose_unit(self, direction: int) -> None:
        """The next unit of the layer whose weights are shown; of the landscape the next
        plane, of the Layers view the next statistic."""
        view, layers = self.panel_view, self._layers
        if self.view_name == "layers":
            view.statistic = (view.statistic + direction) % len(STATISTICS)
        elif self.view_name == "landscape":
            view.plane = (view.plane + direction) % PLANES
        elif layers:
            view.layer = min(view.layer, len(layers))
            units = layers[view.layer - 1]
            view.unit = (min(view.unit, units - 1) + direction) % units

    def choose_layer(self, direction: int, beside: bool = False) -> None:
        """The first unit of the next layer, or the one that stands as far along in it as the present one."""
        view, layers = self.panel_view, self._layers
        if layers:
            was = min(view.layer, len(layers))
            view.layer = (was - 1 + direction) % len(layers) + 1
            share = view.unit / max(1, layers[was - 1] - 1)
            view.unit = round(min(1.0, share) * (layers[view.layer - 1] - 1)) if beside else 0
            self.layer_last = True
            self._gather_knobs()

    def go_to_layer(self, layer: int) -> None:
        """A layer by its number, from 1; of one that there is not, the next that there is."""
        count = len(self._layers)
        if count:
            self.choose_layer(min(max(layer, 1), count) - min(self.panel_view.layer, count))

    @property
    def knob_layer(self) -> int:
        """The layer (1-based) that the chosen knob is for, 0 where it is for all."""
        return self.rack.knob.layer if isinstance(self.rack.knob, FrozenKnob) else 0

    @property
    def enter_shows_layer(self) -> bool:
        """Whether enter is for the chosen layer: in the Layers view, and where its row was chosen last in the table."""
        if self.race is not None or not self._layers or self.view_name in ("network", "lesson", "fair"):
            return False
        return self.view_name == "layers" or (self.layer_last and self.lists_layers and not self.knob_layer)

    # -- what is shown -----------------------------------------------------------------------------------------

    def state(self) -> LabState:
        """Everything the screen shows now."""
        view, snapshot = self.view, self.view.snapshot
        if snapshot is not None:
            snapshot = self._labels_of_lanes.shown(snapshot, view.first)
        lanes = self.chosen_lanes
        knobs, chosen_knob, explanation = self.rack.shown(lanes, view.first) if lanes else ([], 0, "")
        self.panel_view.alone = self.solo and not self.all_lanes
        failure = view.error if view.stage == "failed" else ""
        message = self._message.shown
        if failure and snapshot is not None:
            message = (f"Training stopped: {failure}. What was measured is kept; r starts again.", True)
        return LabState(
            snapshot=snapshot if self.race is None else None,
            race=snapshot if self.race is not None else None,
            surface=view.surface,
            map_view=self.map_view,
            fair=view.fair,
            status=Status(
                view.scenario.title or (snapshot.title if snapshot else "") or self.title,
                state_name(view),
                0.0 if self.still else view.rate,
                view.speed,
                severities=tuple(finding.severity for finding in view.findings),
                watching=view.watching,
                tabs=reasons.tabs(self),
                healthy=self._watched is not None and is_healthy(self._watched, view.findings),
            ),
            progress=view.progress,
            preview=preview(view.scenario) if snapshot is None and has_preview(view.scenario) else None,
            failure=failure,
            panel_view=self.panel_view,
            all_lanes=self.all_lanes,
            knobs=knobs,
            chosen_knob=chosen_knob,
            target=self.target,
            explanation=explanation,
            findings=self._finding_lines.of(
                (view.findings, self.theme), lambda: [finding_line(finding, self.theme) for finding in view.findings]
            ),
            sick=sick_lanes(view.snapshot, view.findings),
            health=self._health(),
            log=self.log,
            tries=self._tries(),
            tries_here=not reasons.refused(self, "try"),
            expected=tuple(map(expected_line, view.standings)) if self.view_name == "lesson" else (),
            keys=footer_items(self.actions, in_footer(self, self.available()), self.theme.ascii_only, self.labels),
            message=message,
            panels=view.scenario.panels,
            page=self.page,
            zoom=self.zoom,
            arrangement=self.arrangement,
            view=self.view_name or "overview",
            lesson=lesson_text(view.scenario),
            output=None if self.output is None else "\n".join(self.output),
            output_of=self.output_of,
        )

    @property
    def _watched(self) -> Snapshot | None:
        """The newest snapshot where it is looked at for what is wrong."""
        return self.view.snapshot if self.view.watching and self.race is None else None

    def _health(self) -> tuple[str, ...]:
        return health_lines(self._watched, self.view.findings) if self._watched is not None else ()

    @property
    def labels(self) -> dict[str, str]:
        """What some actions are called now, in place of their own words."""
        return labels(self)

    @property
    def arranged_view(self) -> str:
        """The view whose panels are arranged: the plots beside a race's map are its overview's."""
        return "overview" if self.race is not None else self.view_name or "overview"

    @property
    def arrangement(self) -> Arrangement:
        """How a person arranged the panels of this view."""
        return self.arrangements.get(self.arranged_view, Arrangement())

    @property
    def target(self) -> str:
        """Whose knobs are shown; \"\" when there is one lane."""
        snapshot = self.view.snapshot
        if snapshot is None or len(snapshot.lanes) < 2:
            return ""
        whose = "all lanes" if self.all_lanes else snapshot.lanes[self.panel_view.lane].name
        return f"new lane like {whose}" if self.makes_branches else whose

    def _tries(self) -> list[TryLine]:
        key = next(action.keys for action in self.actions if action.id == "try").split(",")[0]
        next_one = None if reasons.refused(self, "try") else self.next_try
        return [
            TryLine(one.say, key if index == next_one else "", index in self.tries_done)
            for index, one in enumerate(self.view.scenario.tries)
        ]

    @property
    def chosen_lanes(self) -> list[LaneSnapshot]:
        """The lanes the knobs turn for."""
        snapshot = self.view.snapshot
        if snapshot is None:
            return []
        return list(snapshot.lanes) if self.all_lanes else [snapshot.lanes[self.panel_view.lane]]

    @property
    def next_try(self) -> int | None:
        """The first suggestion that was not done yet."""
        return next((i for i in range(len(self.view.scenario.tries)) if i not in self.tries_done), None)

    @property
    def next_fix(self) -> tuple[LaneSnapshot, Candidate] | None:
        """A sick lane, and the first fix of what was found in it that was not tried yet: of the lane that was chosen or
        that the chosen one was made to mend, else of the sickest."""
        lanes = {lane.name: lane for lane in self.view.snapshot.lanes} if self.view.snapshot is not None else {}
        if self.race is not None or not self.view.findings:
            return None
        known = (
            self.view.findings,
            [(lane.name, lane.settings) for lane in lanes.values()],
            [lane.name for lane in self.chosen_lanes],
            self._chosen_by_hand,
            self.fixes.begun,
        )
        found = self._fix_now.of(known, lambda: self._find_fix(lanes))
        return None if found is None else (lanes[found[0]], found[1])

    def _find_fix(self, lanes: Mapping[str, LaneSnapshot]) -> tuple[str, Candidate] | None:
        """The name of the lane that :attr:`next_fix` is about, and the fix."""
        meant = [lanes.get(self.fixes.origin_of(lane.name), lane).name for lane in self.chosen_lanes]
        of_fix = any(self.fixes.origin_of(lane.name) != lane.name for lane in self.chosen_lanes)
        chosen_first = of_fix or self._chosen_by_hand
        found = sick_lanes(self.view.snapshot, self.view.findings)
        sick = {lane.name: found[lane.index] for lane in lanes.values() if lane.index in found}

        def order(name: str) -> tuple[bool, int, bool]:
            return chosen_first and name not in meant, WORST_FIRST.index(sick[name]), name not in meant

        for name in sorted(sick, key=order):
            fix = self.fixes.next_for(lanes[name], self.view.findings)
            if fix is not None:
                return name, fix
        return None

    def available(self) -> set[str]:
        """The ids of all actions that do something now."""
        return reasons.available(self)

    def reason(self, action_id: str) -> str:
        """Why an action can do nothing now, "" if it can."""
        return reasons.reason(self, action_id)
