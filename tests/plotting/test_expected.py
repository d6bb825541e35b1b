"""The box of what is expected: every sentence with its sign, the ones not decided in sight."""

from nntui.plotting.expected import ExpectedLine, Sign, draw_expected, expected_height, summary
from nntui.plotting.theme import ASCII, Theme

LINES = tuple(
    ExpectedLine(sign, f"lane {number}: loss is below 0.1", standing, sign != "open")
    for number, (sign, standing) in enumerate(
        (("true", "0.05, came true"), ("false", "0.2, did not come true"), ("open", "not yet: needs step 500"),
         ("other", "0.05, came true; not the lesson's run: lr changed")), 1,
    )
)  # fmt: skip


def test_each_has_a_sign_a_sentence_and_how_it_stands() -> None:
    grid = draw_expected(LINES, 60, expected_height(LINES, 60), Theme())
    rows = [line.rstrip() for line in grid.lines()]
    assert "Expected: 1 of 4 true so far" in rows[0]
    text = [row.strip("│ ").rstrip() for row in rows[1:-1]]
    assert text == [
        "✓ lane 1: loss is below 0.1: 0.05, came true",
        "× lane 2: loss is below 0.1: 0.2, did not come true",
        "· lane 3: loss is below 0.1: not yet: needs step 500",
        "~ lane 4: loss is below 0.1",
        "0.05, came true; not the lesson's run: lr changed",
    ]


def test_in_ascii_no_other_character_stands_there() -> None:
    grid = draw_expected(LINES, 60, 9, Theme(ascii_only=True, glyphs=ASCII))
    assert "".join(grid.lines()).isascii()
    assert [line[2] for line in grid.lines()[1:5]] == ["x", "!", "-", "~"]


def test_the_first_that_is_not_decided_is_in_sight_and_the_frame_counts_the_others() -> None:
    rows = draw_expected(LINES, 60, 4, Theme()).lines()
    assert "lane 3" in rows[1]
    assert "2 more ↑" in rows[0]
    assert "1 more ↓" in rows[-1]


def test_nothing_is_so_far_where_all_is_decided() -> None:
    signs: tuple[Sign, ...] = ("true", "false")
    decided = [ExpectedLine(sign, "x", "y", final=True) for sign in signs]
    assert summary(decided) == "1 of 2 true"
    assert summary([*decided, ExpectedLine("true", "x", "y")]) == "2 of 3 true so far"


def test_nothing_expected_takes_no_room() -> None:
    assert expected_height((), 60) == 0
