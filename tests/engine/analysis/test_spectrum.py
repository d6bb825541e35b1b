"""Extreme eigenvalues by Lanczos against NumPy's of the whole matrix."""

from collections.abc import Callable

import numpy as np
import pytest

from nntui_engine.analysis.spectrum import WRITTEN_OUT, Spectrum

SIZE = 150
SPREAD = np.random.default_rng(3).uniform(0.0, 1.0, SIZE)


def turned(values: np.ndarray) -> np.ndarray:
    """A symmetric matrix with these eigenvalues, in directions drawn by chance."""
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((len(values), len(values))))[0]
    return (turn * values) @ turn.T


def spectrum(matrix: np.ndarray) -> Spectrum:
    return Spectrum(lambda v: matrix @ v, len(matrix))


def with_first(values: list[float], rest: np.ndarray) -> np.ndarray:
    return np.concatenate([values, rest[len(values) :]])


CASES: dict[str, np.ndarray] = {
    "positive": SPREAD,
    "pairs of λ and −λ": np.concatenate([SPREAD[: SIZE // 2], -SPREAD[: SIZE // 2]]),
    "one pair far out": with_first([1.0, -1.0], 0.1 * SPREAD),
    "the largest magnitude is negative": with_first([-5.0], SPREAD),
    "all negative": -1.0 - SPREAD,
    "the largest is 0": np.where(np.arange(SIZE) < 70, -SPREAD, 0.0),
    "the smallest is 0": np.where(np.arange(SIZE) < 70, SPREAD, 0.0),
    "the largest comes twice": with_first([3.0, 3.0], SPREAD),
    "small beside the largest magnitude": with_first([1e-3], -SPREAD),
    "two values in all": np.where(np.arange(SIZE) < 100, 1e-3, 0.0),
    "one value": np.full(SIZE, 0.3),
    "one negative value": np.full(SIZE, -0.3),
    "zero": np.zeros(SIZE),
    "of any scale": 1e-12 * SPREAD,
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("size", [SIZE, 20], ids=["Lanczos", "written out"])
def test_both_ends(name: str, size: int) -> None:
    assert WRITTEN_OUT in range(20, SIZE)
    matrix = turned(CASES[name][:size])
    expected = np.linalg.eigvalsh(matrix)
    found = spectrum(matrix)
    allowed = 1e-6 * np.abs(expected).max()
    np.testing.assert_allclose(found.largest(2), expected[:-3:-1], rtol=1e-6, atol=allowed)
    assert found.smallest() == pytest.approx(expected[0], rel=1e-6, abs=allowed)
    assert found.largest()[0] == found.largest(2)[0]


def test_the_same_bits_every_time() -> None:
    for name in ("one value", "two values in all", "pairs of λ and −λ"):  # the first two exhaust their space
        matrix = turned(CASES[name])
        assert {tuple(spectrum(matrix).largest(2)) for _ in range(3)} == {tuple(spectrum(matrix).largest(2))}


def test_a_spectrum_that_crowds_at_its_end_is_found_less_exactly() -> None:
    """Lanczos does not reach the first tolerance among ever closer eigenvalues; the second it does."""
    matrix = turned(np.geomspace(1.0, 1e-12, SIZE))
    assert spectrum(matrix).smallest() == pytest.approx(0.0, abs=1e-4)
    assert spectrum(matrix).largest()[0] == pytest.approx(1.0, rel=1e-6)


def test_what_does_not_settle_is_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nntui_engine.analysis.spectrum._RESTARTS", 1)
    crowded = spectrum(turned(1.0 + 1e-9 * np.arange(SIZE) ** 0.5 + 1e-3 * SPREAD))
    monkeypatch.setattr("nntui_engine.analysis.spectrum.TOLERANCES", (1e-15,))
    assert np.isnan(crowded.smallest())
    assert np.isnan(crowded.largest(2)).all()


def test_what_is_not_there_is_nan() -> None:
    alone = Spectrum(lambda v: 7.0 * v, 1)
    assert alone.largest(2)[0] == 7.0
    assert np.isnan(alone.largest(2)[1])
    empty = Spectrum(lambda v: v, 0)
    assert np.isnan(empty.largest()[0])
    assert np.isnan(empty.smallest())


def breaking(after: int, value: float) -> Callable[[np.ndarray], np.ndarray]:
    """A product that is finite ``after`` times."""
    calls = iter(range(10**6))
    return lambda v: np.arange(len(v)) * v if next(calls) < after else np.full(len(v), value)


@pytest.mark.parametrize("after", [0, 5, 15, 25], ids=lambda n: f"after {n} products")
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("size", [SIZE, 30])
def test_a_product_that_is_not_finite_has_none(size: int, value: float, after: int) -> None:
    assert np.isnan(Spectrum(breaking(after, value), size).largest()[0])
    assert np.isnan(Spectrum(breaking(after, value), size).smallest())
