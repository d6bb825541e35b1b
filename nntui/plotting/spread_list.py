"""How much each lane's answers vary while dropout stays on: one bar at the data, one far from them."""

from collections.abc import Sequence

from nntui.looks.spread import Spread

from .boxes import draw_box
from .grid import Grid, fit, wrap
from .lane_names import short_names
from .lane_rows import draw_more
from .numbers import number
from .theme import DIM, TEXT, Theme

WORDS = "Standard deviation of the outputs over 20 passes with dropout on."


def draw_spread(spreads: Sequence[Spread], width: int, height: int, theme: Theme) -> Grid:
    """A lane's name, then its two bars with their numbers."""
    grid = Grid.blank(width, height)
    draw_box(grid, theme, fit("Prediction spread", width - 6, theme.glyphs.end))
    lines = wrap(WORDS, width - 4)
    row = 1
    if height - 2 >= len(lines) + 3 * len(spreads):
        for line in lines:
            grid.write(row, 2, line, DIM)
            row += 1
    largest = max([1e-300, *(value for one in spreads for value in (one.at_data, one.away))])
    _, names = short_names([one.name for one in spreads], width - 6, theme.glyphs.end)
    for place, one in enumerate(spreads):
        colour = theme.lane(one.lane)
        if row + 2 > height - 1:
            draw_more(grid, 0, len(spreads) - place, theme)
            break
        if one.name:
            grid.write(row, 2, f"{theme.lane_marker(one.lane)} {names[place]}", colour)
            row += 1
        for label, value in (("at the data", one.at_data), ("3x as far out", one.away)):
            if row < height - 1:
                grid.write(row, 4, label, DIM)
                room = max(0, width - 4 - 18 - 8)
                length = round(room * value / largest) if value <= largest else 0
                grid.write(row, 19, theme.glyphs.full * length, colour)
                grid.write_right(row, width - 2, number(value), TEXT)
                row += 1
    return grid
