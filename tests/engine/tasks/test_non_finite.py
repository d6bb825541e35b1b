"""Where the first NaN or infinity was: the node, its layer and the step, whatever is sampled; and why, in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from engine.build import Build

from nntui_engine import Experiment
from nntui_engine.kernels import columns as c
from nntui_engine.registry.optimizer import OPTIMIZERS
from nntui_engine.run.finding import Finding
from nntui_engine.scenario import scenario_from_dict

SAMPLED = pytest.mark.parametrize("every", [1, 7, 10**9])
HIDDEN = {"hidden": [3, 3], "activation": "tanh"}
ZEROS = np.zeros((2, 3))


@dataclass(frozen=True)
class Case:
    """``model`` and ``train`` of a net of two inputs, hidden units 3 and 3 and one output; ``x`` and ``t`` times their
    usual size; parameters to set; what is to be found; words of the message; and the first fix's key."""

    node: str
    layer: int
    words: str
    fix: str
    model: Mapping[str, Any] = field(default_factory=dict)
    train: Mapping[str, Any] = field(default_factory=dict)
    x: float = 1.0
    t: float = 1.0
    parameters: Mapping[str, Any] = field(default_factory=dict)


NAN_WEIGHTS = np.where(np.eye(3) == 1.0, np.nan, 0.1)
LARGE_GRADIENT = {"x": 1e25, "t": 1e18, "parameters": {"1.weights": ZEROS, "1.biases": np.zeros(3)}}
CASES: dict[str, Case] = {
    "inputs": Case("inputs", 1, "the data hold numbers too large for float32", "data.preprocess", x=1e39),
    "targets": Case("targets", 3, "the targets hold numbers too large for float32", "data.target_scale", t=1e39),
    "weights": Case("weights", 2, "first in the weights of layer 2: they were not finite before the step", "model.init",
                    parameters={"2.weights": NAN_WEIGHTS}),
    "z": Case("z", 2, "first in z of layer 2: weights as large as 3e+38 to start from", "model.init",
              parameters={"1.weights": np.full((2, 3), 1e3), "2.weights": np.full((3, 3), 3e38)}),
    "z of inputs": Case("z", 1, "inputs as large as", "data.preprocess", x=1e37,
                        parameters={"1.weights": np.full((2, 3), 100.0)}),
    "z and a finite loss": Case("z", 1, "weights as large as 3e+38", "model.init",
                                parameters={"1.weights": np.full((2, 3), 3e38)}),
    "a": Case("a", 2, "first in the activations of layer 2: weights as large as", "model.init",
              {"activation": "prelu"}, parameters={"2.biases": np.full(3, -1e38), "2.alpha": np.array([1e3])}),
    "loss": Case("loss", 3, "first in the loss: targets as large as", "data.target_scale", t=1e160,
                 train={"dtype": "float64"}),
    "delta": Case("delta", 2, "first in δ of layer 2: weights as large as 1e+25", "model.init", t=1e15,
                  parameters={"2.weights": np.zeros((3, 3)), "2.biases": np.zeros(3),
                              "3.weights": np.full((3, 1), 1e25)}),
    "gradient": Case("gradient", 1, "first in the gradient of layer 1: inputs as large as", "data.preprocess",
                     **LARGE_GRADIENT),
    "gradient, clipped by value": Case("gradient", 1, "inputs", "data.preprocess", train={"clip_value": 1.0},
                                       **LARGE_GRADIENT),
    "gradient, clipped by norm": Case("gradient", 1, "inputs", "data.preprocess", train={"clip_norm": 1.0},
                                      **LARGE_GRADIENT),
    # The step is looked at, and then the gradient: with each of them it must show
    **{f"gradient, {name}": Case("gradient", 1, "inputs", "data.preprocess", train={"optimizer": name, "batch_size": 1},
                                 **LARGE_GRADIENT) for name in OPTIMIZERS},
    "gradient, frozen": Case("gradient", 1, "inputs", "data.preprocess", {"trainable": [False, True, True]},
                             **LARGE_GRADIENT),
    "gradient, noise": Case("gradient", 1, "inputs", "data.preprocess", train={"noise": {"gradients": 0.1}},
                            **LARGE_GRADIENT),
    "gradient, lr 0": Case("gradient", 1, "inputs", "data.preprocess", train={"lr": 0.0}, **LARGE_GRADIENT),
    "update": Case("update", 1, "first in the update of layer 1: a step overflowed, at learning rate 1e+06", "train.lr",
                   train={"lr": 1e6}, x=1e5, t=1e15,
                   parameters={"1.weights": ZEROS, "1.biases": np.zeros(3), "2.weights": np.full((3, 3), 1e7),
                               "3.weights": np.full((3, 1), 1e8)}),
    "update, epsilon 0": Case("update", 1, "adam divided by 0, as epsilon = 0 lets it", "train.epsilon",
                              train={"optimizer": "adam", "epsilon": 0.0}, x=0.0),
}  # fmt: skip


