"""The margin beside a plot: every curve's marker at the height of its newest value."""

import numpy as np

from .canvas import Columns
from .grid import Grid
from .plot import Curve
from .plot_box import PlotBox
from .theme import Theme

EVERY = 13  # columns between two markers along a curve without colours


def cell_row(frame: PlotBox, place: float) -> int:
    """The row of a place from 0 (the axis' lower limit) to 1."""
    return frame.top + int((1.0 - place) * (frame.height - 1) + 0.5 + 1e-9)


def draw_ends(grid: Grid, frame: PlotBox, ends: list[tuple[float, Curve]]) -> None:
    """The markers in the column behind the frame, each at the place (0 to 1) where its curve ends, one a row: those
    that would meet stand above each other."""
    column = frame.left + frame.width + 1
    ends = [(place, curve) for place, curve in ends if curve.marker.strip()]
    ends.sort(key=lambda one: -one[0])  # as the curves stand, also where they end in one row
    wanted = [(cell_row(frame, place), curve) for place, curve in ends]
    if len(wanted) > frame.height:  # "+" is every layer past nine: one for all whose ends meet
        alike = {
            (row, curve.marker if curve.marker == "+" else i): (row, curve) for i, (row, curve) in enumerate(wanted)
        }
        wanted = list(alike.values())
    if len(wanted) > frame.height:
        wanted = [wanted[i] for i in np.linspace(0, len(wanted) - 1, frame.height).round().astype(int)]
    rows = apart([row for row, _ in wanted], frame.top, frame.top + frame.height - 1)
    for row, (_, curve) in zip(rows, wanted, strict=True):
        grid.write(row, column, curve.marker[:1], f"bold {curve.colour}")


def apart(rows: list[int], first: int, last: int) -> list[int]:
    """``rows`` (ascending, at most as many as there are from ``first`` to ``last``) moved as little as makes each
    another one, those of a group to both sides of where they meet."""
    groups: list[list[float]] = []  # the sum of where the group's first row would be, its count
    for row in rows:
        groups.append([float(row), 1.0])
        while len(groups) > 1 and _start(groups[-2], first, last) + groups[-2][1] > _start(groups[-1], first, last):
            total, count = groups.pop()
            groups[-1][0] += total - count * groups[-1][1]
            groups[-1][1] += count
    found: list[int] = []
    for group in groups:
        start = max(_start(group, first, last), found[-1] + 1 if found else first)
        found += range(start, start + int(group[1]))
    return found


def _start(group: list[float], first: int, last: int) -> int:
    return min(max(first, int(np.floor(group[0] / group[1] + 0.5))), last + 1 - int(group[1]))


def mark_along(grid: Grid, frame: PlotBox, gathered: list[tuple[Curve, Columns]], theme: Theme) -> None:
    """Where colours are missing, every curve's marker now and then on its way."""
    if theme.colour != "grey" or len(gathered) < 2:
        return
    for index, (curve, columns) in enumerate(gathered):
        for column in range((index * 5) % EVERY, frame.width, EVERY):
            place = float(columns.middle[column])
            if np.isfinite(place) and curve.marker.strip():
                grid.write(cell_row(frame, place), frame.left + column, curve.marker[:1], f"bold {curve.colour}")
