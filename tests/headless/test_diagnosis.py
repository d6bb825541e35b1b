"""The verdict in one line."""

import pytest
from builders import finding

from nntui.headless.diagnosis import Diagnosis, LaneDiagnosis
from nntui_engine.analysis.fixing.reach import Reach
from nntui_engine.scenario import load_scenario


def lane(score, simple=0.9, findings=(), name=""):
    return LaneDiagnosis(name, 5, score, Reach("validation_accuracy", 0.5, simple, 400), findings, ())


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


def test_what_is_sick_is_named_by_its_cause():
    found = finding("b")
    assert verdict(lane(0.9), lane(0.5, findings=(found,))) == "Sick: dead relu · b · layers 1–2 · since step 40"
