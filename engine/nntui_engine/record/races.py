"""What the record of a race tells: the paths, and all of the surfaces under them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..compiling.ahead import compile_ahead
from ..compiling.parts import RACE
from ..registry.optimizer import OPTIMIZERS
from ..registry.row import Row
from ..registry.schedule import SCHEDULES
from ..registry.statistic import SURFACE_BY_NAME
from ..registry.surface import SURFACES
from ..run.finding import Finding, Unchecked
from ..run.snapshot import LaneSnapshot
from ..run.task import NOT_DIAGNOSED
from ..scenario.checks import window_problem
from ..scenario.schema import MAX_STEPS
from ..scenario.settings import SurfaceSettings
from ..tasks.ground import Ground
from ..tasks.resolve import parameters_of
from ..tasks.surface_lane import SurfaceLane
from .about import surface_lane
from .looked_at import Kind, RecordedLane
from .recorder import LaneNow
from .tables import LaneRow

Racer = RecordedLane[SurfaceLane]
FURTHEST = 1e30  # from 0 that a scenario may name


class Races(Kind[Racer]):
    """Lanes that went down a surface."""

    name = "surface"
    capabilities = frozenset(("rewind", "follow", "survey"))
    layer_histories, whole_histories = (), tuple(SURFACE_BY_NAME)

    def __init__(self) -> None:
        self._ground: Ground | None = None
        self._ground_of: list[SurfaceSettings] = []

    def begun(self, row: LaneRow) -> Racer:
        """A lane whose path is empty."""
        lane = surface_lane(row.name, row.tables, row.settings)
        return RecordedLane(row, replace(lane, settings=sound(lane.settings)))

    def settle(self, one: Racer, step: int, last: int, now: LaneNow | None, at_end: bool) -> None:  # noqa: ARG002
        """Where its path ends; it may be sampled every so many steps. Raises ValueError for one without a start."""
        lane = one.lane
        if lane.history.last() is None:
            raise ValueError("a lane has no start")
        one.step = int(lane.history.last_step)
        one.state = "diverged" if lane.has_left else "finished" if one.step >= lane.settings.steps else "running"
        if now is not None and at_end:
            one.state = now.state

    def snapshot(
        self,
        lanes: Sequence[Racer],
        place: int,
        layer_history: Sequence[str],  # noqa: ARG002 - a surface has no layers
        whole_history: Sequence[str],
        points: int | None,
    ) -> LaneSnapshot:
        """Of a lane, its path and its surface."""
        one = lanes[place]
        newest = one.lane.history.last()
        assert newest is not None, "a lane that has settled has a start"
        return self.ground(lanes).look(place, one.step, one.state, newest, whole_history, points)

    def findings(self, lanes: Sequence[Racer]) -> list[Finding]:  # noqa: ARG002
        """None: a race is not diagnosed."""
        return []

    def unchecked(self, lanes: Sequence[Racer]) -> list[Unchecked]:
        """All."""
        return [Unchecked(one.row.name, ("all",), NOT_DIAGNOSED) for one in lanes]

    def ground(self, lanes: Sequence[Racer]) -> Ground:
        """What lies under the lanes; made once, since data may lie there."""
        settings = [one.lane.settings for one in lanes]
        if self._ground is None or self._ground_of != settings:
            compile_ahead((RACE,))
            self._ground, self._ground_of = Ground.under([one.lane for one in lanes]), settings
        self._ground.lanes = [one.lane for one in lanes]
        return self._ground


def sound(settings: SurfaceSettings) -> SurfaceSettings:
    """These settings, with every parameter; kernels trust them. Raises ValueError or InputError where one is none."""
    rows = SURFACES.find(settings.surface), OPTIMIZERS.find(settings.optimizer), SCHEDULES.find(settings.schedule)
    written = settings.surface_parameters, settings.optimizer_parameters, settings.schedule_parameters
    surface, optimizer, schedule = (_parameters(row, some) for row, some in zip(rows, written, strict=True))
    places = np.array([settings.start, *settings.window])
    problem = window_problem(settings.window)
    if problem or not (np.abs(places) <= FURTHEST).all():
        raise ValueError(f"its window or its start: {problem or 'too far away'}")
    if not (0 <= settings.steps <= MAX_STEPS and 0 <= settings.seed < 2**63):
        raise ValueError("its steps or its seed are none")
    return replace(settings, surface_parameters=surface, optimizer_parameters=optimizer, schedule_parameters=schedule)


def _parameters(row: Row, written: Mapping[str, float]) -> dict[str, float]:
    found = parameters_of(row, written)
    for parameter in row.parameters:
        problem = None if parameter.flag else parameter.problem(found[parameter.name])
        if problem is not None:
            raise ValueError(f"{row.name}: {parameter.name} {problem}")
    return found
