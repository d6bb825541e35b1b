"""The landscape: the loss around a network's weights, and the way that they went through it."""

from functools import lru_cache

import numpy as np

from nntui.looks.landscape import SeenLandscape, landscape
from nntui.looks.projection import Projection
from nntui.looks.sharpness import Curvatures, sharpness_past
from nntui.looks.surface import SampledSurface, SurfaceRequest
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .grid import Grid, fit
from .ground import Floats, Ground
from .map_frame import SMALLEST, Canvas, canvas_of
from .numbers import number
from .panel import Panel, PanelView, Picture, of_a_network
from .plot import Curve, Key, PlotSpec
from .theme import BACKGROUND, DIM, FAINT, TEXT, Theme

EDGE = 2.0  # of lr·λ
NOWHERE: Curvatures = (np.zeros(0, np.int64), np.zeros(0))


def landscape_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """The loss on a plane through the chosen lane's weights."""
    lane = snapshot.lanes[view.lane]
    found = None if view.looks is None else view.looks.of(landscape)
    if found is None:
        broken = lane.network.first_non_finite is not None
        why = "There is no landscape around weights that are not finite." if broken else "Working it out …"
        return PlotSpec(title="Landscape", empty=why)
    return lambda width, height: _draw(found, lane, len(snapshot.lanes) > 1, width, height, theme)


@lru_cache(maxsize=4)
def _ground(theme: Theme) -> Ground:
    return Ground(theme)


def _draw(found: SeenLandscape, lane: LaneSnapshot, several: bool, width: int, height: int, theme: Theme) -> Grid:
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return Grid.blank(width, height)
    canvas = canvas_of(found.window, width, height)
    projection = Projection(found.window, canvas.width, canvas.height)
    ground = _ground(theme)
    grid = ground.surface(_sampled(found, projection), projection, canvas, width, height)
    ground.trail(grid, lane.index, found.path, found.steps.astype(float), projection, canvas, thick=False)
    colour = theme.lane(lane.index)
    ground.point(grid, projection, canvas, _point(found.path[0]), "S", f"bold {TEXT}")
    ground.point(
        grid, projection, canvas, _point(found.path[-1]), theme.lane_marker(lane.index), f"bold {BACKGROUND}", colour
    )
    _write_title(grid, found, lane, several, canvas, theme)
    _write_foot(grid, found, canvas, theme)
    return grid


def _point(place: Floats) -> tuple[float, float]:
    return float(place[0]), float(place[1])


