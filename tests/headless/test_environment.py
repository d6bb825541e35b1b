"""What ``nntui info`` finds out."""

import pytest

from nntui.headless.environment import colours


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "16 million"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "dumb"}, "none"),
        ({}, "none"),
        ({"TERM": "xterm", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "none (NO_COLOR is set)"),
        ({"TERM": "xterm", "NO_COLOR": ""}, "16"),
    ],
)
def test_colours(variables, expected):
    assert colours(variables) == expected
