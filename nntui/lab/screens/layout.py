"""Where things go at each size of the terminal: how wide the side column is, and how many plots fit."""

from dataclasses import dataclass, replace

SMALLEST_PLOT = (34, 8)
SMALLEST = (40, 10)
SLOTS = 9  # plots on a page at most
MOST_ROWS = 3
THREE_ACROSS = 190  # columns of a terminal that has three plots side by side
PASS = (48, 20)  # columns and rows for the table of a backward pass
TALL = 1.6
LEAST_LOG = 5  # rows: the frame and a finding with its cause


@dataclass(frozen=True, slots=True)
class Layout:
    """``pages`` hold rows of panel names, the last of a row as wide as is left; ``side`` is 0 where the side column
    does not fit, ``log`` the rows of findings and log under the first page; ``tall``: how many times as high as the
    other rows the last one is."""

    side: int
    pages: tuple[tuple[tuple[str, ...], ...], ...]
    log: int = 0
    tall: float = 1.0


def side_width(width: int) -> int:
    """Columns of the side column; 0 where it does not fit."""
    if width < 74:
        return 0
    return 31 if width < 100 else min(40, max(31, width // 4 - 4))


def lay_out(
    width: int, height: int, panels: tuple[str, ...], least: tuple[int, int] = SMALLEST_PLOT, log_rows: int = 0
) -> Layout:
    """The layout for a terminal of ``width`` × ``height`` cells; ``panels`` in order of importance, each of at least
    ``least`` columns and rows where the terminal has them. ``log_rows`` are wanted for findings and log under the first
    page's plots (0: it has none); it gets a part of them where the plots need the rest.

    Each plot is on one page, and pages have much the same number; which page one is on does not depend on ``log_rows``
    as long as there is a log.
    """
    side = side_width(width)
    rows_high = height - 2
    if not panels:
        return Layout(side, ((),), rows_high if log_rows else 0)
    across = max(1, min(3 if width >= THREE_ACROSS else 2, (width - side) // least[0]))
    log_most = log_room(height) if log_rows else 0
    down = max(1, (rows_high - log_most) // least[1])
    needed = -(-len(panels) // across)
    down = min(down, needed, MOST_ROWS if across > 1 else MOST_ROWS * 2)
    count = -(-len(panels) // (across * down))
    pages, start = [], 0
    for page in range(count):
        size = -(-(len(panels) - start) // (count - page))
        names = panels[start : start + size]
        pages.append(tuple(names[i : i + across] for i in range(0, size, across)))
        start += size
    return Layout(side, tuple(pages), min(log_rows, log_most))


def lay_out_network(width: int, height: int, panels: tuple[str, ...]) -> Layout:
    """The Network view: below others a drawing of the whole network has more rows than they have, and a table of a
    backward pass a page of its own where it has no room beside the rest."""
    if "backward_pass" in panels:
        everything = lay_out(width, height, panels, PASS)
        if len(everything.pages) == 1:
            return everything
        rest = lay_out_network(width, height, tuple(name for name in panels if name != "backward_pass"))
        return replace(rest, pages=(*rest.pages, (("backward_pass",),)))
    layout = lay_out(width, height, panels)
    first = layout.pages[0]
    return replace(layout, tall=TALL) if len(first) > 1 and first[-1] == ("diagram",) else layout


def log_room(height: int) -> int:
    """The most rows that findings and log get beside plots; none where they would leave no plot its size."""
    rows = height - 2
    most = max(LEAST_LOG, rows // 4, 9 if rows >= 27 else 0)  # nine hold a cause and what to set
    return most if rows - most >= SMALLEST_PLOT[1] else 0
