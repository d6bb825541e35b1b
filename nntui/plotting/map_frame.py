"""The frame around a map: its ticks, and the rectangle that it leaves free."""

import math
from dataclasses import dataclass

from nntui.looks.projection import Window

from .grid import Grid
from .scales import Axis, number_label
from .theme import DIM, FAINT, Theme

SMALLEST = (16, 6)
LABELS = 9  # columns of the widest label beside the map


@dataclass(frozen=True, slots=True)
class Canvas:
    """The map's free rectangle inside its frame, in cells."""

    left: int
    top: int
    width: int
    height: int


def draw_frame(grid: Grid, window: Window, canvas: Canvas, theme: Theme) -> None:
    """The frame with its ticks around a canvas."""
    g, right, bottom = theme.glyphs, canvas.left + canvas.width, canvas.top + canvas.height
    frame = grid.ink(FAINT)
    grid.inks[:] = frame
    grid.chars[canvas.top : bottom, canvas.left - 1] = g.side
    grid.chars[canvas.top : bottom, right] = g.side
    grid.write(canvas.top - 1, canvas.left - 1, g.corners[0] + g.line * canvas.width + g.corners[1], FAINT)
    grid.write(bottom, canvas.left - 1, g.corners[2] + g.line * canvas.width + g.corners[3], FAINT)
    (x0, x1), (y0, y1) = window
    tick_right, tick_down = ("+", "+") if theme.ascii_only else ("┤", "┬")
    for value, label in ticks(y0, y1, max(3, canvas.height // 3)):
        row = canvas.top + int((y1 - value) / (y1 - y0) * (canvas.height - 1) + 0.5)
        grid.chars[row, canvas.left - 1] = tick_right
        grid.write_right(row, canvas.left - 1, label, DIM)
    end = -1
    for value, label in ticks(x0, x1, max(3, canvas.width // 8)):
        column = canvas.left + int((value - x0) / (x1 - x0) * (canvas.width - 1) + 0.5)
        grid.chars[bottom, column] = tick_down
        start = min(max(0, column - len(label) // 2), grid.width - len(label))
        if start > end and bottom + 1 < grid.height:
            end = grid.write(bottom + 1, start, label, DIM)


def canvas_of(window: Window, width: int, height: int) -> Canvas:
    """The free rectangle of a map drawn on ``width`` × ``height`` cells with its frame and labels."""
    (y0, y1), rows = window[1], height - 3
    widest = max((len(label) for _, label in ticks(y0, y1, max(3, rows // 3))), default=1)
    left = min(LABELS, max(3, widest)) + 1
    return Canvas(left, 1, width - left - 1, rows)


def ticks(low: float, high: float, at_most: int) -> list[tuple[float, str]]:
    """At most ``at_most`` round values between the limits, with labels that tell them apart."""
    span = (high - low) / max(1, at_most)
    power = 10.0 ** math.floor(math.log10(span))
    step = next((f * power for f in (1.0, 2.0, 5.0, 10.0) if span <= f * power * (1 + 1e-9)), 10.0 * power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    axis = Axis(low, high)
    return [(k * step, number_label(k * step, step, axis)) for k in range(first, last + 1)]
