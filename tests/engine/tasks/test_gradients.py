"""The gradient check: every derivative against centred differences of the loss, in float64.

``threshold`` is left out: its slope is defined (as 1, the perceptron rule), not derived.
"""

from collections.abc import Iterator
from itertools import islice, product
from typing import Any

import numpy as np
import pytest
from engine.build import Build
from engine.compiled import JIT
from engine.twin import KINKED, distance_to_kink
from engine.twin_network import TwinLane, norm

from nntui_engine.experiment import Experiment
from nntui_engine.registry.activation import ACTIVATIONS, HIDDEN_ACTIVATIONS
from nntui_engine.registry.loss import LOSSES

STEP = 1e-6
FAR = 1e-3  # from every kink: much further than a step
ALLOWED = 1e-6
OUTPUTS = [name for name in ACTIVATIONS if name != "threshold"]
PROBABILITIES = ("cross_entropy", "binary_cross_entropy")

BATCH_NORM = [{}, {"batch_norm": "before"}, {"batch_norm": "after"}, {"batch_norm_inputs": True}]
DROPOUT = [{}, {"dropout": 0.4}, {"input_dropout": 0.4, "dropout": [0.0, 0.3]}, {"dropconnect": 0.3}]
PENALTIES = [
    {},
    {"l1": 0.1},
    {"l2": [0.2, 0.0, 0.3]},
    {"l1": 0.05, "l2": 0.1},
    {"l1": 0.3, "l2": 0.1, "l1_method": "proximal"},
]
HEADS = [("mse", "linear"), ("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid")]


def thinned(cases: Iterator[Any], every: int) -> Iterator[Any]:
    """All cases; in plain Python, which is slow, a few."""
    return cases if JIT else islice(cases, 0, None, every)