def _sampled(found: SeenLandscape, projection: Projection) -> SampledSurface | None:
    """The values that are known, worked out between their places for every half cell."""
    known = ~np.isnan(found.values).any(axis=1)
    rows = int(np.argmin(known)) if not known.all() else len(found.values)
    if rows < 2:
        return None
    (x0, x1), (y0, y1) = found.window
    side = found.values.shape[1]
    xs_known = x0 + (x1 - x0) * (np.arange(side) + 0.5) / side
    ys_known = y0 + (y1 - y0) * (np.arange(rows) + 0.5) / len(found.values)
    xs, ys = projection.pixels()
    top = y0 + (y1 - y0) * rows / len(found.values)
    ys = ys[ys <= top]
    values = np.where(np.isfinite(found.values[:rows]), found.values[:rows], np.nan)
    across = np.stack([np.interp(xs, xs_known, row) for row in values])
    both = np.stack([np.interp(ys[::-1], ys_known, column) for column in across.T], axis=1)[::-1]
    request = SurfaceRequest(0, ((x0, x1), (y0, top)), projection.width, max(2, len(ys) // 2))
    return SampledSurface(request, (), xs, ys, both)


def _write_title(
    grid: Grid, found: SeenLandscape, lane: LaneSnapshot, several: bool, canvas: Canvas, theme: Theme
) -> None:
    g, top, end = theme.glyphs, canvas.top - 1, canvas.left + canvas.width - 1
    name = f" {g.dot} {theme.lane_marker(lane.index)} {lane.name}" if several else ""
    column = grid.write(
        top, canvas.left + 1, fit(f" Loss around the weights{name} ", end - canvas.left - 1, g.end), TEXT
    )
    low = found.values[np.isfinite(found.values)]
    words = f" log shades, {number(float(low.min()))} to {number(float(low.max()))} " if low.size else ""
    if words and column + len(words) <= end:
        grid.write_right(top, end, words, DIM)


def _write_foot(grid: Grid, found: SeenLandscape, canvas: Canvas, theme: Theme) -> None:
    """What the plane is, over the lower edge of the frame."""
    going = "" if found.complete else f", drawing {theme.glyphs.end}"
    if found.along_path:
        share = f"{found.share:.1%}"
        forms = (
            f"along its path: {share} of the way lies in this plane{going}",
            f"{share} of its way lies in this plane{going}",
            f"{share} of its way is here",
        )
    else:
        through = f"through step {found.step}"
        forms = (f"two random directions, {through}{going}", f"random directions{going}", through)
    room = canvas.width - 4
    words = next((form for form in forms if len(form) <= room), "")
    if words:
        grid.write(canvas.top + canvas.height, canvas.left + 1, f" {words} ", DIM)


def edge_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:
    """Of every lane its rate times its sharpness, with the line at 2 where plain descent stops settling."""
    title, lane = "Rate × sharpness", snapshot.lanes[view.lane]
    found = None if view.looks is None else view.looks.of(sharpness_past)
    if found is None or found.why:
        return PlotSpec(title=title, empty="Working it out …" if found is None else found.why)
    keys = [Key(theme.lane_marker(one.index), one.name, theme.lane(one.index)) for one in snapshot.lanes]
    past = [found.lanes.get(one.name, NOWHERE) for one in snapshot.lanes]  # a former future had other lanes
    curves = [_edge_curve(*one) for one in zip(snapshot.lanes, past, keys, strict=True)]
    if not any(len(curve.steps) for curve in curves):
        return PlotSpec(title=title, empty="Working it out …")
    line, ends = np.full(2, EDGE), np.array([0.0, max(snapshot.step, 1)])
    edge = Curve("", FAINT, "", ends, line, line, line, np.zeros(2, bool), band=False)
    of_lane, highest = curves[lane.index].mean, max(float(np.nanmax(c.mean, initial=0.0)) for c in curves)
    log = view.log_axis("edge", 0.0 < highest < EDGE / 4)
    return PlotSpec(
        title=title,
        subtitle=f"now {number(float(of_lane[-1]))}, the edge is {number(EDGE)}" if len(of_lane) else "",
        whose=lane.name if len(keys) > 1 else "",
        curves=(edge, *curves),
        legend=tuple(keys) if len(keys) > 1 else (),
        curves_are="lanes" if len(keys) > 1 else "curves",
        step=snapshot.step,
        steps=snapshot.steps,
        scale="log" if log else "linear",
        floor=None if log else 0.0,
        timed=True,
        memory=view.axis_memory("edge"),
    )


def _edge_curve(lane: LaneSnapshot, past: Curvatures, key: Key) -> Curve:
    """lr·λ at the steps where λ is known; the rate is that of the step, or of the one nearest that was kept."""
    steps, sharpness = past
    rates = lane.whole_history.get("lr")
    if rates is not None and len(rates.steps):
        rate = np.interp(steps, np.asarray(rates.steps, float), np.asarray(rates.mean)[:, 0])
    else:
        rate = np.full(len(steps), lane.settings.optimizer_parameters["lr"])
    values = rate * sharpness
    bad = ~np.isfinite(values)
    return Curve(key.label, key.colour, key.marker, steps.astype(float), values, values, values, bad, band=False)


LANDSCAPE_PANELS = (
    Panel(
        "landscape",
        (),
        (),
        landscape_panel,
        of_a_network,
        look=landscape,
        view="landscape",
        on_request=True,
        meaning="The loss around the weights, with the way they came: a valley, a slope or a cliff",
        short="the loss all around",
        formula="L(θ + a·u + b·v) for two directions u, v: along the path, or random and scaled filter by filter",
    ),
    Panel(
        "edge_of_stability",
        ("lr",),
        (),
        edge_panel,
        of_a_network,
        look=sharpness_past,
        view="landscape",
        on_request=True,
        meaning="Above 2 plain descent overshoots where the loss bends most, and cannot settle there",
        short="above 2 it overshoots",
        formula="lr·λ, λ = the largest eigenvalue of ∂²(loss + penalty)/∂θ² on the probe set (Cohen et al. 2021)",
    ),
)
