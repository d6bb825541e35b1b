"""Where things go at each size of the terminal: how wide the side column is, and how many plots fit."""

from dataclasses import dataclass

SMALLEST_PLOT = (34, 8)
SMALLEST = (40, 10)
LOG = "log"
SLOTS = 9  # plots on a page at most
MOST_ROWS = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """``pages`` hold rows of panel names; ``side`` is 0 where the side column does not fit."""

    side: int
    pages: tuple[tuple[tuple[str, ...], ...], ...]


def side_width(width: int) -> int:
    """Columns of the side column; 0 where it does not fit."""
    if width < 74:
        return 0
    return 31 if width < 100 else min(40, max(31, width // 4 - 4))


def lay_out(width: int, height: int, panels: tuple[str, ...], least_rows: int = SMALLEST_PLOT[1]) -> Layout:
    """The layout for a terminal of ``width`` × ``height`` cells; ``panels`` in order of importance, each of at least
    ``least_rows`` rows where the terminal has them."""
    side = side_width(width)
    across = max(1, min(3 if width >= 240 else 2, (width - side) // SMALLEST_PLOT[0]))
    rows_high = height - 2
    down = max(1, rows_high // least_rows)
    needed = -(-len(panels) // across)
    down = min(down, needed, MOST_ROWS if across > 1 else MOST_ROWS * 2)
    if across * down < len(panels) and rows_high // down < SMALLEST_PLOT[1] + 2 and down > 1:
        down = max(1, rows_high // (SMALLEST_PLOT[1] + 2))  # a fold is needed anyway: then with more room
    size = across * down
    pages = []
    for start in range(0, len(panels), size):
        names = panels[start : start + size]
        # the last page is filled up with the plots before it
        if len(names) < size and start > 0:
            names = panels[max(0, len(panels) - size) :]
        pages.append(tuple(names[i : i + across] for i in range(0, len(names), across)))
    return Layout(side, tuple(pages))
