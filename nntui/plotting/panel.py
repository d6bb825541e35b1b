"""What a panel is: the histories it needs, when there is something to show, and the function that makes its picture."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rich.cells import cell_len

from nntui.looks.request import Look, Looks
from nntui_engine.run.snapshot import Snapshot
from nntui_engine.scenario.load import Sweep

from .grid import Grid
from .plot import PlotSpec
from .plot_drawing import draw_plot
from .scales import SteadyAxis
from .theme import DIM, FAINT, Theme

Picture = Callable[[int, int], Grid]
MEANING_ROWS = 9  # of a panel that says what it shows


@dataclass(frozen=True, slots=True)
class Former:
    """A future that a change in the past has replaced: the run at its end, and the step it had in common."""

    step: int
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a lane: its rule, since which step, in which layers (1-based), with which sign."""

    lane: str
    rule: str
    step: int
    layers: tuple[int, ...]
    sign: str


@dataclass(slots=True)
class PanelView:
    """What a person has chosen, and the axes' memory: which lane, which unit, which plots shall have a log axis or not,
    and which have one now.

    ``meanings``: whether each panel says what it shows. ``smoothing``: steps whose mean is drawn, ``window``: the last
    steps alone (0: neither), ``cursor``: the step that plots are read at, ``pointed``: the plot that says its values.
    ``looks`` is what was last seen of the network itself, ``sweep`` the scenario's, ``former`` the future that was
    replaced. ``plane``: which plane the landscape is drawn on, ``again``: how often it was asked for anew;
    ``statistic``: which one of layers the Layers view shows, ``measure``: what the shades of units say.
    ``muted``: the lanes that are not drawn, as their scenario calls them; ``alone``: only the chosen one is; ``apart``:
    each in a plot by itself. ``blind``: the network itself cannot be looked at. ``found``: the roots of what is wrong.
    """

    lane: int = 0
    log_axes: dict[str, bool] = field(default_factory=dict)
    log_now: dict[str, bool] = field(default_factory=dict)
    meanings: bool = True
    smoothing: int = 0
    window: int = 0
    cursor: float | None = None
    pointed: str = ""
    memory: dict[str, SteadyAxis] = field(default_factory=dict)
    layer: int = 1
    unit: int = 0
    plane: int = 0
    again: int = 0
    statistic: int = 5
    measure: int = 0
    drawn: dict[str, tuple[tuple[object, ...], Grid]] = field(default_factory=dict)
    looks: Looks | None = None
    sweep: Sweep | None = None
    former: Former | None = None
    muted: frozenset[str] = frozenset()
    alone: bool = False
    apart: bool = False
    blind: bool = False
    found: tuple[Found, ...] = ()

    @property
    def choices(self) -> tuple[object, ...]:
        """All of it that plots over time look by."""
        former = None if self.former is None else (self.former.step, id(self.former))
        what = (
            self.lane,
            self.layer,
            self.unit,
            self.statistic,
            self.muted,
            self.alone,
            self.blind,
            self.found,
            former,
        )
        return *what, self.meanings, self.smoothing, self.window, self.pointed, dict(self.log_axes)

    def axis_memory(self, name: str) -> SteadyAxis:
        """The memory of the axis called ``name``, made when it is first asked for."""
        return self.memory.setdefault(name, SteadyAxis())

    def once(self, name: str, known: tuple[object, ...], draw: Picture) -> Picture:
        """``draw``, which is not asked again for the same size as long as ``known``, all that it draws, is the same:
        frames come more often than looks."""

        def picture(width: int, height: int) -> Grid:
            now = (*known, width, height)
            if name not in self.drawn or self.drawn[name][0] != now:
                self.drawn[name] = now, draw(width, height)
            return self.drawn[name][1]

        return picture

    def log_axis(self, name: str, by_itself: bool) -> bool:
        """Whether the plot ``name`` has a logarithmic axis: as was chosen, or else as it would have by itself."""
        self.log_now[name] = self.log_axes.get(name, by_itself)
        return self.log_now[name]


def always(snapshot: Snapshot, view: PanelView) -> bool:  # noqa: ARG001
    """True: a panel that has something to show of every network."""
    return True


def of_a_network(snapshot: Snapshot, view: PanelView) -> bool:  # noqa: ARG001
    """Whether lanes train networks; else they descend a surface."""
    return not snapshot.on_surface


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: ``build`` makes a plot, or a function of the panel's size, of the histories ``whole`` and ``layer``
    and of what ``look`` finds. ``view`` ("map", "network") is where it has its place beside the Overview;
    ``on_request``: the Overview has it only where a scenario names it. ``meaning`` says in plain words what is seen,
    ``short`` the same in few, ``formula`` what is worked out."""

    name: str
    whole: tuple[str, ...]
    layer: tuple[str, ...]
    build: Callable[[Snapshot, PanelView, Theme], PlotSpec | Picture]
    applies: Callable[[Snapshot, PanelView], bool] = always
    look: Look | None = None
    view: str = ""
    on_request: bool = False
    meaning: str = ""
    short: str = ""
    formula: str = ""

    def has_something(self, snapshot: Snapshot, view: PanelView) -> bool:
        """Whether there is something to show, and to see it by."""
        return not (view.blind and self.look is not None) and self.applies(snapshot, view)


def draw_panel(built: PlotSpec | Picture, width: int, height: int, theme: Theme, meaning: tuple[str, ...] = ()) -> Grid:
    """What a panel built, as a grid of exactly this size; ``meaning``: its forms, of which the first that fits stands
    under the title where there are rows enough."""
    rows = height - 1 if meaning and height >= MEANING_ROWS else height
    grid = draw_plot(built, width, rows, theme) if isinstance(built, PlotSpec) else built(width, rows)
    return grid if rows == height else under_title(grid, meaning, theme)


def under_title(grid: Grid, forms: tuple[str, ...], theme: Theme) -> Grid:
    """The same with one row more under its upper line: the first of ``forms`` that fits between the frame's sides."""
    found = Grid.blank(grid.width, grid.height + 1)
    found.paste(grid, 1, 0)
    upper = found.chars[1].copy(), found.inks[1].copy()
    found.chars[1], found.inks[1] = " ", 0
    found.chars[0], found.inks[0] = upper
    corners = [i for i, char in enumerate(grid.chars[0]) if char in theme.glyphs.corners[:2]]
    left, right = (corners[0], corners[-1]) if len(corners) > 1 else (0, grid.width - 1)
    for column in (left, right):
        found.write(1, column, theme.glyphs.side, FAINT)
    words = next((form for form in forms if cell_len(form) <= right - left - 3), "")
    found.write(1, left + 2, words, DIM)
    return found
