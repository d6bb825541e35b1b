"""What a panel is: the histories it needs, when there is something to show, and the function that makes its picture."""

from collections.abc import Callable
from dataclasses import dataclass, field

from nntui.closeup import Closeup
from nntui_engine.run.snapshot import Snapshot
from nntui_engine.scenario.load import Sweep

from .grid import Grid
from .look import Look
from .plot import PlotSpec, draw_plot
from .scales import SteadyAxis

Picture = Callable[[int, int], Grid]


@dataclass(frozen=True, slots=True)
class Former:
    """A future that a change in the past has replaced: the run at its end, and the step it had in common."""

    step: int
    snapshot: Snapshot


@dataclass(slots=True)
class PanelView:
    """What a person has chosen, and the axes' memory: which lane, which unit, whether the loss has a log axis.

    ``closeup`` is the newest closer look at the network, ``sweep`` the scenario's, ``former`` the future that was
    replaced.
    """

    lane: int = 0
    log_loss: bool = False
    memory: dict[str, SteadyAxis] = field(default_factory=dict)
    layer: int = 1
    unit: int = 0
    closeup: Closeup | None = None
    sweep: Sweep | None = None
    former: Former | None = None

    def axis_memory(self, name: str) -> SteadyAxis:
        """The memory of the axis called ``name``, made when it is first asked for."""
        return self.memory.setdefault(name, SteadyAxis())


def always(snapshot: Snapshot, view: PanelView) -> bool:  # noqa: ARG001
    """True: a panel that has something to show of every network."""
    return True


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: ``build`` makes a plot, or a function of the panel's size; ``close`` says that it needs a closer look
    at the network (``nntui.closeup.LOOKS`` under the same name), ``on_request`` that it is shown only where a scenario
    names it."""

    name: str
    whole: tuple[str, ...]
    layer: tuple[str, ...]
    build: Callable[[Snapshot, PanelView, Look], PlotSpec | Picture]
    applies: Callable[[Snapshot, PanelView], bool] = always
    close: bool = False
    on_request: bool = False


def draw_panel(built: PlotSpec | Picture, width: int, height: int, look: Look) -> Grid:
    """What a panel built, as a grid of exactly this size."""
    return draw_plot(built, width, height, look) if isinstance(built, PlotSpec) else built(width, height)
