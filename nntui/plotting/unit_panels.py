"""Panels of units: all of them as cells, a small network as nodes and edges, and one unit large."""

from nntui.looks.responses import close_unit, diagram, is_small
from nntui.looks.units import units
from nntui.looks.weight_pictures import reads_images, weight_pictures
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .close_unit import draw_close_unit
from .diagram import draw_diagram
from .grid import Grid
from .history_plots import whose
from .numbers import number
from .panel import Panel, PanelView, Picture, always
from .plot import PlotSpec
from .shades import largest_of, signed, signed_shades
from .theme import Theme
from .tiles import draw_tiles
from .units import MEASURES, draw_units


def units_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """Every unit of the chosen lane as a cell."""
    found = None if view.looks is None else view.looks.of(units)
    lane, measure = _lane(snapshot, view), MEASURES[view.measure % len(MEASURES)]
    title = _titled(f"Units: {measure.name}", snapshot, lane, theme)
    if found is None or len(found.layers) != len(lane.layers):
        return PlotSpec(title=title, empty="One moment.")
    chosen = view.layer, view.unit
    known = (found, title, chosen, measure, theme)
    return view.once("units", known, lambda w, h: draw_units(found, lane, title, chosen, measure, w, h, theme))


def has_diagram(snapshot: Snapshot, view: PanelView) -> bool:
    """Whether the chosen lane's network can be drawn as nodes with edges."""
    return is_small(snapshot.lanes[view.lane].network.settings)


def diagram_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """The chosen lane's network as nodes and edges."""
    found, lane = None if view.looks is None else view.looks.of(diagram), _lane(snapshot, view)
    title = _titled("What every unit answers", snapshot, lane, theme)
    if found is None or len(found.columns) != len(lane.layers) + 1:
        return PlotSpec(title=title, empty="One moment.")
    chosen = view.layer, view.unit
    known = (found, title, chosen, theme)
    return view.once("diagram", known, lambda w, h: draw_diagram(found, lane, title, chosen, w, h, theme))


def unit_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """The chosen unit, large."""
    found = None if view.looks is None else view.looks.of(close_unit)
    lane, measure = _lane(snapshot, view), MEASURES[view.measure % len(MEASURES)]
    if found is None or len(found.units.layers) != len(lane.layers):
        return PlotSpec(title="One unit", empty="One moment.")
    name = f"{theme.lane_marker(lane.index)} {lane.name}" if len(snapshot.lanes) > 1 else ""
    known = (found, name, measure, theme)
    return view.once("unit", known, lambda w, h: draw_close_unit(found, lane, name, measure, w, h, theme))


def has_weight_pictures(snapshot: Snapshot, view: PanelView) -> bool:
    """Whether the chosen lane's first layer looks at images."""
    return reads_images(snapshot.lanes[view.lane].network.settings)


def weight_pictures_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """What each unit of the first layer looks for."""
    found, lane = None if view.looks is None else view.looks.of(weight_pictures), _lane(snapshot, view)
    title = _titled("Weights of layer 1 as pictures", snapshot, lane, theme)
    if found is None:
        return PlotSpec(title=title, empty="One moment.")

    def draw(width: int, height: int) -> Grid:
        palette, largest = signed(theme), largest_of(found.pictures)
        shades = signed_shades(found.pictures, largest, palette)
        foot = f"a picture a unit, largest weight {number(largest)}"
        return draw_tiles(title, [*shades], palette, foot, width, height, theme)

    return view.once("weight_pictures", (found, title, theme), draw)


def _lane(snapshot: Snapshot, view: PanelView) -> LaneSnapshot:
    """The lane that was looked at: for a moment after another was chosen still the one before."""
    return snapshot.lanes[min(view.looks.request.lane if view.looks else view.lane, len(snapshot.lanes) - 1)]


def _titled(title: str, snapshot: Snapshot, lane: LaneSnapshot, theme: Theme) -> str:
    name = whose(snapshot, lane)
    return f"{title} {theme.glyphs.dot} {name}" if name else title


UNIT_PANELS: tuple[Panel, ...] = (
    Panel(
        "units",
        (),
        (),
        units_panel,
        always,
        units,
        "network",
        True,
        meaning="Every unit of every layer a cell; c changes what its shade says. Dead ones learn no more",
        short="c: what shades say",
        formula="over probe rows: mean of a; share of a = 0; share of |φ'(z)| < 5 % of its largest; ‖∂L/∂W‖ of a unit",
    ),
    Panel(
        "unit",
        (),
        (),
        unit_panel,
        always,
        close_unit,
        "network",
        True,
        meaning="The chosen unit: what it does, what it answers where, and which inputs it listens to",
        short="the chosen unit",
        formula="a of this unit; its column of W, and its bias b",
    ),
    Panel(
        "diagram",
        (),
        (),
        diagram_panel,
        has_diagram,
        diagram,
        "network",
        True,
        meaning="From inputs to output: blue (or light) where a unit answers above 0, orange (dark) below",
        short="what each unit answers",
        formula="a of every unit at every point of the inputs; of more than two inputs its mean; W between layers",
    ),
    Panel(
        "weight_pictures",
        (),
        (),
        weight_pictures_panel,
        has_weight_pictures,
        weight_pictures,
        "network",
        True,
        meaning="What each unit of the first layer looks for in a picture: blue adds, orange takes away",
        short="what units look for",
        formula="W of the first layer, a picture a unit; the mean over the channels",
    ),
)
