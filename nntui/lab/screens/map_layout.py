"""Where the parts of the Map view go at each size of the terminal."""

from dataclasses import dataclass

from .layout import side_width

LEAST_MAP_ROWS = 22
LEAST_BESIDE = 88  # columns that hold a map and plots beside it
SMALLEST_PLOT = 8


@dataclass(frozen=True, slots=True)
class MapLayout:
    """``table`` rows under the map (0: none there), ``plots`` columns beside it (0: they have a page of their own, with
    ``second_table`` rows of the table)."""

    side: int
    table: int
    second_table: int
    plots: int
    panels: int
    pages: int


def lay_out_map(width: int, height: int, table_rows: int) -> MapLayout:
    """The layout for a terminal of ``width`` × ``height`` cells; the table takes ``table_rows``."""
    side = side_width(width)
    main, rows = width - side, height - 2
    table = table_rows if rows >= table_rows + LEAST_MAP_ROWS else 0
    if main >= LEAST_BESIDE:
        return MapLayout(side, table, 0, max(36, main * 2 // 5), 3 if rows >= 42 else 2, 1)
    second = table_rows if rows >= table_rows + 2 * SMALLEST_PLOT else 0
    return MapLayout(side, table, second, 0, max(1, min(3, (rows - second) // SMALLEST_PLOT)), 2)
