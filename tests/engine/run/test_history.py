"""The bounded history against a plain list of all samples."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui_engine.run.history import History

values = st.one_of(st.floats(-1e6, 1e6), st.just(np.nan), st.just(np.inf), st.just(-np.inf))


def fill(history: History, samples: np.ndarray, sizes: list[int]) -> None:
    """Append ``samples`` (m, width) in pieces of the given sizes; steps count from 1."""
    at = turn = 0
    while at < len(samples):
        piece = samples[at : at + sizes[turn % len(sizes)]]
        history.append(np.arange(at + 1.0, at + 1 + len(piece)), piece)
        at, turn = at + len(piece), turn + 1


def assert_same(history: History, samples: np.ndarray, points: int | None) -> None:
    """Every bucket must hold the extremes, the mean and the last step of exactly its samples."""
    series = history.series(slice(None), points)
    edges = [0, *series.steps.astype(int)]
    assert edges[-1] == len(samples)
    assert edges == sorted(set(edges))
    for i, (start, stop) in enumerate(pairwise(edges)):
        block = samples[start:stop]
        finite = np.where(np.isfinite(block), block, np.nan)
        with np.errstate(all="ignore"):
            mean = block.mean(axis=0)
        low, high = np.fmin.reduce(finite), np.fmax.reduce(finite)
        np.testing.assert_allclose(series.mean[i], mean, rtol=1e-9, atol=1e-6)
        np.testing.assert_array_equal(series.low[i], low)
        np.testing.assert_array_equal(series.high[i], high)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(values, min_size=1, max_size=300),
    st.lists(st.integers(1, 50), min_size=1, max_size=4),
    st.sampled_from([1, 3, 8]),
    st.sampled_from([2, 4, 10]),
    st.one_of(st.none(), st.integers(1, 20)),
)
def test_history_equals_a_list(
    column: list[float], sizes: list[int], recent: int, buckets: int, points: int | None
) -> None:
    samples = np.stack([column, np.arange(len(column), dtype=float)], axis=1)
    history = History(2, recent, buckets)
    fill(history, samples, sizes)
    assert len(history) <= 2 * recent + buckets
    assert_same(history, samples, points)
    last = history.last()
    assert last is not None
    np.testing.assert_array_equal(last, samples[-1])


def test_how_it_was_cut_does_not_show() -> None:
    samples = np.random.default_rng(0).standard_normal((5000, 3))
    one, many = History(3), History(3)
    fill(one, samples, [5000])
    fill(many, samples, [1, 7, 300])
    for a, b in zip(
        (one.series([0, 2]).steps, one.series([0, 2]).high), (many.series([0, 2]).steps, many.series([0, 2]).high),
        strict=True,
    ):  # fmt: skip
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("at", [0, 1, 4567, 99_999])
def test_a_spike_stays_in_a_long_history(at: int) -> None:
    samples = np.zeros((100_000, 1))
    samples[at] = 1e9
    history = History(1)
    fill(history, samples, [1024])
    assert len(history) <= 1536
    for points in (None, 100, 1):
        series = history.series([0], points)
        assert series.high.max() == 1e9
        assert (series.high == 1e9).sum() == 1
    newest = history.series([0]).steps[-512:]
    np.testing.assert_array_equal(newest, np.arange(100_000 - 511, 100_001))


@pytest.mark.parametrize("count", [10, 1023, 1024, 5000, 200_000])
def test_the_first_samples_are_dated_one_by_one(count: int) -> None:
    samples = np.arange(1.0, count + 1)[:, None] ** 0.5
    samples[7] = np.nan
    history = History(1)
    fill(history, samples, [300])
    plain, dated = history.series([0]), history.dated_series([0])
    first = min(count, 256)
    np.testing.assert_array_equal(dated.steps[:first], np.arange(1, first + 1))
    np.testing.assert_array_equal(dated.mean[:first], samples[:first])
    np.testing.assert_array_equal(dated.high[:first], samples[:first])
    later = plain.steps > first
    for name in ("steps", "low", "mean", "high"):
        np.testing.assert_array_equal(getattr(dated, name)[first:], getattr(plain, name)[later])
    copy = history.copy()
    fill(history, samples, [300])
    np.testing.assert_array_equal(copy.dated_series([0]).steps, dated.steps)


def test_a_series_is_a_copy() -> None:
    history = History(1)
    history.append(np.array([1.0]), np.array([[5.0]]))
    history.series([0]).mean[:] = 0.0
    assert history.series([0]).mean[0, 0] == 5.0
    assert History(1).last() is None
    assert len(History(1).series([0]).steps) == 0
