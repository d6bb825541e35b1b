"""What the record of networks tells: layers, where numbers broke, and what was wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..diagnosis.unchecked import unchecked_in
from ..diagnosis.verdict import WATCHED, WATCHED_WHOLE, found_in
from ..registry.statistic import LAYER_HISTORIES, WHOLE_HISTORIES
from ..run.finding import Finding, Unchecked
from ..run.snapshot import LaneSnapshot, LaneState
from ..tasks.network_lane import NetworkLane
from .about import AboutNetwork, network_lane
from .looked_at import Kind, RecordedLane
from .recorder import LaneNow
from .tables import LaneRow


@dataclass(slots=True)
class RecordedNetwork(RecordedLane[NetworkLane]):
    """A lane that trained a network."""

    about: AboutNetwork


class Networks(Kind[RecordedNetwork]):
    """Lanes that trained networks."""

    name = "network"
    capabilities = frozenset(("rewind", "diagnose", "follow"))
    layer_histories, whole_histories = LAYER_HISTORIES, WHOLE_HISTORIES

    def begun(self, row: LaneRow) -> RecordedNetwork:
        """A lane whose data have no rows."""
        lane, about = network_lane(row.name, row.tables, row.settings, row.about)
        return RecordedNetwork(row, lane, about)

    def settle(self, one: RecordedNetwork, step: int, last: int, now: LaneNow | None, at_end: bool) -> None:
        """Where it stood, with the newest values, and where its numbers had broken by then."""
        lane = one.lane
        lane.renew_latest()
        one.step = min(step, last)
        ended: LaneState = "finished" if one.step >= lane.settings.steps else "stopped early"
        one.state = "running" if one.step == step and step < lane.settings.steps else ended
        if now is not None and at_end:
            one.step, one.state = now.step, now.state
        broken = None if now is None else now.non_finite
        lane.first_non_finite = broken if broken is not None and broken.step <= one.step else None

    def snapshot(
        self,
        lanes: Sequence[RecordedNetwork],
        place: int,
        layer_history: Sequence[str],
        whole_history: Sequence[str],
        points: int | None,
    ) -> LaneSnapshot:
        """Of a lane, its layers as they were."""
        one, about = lanes[place], lanes[place].about
        return one.lane.snapshot(
            place, one.step, one.state, about.parameters, about.own_data, layer_history, whole_history, points
        )

    def findings(self, lanes: Sequence[RecordedNetwork]) -> list[Finding]:
        """What the rules find in each lane."""
        return found_in(self._watched(lanes))

    def unchecked(self, lanes: Sequence[RecordedNetwork]) -> list[Unchecked]:
        """What they could not look at."""
        return unchecked_in(self._watched(lanes))

    def _watched(self, lanes: Sequence[RecordedNetwork]) -> Iterator[LaneSnapshot]:
        return (self.snapshot(lanes, place, WATCHED, WATCHED_WHOLE, None) for place in range(len(lanes)))
