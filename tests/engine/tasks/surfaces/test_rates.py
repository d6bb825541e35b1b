"""How fast gradient descent and momentum go on a quadratic: Goh, Why Momentum Really Works, Distill 2017."""

import math

import numpy as np
import pytest
from engine.tasks.surfaces.builders import race

KAPPAS = [10.0, 100.0, 1000.0]


def distances(kappa: float, lr: float, momentum: float, steps: int) -> np.ndarray:
    train = {"lr": lr, "momentum": momentum, "steps": steps}
    run = race({"name": "ravine", "condition": kappa, "start": [-1.8, 1.0]}, train)
    run.advance(steps)
    return np.hypot(*run.snapshot().lanes[0].surface.path.T)


@pytest.mark.parametrize("kappa", KAPPAS)
def test_the_best_rate_of_gradient_descent(kappa: float) -> None:
    """Both directions shrink by (κ − 1) / (κ + 1) a step."""
    lr, expected = 2.0 / (1.0 + kappa), (kappa - 1.0) / (kappa + 1.0)
    d = distances(kappa, lr, 0.0, 400)
    assert (d[400] / d[100]) ** (1.0 / 300.0) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("kappa", KAPPAS)
def test_no_other_rate_of_gradient_descent_is_better(kappa: float) -> None:
    best, n = 2.0 / (1.0 + kappa), int(4 * kappa)
    factors = (0.8, 0.95, 1.0, 1.0 + 0.5 / kappa)
    left = {factor: distances(kappa, factor * best, 0.0, n) for factor in factors}
    assert min(left, key=lambda factor: left[factor][n] / left[factor][n // 2]) == 1.0


def best_momentum(kappa: float) -> tuple[float, float, float]:
    """(rate, momentum, factor a step): (2 / (√λ₁ + √λₙ))², ((√κ − 1) / (√κ + 1))², (√κ − 1) / (√κ + 1)."""
    root = math.sqrt(kappa)
    factor = (root - 1.0) / (root + 1.0)
    return (2.0 / (1.0 + root)) ** 2, factor**2, factor


def factor_of(coordinate: np.ndarray) -> float:
    """The factor a step of a coordinate that follows c(k + 2) = p·c(k + 1) − q·c(k), for whatever p and q."""
    rows = np.column_stack([coordinate[1:-1], -coordinate[:-2]])
    size = np.abs(rows).max(axis=1)
    (p, q), *_ = np.linalg.lstsq(rows / size[:, None], coordinate[2:] / size, rcond=None)
    return float(np.abs(np.roots([1.0, -p, q])).max())


@pytest.mark.parametrize("kappa", KAPPAS)
def test_the_best_rate_of_momentum(kappa: float) -> None:
    lr, momentum, expected = best_momentum(kappa)
    run = race({"name": "ravine", "condition": kappa}, {"lr": lr, "momentum": momentum, "steps": 200})
    run.advance(200)
    path = run.snapshot().lanes[0].surface.path
    assert factor_of(path[:, 0]) == pytest.approx(expected, abs=1e-4)
    assert factor_of(path[:, 1]) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("kappa", KAPPAS)
def test_no_other_momentum_is_better(kappa: float) -> None:
    lr, momentum, best = best_momentum(kappa)
    for other_lr, other_momentum in ((1.05 * lr, momentum), (0.9 * lr, momentum), (lr, 0.97 * momentum), (lr, 0.99)):
        run = race({"name": "ravine", "condition": kappa}, {"lr": other_lr, "momentum": other_momentum, "steps": 100})
        run.advance(100)
        path = run.snapshot().lanes[0].surface.path
        assert max(factor_of(path[:, 0]), factor_of(path[:, 1])) > best + 1e-4


@pytest.mark.parametrize("kappa", KAPPAS)
def test_momentum_is_root_kappa_times_as_quick(kappa: float) -> None:
    lr, momentum, _ = best_momentum(kappa)
    goal = 1e-8
    by_descent = int(np.argmax(distances(kappa, 2.0 / (1.0 + kappa), 0.0, int(12 * kappa)) < goal))
    by_momentum = int(np.argmax(distances(kappa, lr, momentum, int(40 * math.sqrt(kappa))) < goal))
    assert by_momentum > 0
    assert 0.5 * math.sqrt(kappa) < by_descent / by_momentum * 1.6 < 2.0 * math.sqrt(kappa)


@pytest.mark.parametrize("kappa", KAPPAS)
@pytest.mark.parametrize(("product", "stays"), [(1.99, True), (2.01, False)])
def test_two_is_the_limit(kappa: float, product: float, stays: bool) -> None:
    d = distances(kappa, product / kappa, 0.0, 1500)
    assert (d[-1] < d[0]) == stays


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_momentum_moves_the_limit(momentum: float) -> None:
    """Heavy ball: lr·λ below 2·(1 + momentum)."""
    for product, stays in ((0.99, True), (1.01, False)):
        d = distances(10.0, product * 2.0 * (1.0 + momentum) / 10.0, momentum, 4000)
        assert (d[-1] < d[0]) == stays
