"""What the check of claims would notice."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from lessons.claims import Claim, load_claims, match, problem_of
from lessons.draft import draft
from lessons.measuring import checks_of, measure_checks

from nntui_engine.errors import InputError
from nntui_engine.scenario import Scenario, load_scenario

BEALE = load_scenario("beale")


def saying(words: str) -> Scenario:
    """Beale's function with other words."""
    return replace(BEALE, summary="", lesson=words, tries=BEALE.tries)


def problems(words: str, *claims: Claim) -> str:
    """What is wrong with the words and the claims (the tries' words apart)."""
    scenario = replace(saying(words), tries=())
    matched, found = match(scenario, claims)
    scenario = replace(scenario, tries=BEALE.tries)
    return "; ".join([*found, *(problem for one in matched if (problem := problem_of(one, scenario)))])


def measured(words: str, *claims: Claim) -> list[bool]:
    scenario = replace(saying(words), tries=())
    matched, found = match(scenario, claims)
    assert not found
    checks = [check for one in matched for check in checks_of(one, replace(scenario, tries=BEALE.tries))]
    return [found[0].passed for found in measure_checks(replace(scenario, tries=BEALE.tries), checks, [0])]


IDIOM = Claim(says="two", idiom="no number meant")


def test_a_number_without_claim_and_a_claim_without_number() -> None:
    six = Claim(says="six lanes", setting="lanes")
    assert problems("There are six lanes.", six) == ""
    assert "no claim for “0.3”" in problems("There are six lanes at 0.3.", six)
    assert "no claim for “0.3”" in problems("At 0.3 there are six lanes.", six)
    assert "does not stand" in problems("There are six lanes.", six, Claim(says="ten steps", setting="steps"))
    assert "every number has its claim" in problems("There are six lanes.", six, six)
    assert "holds no number here" in problems("In a network: two.", Claim(says="net", setting="lanes"), IDIOM)


def test_claims_stand_in_the_order_of_the_words() -> None:
    six, steps = Claim(says="six lanes", setting="lanes"), Claim(says="150 steps", setting="steps")
    assert problems("There are six lanes for 150 steps.", six, steps) == ""
    assert problems("There are six lanes for 150 steps.", steps, six) != ""


def test_a_setting_is_what_is_written() -> None:
    rate = Claim(says="rate of 0.03", lane="SGD", setting="train.lr")
    assert problems("A rate of 0.03.", rate) == ""
    assert "is 0.03; the words say 0.04" in problems("A rate of 0.04.", replace_says(rate, "rate of 0.04"))
    assert "lane momentum" in problems("A rate of 0.03.", Claim(says="rate of 0.03", setting="train.lr"))
    assert "arithmetic is a formula" in problems("0.06", Claim(says="0.06", lane="SGD", setting="2 * train.lr"))
    assert "unknown name 'lrr'" in problems("0.03", Claim(says="0.03", lane="SGD", setting="train.lrr"))


def replace_says(claim: Claim, says: str) -> Claim:
    return msgspec.structs.replace(claim, says=says)


@pytest.mark.parametrize(
    ("words", "formula", "wrong"),
    [
        ("0.25⁸ = 0.000015", ["0.25 ** 8", "0.25 ** 8"], ""),
        ("0.25⁸ = 0.000016", ["0.25 ** 8", "0.25 ** 8"], "the words say 0.000016"),
        ("8 times 8 is 64", "n[0] * n[1] == n[2]", ""),
        ("8 times 9 is 64", "n[0] * n[1] == n[2]", "is false"),
        ("64", "8 * 8 == 64", "must use the words' numbers"),
        ("3 to 5", ["sqrt(9)", "5"], ""),
        ("3 to 5", ["sqrt(9)", "6"], "6 is 6"),
        ("5.7", "sqrt(32)", ""),
        ("1", "__import__('os').getpid()", "unknown name"),
        ("1", "(1).real.__class__", "not allowed"),
        ("1", "1 / 0", "division by zero"),
    ],
)
def test_formulas(words: str, formula: str | list[str], wrong: str) -> None:
    found = problems(words, Claim(says=words, formula=formula))
    assert (wrong in found) if wrong else found == ""


def test_tries_have_their_settings_before_and_after() -> None:
    claim = Claim(says="Triple", try_=1, formula="tried.train.lr / before.train.lr")
    assert problems("Triple it.", claim) == ""
    assert "is 3; the words say Double" in problems("Double it.", replace_says(claim, "Double"))
    assert problems("clip to 10", Claim(says="10", try_=2, setting="train.clip_norm")) == ""


