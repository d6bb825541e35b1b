"""One statistic of every lane in a small plot each, side by side, with the same axes."""

from collections.abc import Sequence
from dataclasses import replace

from nntui_engine.run.snapshot import Snapshot

from .drawn_lanes import undrawn
from .grid import Grid, fit
from .panel import PanelView
from .panels import build_panel
from .plot import PlotSpec
from .plot_drawing import draw_plot, last_step
from .scales import SteadyAxis, step_axis
from .theme import DIM, TEXT, Theme
from .time_view import values_at
from .value_axis import value_axis

SMALLEST = (26, 6)  # columns and rows of a small plot
SHAPE = 2.6  # columns to a row in a plot of the best shape


def apart(name: str, snapshot: Snapshot, view: PanelView, theme: Theme) -> list[PlotSpec]:
    """The plot ``name`` for each lane that is drawn, with axes in common; none where it is not over the steps."""
    away = undrawn(snapshot, view)
    lanes = [lane for lane in snapshot.lanes if lane.index not in away]
    whole = build_panel(name, snapshot, view, theme)
    if not isinstance(whole, PlotSpec) or not whole.timed or len(lanes) < 2:
        return []
    specs: list[PlotSpec] = []
    for lane in lanes:
        if whole.curves_are == "lanes":
            curves = tuple(curve for curve in whole.curves if curve.label == lane.name)
            specs.append(replace(whole, title=lane.name, curves=curves, legend=(), note=""))
        else:
            built = build_panel(name, snapshot, replace(view, lane=lane.index, former=None), theme)
            assert isinstance(built, PlotSpec)
            specs.append(replace(built, title=lane.name, whose="", subtitle=""))
    return _alike(whole, specs)


def _alike(whole: PlotSpec, specs: Sequence[PlotSpec]) -> list[PlotSpec]:
    """The same plots with the axes of all their curves together."""
    together = replace(whole, curves=tuple(curve for one in specs for curve in one.curves), memory=SteadyAxis())
    found = value_axis(together)
    steps = [one.x_axis for one in specs if one.x_axis is not None]
    x_axis = max(steps, key=lambda axis: axis.high) if steps else None
    x_axis = x_axis or step_axis(max(map(last_step, specs)), max(one.steps for one in specs))
    return [replace(one, x_axis=x_axis, y_axis=None if found is None else found.axis) for one in specs]


def draw_apart(
    specs: Sequence[PlotSpec], title: str, chosen: int, cursor: float | None, width: int, height: int, theme: Theme
) -> Grid:
    """The plots under a line that says what they are of; where not all fit, those about the ``chosen`` one."""
    grid = Grid.blank(width, height)
    across, down = _arranged(len(specs), width, height - 1)
    room = across * down
    first = max(0, min(chosen - room // 2, len(specs) - room))
    shown = specs[first : first + room]
    words = f"{title}: each lane by itself, the axes are the same"
    if len(shown) < len(specs):
        words += f"; {len(specs) - len(shown)} more in a larger window"
    grid.write(0, 1, fit(words, width - 2, theme.glyphs.end), f"bold {TEXT}" if cursor is None else TEXT)
    columns, rows = width // across, (height - 1) // down
    for place, spec in enumerate(shown):
        row, column = divmod(place, across)
        wide = width - column * columns if column == across - 1 else columns
        high = height - 1 - row * rows if row == down - 1 else rows
        small = spec if cursor is None else replace(spec, cursor=min(cursor, float(spec.step)))
        grid.paste(draw_plot(_read(small), wide, high, theme), 1 + row * rows, column * columns)
    if cursor is not None:
        grid.write_right(0, width - 1, f"step {cursor:.0f}", DIM)
    return grid


def _read(spec: PlotSpec) -> PlotSpec:
    """With the value at the cursor behind its title, where it has one curve."""
    if spec.cursor is None:
        return spec
    values = values_at(spec, spec.cursor)
    return replace(spec, title=f"{spec.title} {values[0][1]}") if len(values) == 1 else spec


def _arranged(count: int, width: int, height: int) -> tuple[int, int]:
    """How many plots stand in a row, and in how many rows: all of them in the best shape, or as many as fit."""
    found = []
    for across in range(1, count + 1):
        down = -(-count // across)
        columns, rows = width // across, height // down
        if columns >= SMALLEST[0] and rows >= SMALLEST[1]:
            found.append((min(columns / SHAPE, rows), -across, across, down))
    if found:
        return max(found)[2:]
    return max(1, min(count, width // SMALLEST[0])), max(1, height // SMALLEST[1])
