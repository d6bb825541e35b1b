"""The lesson's suggestions, the next one marked."""

from dataclasses import dataclass

from .boxes import draw_box
from .grid import Grid, Spot, wrap
from .theme import ACCENT, DIM, TEXT, Theme


@dataclass(frozen=True, slots=True)
class TryLine:
    """A suggestion; ``key`` is shown beside the next one to do, "" beside the others."""

    say: str
    key: str = ""
    done: bool = False


def tries_height(tries: list[TryLine], width: int) -> int:
    """Rows that show all suggestions; 0 when there are none."""
    return 2 + sum(len(wrap(one.say, width - 8)) for one in tries) if tries else 0


def draw_tries(tries: list[TryLine], width: int, height: int, theme: Theme, here: bool = True) -> Grid:
    """A box with every suggestion; done ones are dim and ticked. ``here``: whether they can be done here."""
    grid = Grid.blank(width, height)
    draw_box(grid, theme, "Try" if here else "Try (in a run of your own)")
    row = 1
    first = next((i for i, one in enumerate(tries) if one.key), 0)
    rows_after = [len(wrap(one.say, width - 8)) for one in tries]
    start = first if sum(rows_after) > height - 2 else 0
    for index, one in enumerate(tries[start:], start):
        for number, line in enumerate(wrap(one.say, width - 8)):
            if row >= height - 1:
                return grid
            sign = one.key or ("x" if theme.ascii_only else "✓") if one.key or one.done else theme.glyphs.dot
            if number == 0:
                grid.write(row, 2, sign, f"bold {ACCENT}" if one.key else DIM)
            grid.write(row, 6, line, TEXT if one.key or not one.done else DIM)
            grid.spots.append(Spot("try", index, row, 1, width - 2))
            row += 1
    return grid