@pytest.mark.parametrize(
    ("words", "claim", "wrong"),
    [
        ("in 1958", Claim(says="1958", cited="Beale 1958"), ""),
        ("in 1959", Claim(says="1959", cited="Beale 1958"), "not the year"),
        ("98 % of people", Claim(says="98 %", cited="LeCun 1998"), "named neither"),
        ("98 % of people", Claim(says="98 %", cited="LeCun 1998", source="LeCun 1998, table 2"), ""),
        ("the two", Claim(says="two", idiom="both"), ""),
        ("the 2", Claim(says="2", idiom="both"), "words only"),
        ("½ · λ", Claim(says="½ · λ", notation="the penalty"), ""),
        ("loss = 0.69", Claim(says="loss = 0.69", notation="the loss"), "more than a formula's small number"),
        ("½ · λ", Claim(says="½ · λ", notation=""), "which formula"),
        ("the two", Claim(says="two", idiom=" "), "say what the words mean"),
    ],
)
def test_what_is_not_measured(words: str, claim: Claim, wrong: str) -> None:
    found = problems(words, claim)
    assert (wrong in found) if wrong else found == ""


GRADIENT = {"lane": "SGD", "step": 0, "statistic": "gradient_norm"}  # 98.72


@pytest.mark.parametrize(
    ("words", "within", "holds"),
    [
        ("98.7", None, True),
        ("98.8", None, False),
        ("about 100", 5, True),
        ("about 90", 5, False),
        ("95 to 98", None, False),
        ("95 to 99", None, True),
        ("more than 90", None, True),
        ("less than 90", None, False),
    ],
)
def test_words_are_the_bounds_of_what_is_measured(words: str, within: float | None, holds: bool) -> None:
    assert measured(words, Claim(says=words, measure=GRADIENT, within=within)) == [holds]


def test_bounds_of_ones_own_hold_the_words_number() -> None:
    def asks(says: str, **more: object) -> bool:
        return measured(says, Claim(says=says, measure={**GRADIENT, "above": 90.0}, **more)) == [True]  # type: ignore[arg-type]

    assert asks("above 90")
    with pytest.raises(InputError, match="no bound says 95"):
        asks("above 95")
    assert asks("above 95", loose="for the test")


def test_tries_variants_lists_and_formulas_are_measured() -> None:
    value = {"statistic": "value", "step": 10}
    assert measured("more than 1", Claim(says="1", measure={**value, "lane": ["momentum", "NAG"]})) == [True, True]
    flight = {"lane": "momentum", "try": 1, "call": "highest", "statistic": "value"}
    assert measured("more than 1000", Claim(says="1000", measure=flight)) == [True]
    still = {"lane": "momentum", "set": {"train.lr": 1e-12}, **value}
    both = Claim(says="1.00 times", measure={"a": still, "b": {**still, "step": 0}}, formula="a / b")
    assert measured("1.00 times", both) == [True]
    crossing = Claim(
        says="step 0", measure={"lane": "SGD", "call": "first_step", "statistic": "value", "falls_below": 1e3}
    )
    assert measured("at step 0", crossing) == [True]


def test_the_step_of_a_measurement_may_stand_in_its_words() -> None:
    words = "at step 10 more than 1"
    claim = Claim(says=words, measure={"statistic": "value", "step": 10, "lane": "NAG"})
    assert measured(words, claim) == [True]
    with pytest.raises(InputError, match="1 measures for 2 numbers"):
        measured("at step 11 more than 1", replace_says(claim, "at step 11 more than 1"))


def test_a_share_of_the_seeds_stands_in_the_words() -> None:
    words = "above 90 in 9 of 10 seeds"
    claim = Claim(says=words, measure=GRADIENT, at_least=9)
    assert problems(words, claim) == ""
    assert measured(words, claim) == [True]
    assert "at_least = 8" in problems(words, Claim(says=words, measure=GRADIENT, at_least=8))
    assert "the words must say so" in problems("above 90", Claim(says="above 90", measure=GRADIENT, at_least=9))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('[[claim]]\nsays = "1"', "give one of"),
        ('[[claim]]\nsays = "1"\nidiom = "x"\nsetting = "lanes"', "give one of"),
        ('[[claim]]\nsays = "1"\nsettings = "lanes"', "unknown field `settings` - at `claim 1`"),
        ("claim = [", "not valid TOML"),
    ],
)
def test_a_claims_file_in_error(text: str, wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=wrong):
        load_claims(path)


def test_a_draft_holds_every_number(tmp_path: Path) -> None:
    path = tmp_path / "draft.toml"
    path.write_text(draft(BEALE), encoding="utf-8")
    _, found = match(BEALE, load_claims(path))
    assert found == []
