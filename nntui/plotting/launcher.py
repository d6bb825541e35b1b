"""The launcher's parts: the list of scenarios, and what one of them is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from .boxes import draw_box
from .grid import Grid, Spot, fit, wrap
from .theme import ACCENT, DIM, ERROR, FAINT, GOOD, TEXT, WARNING, Theme

NAME_WIDTH = 26  # columns of a name where its title stands beside it


@dataclass(frozen=True, slots=True)
class Choice:
    """A row of the list: a heading, or a scenario with its ``place`` in the course (0: none) and its title."""

    text: str
    heading: bool = False
    place: int = 0
    seen: bool = False
    title: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What is said of a scenario: ``trained`` in lines, ``lanes`` as (name, difference), ``lesson`` in paragraphs;
    ``found`` is where a search met it, ``trouble`` why it cannot be run."""

    title: str
    summary: str = ""
    trained: tuple[str, ...] = ()
    lanes: tuple[tuple[str, str], ...] = ()
    tries: tuple[str, ...] = ()
    lesson: tuple[str, ...] = ()
    command: str = ""
    found: str = ""
    trouble: str = ""


def first_row(chosen: int, rows: int, room: int) -> int:
    """The row of the list that stands on top, so that the chosen one is seen with some around it."""
    return max(0, min(chosen - room // 2, rows - room))


def draw_choices(choices: Sequence[Choice], chosen: int, empty: str, width: int, height: int, theme: Theme) -> Grid:
    """The list in a box, the chosen row marked; ``empty`` is said where there is nothing to choose."""
    grid = Grid.blank(width, height)
    draw_box(grid, theme, "Scenarios")
    room = height - 2
    if not choices:
        for row, line in enumerate(wrap(empty, width - 4)[:room]):
            grid.write(row + 1, 2, line, DIM)
        return grid
    top = first_row(chosen, len(choices), room)
    for offset, choice in enumerate(choices[top : top + room]):
        _draw_choice(grid, offset + 1, choice, top + offset == chosen, theme)
        if not choice.heading:
            grid.spots.append(Spot("choice", top + offset, offset + 1, 1, width - 2))
    up, down = ("^", "v") if theme.ascii_only else ("↑", "↓")
    if top > 0:
        grid.write(0, width - 4, up, DIM)
    if top + room < len(choices):
        grid.write(height - 1, width - 4, down, DIM)
    return grid


def _draw_choice(grid: Grid, row: int, choice: Choice, chosen: bool, theme: Theme) -> None:
    end, last = theme.glyphs.end, grid.width - 2
    if choice.heading:
        grid.write(row, 2, fit(choice.text, last - 2, end), f"bold {DIM}")
        return
    if chosen:
        grid.write(row, 1, theme.glyphs.chosen, f"bold {ACCENT}")
    if choice.place:
        grid.write_right(row, 6, str(choice.place), FAINT)
    if choice.seen:
        grid.write(row, 7, "x" if theme.ascii_only else "✓", GOOD)
    if choice.bad:
        grid.write(row, 7, theme.glyphs.bad, ERROR)
    style = f"bold {TEXT}" if chosen else DIM if choice.bad else TEXT
    beside = choice.title and grid.width >= NAME_WIDTH + 34
    column = grid.write(row, 9, fit(choice.text, NAME_WIDTH if beside else last - 9, end), style)
    if beside:
        start = max(column, 9 + NAME_WIDTH) + 1
        grid.write(row, start, fit(choice.title, last - start, end), DIM)


def draw_preview(preview: Preview | None, width: int, height: int, theme: Theme) -> Grid:
    """What the chosen scenario is about, as far as it fits; its lesson begins where there is room left."""
    grid = Grid.blank(width, height)
    draw_box(grid, theme, "About")
    if preview is None:
        return grid
    rows = _preview_rows(preview, width - 4, theme)
    room = height - 2
    lesson = [[(line, DIM)] for part in preview.lesson for line in wrap(part, width - 4)]
    if lesson and room - len(rows) > 2:
        rows += [[], *lesson]
    if len(rows) > room:
        rows = [*rows[: room - 1], [(theme.glyphs.end, DIM)]]
    for row, pieces in enumerate(rows, 1):
        column = 2
        for text, style in pieces:
            column = grid.write(row, column, text, style)
    return grid


Row = list[tuple[str, str]]


def _preview_rows(preview: Preview, width: int, theme: Theme) -> list[Row]:
    g = theme.glyphs
    rows: list[Row] = [[(line, f"bold {ACCENT}")] for line in wrap(preview.title, width)]
    rows += [[(line, TEXT)] for line in wrap(preview.summary, width)]
    if preview.found:
        rows += [[(line, WARNING)] for line in wrap(preview.found, width)]
    if preview.trouble:
        return [*rows, [], *([(line, ERROR)] for line in wrap(f"{g.bad} {preview.trouble}", width))]
    if preview.command:
        rows.append([(fit(preview.command, width, g.end), FAINT)])
    if preview.trained:
        rows.append([])
    for text in preview.trained:
        label, _, rest = text.partition(": ")
        indent = cell_len(label) + 2
        for number, line in enumerate(wrap(rest, max(10, width - indent))):
            rows.append([(f"{label}: " if number == 0 else " " * indent, DIM), (line, TEXT)])
    if preview.lanes:
        rows += [[], [("Lanes", f"bold {DIM}")]]
    for index, (name, difference) in enumerate(preview.lanes):
        shown = fit(name, width - 2, g.end)
        row: Row = [(f"{theme.lane_marker(index)} ", theme.lane(index)), (shown, TEXT)]
        room = width - 4 - cell_len(shown)
        if difference and room > 8:
            row.append((f"  {fit(difference, room, g.end)}", DIM))
        rows.append(row)
    if preview.tries:
        rows += [[], [("To try", f"bold {DIM}")]]
    for say in preview.tries:
        for number, line in enumerate(wrap(say, width - 2)):
            rows.append([(f"{g.dot} " if number == 0 else "  ", DIM), (line, TEXT)])
    return rows
