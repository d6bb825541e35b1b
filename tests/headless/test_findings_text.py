"""Words after a label."""

import pytest

from nntui.headless.findings_text import wrapped


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("  why: ", ["  why: one two three", "       four five"]),
        ("  a long list of names: ", ["  a long list of names:", "  one two three four", "  five"]),
    ],
)
def test_further_lines_stand_under_the_first_word_or_a_long_label(label: str, expected: list[str]) -> None:
    assert [line.plain for line in wrapped(label, "one two three four five", 24)] == expected
