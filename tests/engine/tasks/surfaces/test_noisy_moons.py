"""The logistic loss of noisy_moons beside plain NumPy."""

import numpy as np
import pytest
from engine.tasks.surfaces.builders import past, race, seen

from nntui_engine.data.sets import rows_of
from nntui_engine.kernels.race import RIDGE
from nntui_engine.tasks.field import moon_points

SAMPLES, SEED = 120, 3


def loss(w: np.ndarray) -> float:
    points = moon_points(SAMPLES, SEED)
    margins = points[:, 2] * (points[:, :2] @ w)
    return float(np.logaddexp(0.0, -margins).mean() + 0.5 * RIDGE * w @ w)


def gradient(w: np.ndarray) -> np.ndarray:
    points = moon_points(SAMPLES, SEED)
    x, t = points[:, :2], points[:, 2]
    miss = np.exp(-np.logaddexp(0.0, t * (x @ w)))  # σ(−margin)
    return -(t * miss) @ x / len(t) + RIDGE * w


def make(start: tuple[float, float], **train: object) -> object:
    surface = {"name": "noisy_moons", "samples": SAMPLES, "start": list(start), "batch_size": SAMPLES}
    return race({**surface, **train.pop("surface", {})}, {"seed": SEED, "steps": 400, **train})  # type: ignore[dict-item]


WS = [(0.0, 0.0), (1.0, -2.0), (-3.0, 3.0), (30.0, 40.0), (-400.0, 900.0)]


@pytest.mark.parametrize("w", WS)
def test_value_gradient_and_hessian(w: tuple[float, float]) -> None:
    run = make(w)
    lane = seen(run).lanes[0]  # type: ignore[attr-defined]
    at = np.array(w)
    assert lane.whole["value"] == pytest.approx(loss(at), rel=1e-12)
    assert lane.whole["gradient_norm"] == pytest.approx(float(np.linalg.norm(gradient(at))), rel=1e-10)
    assert run.surface.values(np.array([w[0]]), np.array([w[1]]))[0, 0] == pytest.approx(loss(at), rel=1e-12)  # type: ignore[attr-defined]
    h = 1e-5
    columns = [(gradient(at + h * e) - gradient(at - h * e)) / (2 * h) for e in np.eye(2)]
    assert lane.surface.curvatures == pytest.approx(tuple(np.linalg.eigvalsh(np.array(columns))), rel=1e-5)


@pytest.mark.parametrize("w", WS[:3])
def test_the_gradient_is_the_losss(w: tuple[float, float]) -> None:
    h, at = 1e-5, np.array(w)
    centred = [(loss(at + h * e) - loss(at - h * e)) / (2 * h) for e in np.eye(2)]
    assert gradient(at) == pytest.approx(np.array(centred), rel=1e-6, abs=1e-8)


def test_a_step_on_the_full_batch() -> None:
    run = make((1.0, 0.5), lr=0.3)
    run.advance(20)  # type: ignore[attr-defined]
    w = np.array([1.0, 0.5])
    for there in seen(run).lanes[0].surface.path[1:]:  # type: ignore[attr-defined]
        w = w - 0.3 * gradient(w)
        assert there == pytest.approx(w, rel=1e-11)


def test_values_on_mini_batches_are_those_over_all_points() -> None:
    run = make((1.0, 0.5), lr=0.3, surface={"batch_size": 5})
    run.advance(30)  # type: ignore[attr-defined]
    lane = seen(run).lanes[0]  # type: ignore[attr-defined]
    assert past(lane, "value") == pytest.approx([loss(w) for w in lane.surface.path], rel=1e-12)
    assert past(lane, "gradient_norm") == pytest.approx(
        [float(np.linalg.norm(gradient(w))) for w in lane.surface.path], rel=1e-9
    )


def test_the_minimum_is_found() -> None:
    run = make((0.0, 0.0))
    (minimum,) = run.surface.minima()  # type: ignore[attr-defined]
    assert np.abs(gradient(minimum)).max() < 1e-12
    for angle in np.linspace(0.0, 6.28, 12):
        assert loss(minimum + 0.01 * np.array([np.cos(angle), np.sin(angle)])) > loss(minimum)


def test_the_full_batch_goes_there_and_mini_batches_hover() -> None:
    full, small = (
        make((-3.0, -3.0), lr=0.5, steps=2000),
        make((-3.0, -3.0), lr=0.5, steps=2000, surface={"batch_size": 8}),
    )
    for run in (full, small):
        run.advance(2000)  # type: ignore[attr-defined]
    assert seen(full).lanes[0].whole["distance"] < 1e-9  # type: ignore[attr-defined]
    late = seen(small).lanes[0].surface.path[-1000:]  # type: ignore[attr-defined]
    away = np.hypot(*(late - small.surface.minima()[0]).T)  # type: ignore[attr-defined]
    assert 0.02 < np.median(away) < 1.0
    assert np.hypot(*(late.mean(axis=0) - small.surface.minima()[0])) < np.median(away)


def test_mini_batches_are_right_on_average() -> None:
    """Steps of next to no length: the path's end sums up the gradients of all batches."""
    run = make((-1.0, 1.0), lr=1e-10, steps=20000, surface={"batch_size": 4})
    run.advance(20000)  # type: ignore[attr-defined]
    lane = seen(run).lanes[0]  # type: ignore[attr-defined]
    total = (np.array([-1.0, 1.0]) - lane.surface.position) / 1e-10 / 20000
    assert total == pytest.approx(gradient(np.array([-1.0, 1.0])), rel=0.05, abs=0.01)


def test_data_and_batches_follow_the_seed() -> None:
    assert (moon_points(50, 1) == moon_points(50, 1)).all()
    assert (moon_points(50, 1) != moon_points(50, 2)).any()
    points = moon_points(200, 0)
    assert points.shape == (200, 3)
    assert points[:, :2].mean(axis=0) == pytest.approx(0.0, abs=1e-12)
    assert points[:, :2].std(axis=0) == pytest.approx(1.0)
    assert sorted(set(points[:, 2])) == [-1.0, 1.0]


def test_lanes_of_one_seed_share_the_data() -> None:
    lanes = [("a", {}), ("b", {"surface.batch_size": 3}), ("c", {"train.seed": 8}), ("d", {"surface.samples": 60})]
    run = race({"name": "noisy_moons"}, {"steps": 5}, lanes)
    minima = [run.surface.minima(i) for i in range(4)]
    assert (minima[0] == minima[1]).all()
    assert (minima[0] != minima[2]).any()
    assert (minima[0] != minima[3]).any()


def test_the_points_are_the_half_moons_with_a_noise_of_a_fifth() -> None:
    raw = rows_of("moons", {"samples": 40, "noise": 0.2}, 3)
    points = moon_points(40, 3)
    assert points[:, :2] == pytest.approx((raw.x - raw.x.mean(axis=0)) / raw.x.std(axis=0), rel=1e-12)
    assert points[:, 2].tolist() == [1.0 if y == max(raw.y) else -1.0 for y in raw.y]