def start(case: Case, build: Build, **options: Any) -> Experiment:
    """The case's net, before its first step."""
    generator = np.random.default_rng(0)
    x, t = case.x * generator.standard_normal((8, 2)), case.t * generator.standard_normal((8, 1))
    model = {"hidden": [3, 3], "activation": "tanh", "init": "normal", "init_scale": 0.5, **case.model}
    train = {"dtype": "float32", "loss": "mse", "lr": 0.01, "steps": 30, **case.train}
    experiment = build(model, train, x=x, t=t, data={"task": "regression"}, **options)
    experiment.set_parameters(0, case.parameters)
    return experiment


def found(experiment: Experiment) -> Finding:
    (finding,) = [one for one in experiment.findings() if one.rule == "non_finite"]
    assert finding.rule == "non_finite"
    assert finding.severity == "critical"
    return finding


@SAMPLED
@pytest.mark.parametrize("name", CASES)
def test_the_first_node_is_named_with_its_layer_and_its_step(name: str, every: int, build: Build) -> None:
    case = CASES[name]
    experiment = start(case, build, every=every)
    experiment.advance(1)
    finding = found(experiment)
    assert (finding.evidence["node"], finding.layers, finding.first_step) == (case.node, (case.layer,), 1)
    assert (finding.evidence["layer"], finding.evidence["step"]) == (case.layer, 1)
    assert case.words in finding.message
    assert next(iter(finding.fixes[0].set)) == case.fix
    assert all(np.isfinite(value) for value in finding.evidence.values() if not isinstance(value, str))
    experiment.advance(20)  # what breaks later does not change what broke first
    assert found(experiment) == finding


@pytest.mark.parametrize("name", CASES)
def test_a_step_of_length_0_is_never_blamed(name: str, build: Build) -> None:
    case = CASES[name]
    experiment = start(Case(case.node, 0, "", "", case.model, {**case.train, "lr": 0.0}, case.x, case.t,
                            case.parameters), build)  # fmt: skip
    experiment.advance(12)
    if name == "update":  # a rate of 0 makes no such step
        assert experiment.lanes[0].first_non_finite is None
        return
    finding = found(experiment)
    assert finding.evidence["lr"] == 0.0
    assert "step overflowed" not in finding.message
    assert "learning rate" not in finding.message
    assert all("train.lr" not in fix.set for fix in finding.fixes)


@SAMPLED
@pytest.mark.parametrize("lr", [0.0, 0.01])
def test_weights_too_large_from_the_third_layer_on(every: int, lr: float) -> None:
    """z is finite in layers 1 to 3; only the product of the last two layers overflows."""
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "linear", "samples": 60, "features": 3},
        "model": {"hidden": [6, 5, 4], "init": ["normal", "normal", "normal", "uniform"],
                  "init_scale": [0.5, 0.5, 1e25, 1e25]},
        "train": {"steps": 20, "lr": lr},
    }  # fmt: skip
    experiment = Experiment(scenario_from_dict(tables), every=every)
    experiment.advance(20)
    finding = found(experiment)
    assert (finding.evidence["node"], finding.layers, finding.first_step) == ("z", (4,), 1)
    assert 1e25 < float(finding.evidence["largest_weight"]) < 1e26
    assert float(finding.evidence["largest_into"]) > 1e24
    assert float(finding.evidence["largest_input"]) < 10.0
    assert finding.message.endswith("weights as large as 2e+25 to start from make numbers overflow on their way.")
    assert dict(finding.fixes[0].set) == {"model.init": "he_normal"}


def diverging(build: Build, **options: Any) -> Experiment:
    train = {"lr": 3.0, "loss": "mse", "steps": 400, "dtype": "float32"}
    model = {"hidden": [5, 4], "activation": "linear"}
    return build(model, train, n=9, outputs=1, data={"task": "regression"}, **options)


