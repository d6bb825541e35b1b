"""The loss on a plane through the weights: against a plain forward pass, and the geometry of the planes."""

from typing import Any

import numpy as np
import pytest

from nntui_engine.analysis.inside import probe_set, probe_targets
from nntui_engine.analysis.landscape import Landscape, parameters_of, path_plane, random_plane
from nntui_engine.experiment import Experiment
from nntui_engine.kernels import columns as c
from nntui_engine.scenario import scenario_from_dict

pytestmark = pytest.mark.slow
KINDS: dict[str, dict[str, Any]] = {
    "dense": {"hidden": [5, 4], "activation": "tanh", "dropout": 0.3},
    "convolution": {
        "layers": [
            {"kind": "convolution", "name": "conv", "filters": 3, "kernel": 3},
            {"kind": "max_pool", "size": 2},
        ]
    },
}


def experiment(kind: str = "dense", dtype: str = "float64") -> Experiment:
    tables = {
        "schema": 1,
        "scenario": {"title": kind},
        "data": {"name": "digits", "preprocess": "standardize"},
        "model": KINDS[kind],
        "train": {"optimizer": "adam", "lr": 0.01, "batch_size": 32, "steps": 1000, "dtype": dtype, "l2": 0.1},
        "lane": [{"name": "other", "set": {"train.seed": 5}}, {"name": "mine"}],
    }
    found = Experiment(scenario_from_dict(tables))
    found.advance(30)
    return found


def plain_loss(run: Experiment, lane: int) -> float:
    """Cross-entropy of what the network answers on the probe set, worked out here."""
    outputs = run.predict(probe_set(run, lane), lane)
    return float(-(probe_targets(run, lane) * np.log(outputs)).sum(axis=1).mean())


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_at_a_place_is_that_of_a_network_with_these_weights(kind: str) -> None:
    run = experiment(kind)
    plane = random_plane(run, 1)
    landscape = Landscape(run, 1, plane)
    before = parameters_of(run, 1)
    for a, b in ((0.0, 0.0), (0.3, -0.2), (-1.0, 1.0)):
        found = landscape.loss(a, b)
        arena = run.network.arena
        theta = plane.point(a, b)
        at = int(arena.ints[1, c.I_THETA])
        arena.pool[at : at + len(theta)] = theta
        assert found == pytest.approx(plain_loss(run, 1), rel=1e-9)
        arena.pool[at : at + len(theta)] = before
    np.testing.assert_array_equal(parameters_of(run, 1), before)


def test_looking_changes_nothing_of_the_run() -> None:
    one, other = experiment(), experiment()
    Landscape(one, 1, random_plane(one, 1)).loss(0.5, 0.5)
    for run in (one, other):
        run.advance(20)
    np.testing.assert_array_equal(parameters_of(one, 1), parameters_of(other, 1))


def test_each_unit_of_a_random_direction_is_as_long_as_its_weights() -> None:
    run = experiment()
    plane = random_plane(run, 1, seed=3)
    values, at = run.parameters(1), 0
    for name, value in values.items():
        part = plane.first[at : at + value.size].reshape(value.shape)
        if name.endswith(".weights"):
            np.testing.assert_allclose(np.linalg.norm(part, axis=0), np.linalg.norm(value, axis=0), rtol=1e-12)
            assert abs(np.corrcoef(part.ravel(), value.ravel())[0, 1]) < 0.5
        else:
            assert not part.any()
        at += value.size
    assert abs(plane.first @ plane.second) < 0.2 * (plane.first @ plane.first)
    np.testing.assert_array_equal(random_plane(run, 1, seed=3).first, plane.first)
    assert not np.array_equal(random_plane(run, 1, seed=4).first, plane.first)


def test_places_are_found_again() -> None:
    run = experiment()
    plane = random_plane(run, 1)
    places = np.array([[0.0, 0.0], [0.5, -0.25], [-2.0, 1.0]])
    thetas = np.stack([plane.point(a, b) for a, b in places])
    np.testing.assert_allclose(plane.coordinates(thetas), places, atol=1e-9)


def test_a_path_in_a_plane_lies_in_its_plane() -> None:
    generator = np.random.default_rng(0)
    u, v, start = generator.standard_normal((3, 40))
    places = generator.standard_normal((12, 2))
    thetas = start + places @ np.stack([u, v])
    plane = path_plane(thetas)
    assert plane.share == pytest.approx(1.0, abs=1e-12)
    again = np.stack([plane.point(a, b) for a, b in plane.coordinates(thetas)])
    np.testing.assert_allclose(again, thetas, atol=1e-9)
    assert plane.first @ plane.second == pytest.approx(0.0, abs=1e-9 * (plane.first @ plane.first))
    assert np.abs(plane.coordinates(thetas)).max(axis=0) == pytest.approx([1.0, 1.0])  # the reach is 1


def test_the_share_of_a_path_that_leaves_the_plane() -> None:
    thetas = np.array([[3.0, 0, 0], [0, 2.0, 0], [0, 0, 1.0], [0, 0, 0]])
    assert path_plane(thetas).share == pytest.approx((9 + 4) / (9 + 4 + 1))


@pytest.mark.parametrize("points", [1, 2])
def test_a_path_too_short_for_two_directions_has_a_random_one(points: int) -> None:
    thetas = np.concatenate([np.ones((points - 1, 6)), np.zeros((1, 6))])
    plane = path_plane(thetas)
    assert np.linalg.norm(plane.second) > 0.0
    assert plane.first @ plane.second == pytest.approx(0.0, abs=1e-12)


def test_weights_that_are_not_finite_give_a_loss_that_is_not() -> None:
    run = experiment()
    plane = random_plane(run, 1)
    plane.first[:] = np.nan
    assert not np.isfinite(Landscape(run, 1, plane).loss(1.0, 0.0))
