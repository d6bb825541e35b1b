"""The verdict in one line."""

import pytest
from builders import finding

from nntui.headless.diagnosis import Diagnosis, LaneDiagnosis
from nntui_engine.analysis.fixing.reach import Reach
from nntui_engine.scenario import load_scenario


def lane(score, simple=0.9, findings=(), name="", rows=400, known=True):
    return LaneDiagnosis(name, 5, score, Reach("validation_accuracy", 0.5, simple, rows, known), findings, ())


def verdict(*lanes):
    return Diagnosis(load_scenario("xor"), 0, 5, lanes).verdict


def test_what_has_learned():
    assert verdict(lane(0.9)) == "Healthy: nothing wrong was found after 5 steps"
    assert verdict(lane(0.9), lane(0.5)) == "Healthy: nothing wrong was found in 2 lanes after 5 steps"


@pytest.mark.parametrize("score", [0.5, 0.53, 0.2, float("nan")])
def test_what_has_learned_nothing_is_not_called_healthy(score):
    words = "Nothing wrong was found, but nothing was learned: it is no better than always guessing the same"
    assert verdict(lane(score)) == words
    assert verdict(lane(score, simple=0.52)) == words + ", and simple models find nothing in these data either"


def test_a_score_that_may_be_by_chance_is_told_as_such():
    words = "Nothing wrong was found, but nothing was learned: it is no better than always guessing the same"
    assert verdict(lane(0.6, rows=40)) == f"{words}, as far as 40 rows can tell"
    assert verdict(lane(0.5, rows=40)) == words
    assert verdict(lane(0.5, simple=0.5, known=False)) == words


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_of_too_few_rows_no_score_says_anything(score):
    assert (
        verdict(lane(score, rows=3)) == "Nothing wrong was found, but 3 rows cannot tell whether anything was learned"
    )
    assert "cannot tell" not in verdict(lane(score, rows=30))


def test_what_is_sick_is_named_by_its_cause():
    found = finding("b")
    assert verdict(lane(0.9), lane(0.5, findings=(found,))) == "Sick: dead relu · b · layers 1–2 · since step 40"
