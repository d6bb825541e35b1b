"""Only cells that changed are written, and all of them."""

import numpy as np

from nntui.plotting.changes import GAP, Changes
from nntui.plotting.grid import Grid

STYLES = ("", "bold #ffffff", "#112233 on #445566", "underline")


def random_grid(generator: np.random.Generator) -> Grid:
    grid = Grid.blank(40, 6)
    for _ in range(6):
        words = str(generator.choice(["loss", "数据", "× 1", "⣿⣿⣿", " "]))
        style = STYLES[int(generator.integers(len(STYLES)))]
        grid.write(int(generator.integers(6)), int(generator.integers(36)), words, style)
    return grid


def look(grid: Grid) -> list[list[tuple[str, str]]]:
    return [
        [(str(char), grid.styles[int(ink)]) for char, ink in zip(*row, strict=True)]
        for row in zip(grid.chars, grid.inks, strict=True)
    ]


def test_the_spans_written_over_the_last_frame_give_the_new_one() -> None:
    generator, changes = np.random.default_rng(1), Changes()
    screen: list[list[tuple[str, str]]] = []
    for _ in range(300):
        grid = random_grid(generator)
        spans, wanted = changes.spans(grid), look(grid)
        if spans is None:
            assert not screen
            screen = wanted
        for row, start, end in spans or []:
            before, screen[row][start:end] = screen[row], wanted[row][start:end]
            for edge in (start, end):  # no character of two cells is cut
                assert edge in (0, 40) or (before[edge][0] != "" and wanted[row][edge][0] != "")
        assert screen == wanted


def test_both_halves_of_a_wide_character_are_written() -> None:
    changes, one, two = Changes(), Grid.blank(10, 1), Grid.blank(10, 1)
    one.write(0, 2, "数", "")
    two.write(0, 2, "据", "")
    changes.spans(one)
    assert changes.spans(two) == [(0, 2, 4)]
    assert changes.spans(Grid.blank(10, 1)) == [(0, 2, 4)]


def test_what_is_the_same_is_not_written_though_its_styles_are_numbered_anew() -> None:
    changes = Changes()
    one, two = Grid.blank(20, 2), Grid.blank(20, 2)
    one.write(0, 0, "a", "bold")
    one.write(0, 5, "b", "italic")
    two.ink("italic")
    two.write(0, 5, "b", "italic")
    two.write(0, 0, "a", "bold")
    assert changes.spans(one) is None
    assert changes.spans(two) == []
    two = Grid.blank(20, 2)
    two.write(0, 0, "a", "italic")
    two.write(0, 5, "b", "italic")
    assert changes.spans(two) == [(0, 0, 1)]


def test_changes_that_are_close_are_one_span_and_those_that_are_not_are_two() -> None:
    for distance, count in ((GAP, 1), (GAP + 1, 2)):
        changes, grid = Changes(), Grid.blank(60, 1)
        changes.spans(Grid.blank(60, 1))
        grid.write(0, 3, "x", "")
        grid.write(0, 3 + distance, "x", "")
        spans = changes.spans(grid)
        assert spans is not None
        assert len(spans) == count


def test_another_size_and_forgetting_are_new_pictures() -> None:
    changes = Changes()
    assert changes.spans(Grid.blank(10, 2)) is None
    assert changes.spans(Grid.blank(10, 3)) is None
    assert changes.spans(Grid.blank(10, 3)) == []
    changes.forget()
    assert changes.spans(Grid.blank(10, 3)) is None
