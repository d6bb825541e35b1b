"""What is said where nothing was found: "healthy" only where it is known."""

from dataclasses import replace
from typing import Any

from builders import lane_snapshot

from nntui.lab.health import NAMED, guesses, health_lines, is_healthy, sick_lanes
from nntui_engine import Experiment
from nntui_engine.data.facts import DataFacts
from nntui_engine.diagnosis.verdict import RULES
from nntui_engine.run.finding import Finding
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot
from nntui_engine.scenario import load_scenario


def lane(index: int, name: str, chance: float = 0.1, accuracy: str = "argmax", **whole: float) -> LaneSnapshot:
    made = lane_snapshot(index, name, 50)
    settings = replace(made.network.settings, accuracy=accuracy)
    own: Any = replace(made.own, settings=settings, facts=DataFacts(chance=chance))  # type: ignore[type-var]
    return replace(made, own=own, whole=whole, whole_history={})


def lines(*lanes: LaneSnapshot, findings: tuple[Finding, ...] = (), step: int = 50) -> tuple[str, ...]:
    return health_lines(Snapshot("fake", "Fake", 0, step, 100, lanes, ()), findings)


def finding(name: str) -> Finding:
    return Finding("dead_relu", "warning", name, (1,), 4, {}, "Dead.", ())


def test_before_the_first_step_nothing_is_claimed() -> None:
    assert lines(lane(0, "", train_accuracy=1.0), step=0) == ("Nothing was trained yet.",)


def test_healthy_is_who_learns_well() -> None:
    (line,) = lines(lane(0, "a", train_accuracy=0.9), lane(1, "b", train_accuracy=0.95))
    assert line.startswith("Healthy: ")
    assert "NaN" in line
    assert f"and {len(RULES) + 1 - NAMED} more" in line


def test_the_header_and_the_sentences_agree_on_who_is_healthy() -> None:
    well, ill = lane(0, "a", train_accuracy=0.95), lane(1, "b", train_accuracy=0.5)
    for lanes, findings, step in (
        ((well,), (), 50),
        ((well, ill), (), 50),
        ((well,), (finding("a"),), 50),
        ((well, ill), (finding("b"),), 50),
        ((well,), (), 0),
    ):
        said = any(line.startswith("Healthy") for line in lines(*lanes, findings=findings, step=step))
        assert is_healthy(Snapshot("fake", "Fake", 0, step, 100, lanes, ()), findings) == said


def test_a_lane_is_as_sick_as_the_worst_that_was_found_in_it() -> None:
    three = Snapshot("fake", "Fake", 0, 50, 100, (lane(0, "a"), lane(1, "b"), lane(2, "c")), ())
    found = (replace(finding("b"), severity="info"), finding("b"), replace(finding("c"), severity="critical"))
    assert sick_lanes(three, found) == {1: "warning", 2: "critical"}
    assert sick_lanes(three, ()) == sick_lanes(None, found) == {}


def test_who_guesses_is_not_learning_and_what_was_looked_for_is_said() -> None:
    looked, guess = lines(lane(0, "", train_accuracy=0.1))
    assert looked.startswith("Looked for ")
    assert looked.endswith("none so far.")
    assert "vanishing gradients" in looked
    assert guess == "Not learning yet: accuracy 10.0%, as by guessing."


def test_who_is_between_is_neither() -> None:
    (line,) = lines(lane(0, "a", train_accuracy=0.9), lane(1, "b", train_accuracy=0.8))
    assert line.startswith("Looked for ")


def test_a_majority_class_is_guessing_too() -> None:
    assert guesses(lane(0, "", chance=0.95, train_accuracy=0.95))
    assert not guesses(lane(0, "", chance=0.5, train_accuracy=0.95))
    assert not guesses(lane(0, ""))  # not measured


def test_numbers_are_judged_by_r2() -> None:
    (_, line) = lines(lane(0, "", 0.0, "none", train_r2=-0.3))
    assert line == "Not learning yet: R² near 0, as by guessing the mean."
    assert lines(lane(0, "", 0.0, "none", train_r2=0.9))[0].startswith("Healthy")


def test_beside_findings_only_lanes_without_one_are_told_of() -> None:
    lanes = (lane(0, "a", train_accuracy=0.1), lane(1, "b", train_accuracy=0.1), lane(2, "c", train_accuracy=0.1))
    assert lines(*lanes, findings=(finding("a"),)) == ("Not learning yet: b, c (accuracy 10.0%, as by guessing).",)
    assert lines(lane(0, "a", train_accuracy=0.1), findings=(finding("a"),)) == ()


def test_the_engine_knows_what_guessing_would_reach() -> None:
    (digits,) = Experiment(load_scenario("digits")).snapshot().lanes
    assert abs(digits.network.facts.chance - 0.1) < 0.01
    assert Experiment(load_scenario("unscaled-targets")).snapshot().lanes[0].network.facts.chance == 0.0
