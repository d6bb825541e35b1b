"""The confusion matrix, and pictures with their wrong answers, from hand-made numbers."""

import numpy as np
import pytest

from nntui.looks.answers import AnsweredPictures, Confusion
from nntui.plotting.answered_pictures import draw_answered
from nntui.plotting.confusion import draw_confusion
from nntui.plotting.theme import ASCII, Theme

THEMES = [Theme(), Theme("16"), Theme("grey"), Theme("grey", True, ASCII)]


def matrix(names: tuple[str, ...] = ("cat", "dog", "owl"), **changes: object) -> Confusion:
    size = len(names)
    counts = np.diag(np.full(size, 50))
    counts[0, 1], counts[2, 1] = 7, 12
    values = {"names": names, "counts": counts, "broken": 0, "held_out": True, "looked_at": 169, "rows": 169}
    return Confusion(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("theme", THEMES)
def test_a_matrix_has_its_counts_in_place_and_names_the_largest_mistake(theme: Theme) -> None:
    lines = draw_confusion(matrix(), "Confusion matrix", 60, 14, theme).lines()
    assert lines[1].split()[:5] == [theme.glyphs.side, "true", "cat", "dog", "owl"]
    dot = theme.glyphs.dot
    assert lines[2].split()[1:5] == ["cat", "50", "7", dot]
    assert lines[4].split()[1:5] == ["owl", dot, "12", "50"]
    words = "\n".join(lines)
    assert "Most often: owl taken for dog, 12 of 62 (19.4%)" in words
    assert "Rows: 169 held out" in words


def test_a_matrix_says_which_rows_it_counts_and_what_it_leaves_out() -> None:
    words = "\n".join(
        draw_confusion(matrix(held_out=False, looked_at=100, rows=1200, broken=3), "M", 60, 14, Theme()).lines()
    )
    assert "Rows: 100 of 1 200 trained on, none are held out" in words
    assert "3 answers are not finite" in words
    many = matrix(tuple(f"class {i}" for i in range(30)))
    words = "\n".join(draw_confusion(many, "M", 60, 14, Theme()).lines())
    shown = sum(f"class {i} " in words for i in range(30))
    assert f"{shown} of 30 classes fit here" in words
    clean = matrix(counts=np.diag([3, 4, 5]))
    assert "No class is taken for another" in "\n".join(draw_confusion(clean, "M", 60, 14, Theme()).lines())


def pictures(wrong: int, count: int = 12) -> AnsweredPictures:
    """Pictures that are light at the left, taken for the next class where they are wrong."""
    images = np.zeros((count, 8, 8))
    images[:, :, :2] = 9.0
    true = np.arange(count) % 3
    answered = np.where(np.arange(count) < wrong, (true + 1) % 3, true)
    return AnsweredPictures(("a", "b", "c"), images, true, answered, wrong, True, 200, 400)


@pytest.mark.parametrize("theme", THEMES)
def test_pictures_stand_over_what_they_are_and_what_they_are_taken_for(theme: Theme) -> None:
    grid = draw_answered(pictures(4), "Wrong answers", 60, 20, theme)
    words = "\n".join(grid.lines())
    arrow = theme.glyphs.arrow
    assert f"a{arrow}b" in words
    assert words.count(arrow) == 4
    assert "4 of 4 wrong (200 of 400 held-out rows)" in words
    inked = [(grid.chars[2, column], grid.styles[grid.inks[2, column]]) for column in (2, 9)]
    assert inked[0] != inked[1]  # light, then dark


def test_where_not_all_fit_it_is_said_how_many_are_shown() -> None:
    words = "\n".join(draw_answered(pictures(12), "Wrong answers", 32, 9, Theme()).lines())
    shown = words.count("→")
    assert 0 < shown < 12
    assert f"{shown} of 12 wrong" in words
    assert "All 200 of 400 held-out" in "\n".join(draw_answered(pictures(0), "W", 60, 20, Theme()).lines())
