"""The panel of findings and of what was done when."""

from nntui.lab.model import finding_line
from nntui.plotting.log_list import LogLine, draw_log
from nntui.plotting.theme import ASCII, Theme
from nntui_engine.run.finding import Finding, Fix

FINDINGS = [
    Finding(
        rule, "warning", "sigmoid", (1, 2, 3), 4, {}, "The gradient shrinks on its way back.",
        (Fix({"model.activation": "relu"}, "its slope is 1"), Fix({"train.lr": 0.5}, "longer steps")),
    )
    for rule in ("vanishing_gradient", "saturation")
]  # fmt: skip


def drawn(width: int, height: int, theme: Theme | None = None, log: list[LogLine] | None = None) -> list[str]:
    theme = theme or Theme()
    findings = [finding_line(finding, theme) for finding in FINDINGS]
    lines = draw_log(findings, log or [LogLine("lr = 1", 3)], True, width, height, theme).lines()
    return [line[2:-2].rstrip() for line in lines[1:-1]]


def test_a_finding_has_the_form_of_the_reports():
    lines = drawn(70, 14)
    assert lines[:5] == [
        "! vanishing gradient · sigmoid · layers 1–3 · since step 4",
        "  cause: The gradient shrinks on its way back.",
        "  fix: model.activation = relu: its slope is 1",
        "  or: train.lr = 0.5: longer steps",
        "! saturation · sigmoid · layers 1–3 · since step 4",
    ]
    assert "step 3  lr = 1" in lines


def test_where_room_is_short_every_finding_is_named_and_what_is_left_goes_to_causes() -> None:
    assert drawn(70, 10)[:6] == [
        "! vanishing gradient · sigmoid · layers 1–3 · since step 4",
        "  cause: The gradient shrinks on its way back.",
        "  fix: model.activation = relu: its slope is 1",
        "! saturation · sigmoid · layers 1–3 · since step 4",
        "  cause: The gradient shrinks on its way back.",
        "  fix: model.activation = relu: its slope is 1",
    ]
    assert drawn(70, 7)[:4] == [
        "! vanishing gradient · sigmoid · layers 1–3 · since step 4",
        "  cause: The gradient shrinks on its way back.",
        "! saturation · sigmoid · layers 1–3 · since step 4",
        "  cause: The gradient shrinks on its way back.",
    ]
    assert drawn(70, 5)[:2] == [
        "! vanishing gradient · sigmoid · layers 1–3 · since step 4",
        "! saturation · sigmoid · layers 1–3 · since step 4",
    ]


def test_plain_characters_where_the_terminal_has_no_others():
    text = "\n".join(drawn(70, 14, Theme(ascii_only=True, glyphs=ASCII)))
    assert "! vanishing gradient - sigmoid - layers 1-3 - since step 4" in text
    assert text.isascii()
