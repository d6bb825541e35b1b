"""Changes as dotted lines down a plot, with what was changed beside them where there is room."""

from rich.cells import cell_len

from .grid import Grid, fit
from .plot import PlotSpec
from .plot_box import PlotBox
from .scales import Axis
from .theme import WARNING, Theme

SHORTEST = 8  # characters of a label that was cut


def cell_column(frame: PlotBox, axis: Axis, step: float) -> int:
    """The column of a step on the time axis."""
    return column_of(frame.left, frame.width, axis, step)


def column_of(left: int, width: int, axis: Axis, step: float) -> int:
    """The column of a step on an axis so many columns wide."""
    return left + int((step - axis.low) / (axis.high - axis.low) * (width - 1) + 0.5 + 1e-9)


def draw_marks(grid: Grid, frame: PlotBox, spec: PlotSpec, x: Axis, theme: Theme) -> None:
    """A line at each change that is in sight, in the colour of the lane that it was for; signs of what was found."""
    for mark in spec.marks:
        if x.low <= mark.step <= x.high:
            column, ink = cell_column(frame, x, mark.step), grid.ink(mark_colour(theme, mark.colour))
            if mark.sign:
                for row in (frame.top, frame.top + frame.height - 1):
                    grid.write(row, column, mark.sign, f"bold {mark.colour or WARNING}")
                continue
            rows = slice(frame.top, frame.top + frame.height)
            grid.chars[rows, column] = theme.glyphs.restart_mark if mark.restarted else theme.glyphs.mark
            grid.inks[rows, column] = ink


def label_marks(grid: Grid, frame: PlotBox, spec: PlotSpec, x: Axis, theme: Theme) -> None:
    """Each change's words to the right of its line, in the lowest row where nothing is drawn that far.

    Words are cut only where enough of them is left.
    """
    seen = sorted((m for m in spec.marks if m.text and x.low <= m.step <= x.high), key=lambda mark: mark.step)
    for mark in seen:
        start = cell_column(frame, x, mark.step) + (2 if mark.sign else 1)
        for row in range(frame.top + frame.height - 1, frame.top, -1):
            rest = "".join(grid.chars[row, start : frame.left + frame.width])
            room = len(rest) - len(rest.lstrip(" "))
            room -= room < len(rest)  # a space before what follows
            words = fit(mark.text, room, theme.glyphs.end)
            if words == mark.text or cell_len(words) >= SHORTEST:
                grid.write(row, start, words, mark_colour(theme, mark.colour))
                break


def mark_colour(theme: Theme, colour: str = "") -> str:
    """The colour of a mark, dimmed: that of its lane, or a warning's."""
    return theme.faded(colour or WARNING)
