"""Random numbers by counter: the reference algorithm, and the properties that training relies on."""

import numpy as np
import pytest
from engine.compiled import JIT, compiled
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import twin_update
from nntui_engine.kernels import random as kernels
from nntui_engine.kernels.activation import softmax
from nntui_engine.kernels.exponential import BLOCK

few = settings(max_examples=60 if JIT else 20, deadline=None)
seeds = st.integers(0, 2**63 - 1)
streams = st.sampled_from([1, 2, 3, 1 << 20, (1 << 20) + 1, 2 << 20, 3 << 20, 4 << 20])
steps = st.integers(0, 10**12)
COUNT = 20_000 if JIT else 4_000


def mask(seed: int, stream: int, step: int, count: int, drop: float = 0.5) -> np.ndarray:
    out = np.empty(count)
    compiled(kernels.keep_mask)(key(seed, stream, step), 0, drop, out)
    return out


def key(seed: int, stream: int, step: int) -> np.uint64:
    return np.uint64(compiled(kernels.stream_key)(seed, stream, step))


def test_splitmix64() -> None:
    """The outputs for seed 1234567 that Vigna's splitmix64.c and Java's SplittableRandom print."""
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    start = np.uint64(1234567)
    with np.errstate(over="ignore"):
        got = [int(compiled(kernels.mix)(start + np.uint64(i) * np.uint64(0x9E3779B97F4A7C15))) for i in range(1, 5)]
    assert got == expected


@few
@given(seeds, streams, steps)
def test_uniforms_equal_the_twin(seed: int, stream: int, step: int) -> None:
    got = [compiled(kernels.uniform)(key(seed, stream, step), i) for i in range(5)]
    assert got == twin_update.uniforms(seed, stream, step, 5).tolist()


@pytest.mark.parametrize("other", [(1, 1 << 20, 0), (0, (1 << 20) + 1, 0), (0, 1 << 20, 1)])
def test_streams_are_independent(other: tuple[int, int, int]) -> None:
    """Masks of another seed, stream or step agree in half of the places, and so do neighbours in one mask."""
    first, second = mask(0, 1 << 20, 0, COUNT) > 0, mask(*other, COUNT) > 0
    spread = 4 * 0.5 / np.sqrt(COUNT)
    assert abs((first == second).mean() - 0.5) < spread
    assert abs((first[1:] == first[:-1]).mean() - 0.5) < spread


def test_uniform_fills_its_range_evenly() -> None:
    values = np.array([compiled(kernels.uniform)(key(3, 1, 4), i) for i in range(COUNT)])
    assert 0.0 <= values.min() < 1e-2
    assert 0.99 < values.max() < 1.0
    counts = np.histogram(values, bins=20, range=(0, 1))[0]
    chi_squared = ((counts - COUNT / 20) ** 2 / (COUNT / 20)).sum()
    assert chi_squared < 45  # 19 degrees of freedom: passed by all but 1 in 1000


def test_normals_have_the_moments_of_a_normal() -> None:
    out = np.zeros(COUNT)
    compiled(kernels.add_normal)(key(5, 2, 6), 0, 2.0, np.full(COUNT, 3.0), out)
    values = (out - 3.0) / 2.0
    assert abs(values.mean()) < 5 / np.sqrt(COUNT)
    assert abs(values.var() - 1.0) < 5 * np.sqrt(2 / COUNT)
    assert abs((values**4).mean() - 3.0) < 5 * np.sqrt(96 / COUNT)
    np.testing.assert_allclose(values[:7], twin_update.normals(5, 2, 6, 7), rtol=1e-9)


@few
@given(seeds, steps, st.floats(0.0, 0.95))
def test_masks_keep_their_share_and_scale_up_the_rest(seed: int, step: int, drop: float) -> None:
    out = mask(seed, 1 << 20, step, 2000, drop)
    assert set(out) <= {0.0, 1.0 / (1.0 - drop)}
    assert abs((out == 0).mean() - drop) < 5 * np.sqrt(0.25 / 2000)
    assert np.array_equal(out, mask(seed, 1 << 20, step, 2000, drop))


def test_a_mask_is_the_twins() -> None:
    np.testing.assert_array_equal(mask(9, 1 << 20, 8, 40, 0.3), twin_update.mask(9, 1 << 20, 8, (40,), 0.3))


@few
@given(seeds, st.integers(0, 1000), st.integers(1, 60))
def test_shuffle_is_a_permutation(seed: int, epoch: int, count: int) -> None:
    order = np.full(count, 77, np.int32)
    compiled(kernels.shuffle)(key(seed, twin_update.SHUFFLE, epoch), order)
    assert sorted(order) == list(range(count))
    assert np.array_equal(order, twin_update.permutation(seed, epoch, count))


def test_every_row_can_come_first() -> None:
    first = []
    for epoch in range(600):
        order = np.empty(6, np.int32)
        compiled(kernels.shuffle)(key(0, 1, epoch), order)
        first.append(order[0])
    counts = np.bincount(first, minlength=6)
    assert ((counts - 100) ** 2 / 100).sum() < 21  # 5 degrees of freedom: passed by all but 1 in 1000


@few
@given(st.integers(1, 12), st.floats(1e-3, 1e4), seeds)
def test_rows_of_softmax_sum_to_1(units: int, size: float, seed: int) -> None:
    for dtype, allowed in ((np.float32, 1e-6), (np.float64, 1e-14)):
        z = (np.random.default_rng(seed).standard_normal((3, units)) * size).astype(dtype)
        a = np.empty_like(z)
        compiled(softmax)(z, a, a.reshape(-1), np.empty(BLOCK, dtype))
        assert (a >= 0).all()
        np.testing.assert_allclose(a.sum(axis=1, dtype=float), 1.0, atol=allowed * units)
