"""Statistics of one layer that are worked out when asked for, beside their formulas in NumPy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from engine.twin_recurrence import Recurrence

from nntui_engine import Experiment, InputError
from nntui_engine.analysis.inside import hidden_states, outputs_of_layers, probe_set
from nntui_engine.analysis.of_layers import LAYER_MEASURES, PAIRS, hidden_spread, spectral_radius
from nntui_engine.analysis.verify import verify
from nntui_engine.registry.statistic import ON_DEMAND_LAYER_STATISTICS
from nntui_engine.scenario import scenario_from_dict

TIME, FEATURES = 5, 2
KINDS = ("recurrent", "gru", "lstm")


def tables(layers: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    train = {"steps": 8, "batch_size": 10, "lr": 0.1, "dtype": "float64", "seed": 3}
    return {
        "schema": 1,
        "scenario": {"title": "Asked of a layer"},
        "data": {"name": "adding", "samples": 60, "length": TIME},
        "model": {"layers": layers},
        "train": train,
        **more,
    }


def recurrent(kind: str, **settings: Any) -> dict[str, Any]:
    return {"kind": kind, "name": "cells", "units": 4, "recurrent_init": "normal", "bias": 0.1, **settings}


def run_of(layers: list[dict[str, Any]], steps: int = 8, **more: Any) -> Experiment:
    run = Experiment(scenario_from_dict(tables(layers, **more)))
    run.advance(steps)
    return run


def states_of(kind: str, values: Mapping[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """(rows, time, units) of the twin."""
    weights, units = values["cells.weights"], 4
    start = np.zeros((len(x), units))
    twin = Recurrence(
        kind, x.reshape(len(x), TIME, -1), weights[:-units], weights[-units:], values["cells.biases"], start, start
    )
    twin.forward()
    return np.stack(twin.states[1:], axis=1)


def test_every_row_has_its_function() -> None:
    assert list(LAYER_MEASURES) == [row.name for row in ON_DEMAND_LAYER_STATISTICS]


@pytest.mark.parametrize("kind", KINDS)
def test_states_are_the_twins_in_as_many_pieces_as_it_takes(kind: str) -> None:
    run = run_of([recurrent(kind)])
    x = np.random.default_rng(0).standard_normal((157, TIME * FEATURES))  # more than the workspace holds
    found = hidden_states(run, 0, 1, x)
    assert found.shape == (157, TIME, 4)
    expected = states_of(kind, run.parameters(), x)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    layers = outputs_of_layers(run, 0, x)
    assert [layer.shape for layer in layers] == [(157, TIME, FEATURES), (157, 4), (157, 1)]
    np.testing.assert_array_equal(layers[0].reshape(157, -1), x)
    np.testing.assert_allclose(layers[1], expected[:, -1], rtol=1e-10)
    np.testing.assert_array_equal(layers[2], run.predict(x))


def test_only_recurrent_layers_have_states() -> None:
    with pytest.raises(ValueError, match="layer output \\(dense\\) has no hidden states"):
        hidden_states(run_of([recurrent("gru")]), 0, 2, np.zeros((1, TIME * FEATURES)))


@pytest.mark.parametrize("kind", KINDS)
def test_spectral_radius_is_the_largest_of_the_gates(kind: str) -> None:
    run = run_of([recurrent(kind)])
    weights = run.parameters()["cells.weights"]
    each = [weights[FEATURES:, at : at + 4] for at in range(0, weights.shape[1], 4)]
    # ρ = lim ‖Uᵏ‖^(1/k)
    radii = [np.linalg.norm(np.linalg.matrix_power(5.0 * one, 200)) ** (1 / 200) / 5.0 for one in each]
    np.testing.assert_allclose(spectral_radius(run, 0, 1), [max(radii)], rtol=2e-2)
    assert len(spectral_radius(run, 0, 2)) == 0
    weights[-1, -1] = np.nan
    run.set_parameters(0, {"cells.weights": weights})
    assert np.isnan(spectral_radius(run, 0, 1)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_spread_of_two_sequences_that_start_apart(kind: str) -> None:
    run = run_of([recurrent(kind)])
    x = probe_set(run, 0)[:PAIRS]
    sums = np.zeros(TIME)
    for row, other in zip(x, [*x[1:], x[0]], strict=True):
        apart = row.copy()
        apart[:FEATURES] = other[:FEATURES]
        first, second = states_of(kind, run.parameters(), np.stack([row, apart]))
        sums += np.linalg.norm(first - second, axis=1)
    found = hidden_spread(run, 0, 1)
    np.testing.assert_allclose(found, sums / sums[0], rtol=1e-9)
    assert found[0] == 1.0
    assert len(hidden_spread(run, 0, 2)) == 0


def test_a_linear_layer_spreads_as_the_powers_of_its_matrix() -> None:
    """h − h' = (x₁ − x'₁)·W·Uᵗ⁻¹: with U = ½·I every step halves it."""
    run = run_of([recurrent("recurrent", activation="linear")])
    weights = run.parameters()["cells.weights"]
    weights[FEATURES:] = 0.5 * np.eye(4)
    run.set_parameters(0, {"cells.weights": weights})
    np.testing.assert_allclose(hidden_spread(run, 0, 1), 0.5 ** np.arange(TIME), rtol=1e-10)
    np.testing.assert_allclose(spectral_radius(run, 0, 1), [0.5], rtol=1e-10)


def test_looking_changes_nothing() -> None:
    run, other = run_of([recurrent("lstm")], 4), run_of([recurrent("lstm")], 4)
    for measure in LAYER_MEASURES.values():
        measure(run, 0, 1)
    run.advance(4)
    other.advance(4)
    for name, value in run.parameters().items():
        np.testing.assert_array_equal(value, other.parameters()[name])


def test_expectations_ask_for_them_by_layer_and_time() -> None:
    layers = [recurrent("recurrent", activation="linear", name="first", return_sequence=True), recurrent("recurrent")]
    lane = {"name": "wide", "set": {"train.lr": 0.3}}
    asked: dict[str, Any] = {"lane": "wide", "step": 2, "below": 1e-9}
    scenario = scenario_from_dict(
        tables(
            layers,
            lane=[lane, {"name": "other", "set": {}}],
            expect=[
                {**asked, "statistic": "spectral_radius", "layer": "first"},
                {**asked, "statistic": "spectral_radius", "layer": "first", "over": {"layer": 2}},
                {**asked, "statistic": "hidden_spread", "layer": 2, "time": 3},
                {**asked, "statistic": "hidden_spread", "layer": 2, "time": -1, "over": {"time": 2, "lane": "other"}},
                {**asked, "statistic": "hidden_spread", "layer": 2, "time": TIME + 1},
                {**asked, "statistic": "spectral_radius", "layer": -1},
            ],
        )
    )
    run = Experiment(scenario)
    run.advance(2)
    radii = [float(spectral_radius(run, 0, layer)[0]) for layer in (1, 2)]
    spreads = [hidden_spread(run, lane, 2) for lane in (0, 1)]
    expected = [radii[0], radii[0] / radii[1], spreads[0][2], spreads[0][-1] / spreads[1][1], None, None]
    outcomes = verify(scenario)
    assert [outcome.measured for outcome in outcomes] == expected
    assert "hidden_spread at time step 3 of layer 2" in outcomes[2].text
    assert outcomes[5].text.startswith("wide, step 2: spectral_radius of the output layer: not measured")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"statistic": "spectral_radius"}, 'layer is missing: "spectral_radius" is measured for each layer'),
        ({"statistic": "spectral_radius", "layer": 1, "time": 1}, "is not measured for each time step"),
        ({"statistic": "hidden_spread", "layer": 1}, 'time is missing: "hidden_spread" is measured for each time step'),
        ({"statistic": "hidden_spread", "layer": 1, "time": 0}, "allowed with time_gradient_norm and hidden_spread"),
        (
            {"statistic": "spectral_radius", "layer": 1, "average_over": 2},
            "average_over: spectral_radius is worked out once",
        ),
    ],
)
def test_what_cannot_be_asked(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        scenario_from_dict(tables([recurrent("lstm")], expect=[{**asked, "above": 0.0}]))
