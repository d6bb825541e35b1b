"""The panel of findings and of what was done when."""

from nntui.lab.shown_words import finding_line
from nntui.plotting.log_list import FindingLine, LogLine, draw_log, fitting_findings
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
    lines = draw_log(findings, (), log or [LogLine("lr = 1", 3)], width, height, theme).lines()
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


LOOKED = ("Looked for exploding gradients, vanishing gradients, dead units and NaN: none so far.",)


def body(log: list[LogLine], width: int = 40, height: int = 10, health: tuple[str, ...] = ()) -> list[str]:
    lines = draw_log([], health, log, width, height, Theme()).lines()
    assert all((line[0], line[-1]) == ("│", "│") for line in lines[1:-1])  # nothing runs into the frame
    return [line[2:-2].rstrip() for line in lines[1:-1]]


def test_entries_stand_whole_and_the_newest_always() -> None:
    old, new = LogLine("an old entry that takes more than one line here", 1), LogLine("new " * 12 + "end", 2)
    assert body([old, new], height=5)[:2] == ["step 2  new new new new new new new", "        new new new new new end"]
    assert body([old, new], height=5)[2] == ""  # no half of the old one
    assert body([old, new], height=6)[0] == "step 1  an old entry that takes more"


def test_the_newest_entry_has_its_room_before_health() -> None:
    new = LogLine("new " * 12 + "end", 2)
    rows = body([new], height=5, health=LOOKED)
    assert rows[0].endswith(" …")
    assert rows[1:] == ["step 2  new new new new new new new", "        new new new new new end"]


def test_what_is_too_long_is_cut_after_a_word() -> None:
    assert body([LogLine("one two three four five six seven eight nine ten", None)], 24, 4) == [
        "one two three four",
        "five six seven …",
    ]
    assert body([LogLine("x" * 60, None)], 24, 4)[0] == "x" * 19 + "…"


def test_nothing_found_says_what_was_looked_for() -> None:
    assert " ".join(body([], 60, 8, LOOKED)).startswith(LOOKED[0])


def test_what_follows_from_a_finding_gives_up_its_words_first() -> None:
    details = ("cause: why", "fix: what", "or: else")
    findings = [FindingLine("warning", "root", details), FindingLine("warning", "next", details, follows=True)]

    def shown(most: int) -> list[str]:
        return ["".join(text for text, _ in row).strip() for row in fitting_findings(findings, 40, most, Theme())]

    assert shown(8) == ["! root", *details, "╰ next", *details]
    assert shown(5) == ["! root", *details, "╰ next"]
    assert shown(3) == ["! root", "cause: why", "╰ next"]
    assert shown(1) == ["! root", "╰ next"]
