"""A finding in full."""

from nntui.plotting.explanation import Explained, draw_explanation, explanation_rows, measured_rows
from nntui_engine.diagnosis.rules.numbers import OF_NON_FINITE
from nntui_engine.diagnosis.verdict import RULE_NAMES, disproof
from nntui_engine.run.finding import Finding

ONE = Explained(
    "warning",
    "lr too high · sgd · since step 4",
    measured_rows({"update_ratio": 0.52, "ratio_above": 0.3, "longest": 1.25, "node": "loss"}),
    "At learning rate 5 steps are too long: one step changed the weights of a layer by 52 % of their size.",
    "input scale",
    ("dead relu · sgd · layer 2 · since step 9",),
    ("train.lr = 0.5: shorter steps", "train.clip_norm = 1: clipping bounds the length of a step"),
    "a tenth of the rate that learns no better",
)


def lines(width: int, one: Explained = ONE) -> list[str]:
    height = len(explanation_rows(one, width))
    return ["".join(row).rstrip() for row in draw_explanation(one, width, height).chars]


def test_every_number_stands_beside_its_limit() -> None:
    assert measured_rows({"share": 0.7, "at_least": 0.5}) == (("share", "0.7", "a sign at least 0.5"),)
    assert measured_rows({"penalty": 3.0, "loss": 2.0, "fraction_above": 0.5}) == (
        ("penalty", "3", ""),
        ("loss", "2", "a sign above 0.5 of it"),
    )
    assert ONE.measured == (("update ratio", "0.52", "a sign above 0.3"), ("longest", "1.25", ""), ("node", "loss", ""))


def test_all_of_it_is_said_in_order() -> None:
    said = lines(100)
    assert said[0] == ONE.headline
    assert [line for line in said if line and not line.startswith(" ")][1:] == [
        "Measured",
        "Cause",
        "Follows from",
        "What follows from it",
        "What helps",
        "What would disprove it",
    ]
    assert "  update ratio        0.52, a sign above 0.3" in said
    assert said[said.index("What helps") + 2] == "  2. train.clip_norm = 1: clipping bounds the length of a step"
    assert said[-1] == f"  {ONE.disproof}"


def test_nothing_is_cut_in_a_narrow_window() -> None:
    narrow = lines(36)
    assert max(map(len, narrow)) <= 36
    assert " ".join(" ".join(narrow).split()) == " ".join(" ".join(lines(120)).split())


def test_what_is_not_there_is_left_out() -> None:
    bare = Explained("info", "a", (), "b", "", (), (), "c")
    assert [line for line in lines(60, bare) if line and not line.startswith(" ")] == [
        "a",
        "Cause",
        "What would disprove it",
    ]


def test_every_rule_says_what_would_disprove_it() -> None:
    said = {name: disproof(Finding(name, "warning", "", (), 0, {}, "", ())) for name in RULE_NAMES}
    assert [name for name, words in said.items() if words == OF_NON_FINITE] == ["non_finite"]
    assert all(len(words) > 20 for words in said.values())
