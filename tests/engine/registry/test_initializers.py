"""Initializers: range, mean and variance by formula, rotations, and what a layer's draw depends on."""

from typing import Any

import numpy as np
import pytest
from engine.build import Build

from nntui_engine.errors import InputError
from nntui_engine.registry.initializer import INITIALIZERS, draw_weights

FAN_IN, FAN_OUT, SCALE = 300, 200, 0.3

# name: (kind, half-width or standard deviation)
SPREADS = {
    "normal": ("normal", SCALE),
    "uniform": ("uniform", SCALE),
    "xavier_uniform": ("uniform", np.sqrt(6 / (FAN_IN + FAN_OUT))),
    "xavier_normal": ("normal", np.sqrt(2 / (FAN_IN + FAN_OUT))),
    "he_uniform": ("uniform", np.sqrt(6 / FAN_IN)),
    "he_normal": ("normal", np.sqrt(2 / FAN_IN)),
    "lecun_uniform": ("uniform", np.sqrt(3 / FAN_IN)),
    "lecun_normal": ("normal", np.sqrt(1 / FAN_IN)),
}


def draw(name: str, seed: int = 0, shape: tuple[int, int] = (FAN_IN, FAN_OUT)) -> np.ndarray:
    return draw_weights(name, np.random.default_rng(seed), shape, SCALE)


def test_every_initializer_is_tested() -> None:
    assert set(SPREADS) | {"zeros", "constant", "orthogonal", "identity"} == set(INITIALIZERS)


@pytest.mark.parametrize("name", SPREADS)
def test_spread(name: str) -> None:
    kind, size = SPREADS[name]
    weights, count = draw(name), FAN_IN * FAN_OUT
    assert weights.shape == (FAN_IN, FAN_OUT)
    deviation = size / np.sqrt(3) if kind == "uniform" else size
    assert abs(weights.mean()) < 5 * deviation / np.sqrt(count)
    assert weights.std() == pytest.approx(deviation, rel=0.01)
    kurtosis = (weights**4).mean() / weights.var() ** 2
    assert kurtosis == pytest.approx(1.8 if kind == "uniform" else 3.0, rel=0.03)
    if kind == "uniform":
        assert np.abs(weights).max() <= size
        assert np.abs(weights).max() > 0.999 * size


def test_constants() -> None:
    assert (draw("zeros") == 0).all()
    assert (draw("constant") == SCALE).all()
    assert (draw_weights("constant", np.random.default_rng(0), (2, 2), None) == 0.1).all()
    with pytest.raises(InputError, match='did you mean "he_normal"'):
        draw_weights("he_norma", np.random.default_rng(0), (2, 2), None)


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (1, 4), (4, 1)])
def test_orthogonal_keeps_lengths(shape: tuple[int, int]) -> None:
    w = draw("orthogonal", shape=shape)
    small = w.T @ w if shape[0] >= shape[1] else w @ w.T
    np.testing.assert_allclose(small, np.eye(min(shape)), atol=1e-12)


def test_identity() -> None:
    assert (draw("identity", shape=(2, 3)) == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).all()


def test_orthogonal_is_drawn_evenly_from_all_rotations() -> None:
    """Without the correction of signs the first entry would never be positive."""
    first = [draw("orthogonal", seed, (2, 2))[0, 0] for seed in range(300)]
    assert 0.4 < np.mean(np.array(first) > 0) < 0.6


def parameters(build: Build, model: dict[str, Any], **train: Any) -> dict[str, np.ndarray]:
    return build(model, train).parameters()


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name not in ("zeros", "constant", "identity")])
def test_seeds(name: str, build: Build) -> None:
    model = {"hidden": [4], "init": name}
    first, again, other = (parameters(build, model, seed=seed)["1.weights"] for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_layers_draw_does_not_depend_on_the_other_layers(build: Build) -> None:
    plain = parameters(build, {"hidden": [4, 5, 6]})
    changed = parameters(
        build, {"hidden": [4, 5, 9, 2], "init": ["zeros", "xavier_uniform", "zeros", "zeros", "zeros"]}
    )
    assert np.array_equal(plain["2.weights"], changed["2.weights"])
    assert plain["2.weights"][0, 0] != plain["1.weights"][0, 0]


def test_float32_weights_are_the_rounded_float64_ones(build: Build) -> None:
    single, double = (parameters(build, {}, dtype=dtype)["1.weights"] for dtype in ("float32", "float64"))
    assert single.dtype == np.float32
    assert np.array_equal(single, double.astype(np.float32))


def test_biases(build: Build) -> None:
    assert (parameters(build, {"hidden": [4]})["1.biases"] == 0).all()
    mixed = parameters(build, {"hidden": [400], "bias": ["normal", -0.5], "bias_scale": 2.0})
    assert mixed["1.biases"].std() == pytest.approx(2.0, rel=0.15)
    assert (mixed["2.biases"] == -0.5).all()
    assert np.array_equal(mixed["1.weights"], parameters(build, {"hidden": [400]})["1.weights"])


def test_what_else_a_net_starts_from(build: Build) -> None:
    start = parameters(build, {"hidden": [2], "activation": "prelu", "batch_norm": "after", "batch_norm_inputs": True})
    for name, value in start.items():
        if name.endswith(("gamma", "running_variance")):
            assert (value == 1).all(), name
        elif name.endswith(("beta", "running_mean")):
            assert (value == 0).all(), name
    assert start["1.alpha"].tolist() == [0.25]