def test_steps_that_were_too_long_are_blamed_and_dated(build: Build) -> None:
    """The step is the one a look at every number, step by step from outside, finds."""
    outside = diverging(build)
    values = outside.parameters()
    while all(np.isfinite(value).all() for value in values.values()) and np.isfinite(outside.loss()):
        before = outside.step
        outside.advance(1)
        values = outside.parameters()
    first = outside.step if not all(np.isfinite(v).all() for v in values.values()) else outside.step + 1
    assert 2 < first <= before + 2
    for every in (1, 7, 10**9):
        experiment = diverging(build, every=every)
        experiment.advance(400)
        finding = found(experiment)
        assert finding.first_step <= first
        assert finding.first_step >= first - 1  # z or a gradient overflows, then the weights do
        assert "steps at learning rate 3 have led to weights as large as" in finding.message
        assert dict(finding.fixes[0].set) == {"train.lr": 0.3}
        if every == 1:
            assert finding.because == "lr_too_high"
            expected = replace(finding, because="")
        assert replace(finding, because="") == expected  # where no step was measured, no rule tells the cause


def test_before_a_step_is_measured_nothing_is_judged_and_it_is_said_so(build: Build) -> None:
    experiment = build(HIDDEN, {"lr": 0.0}, every=7)
    experiment.advance(6)
    assert experiment.findings() == []
    assert [(one.rules, one.why) for one in experiment.unchecked()] == [(("all",), "no step was measured yet")]
    experiment.advance(34)
    assert [one.rule for one in experiment.findings()] == ["unchanged_weights"]
    assert "all" not in [rule for one in experiment.unchecked() for rule in one.rules]


def test_every_number_of_the_sampled_steps_before_is_finite(build: Build) -> None:
    experiment = diverging(build, keep_samples=True)
    experiment.advance(400)
    first = experiment.lanes[0].first_non_finite
    assert first is not None
    counts = {row["step"]: sum(row["layers"]["non_finite"]) for row in experiment.samples()}
    assert all(count == 0 for step, count in counts.items() if step < first.step)
    assert counts[first.step + 1] > 0


def test_tweaks_saves_and_restarts(build: Build) -> None:
    experiment = diverging(build)
    start = experiment.save()
    experiment.advance(400)
    first = experiment.lanes[0].first_non_finite
    assert first is not None
    experiment.tweak({"train.lr": 0.001})
    experiment.advance(5)
    assert experiment.lanes[0].first_non_finite == first
    assert experiment.snapshot().lanes[0].network.first_non_finite == first
    experiment.load(start)
    assert experiment.lanes[0].first_non_finite is None
    experiment.advance(400)
    assert experiment.lanes[0].first_non_finite == first
    experiment.restart()
    assert experiment.lanes[0].first_non_finite is None
    assert experiment.findings() == []
    experiment.advance(1)
    assert experiment.lanes[0].first_non_finite is None


def test_a_lane_among_others_and_launches_cut_anywhere(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = diverging(build)
    whole.advance(400)
    monkeypatch.setattr("nntui_engine.tasks.network.LAUNCH_SECONDS", 0.0)
    lanes = [("calm", {"train.lr": 0.01}), ("wild", {}), ("slower", {"train.lr": 1.0})]
    run = diverging(build, lanes=lanes, every=13)
    while not run.finished:
        run.advance(3)
    calm, wild, slower = run.lanes
    assert calm.first_non_finite is None
    assert wild.first_non_finite == whole.lanes[0].first_non_finite
    assert slower.first_non_finite is not None
    assert slower.first_non_finite.step > wild.first_non_finite.step  # type: ignore[union-attr]


def test_a_step_worked_in_pieces() -> None:
    """A net large enough for several pieces: one weight of the last input, one unit of the last layer."""
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "blobs", "samples": 400, "features": 60, "test_fraction": 0.0},
        "model": {"hidden": [90, 80], "activation": "relu"},
        "train": {"steps": 20, "batch_size": 128, "optimizer": "lion"},
    }
    for name, node, layer in (("1.weights", "weights", 1), ("3.weights", "weights", 3)):
        experiment = Experiment(scenario_from_dict(tables), every=7)
        assert (
            experiment.network.arena.ints[0, c.I_ROW_PIECES]
            == experiment.network.arena.ints[0, c.I_PARAMETER_PIECES]
            == 2
        )
        experiment.advance(3)
        assert experiment.lanes[0].first_non_finite is None
        values = experiment.parameters()[name]
        values[-1, -1] = np.inf
        experiment.set_parameters(0, {name: values})
        experiment.advance(1)
        first = experiment.lanes[0].first_non_finite
        assert first is not None
        assert (first.node, first.layer, first.step) == (node, layer, 4)
