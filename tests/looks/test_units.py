"""How units do and what they answer, against NumPy's own pass through the weights."""

from typing import Any

import numpy as np
import pytest
from looks.looking import experiment, taken

from nntui.looks.request import LookRequest, take_looks
from nntui.looks.responses import MOST_UNITS, close_unit, diagram
from nntui.looks.units import units
from nntui.looks.weight_pictures import weight_pictures
from nntui_engine import Experiment
from nntui_engine.analysis.inside import probe_set
from nntui_engine.scenario import scenario_from_dict


def passed(run: Experiment, x: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """z and a of every layer of a chain, by the formulas."""
    functions = {
        "tanh": np.tanh,
        "relu": lambda z: np.maximum(z, 0.0),
        "sigmoid": lambda z: 1.0 / (1.0 + np.exp(-z)),
        "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
    }
    values, found = run.parameters(), []
    for layer in run.lanes[0].settings.layers:
        z = x @ values[f"{layer.label}.weights"] + values[f"{layer.label}.biases"]
        x = functions[layer.activation](z)
        found.append((z, x))
    return found


def test_units_are_measured_as_the_formulas_say() -> None:
    run = experiment(model={"hidden": [6, 5], "activation": ["relu", "tanh"]})
    run.advance(40)
    biases = run.parameters()["1.biases"]
    biases[2] = -1e3  # dead
    run.set_parameters(0, {"1.biases": biases, "2.biases": np.array([9.0, 0.0, 0.0, 0.0, -9.0], dtype=biases.dtype)})
    found = taken(run, units)
    x = probe_set(run, 0)
    assert found.rows == len(x)
    for layer, (_, a) in zip(found.layers, passed(run, x), strict=True):
        np.testing.assert_allclose(layer.mean, a.mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(layer.deviation, a.std(axis=0), atol=1e-5)
    relu, tanh, output = found.layers
    (_, a1), (z2, _), _ = passed(run, x)
    np.testing.assert_array_equal(relu.silent, (a1 == 0.0).mean(axis=0))
    assert relu.silent[2] == 1.0
    np.testing.assert_allclose(tanh.saturated, (1.0 - np.tanh(z2) ** 2 < 0.05).mean(axis=0), atol=0.02)
    assert tanh.saturated[0] == tanh.saturated[4] == 1.0
    assert np.isnan(relu.saturated).all()
    assert np.isnan(tanh.silent).all()
    assert np.isnan(output.silent).all()
    assert np.isnan(output.saturated).all()
    gradients = run.gradients()
    np.testing.assert_allclose(tanh.gradient, np.linalg.norm(gradients["2.weights"], axis=0), rtol=1e-4)
    assert relu.gradient[2] == 0.0


@pytest.mark.parametrize(
    "layers",
    [
        [{"kind": "convolution", "filters": 3, "kernel": 3}, {"kind": "max_pool", "size": 2}, {"kind": "flatten"}],
        [{"kind": "flatten"}, {"kind": "dense", "units": 4}],
    ],
)
def test_units_of_other_kinds_are_what_they_pass_on(layers: list[dict[str, Any]]) -> None:
    tables = {"schema": 1, "scenario": {"title": "t"}, "data": {"name": "digits"}, "model": {"layers": layers}}
    run = Experiment(scenario_from_dict(tables))
    found = taken(run, units)
    for layer, info in zip(found.layers, run.lanes[0].infos, strict=True):
        assert len(layer.mean) == info.units
        assert np.isfinite(layer.mean).all()
        assert np.isfinite(layer.gradient).all() == info.has_weights
    assert taken(run, diagram) is None


def test_gated_units_have_one_number_each() -> None:
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "digits", "shape": [8, 8]},
        "model": {"layers": [{"kind": "lstm", "units": 5}]},
    }
    found = taken(Experiment(scenario_from_dict(tables)), units)
    assert len(found.layers[0].mean) == len(found.layers[0].gradient) == 5
    assert np.isnan(found.layers[0].saturated).all()


