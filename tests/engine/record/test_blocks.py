"""Blocks: every bit comes back, and what is no block is refused without growing."""

import zlib

import numpy as np
import pytest

from nntui_engine.record import blocks
from nntui_engine.record.blocks import BrokenBlockError, decoded, encoded

NOISE = np.random.default_rng(0)


def tables():
    steps = np.arange(1.0, 601.0)
    noise = NOISE.standard_normal(600)
    odd = np.resize([np.nan, np.inf, -np.inf, -0.0, 5e-324, 1e300], 600)
    return {
        "one number": np.array([[0.1]]),
        "whole": np.column_stack([steps, steps.astype(np.float32)]),
        "noise": np.column_stack([steps, noise, noise**3]),
        "quiet": np.column_stack([steps, np.full(600, 0.1)]),
        "odd": np.column_stack([steps, odd]),
        "all": np.column_stack([steps, noise, odd, np.full(600, 0.1), np.zeros(600)]),
        "short": np.column_stack([steps, noise, odd])[:7].copy(),
        "payload": np.array([[0x7FF8000000000001, 0xFFF0000000000001]], np.uint64).view(float),
    }


@pytest.mark.parametrize("name", tables())
def test_every_bit_comes_back(name):
    table = tables()[name]
    data = encoded(table)
    assert decoded(data, *table.shape).tobytes() == table.tobytes()


def test_columns_that_float32_holds_take_half_and_noise_is_not_compressed_in_vain():
    wide = NOISE.standard_normal((4000, 1))
    narrow = wide.astype(np.float32).astype(float)
    assert len(encoded(narrow)) < 0.55 * len(encoded(wide))
    assert 0.8 < len(encoded(wide)) / wide.nbytes < 1.01


def bomb(count: int) -> bytes:
    return b"\x80\0" + zlib.compress(bytes(count), 9)


@pytest.mark.parametrize(
    ("data", "rows", "columns"),
    [
        (b"", 1, 1),
        (b"\0", 1, 1),
        (b"\0\0", 1, 1),
        (b"\0\0nonsense", 1, 1),
        (encoded(np.ones((3, 2)))[:-1], 3, 2),
        (encoded(np.ones((3, 2))) + b"x", 3, 2),
        (encoded(np.ones((3, 2))), 4, 2),
        (encoded(np.ones((3, 2))), 2, 2),
        (encoded(np.ones((3, 2))), -3, 2),
        (encoded(np.ones((3, 2))), 3, 0),
        (encoded(np.ones((3, 2))), 10**9, 10**9),
        (bomb(200_000_000), 4, 1),
    ],
)
def test_what_is_no_block_of_that_size_is_refused(data, rows, columns):
    with pytest.raises(BrokenBlockError):
        decoded(data, rows, columns)


def test_a_bomb_takes_no_more_memory_than_it_may():
    import tracemalloc

    data = bomb(300_000_000)
    tracemalloc.start()
    with pytest.raises(BrokenBlockError):
        decoded(data, 1000, 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_packed_bytes_come_back_and_no_others():
    data = blocks.packed(b"abc" * 100)
    assert blocks.unpacked(data, 300) == b"abc" * 100
    for size in (299, 301):
        with pytest.raises(BrokenBlockError):
            blocks.unpacked(data, size)
