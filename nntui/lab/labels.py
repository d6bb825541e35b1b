"""What lanes are called on screen: by their names, and by what was changed in them since they began."""

from collections.abc import Mapping
from dataclasses import replace

from nntui_engine.run.snapshot import LaneSnapshot, Snapshot
from nntui_engine.scenario.settings import Settings

from .knob_rows import knobs_of
from .knobs import MIXED

WORDS = 3  # of a change at most; more are counted
_NEVER = frozenset({"train.steps"})  # how long a lane runs makes it no other


class LaneLabels:
    """Names that stay true: a lane "sigmoid" that runs with ReLU now is "sigmoid → relu"."""

    def __init__(self, arrow: str) -> None:
        self._arrow = arrow
        self._known: dict[str, tuple[Settings, str]] = {}

    def shown(self, snapshot: Snapshot, first: Mapping[str, Settings]) -> Snapshot:
        """The snapshot with its lanes called so."""
        lanes = tuple(self._called(lane, first.get(lane.name)) for lane in snapshot.lanes)
        return replace(snapshot, lanes=lanes)

    def _called(self, lane: LaneSnapshot, begun: Settings | None) -> LaneSnapshot:
        if begun is None or lane.settings is begun or not lane.name:
            return lane
        known = self._known.get(lane.name)
        if known is None or known[0] is not lane.settings:
            known = lane.settings, self._label(lane.name, begun, lane.settings)
            self._known[lane.name] = known
        return replace(lane, name=known[1]) if known[1] != lane.name else lane

    def _label(self, name: str, begun: Settings, now: Settings) -> str:
        changed = []
        for knob in knobs_of(now):
            value = knob.read(now)
            if knob.key not in _NEVER and value not in (None, MIXED) and knob.read(begun) != value:
                changed.append(knob.words(value))
        if not changed:
            return name
        more = [f"{len(changed) - WORDS} more"] if len(changed) > WORDS else []
        between = ", " if self._arrow in name else f" {self._arrow} "
        return f"{name}{between}{', '.join(changed[:WORDS] + more)}"