def test_a_diagram_has_every_units_answer_over_the_plane_and_the_weights() -> None:
    run = experiment(model={"hidden": [4, MOST_UNITS + 3]})
    found = taken(run, diagram)
    inputs, first, second, output = found.columns
    assert len(second.pictures) == MOST_UNITS
    rows, columns = inputs.pictures.shape[1:]
    np.testing.assert_allclose(inputs.pictures[0][3], inputs.pictures[0][0], atol=1e-6)  # x1 grows to the right
    assert inputs.pictures[0][0, 0] < inputs.pictures[0][0, -1]
    assert inputs.pictures[1][0, 0] > inputs.pictures[1][-1, 0]  # x2 upwards
    x = np.stack([picture.ravel() for picture in inputs.pictures], axis=1)
    answers = passed(run, x)
    np.testing.assert_allclose(first.pictures[2], answers[0][1][:, 2].reshape(rows, columns), atol=1e-4)
    np.testing.assert_allclose(output.pictures[0], run.predict(x)[:, 0].reshape(rows, columns), atol=1e-5)
    np.testing.assert_allclose(first.weights, run.parameters()["1.weights"])
    assert output.weights.shape == (MOST_UNITS, 1)


def test_one_input_gives_curves_and_many_give_means() -> None:
    curves = taken(experiment("sine"), diagram).columns
    assert all(column.pictures.shape[1] == 1 < column.pictures.shape[2] for column in curves)
    run = Experiment(
        scenario_from_dict(
            {
                "schema": 1,
                "scenario": {"title": "t"},
                "data": {"name": "iris"},
                "model": {"hidden": [3], "activation": "tanh"},
            }
        )
    )
    found = taken(run, diagram)
    means = passed(run, probe_set(run, 0))[0][1].mean(axis=0)
    np.testing.assert_allclose(found.columns[1].pictures[:, 0, 0], means, atol=1e-5)
    assert found.names == run.lanes[0].data.features
    assert taken(experiment("digits"), diagram) is None


def test_one_unit_is_the_one_that_was_chosen() -> None:
    run = experiment(model={"hidden": [4, 5]})
    found = take_looks(run, LookRequest((close_unit,), layer=2, unit=3)).of(close_unit)
    assert found is not None
    assert found.response is not None
    (x0, x1), (y0, y1) = found.response.window
    rows, columns = found.response.picture.shape
    for row, column in ((0, 0), (rows - 1, 2), (5, columns - 1)):
        point = [[x0 + (x1 - x0) * column / (columns - 1), y1 - (y1 - y0) * row / (rows - 1)]]
        assert found.response.picture[row, column] == pytest.approx(passed(run, np.array(point))[1][1][0, 3], abs=1e-4)
    np.testing.assert_allclose(found.weights.weights, run.parameters()["2.weights"][:, 3])
    assert taken(experiment("digits"), close_unit).response is None


def test_weights_into_a_layer_that_reads_images_are_pictures() -> None:
    run = experiment("digits")
    found = taken(run, weight_pictures)
    np.testing.assert_allclose(found.pictures[1], run.parameters()["1.weights"][:, 1].reshape(8, 8))
    assert found.units == 3
    assert taken(experiment("moons"), weight_pictures) is None


def test_looks_taken_together_pass_through_the_network_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from nntui_engine.analysis import inside

    run, passes = experiment(model={"hidden": [6]}), []
    really = inside.activations_of_layers

    def counted(*arguments: Any) -> Any:
        passes.append(arguments)
        return really(*arguments)

    monkeypatch.setattr(inside, "activations_of_layers", counted)
    request = LookRequest((units, close_unit), layer=1)
    first = take_looks(run, request)
    assert len(passes) == 1
    one, close = first.of(units), first.of(close_unit)
    assert one is not None
    assert close is not None
    assert close.units is one
    run.advance(20)
    later = take_looks(run, request).of(units)  # the next frame looks again
    assert len(passes) == 2
    assert later is not None
    assert not np.array_equal(later.layers[0].mean, one.layers[0].mean)
    units(run, request)
    assert len(passes) == 3
