"""The only module that touches plotext: the frame, axes and ticks of a plot as lines of characters.

plotext draws no data here: one NaN in its input ends the process, an infinity raises, and an outlier under
fixed limits can eat all memory. Its canvas rectangle is only to be had from private attributes, so its version is
pinned and a contract test holds what is used.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .scales import LABEL_WIDTH, Axis

SMALLEST = (LABEL_WIDTH + 6, 5)


@dataclass(frozen=True, slots=True, eq=False)
class PlotBox:
    """``chars`` (height, width) are the frame's characters; the canvas is the free rectangle inside it, in cells."""

    chars: NDArray[np.str_]
    left: int
    top: int
    width: int
    height: int


@lru_cache(maxsize=1)
def _figure() -> Any:
    import plotext  # late: it takes 0.14 s

    plotext.terminal.limit(False, False)  # or every size is clamped to the terminal's
    figure = type(plotext.figure)(plotext.terminal)
    figure.theme("colorless")
    return figure


def prepare() -> None:
    """Loads plotext, so that the first plot need not."""
    _figure()


@lru_cache(maxsize=256)
def plot_box(width: int, height: int, x: Axis, y: Axis, ascii_only: bool = False) -> PlotBox:
    """A box of ``width`` × ``height`` cells with ticks for both axes.

    Raises ValueError when the size leaves no room for a canvas.
    """
    if width < SMALLEST[0] or height < SMALLEST[1]:
        raise ValueError(f"a plot needs at least {SMALLEST[0]}×{SMALLEST[1]} cells, not {width}×{height}")
    figure = _figure()
    figure.plot_size(width, height)
    inner_width, inner_height = width - LABEL_WIDTH - 2, height - 3
    for name, axis, ticks in (
        ("x", x, x.ticks(max(2, inner_width // 9))),
        ("y", y, y.ticks(ticks_wanted(inner_height))),
    ):
        ruler = figure.ruler(name)
        ruler.lim(axis.low, axis.high)
        labels = [label.rjust(LABEL_WIDTH) if name == "y" else label for _, label in ticks]
        ruler.ticks([position for position, _ in ticks], labels)
    rows = figure.build().string(True).splitlines()
    canvas = figure._parts.canvas
    left, top = canvas.position()
    canvas_width, canvas_height = canvas.size()
    text = tuple(row.ljust(width)[:width] for row in rows)
    text = tuple(row.translate(_ASCII if ascii_only else _ROUND) for row in text)
    chars = np.array([list(row) for row in text])
    return PlotBox(chars, int(left), int(top), int(canvas_width), int(canvas_height))


def ticks_wanted(rows: int) -> int:
    """How many ticks a value axis of so many rows has at most: three from five rows on."""
    return max(3 if rows >= 5 else 2, (rows + 2) // 3)


_ROUND = str.maketrans({"┌": "╭", "┐": "╮", "└": "╰", "┘": "╯"})
_ASCII = str.maketrans(
    {"┌": "+", "┐": "+", "└": "+", "┘": "+", "─": "-", "│": "|", "┤": "+", "├": "+", "┬": "+", "┴": "+", "\u00a0": " "}
)
