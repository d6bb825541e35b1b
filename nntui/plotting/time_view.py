"""How a person looks at plots over the steps: all of them or the last ones, as measured or smoothed, read at a step."""

from dataclasses import replace

import numpy as np
from rich.cells import cell_len

from .grid import Grid
from .numbers import grouped, number, share
from .panel import PanelView, Picture, draw_panel
from .plot import Curve, PlotSpec
from .scales import Axis, round_step
from .theme import DIM, TEXT, Theme

SMOOTHINGS = (0, 20, 100, 500)  # steps whose mean is drawn; 0: values as they were measured
WINDOWS = (0, 1000, 200)  # the last steps that are drawn; 0: all
MOST_ROWS = 3  # of values under a plot


def seen_in_time(spec: PlotSpec, view: PanelView, theme: Theme) -> PlotSpec:
    """The plot as ``view`` says; one that is not over the steps stays as it is."""
    if spec.x_axis is not None or spec.empty or not spec.curves:
        return spec
    spec = replace(spec, timed=True)
    if view.smoothing and not spec.whole:
        raw = tuple(replace(curve, colour=theme.faded(curve.colour), marker="", band=False) for curve in spec.curves)
        words = f"mean of {view.smoothing} steps"
        spec = replace(
            spec,
            curves=(*raw, *(_smoothed(curve, view.smoothing) for curve in spec.curves if curve.marker)),
            subtitle=f"{spec.subtitle}, {words}" if spec.subtitle else words,
        )
    return _windowed(spec, view.window) if view.window else spec


def _smoothed(curve: Curve, steps: int) -> Curve:
    """The mean of the values of the last ``steps`` steps at each point; a point that is NaN stays so."""
    known = np.isfinite(curve.mean) & ~curve.bad
    total = np.concatenate(([0.0], np.cumsum(np.where(known, curve.mean, 0.0))))
    count = np.concatenate(([0], np.cumsum(known)))
    end = np.arange(1, len(curve.steps) + 1)
    start = np.searchsorted(curve.steps, curve.steps - steps, side="right")
    mean = np.where(known, (total[end] - total[start]) / np.maximum(1, count[end] - count[start]), curve.mean)
    return replace(curve, low=mean, mean=mean, high=mean, band=False)


def _windowed(spec: PlotSpec, steps: int) -> PlotSpec:
    last = max(spec.step, *(int(curve.steps[-1]) for curve in spec.curves if len(curve.steps)), steps)
    axis = Axis(float(last - steps), float(last), whole=True, step=round_step(float(steps), 5))
    return replace(spec, curves=tuple(_since(curve, axis.low) for curve in spec.curves), x_axis=axis)


def _since(curve: Curve, step: float) -> Curve:
    on = curve.steps >= step
    low, mean, high = curve.low[on], curve.mean[on], curve.high[on]
    return replace(curve, steps=curve.steps[on], low=low, mean=mean, high=high, bad=curve.bad[on])


def draw_zoomed(
    built: PlotSpec | Picture, cursor: float | None, width: int, height: int, theme: Theme, meaning: tuple[str, ...]
) -> Grid:
    """A panel alone on the screen; under a plot over the steps every curve's value at ``cursor`` or the newest."""
    if not isinstance(built, PlotSpec) or not built.timed:
        return draw_panel(built, width, height, theme, meaning)
    step = float(built.step) if cursor is None else min(cursor, float(built.step))
    rows = _rows(values_at(built, step), step, width - 2)[:MOST_ROWS]
    grid = Grid.blank(width, height)
    plot = draw_panel(replace(built, cursor=step), width, height - len(rows), theme, meaning)
    grid.paste(plot, 0, 0)
    for row, pieces in enumerate(rows):
        column = 1
        for text, style in pieces:
            column = grid.write(plot.height + row, column, text, style)
    return grid


def values_at(spec: PlotSpec, step: float) -> list[tuple[Curve, str]]:
    """Each curve with a marker, and its value at the last of its points up to ``step``: "-" before the first."""
    found = []
    for curve in spec.curves:
        at = int(np.searchsorted(curve.steps, step, side="right")) - 1
        if curve.marker.strip():
            value = float(curve.mean[at]) if at >= 0 else np.nan
            words = "-" if at < 0 else share(value) if spec.percent and np.isfinite(value) else number(value, 6)
            found.append((curve, words))
    return found


def _rows(values: list[tuple[Curve, str]], step: float, width: int) -> list[list[tuple[str, str]]]:
    rows: list[list[tuple[str, str]]] = [[(f"step {grouped(step)}  ", DIM)]]
    for curve, words in values:
        pieces = [(f"{curve.marker}: " if curve.marker.isalnum() else f"{curve.marker} ", f"bold {curve.colour}")]
        pieces += [(f"{curve.label} ", DIM)] if curve.label else []
        pieces.append((f"{words.strip()}   ", TEXT))
        if sum(cell_len(text) for text, _ in (*rows[-1], *pieces)) > width + 3:
            rows.append([])
        rows[-1] += pieces
    return rows


def next_of(choices: tuple[int, ...], chosen: int) -> int:
    """The choice after ``chosen``, the first after the last."""
    return choices[(choices.index(chosen) + 1) % len(choices)]
