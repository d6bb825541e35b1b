"""Statistics of one layer that are worked out when asked for, beside their formulas in NumPy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from engine.twin_recurrence import Recurrence

from nntui_engine import Experiment, InputError
from nntui_engine.analysis.correlation import ROWS, gradient_correlation, input_gradients
from nntui_engine.analysis.inside import hidden_states, outputs_of_layers, probe_set, probe_targets
from nntui_engine.analysis.of_layers import (
    LAYER_MEASURES,
    PAIRS,
    hidden_spread,
    skip_gradient_share,
    skip_of,
    skip_variance_share,
    spectral_radius,
)
from nntui_engine.analysis.replica import Replica
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


BLOCK = [
    {"kind": "dense", "name": "before", "units": 4, "activation": "tanh"},
    {"kind": "dense", "name": "branch", "units": 4, "activation": "tanh", "from": "before"},
    {"kind": "dense", "name": "end", "units": 4, "activation": "linear", "from": "branch"},
    {"kind": "add", "name": "sum", "from": ["end", "before"], "activation": "tanh"},
]


def block_run() -> Experiment:
    data = {"name": "moons", "samples": 40}
    model = {"layers": [{**layer, "init": "normal", "init_scale": 0.9} if layer["kind"] == "dense" else layer
                        for layer in BLOCK]}  # fmt: skip
    run = Experiment(scenario_from_dict({**tables([]), "data": data, "model": model}))
    run.advance(3)
    return run


def test_shares_of_the_skip_against_numpy() -> None:
    run = block_run()
    p, x, t = run.parameters(), probe_set(run, 0), probe_targets(run, 0)
    assert len(x) == len(run.lanes[0].data.x_train)
    before = np.tanh(x @ p["before.weights"] + p["before.biases"])
    branch = np.tanh(before @ p["branch.weights"] + p["branch.biases"])
    end = branch @ p["end.weights"] + p["end.biases"]
    z = end + before
    centred, part = z - z.mean(), before - before.mean()
    np.testing.assert_allclose(skip_variance_share(run, 0, 4), [(part * centred).mean() / z.var()], rtol=1e-9)
    a = np.tanh(z)
    last = p["5.weights"]
    outputs = 1.0 / (1.0 + np.exp(-(a @ last + p["5.biases"])))
    by_skip = ((outputs - t) / t.size) @ last.T * (1.0 - a**2)
    by_branch = ((by_skip @ p["end.weights"].T) * (1.0 - branch**2)) @ p["branch.weights"].T
    whole = by_skip + by_branch
    np.testing.assert_allclose(skip_gradient_share(run, 0, 4), [(by_skip * whole).sum() / (whole**2).sum()], rtol=1e-9)
    assert len(skip_variance_share(run, 0, 1)) == len(skip_gradient_share(run, 0, 1)) == 0


def test_the_skip_is_the_source_with_the_fewest_layers_before_it() -> None:
    assert skip_of(block_run(), 0, 4) == 1
    layers = [
        {"kind": "dense", "name": "near", "units": 2},
        {"kind": "dense", "name": "far", "units": 2},
        {"kind": "add", "from": ["far", "inputs", "near"]},
    ]
    model = {"layers": layers}
    run = Experiment(scenario_from_dict({**tables([]), "data": {"name": "moons", "samples": 40}, "model": model}))
    assert skip_of(run, 0, 3) == 0
    x = probe_set(run, 0)
    assert np.isfinite(skip_variance_share(run, 0, 3)).all()
    assert skip_gradient_share(run, 0, 3).shape == (1,)
    np.testing.assert_allclose(Replica.of(run, 0, x, probe_targets(run, 0)).passed_on(0), x)


def test_what_only_the_sum_reads_has_all_its_gradient_by_the_skip() -> None:
    layers = [
        {"kind": "dense", "name": "one", "units": 3, "from": "inputs"},
        {"kind": "dense", "name": "two", "units": 3, "from": "inputs"},
        {"kind": "add", "from": ["one", "two"]},
    ]
    run = Experiment(
        scenario_from_dict({**tables([]), "data": {"name": "moons", "samples": 40}, "model": {"layers": layers}})
    )
    np.testing.assert_allclose(skip_gradient_share(run, 0, 3), [1.0], rtol=1e-12)


@pytest.mark.parametrize("norm", ["none", "before"])
def test_input_gradients_are_those_of_differences(norm: str) -> None:
    run = block_run() if norm == "none" else batch_normed()
    x = probe_set(run, 0)[:7]
    found = input_gradients(run, 0, x)

    def outputs(at: np.ndarray) -> np.ndarray:
        replica = Replica.of(run, 0, at, np.zeros((len(at), 1)), linear=True)
        replica.run()
        return replica.passed_on(len(run.lanes[0].settings.layers)).sum(axis=1)

    for row in (0, 6):
        for column in range(2):
            step = np.zeros_like(x)
            step[row, column] = 1e-5
            difference = (outputs(x + step) - outputs(x - step))[row] / 2e-5
            assert found[row, column] == pytest.approx(difference, rel=1e-6, abs=1e-9)


def batch_normed() -> Experiment:
    layers = [{"kind": "dense", "units": 4, "activation": "tanh", "batch_norm": "before"}]
    run = Experiment(
        scenario_from_dict({**tables([]), "data": {"name": "moons", "samples": 40}, "model": {"layers": layers}})
    )
    run.advance(3)
    return run


def test_gradients_of_neighbours_correlate_as_the_formula_says() -> None:
    run = block_run()
    x = probe_set(run, 0, ROWS)
    g = input_gradients(run, 0, x)
    over, left, right = 0.0, 0.0, 0.0
    for i, row in enumerate(x):
        others = [(float(np.linalg.norm(row - other)), j) for j, other in enumerate(x) if j != i]
        j = min(others)[1]
        over, left, right = over + g[i] @ g[j], left + g[i] @ g[i], right + g[j] @ g[j]
    assert gradient_correlation(run, 0) == pytest.approx(over / np.sqrt(left * right), rel=1e-10)
    linear = Experiment(
        scenario_from_dict({**tables([]), "data": {"name": "moons", "samples": 40}, "model": {"hidden": []}})
    )
    assert gradient_correlation(linear, 0) == pytest.approx(1.0)