def draw(lane: TwinLane, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Parameters of ordinary size. For losses of probabilities, outputs of any kind come to lie within (0, 1)."""
    last, values = lane.settings.layers[-1], {}
    small = lane.settings.loss in PROBABILITIES
    for name, value in lane.values.items():
        kind = name.partition(".")[2]
        noise = generator.standard_normal(value.shape)
        values[name] = {"weights": 0.6, "biases": 0.3, "alpha": 0.1, "gamma": 0.2, "beta": 0.3}[kind] * noise
        values[name] += {"alpha": 0.3, "gamma": 1.0}.get(kind, 0.0)
    if small:
        values[f"{last.index}.weights"] *= 0.1
        values[f"{last.index}.biases"] = np.full(last.units, -0.5 if last.activation == "softplus" else 0.5)
    return values


def place_away_from_kinks(experiment: Experiment) -> TwinLane:
    """Set parameters for which no pre-activation, output or penalised weight is near a kink; returns the twin."""
    lane = experiment.lanes[0]
    twin = TwinLane(lane.settings, lane.data, experiment.parameters())
    for seed in range(200):
        twin.values = draw(twin, np.random.default_rng(seed))
        done = twin.forward(lane.data.x_train, training=True)
        rooms = [distance_to_kink(lane.settings.loss, done.a[-1], lane.data.t_train, lane.settings.huber_delta)]
        layers = zip(lane.settings.layers, done.z, strict=True)
        rooms += [np.abs(z).min() for layer, z in layers if layer.activation in KINKED]
        rooms += [np.abs(twin.values[f"{layer.index}.weights"]).min() for layer in lane.settings.layers if layer.l1]
        if min(rooms) > FAR:
            experiment.set_parameters(0, twin.values)
            if norm(experiment.gradients().values()) > 1e-2:  # else all ReLUs are silent and nothing is checked
                return twin
    raise AssertionError("no parameters away from kinks were found")


def largest_error(experiment: Experiment) -> float:
    """The largest ‖numeric − analytic‖ / ‖analytic‖ over the parameters' blocks (small blocks against the whole)."""
    twin = place_away_from_kinks(experiment)
    analytic = experiment.gradients()
    whole = norm(analytic.values())
    worst = 0.0
    for name, start in twin.values.items():
        numeric = np.zeros_like(start)
        for at in np.ndindex(start.shape):
            sides = []
            for sign in (1.0, -1.0):
                moved = start.copy()
                moved[at] += sign * STEP
                experiment.set_parameters(0, {name: moved})
                twin.values[name] = moved
                sides.append(experiment.loss() + twin.penalty(in_gradient=True))
            numeric[at] = (sides[0] - sides[1]) / (2.0 * STEP)
        experiment.set_parameters(0, {name: start})
        twin.values[name] = start
        size = max(norm([analytic[name]]), 0.01 * whole)
        worst = max(worst, norm([numeric - analytic[name]]) / size)
    return worst


def make(build: Build, model: dict[str, Any], train: dict[str, Any]) -> Experiment:
    # the errors of a softmax must not all have one sign: the gradient of their sum is 0
    kind = "one_hot" if train["loss"] in PROBABILITIES or model.get("output") == "softmax" else "real"
    return build(model, train, n=4, inputs=2, outputs=2, kind=kind, data={"task": "regression"})


@pytest.mark.parametrize("hidden", [name for name in HIDDEN_ACTIVATIONS if name != "threshold"])
def test_every_activation_loss_and_output(hidden: str, build: Build) -> None:
    wrong = {}
    for loss, output in thinned(product(LOSSES, OUTPUTS), 12):
        experiment = make(build, {"hidden": [3], "activation": hidden, "output": output}, {"loss": loss})
        error = largest_error(experiment)
        if not error <= ALLOWED:
            wrong[loss, output] = error
    assert not wrong


@pytest.mark.parametrize("activation", ["tanh", "relu", "prelu"])
@pytest.mark.parametrize(("loss", "output"), HEADS)
def test_every_batch_norm_dropout_and_penalty(activation: str, loss: str, output: str, build: Build) -> None:
    wrong = {}
    for batch_norm, dropout, penalty in thinned(product(BATCH_NORM, DROPOUT, PENALTIES), 9):
        model = {"hidden": [3, 2], "activation": activation, "output": output, **batch_norm, **dropout}
        experiment = make(build, model, {"loss": loss, **penalty})
        error = largest_error(experiment)
        if not error <= ALLOWED:
            wrong[str((batch_norm, dropout, penalty))] = error
    assert not wrong


def test_noise_on_inputs_and_weights(build: Build) -> None:
    noise = {"inputs": 0.3, "weights": 0.2}
    assert largest_error(make(build, {"hidden": [3]}, {"loss": "mse", "noise": noise})) <= ALLOWED


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "linear"])
def test_cross_entropy_with_several_labels_a_row(output: str, build: Build) -> None:
    """Targets whose rows do not sum to 1."""
    train = {"loss": "cross_entropy"}
    experiment = build({"output": output}, train, outputs=3, kind="labels", data={"task": "regression"})
    assert set(experiment.lanes[0].data.t_train.sum(axis=1)) != {1.0}
    assert largest_error(experiment) <= ALLOWED


@pytest.mark.parametrize("hidden", [[], [1], [2, 2, 2, 2]])
def test_every_depth(hidden: list[int], build: Build) -> None:
    assert largest_error(make(build, {"hidden": hidden, "activation": "gelu"}, {"loss": "mse"})) <= ALLOWED


@pytest.mark.parametrize("name", ["1.weights", "1.biases", "1.alpha", "2.gamma", "inputs.beta", "3.weights"])
def test_the_check_fails_on_a_broken_derivative(name: str, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    model = {"hidden": [3, 3], "activation": "prelu", "batch_norm": "after", "batch_norm_inputs": True}
    experiment = make(build, model, {"loss": "mse"})
    true = experiment.gradients

    def broken(lane: int = 0) -> dict[str, np.ndarray]:
        gradients = true(lane)
        gradients[name] *= 1.001
        return gradients

    assert largest_error(experiment) <= ALLOWED
    monkeypatch.setattr(experiment, "gradients", broken)
    assert largest_error(experiment) > 10 * ALLOWED


def test_probing_changes_nothing(build: Build) -> None:
    model = {"dropout": 0.5, "batch_norm": "before"}
    experiment = build(model, {"batch_size": 2}, n=5, data={"task": "regression"})
    before = experiment.parameters()
    assert experiment.loss() == experiment.loss()
    experiment.gradients()
    assert all(np.array_equal(value, before[name]) for name, value in experiment.parameters().items())
    experiment.advance(3)
    undisturbed = build(model, {"batch_size": 2}, n=5, data={"task": "regression"})
    undisturbed.advance(3)
    for name, value in undisturbed.parameters().items():
        assert np.array_equal(value, experiment.parameters()[name])
