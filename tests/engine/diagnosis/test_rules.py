"""Each rule beside a control: what it finds where, since when, and that a healthy network raises no alarm."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nntui_engine import Experiment
from nntui_engine.data.facts import DataFacts, SimplerMethods
from nntui_engine.diagnosis import verdict
from nntui_engine.diagnosis.case import Case, holds_since
from nntui_engine.diagnosis.verdict import Rule
from nntui_engine.registry.statistic import EVALUATION_STATISTICS, LAYER_BY_NAME, SEQUENCE_BY_NAME, WHOLE_STATISTICS
from nntui_engine.run.finding import Finding, headline, layer_words
from nntui_engine.scenario import scenario_from_dict

pytestmark = pytest.mark.slow  # they train whole networks


def findings(**options: Any) -> list[Finding]:
    return trained(**options).findings()


def trained(steps: int = 60, data: Any = None, model: Any = None, **train: Any) -> Experiment:
    moons = {"name": "moons", "samples": 120}
    made = {"hidden": [8], "activation": "relu", "init": "he_normal", **(model or {})}
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {**(moons if data is None else data), "preprocess": "standardize"},
        "model": {key: value for key, value in made.items() if value is not None},
        "train": {"steps": steps, "batch_size": 16, "lr": 0.1, "evaluate_every": 10, **train},
    }
    experiment = Experiment(scenario_from_dict(tables))
    experiment.advance(steps)
    return experiment


def rules(found: list[Finding]) -> list[str]:
    return [finding.rule for finding in found]


DEEP_SIGMOID = {"hidden": [10] * 8, "activation": "sigmoid", "init": "xavier_normal"}
DIGITS = {"name": "digits"}
LARGE_TANH = {"hidden": [32] * 10, "activation": "tanh", "init": "normal", "init_scale": 1.0}
FAULTS: list[tuple[str, dict[str, Any], dict[str, Any], tuple[int, ...]]] = [
    # (rule, what is wrong, the same without it, the layers to be named)
    ("vanishing_gradient", {"model": DEEP_SIGMOID}, {"model": {**DEEP_SIGMOID, "activation": "tanh"}}, (1, 2, 3, 4, 5)),
    ("symmetric_units", {"model": {"init": "constant"}}, {}, (1,)),
    ("dead_relu", {"model": {"bias": -20.0, "hidden": [8, 8]}}, {"model": {"bias": 0.0}}, (1, 2)),
    ("saturation", {"model": {"activation": "tanh", "init": "normal", "init_scale": 20.0}},
     {"model": {"activation": "tanh", "init": "xavier_normal"}}, (1,)),
    ("non_finite", {"model": {"init": "normal", "init_scale": 1e25}}, {}, ()),
    ("output_mismatch", {"model": {"output": "softmax", "outputs": 1}, "loss": "binary_cross_entropy"},
     {"model": {"output": "sigmoid", "outputs": 1}, "loss": "binary_cross_entropy"}, (2,)),
    ("exploding_gradient", {"data": DIGITS, "model": LARGE_TANH, "lr": 0.0005},
     {"data": DIGITS, "model": {**LARGE_TANH, "init_scale": 0.18}, "lr": 0.0005}, (1,)),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "fault", "control", "layers"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_rule_finds_its_fault_and_nothing_in_the_control(
    rule: str, fault: dict[str, Any], control: dict[str, Any], layers: tuple[int, ...]
) -> None:
    found = [finding for finding in findings(**fault) if finding.rule == rule]
    assert len(found) == 1
    assert found[0].severity in ("warning", "critical")
    assert found[0].layers[: len(layers)] == layers
    assert found[0].fixes
    assert rule not in rules(findings(**control))


def test_the_numbers_of_a_finding_are_those_of_the_layers_it_names() -> None:
    seen = {}
    for rule, fault, _, _ in FAULTS:
        experiment = trained(**fault)
        (found,) = [finding for finding in experiment.findings() if finding.rule == rule]
        seen[rule] = (found, experiment.snapshot().lanes[0].per_layer)
    for rule, words in (("vanishing_gradient", "{:.1g} of what"), ("exploding_gradient", "{:.0f} times")):
        found, layers = seen[rule]
        first, last = layers["gradient_norm"][0], layers["gradient_norm"][-1]
        assert (found.evidence["first_layer"], found.evidence["ratio"]) == (first, first / last)
        assert f"gets {words.format(first / last)}" in found.message
    for rule, statistic in (("saturation", "saturated_fraction"), ("symmetric_units", "weight_similarity")):
        found, layers = seen[rule]
        assert found.evidence[statistic] == layers[statistic][found.layers[0] - 1] != layers[statistic][found.layers[0]]
    found, layers = seen["dead_relu"]
    assert found.evidence["dead_share"] == max(layers["dead_units"][:2]) / 8


def test_units_that_see_one_number_and_no_state_are_not_symmetric() -> None:
    experiment = Experiment("state-as-memory")
    experiment.advance(20)
    assert "symmetric_units" not in [f.rule for f in experiment.findings() if f.lane == "no state"]


def test_one_unit_alone_is_not_symmetric() -> None:
    assert "symmetric_units" in rules(findings(model={"hidden": [2], "init": "constant"}))
    assert "symmetric_units" not in rules(findings(model={"hidden": [1], "init": "constant"}))
    assert "symmetric_units" not in rules(findings(model={"hidden": [1], "init": "zeros"}))


def test_a_healthy_network_raises_no_alarm() -> None:
    assert findings(steps=1500) == []
    assert [(one.rule, one.severity) for one in findings(steps=300)] == [("slow_convergence", "warning")]


def test_weights_that_training_made_parallel_are_no_fault() -> None:
    """Two units that began apart and ended with parallel weights and other biases: a band, as XOR needs."""
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "xor", "samples": 60},
        "model": {"hidden": [2], "activation": "tanh"},
        "train": {"steps": 20, "lr": 0.0},
    }
    experiment = Experiment(scenario_from_dict(tables))
    experiment.advance(10)
    experiment.set_parameters(0, {"1.weights": np.array([[1.0, 2.0], [1.0, 2.0]]), "1.biases": np.array([0.5, -3.0])})
    experiment.advance(10)  # the last step evaluates
    assert experiment.lanes[0].statistics["layers"]["weight_similarity"][0] > 0.999
    assert "symmetric_units" not in rules(experiment.findings())


def test_what_a_network_that_learns_well_shows_is_no_alarm() -> None:
    blobs = {"name": "blobs", "samples": 120, "classes": 2}
    model = {"hidden": [20], "output": "linear", "outputs": 1}
    found = findings(steps=400, data=blobs, model=model, loss="binary_cross_entropy", lr=0.01)
    assert [(finding.rule, finding.severity) for finding in found] == [("output_mismatch", "info")]


@pytest.mark.parametrize(
    ("values", "since"),
    [
        ("........x", None),  # the last sample alone proves nothing
        ("....xxxx", None),
        ("...xxxxx", 3),
        ("xxx", 0),  # fewer samples than that: all must
        (".xx", None),
        ("xxxx.xxxxxxxxxxx", 0),  # one mini-batch in ten may disagree
        ("xxxxxxxx..", None),
        ("", None),
    ],
)
def test_since_when_a_sign_holds(values: str, since: int | None) -> None:
    condition = np.array([value == "x" for value in values], dtype=bool)
    assert holds_since(np.arange(len(values), dtype=np.float64), condition) == since


def test_one_output_cannot_be_right_about_ten_classes() -> None:
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "digits", "target_coding": "label"},
        "model": {"hidden": [4], "output": "linear", "outputs": 1},
        "train": {"loss": "mse", "steps": 5},
    }
    assert Experiment(scenario_from_dict(tables)).lanes[0].settings.accuracy == "none"


def regression(lr: float, test_fraction: float, steps: int = 200) -> Experiment:
    """A line on a plane, by two units that began alike (which is a finding)."""
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "plane", "samples": 80, "test_fraction": test_fraction, "preprocess": "standardize"},
        "model": {"hidden": [2], "activation": "tanh", "init": "constant", "init_scale": 0.1},
        "train": {"loss": "mse", "optimizer": "adam", "steps": steps, "lr": lr, "evaluate_every": 20},
    }
    experiment = Experiment(scenario_from_dict(tables))
    experiment.advance(steps)
    return experiment


@pytest.mark.parametrize("test_fraction", [0.0, 0.25])
@pytest.mark.parametrize(("lr", "well", "severity"), [(0.02, True, "info"), (0.0, False, "warning")])
def test_a_regression_that_learns_well_raises_no_alarm(
    lr: float, well: bool, severity: str, test_fraction: float
) -> None:
    experiment = regression(lr, test_fraction)
    lane = experiment.snapshot().lanes[0]
    assert (len(experiment.lanes[0].data.x_validation) > 0) == (test_fraction > 0.0)
    assert Case(lane).learned == well
    narrow = [] if well else [("underfitting", "warning")]  # two units may be too few as well
    assert [(f.rule, f.severity) for f in experiment.findings()] == [("symmetric_units", severity), *narrow]


def judged(whole: dict[str, float], facts: DataFacts, accuracy: str = "none") -> Case:
    """A lane with these results on data of which only ``facts`` are known."""
    lane = regression(0.0, 0.25, steps=20).snapshot().lanes[0]
    settings = replace(lane.network.settings, accuracy=accuracy)
    return Case(replace(lane, whole=whole, own=replace(lane.network, settings=settings, facts=facts)))


def test_half_way_from_guessing_to_perfect() -> None:
    """A regression is judged by R², classes by their accuracy; without rows held out by the training rows alone."""
    for r2, well in ((0.5, False), (0.51, True)):
        assert judged({"train_r2": r2, "r2": 1.0 - r2}, DataFacts()).learned == well
    for accuracy, well in ((0.8, False), (0.81, True)):
        whole = {"train_accuracy": accuracy, "validation_accuracy": 1.0 - accuracy, "train_r2": 1.0 - accuracy}
        assert judged(whole, DataFacts(chance=0.6), "argmax").learned == well
    assert not judged({}, DataFacts()).learned


@pytest.mark.parametrize("better", ["line", "neighbours"])
def test_it_must_come_near_what_simpler_methods_reach(better: str) -> None:
    def facts_with(score: float) -> DataFacts:
        scores = (score, math.nan) if better == "line" else (math.nan, score)
        return DataFacts(chance=0.1, simpler=SimplerMethods(lambda: scores))

    for accuracy, well in ((0.8, False), (0.86, True)):
        assert judged({"train_accuracy": accuracy}, facts_with(0.9), "argmax").learned == well
    assert judged({"train_accuracy": 0.56}, facts_with(0.3), "argmax").learned


def test_rows_it_never_saw_count_as_far_as_so_few_can_tell() -> None:
    whole, nine_tenths = {"train_accuracy": 1.0, "validation_accuracy": 0.8}, SimplerMethods(lambda: (0.9, 0.9))
    assert judged(whole, DataFacts(chance=0.5, validation_rows=30, simpler=nine_tenths), "argmax").learned
    assert not judged(whole, DataFacts(chance=0.5, validation_rows=900, simpler=nine_tenths), "argmax").learned


@pytest.mark.parametrize(("simple", "near"), [(0.4, True), (0.05, False)])
def test_simpler_methods_that_only_guess_say_nothing_of_what_is_near(simple: float, near: bool) -> None:
    """Of a score of 0.38: near to 0.4, and far from half way where nothing else tells."""
    facts = DataFacts(simpler=SimplerMethods(lambda: (simple, simple)))
    assert judged({"train_r2": 0.38}, facts).is_near == near


@pytest.mark.parametrize(("rows", "well"), [(60, True), (240, False)])
def test_an_r2_on_rows_it_never_saw_is_as_sure_as_their_number_makes_it(rows: int, well: bool) -> None:
    """Two standard errors below the bar of 0.93: 2 · 2·√0.93·0.07 / √rows, 0.035 of 60 rows and 0.017 of 240."""
    facts = DataFacts(validation_rows=rows, simpler=SimplerMethods(lambda: (1.0, 1.0)))
    assert judged({"train_r2": 1.0, "r2": 0.905}, facts).learned == well


def test_a_rule_is_a_function_and_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def heavy(case: Case) -> Finding:
        return case.finding("heavy", "It is heavy.", {}, ())

    def slow(case: Case) -> Finding:
        return case.finding("slow", "It is slow.", {}, ())

    def told(*rows: Rule) -> list[tuple[str, str, str]]:
        monkeypatch.setattr(verdict, "RULES", rows)
        return [(finding.rule, finding.severity, finding.because) for finding in run.findings()]

    run = trained(steps=1500)
    assert run.findings() == []
    assert told(Rule(heavy, "heaviness", "lightness"), Rule(slow, "slowness", "speed")) == [
        ("heavy", "info", ""),
        ("slow", "info", ""),
    ]
    as_it_is = Rule(heavy, "heaviness", "lightness", learned="as it is")
    assert told(as_it_is, Rule(slow, "slowness", "speed", learned="nothing")) == [("heavy", "warning", "")]
    run = trained(lr=0.0)
    assert told(as_it_is, Rule(slow, "slowness", "speed", alone=True)) == [("heavy", "warning", "")]
    assert told(Rule(slow, "slowness", "speed", alone=True)) == [("slow", "warning", "")]
    rows = (Rule(slow, "slowness", "speed", follows=("heavy",)), Rule(heavy, "heaviness", "lightness"))
    assert told(*rows[::-1]) == [("heavy", "warning", ""), ("slow", "warning", "heavy")]


def test_what_follows_comes_after_all_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    def named(name: str, **options: Any) -> Rule:
        def find(case: Case) -> Finding:
            return case.finding(name, "", {}, ())

        find.__name__ = name
        return Rule(find, name, "", **options)

    monkeypatch.setattr(verdict, "RULES", (named("a"), named("b", follows=("a",)), named("c")))
    assert rules(trained(lr=0.0).findings()) == ["a", "c", "b"]


def test_the_histories_that_rules_read_are_statistics() -> None:
    assert set(verdict.WATCHED) <= {*LAYER_BY_NAME, *SEQUENCE_BY_NAME}
    assert len(verdict.WATCHED) == len(set(verdict.WATCHED))
    assert set(verdict.WATCHED_WHOLE) <= {one.name for one in (*WHOLE_STATISTICS, *EVALUATION_STATISTICS)}


def test_rules_follow_from_rules() -> None:
    for rule in verdict.RULES:
        assert set(rule.follows) <= set(verdict.RULE_NAMES)


def listed(names: bool, activation: str = "sigmoid") -> list[dict[str, Any]]:
    one = {"kind": "dense", "units": 10, "activation": activation}
    return [{"kind": "flatten"}, *({**one, **({"name": f"deep{i}"} if names else {})} for i in range(1, 9))]


def test_findings_call_layers_by_their_names_and_begin_with_the_first_that_has_weights() -> None:
    init = {"init": "xavier_normal"}
    deep = (DEEP_SIGMOID, *({"layers": listed(names), **init, "hidden": None} for names in (True, False)))
    plain, named, numbered = (
        next(one for one in findings(model=model) if one.rule == "vanishing_gradient") for model in deep
    )
    assert headline(plain) == f"vanishing gradient · layers 1–5 · since step {plain.first_step}"
    assert headline(named) == f"vanishing gradient · layers deep1–deep5 · since step {plain.first_step}"
    assert headline(numbered) == f"vanishing gradient · layers 2–6 · since step {plain.first_step}"
    assert named.layers == numbered.layers == (2, 3, 4, 5, 6)
    assert "layer deep1 gets" in named.message
    assert named.message.replace("deep1", "2") == numbered.message
    assert named.evidence == numbered.evidence


def test_ranges_of_names_and_numbers() -> None:
    assert layer_words((1, 2, 3, 5)) == "layers 1–3, 5"
    assert layer_words((1, 2, 3, 5), {1: "stem", 3: "b.1", 5: "output"}) == "layers stem–b.1, output"
    assert layer_words((4,), {4: "4"}) == "layer 4"
    assert layer_words((), {1: "stem"}) == ""
