"""The search for fair rates, one lane at a time, so that the lab stays responsive between them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nntui_engine.analysis.sweeps import Sensitivity
    from nntui_engine.tasks.surface import SurfaceTask


@dataclass(frozen=True, slots=True)
class FairView:
    """The search for fair rates: lanes done of all, and what was found for them."""

    done: int = 0
    total: int = 0
    steps: int = 0
    found: "tuple[Sensitivity, ...]" = ()
    floor: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether every lane is done, of at least one."""
        return self.total > 0 and self.done >= self.total


class FairSearch:
    """Finds each lane's best learning rate on the same budget; ``view`` says how far it is."""

    def __init__(self, surface: "SurfaceTask") -> None:
        self._lanes = [(lane.name, lane.settings) for lane in surface.lanes]
        self._found: list[Sensitivity] = []
        self._floor = min((surface.lowest(i) for i in range(len(surface.lanes))), default=0.0)

    @property
    def view(self) -> FairView:
        """How many lanes are done of all, and what was found for them."""
        steps = max(settings.steps for _, settings in self._lanes)
        return FairView(len(self._found), len(self._lanes), steps, tuple(self._found), self._floor)

    @property
    def pending(self) -> bool:
        """Whether a lane is still to be searched for."""
        return len(self._found) < len(self._lanes)

    def next(self) -> None:
        """Search for one more lane."""
        from nntui_engine.analysis.sweeps import fair_rate

        name, settings = self._lanes[len(self._found)]
        self._found.append(fair_rate(name, settings))
