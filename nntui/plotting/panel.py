"""What a panel is: the histories it needs, when there is something to show, and the function that makes its picture."""

from collections.abc import Callable
from dataclasses import dataclass, field

from nntui.looks.request import Look, Looks
from nntui_engine.run.snapshot import Snapshot
from nntui_engine.scenario.load import Sweep

from .grid import Grid
from .plot import PlotSpec, draw_plot
from .scales import SteadyAxis
from .theme import Theme

Picture = Callable[[int, int], Grid]


@dataclass(frozen=True, slots=True)
class Former:
    """A future that a change in the past has replaced: the run at its end, and the step it had in common."""

    step: int
    snapshot: Snapshot


@dataclass(slots=True)
class PanelView:
    """What a person has chosen, and the axes' memory: which lane, which unit, whether the loss has a log axis.

    ``looks`` is what was last seen of the network itself, ``sweep`` the scenario's, ``former`` the future that was
    replaced. ``meanings``: whether each panel says what it shows. ``plane``: which plane the landscape is drawn on,
    ``again``: how often it was asked for anew;
    ``statistic``: which one of layers the Layers view shows.
    """

    lane: int = 0
    log_loss: bool = False
    meanings: bool = True
    memory: dict[str, SteadyAxis] = field(default_factory=dict)
    layer: int = 1
    unit: int = 0
    plane: int = 0
    again: int = 0
    statistic: int = 5
    looks: Looks | None = None
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
    """One panel: ``build`` makes a plot, or a function of the panel's size, of the histories ``whole`` and ``layer``
    and of what ``look`` finds. ``view`` ("map", "network") is where it has its place beside the Overview;
    ``on_request``: the Overview has it only where a scenario names it."""

    name: str
    whole: tuple[str, ...]
    layer: tuple[str, ...]
    build: Callable[[Snapshot, PanelView, Theme], PlotSpec | Picture]
    applies: Callable[[Snapshot, PanelView], bool] = always
    look: Look | None = None
    view: str = ""
    on_request: bool = False


def draw_panel(built: PlotSpec | Picture, width: int, height: int, theme: Theme) -> Grid:
    """What a panel built, as a grid of exactly this size."""
    return draw_plot(built, width, height, theme) if isinstance(built, PlotSpec) else built(width, height)
