"""Generated sequences: what they ask for can be read off every row."""

import numpy as np
import pytest

from nntui_engine.data.raw import RawData
from nntui_engine.data.sets import DATASETS, rows_of
from nntui_engine.errors import InputError


def steps_of(raw: RawData) -> np.ndarray:
    return raw.x.reshape(len(raw.x), *raw.shape)


@pytest.mark.parametrize("length", [2, 7, 50])
def test_adding(length: int) -> None:
    raw = rows_of("adding", {"samples": 3000, "length": length}, 0)
    value, marker = np.moveaxis(steps_of(raw), 2, 0)
    assert raw.shape == (length, 2)
    assert raw.features[:3] == ("value1", "marker1", "value2")[: 2 * length]
    assert np.isin(marker, (0.0, 1.0)).all()
    half = length // 2
    assert (marker[:, :half].sum(axis=1) == 1).all()
    assert (marker[:, half:].sum(axis=1) == 1).all()
    assert (marker.sum(axis=0) > 0).all()
    np.testing.assert_allclose(raw.y[:, 0], (value * marker).sum(axis=1))
    assert (value.min() >= 0.0, value.max() < 1.0) == (True, True)


def test_guessing_1_at_adding_costs_a_sixth() -> None:
    y = rows_of("adding", {"samples": 200_000, "length": 4}, 0).y
    assert np.mean((y - 1.0) ** 2) == pytest.approx(1 / 6, rel=0.01)


def test_copy_asks_for_the_first_symbol() -> None:
    raw = rows_of("copy", {"samples": 400, "classes": 5, "length": 3, "delay": 4}, 0)
    x = steps_of(raw)
    assert raw.shape == (8, 6)
    np.testing.assert_array_equal(x[:, 0].argmax(axis=1), raw.y[:, 0])
    np.testing.assert_array_equal(x.sum(axis=2), np.tile([1, 1, 1, 0, 0, 0, 0, 1], (400, 1)))
    assert (x[:, -1, 5] == 1.0).all()
    assert (x[:, :3, 5] == 0.0).all()
    for later in (1, 2):  # the others say nothing about the first
        assert (x[:, later].argmax(axis=1) == raw.y[:, 0]).mean() == pytest.approx(0.2, abs=0.06)


def test_parity_counts_ones() -> None:
    raw = rows_of("parity", {"samples": 4000, "length": 6}, 0)
    np.testing.assert_array_equal(raw.x.sum(axis=1) % 2, raw.y[:, 0])
    assert set(np.unique(raw.x)) == {0.0, 1.0}
    assert raw.shape == (6, 1)
    # no single bit and no pair tells the class; every pattern comes up
    assert np.abs(np.corrcoef(raw.x.T, raw.y.T)[-1, :-1]).max() < 0.06
    assert len(np.unique(raw.x, axis=0)) == 64


@pytest.mark.parametrize("delay", [0, 5, 19])
def test_echo_comes_after_its_delay(delay: int) -> None:
    raw = rows_of("echo", {"delay": delay, "length": 20}, 0)
    np.testing.assert_array_equal(raw.y[:, 0], raw.x[:, 19 - delay])
    assert np.abs(raw.x).max() <= 1.0
    assert raw.x.min() < -0.99
    loud = rows_of("echo", {"delay": delay, "noise": 0.3, "samples": 20_000}, 0)
    assert np.std(loud.y[:, 0] - loud.x[:, 19 - delay]) == pytest.approx(0.3, rel=0.05)


def test_an_echo_of_before_the_beginning_is_refused() -> None:
    with pytest.raises(InputError, match=r"^here: data.delay = 20: must be below data.length = 20$"):
        rows_of("echo", {"delay": 20}, 0, "here")


@pytest.mark.parametrize("length", [24, 32, 48])
def test_the_first_tone_is_the_class(length: int) -> None:
    raw = rows_of("two_tone", {"noise": 0.0, "length": length, "samples": 300}, 0)
    assert raw.classes == ("slow", "fast")
    third = length // 3
    for part, fast in ((raw.x[:, :third], raw.y[:, 0] == 1), (raw.x[:, -third:], raw.y[:, 0] == 0)):
        # a wave of 8 steps has turned over after 4, one of 4 steps has come back
        np.testing.assert_allclose(part[:, 4:], np.where(fast[:, None], 1.0, -1.0) * part[:, :-4], atol=1e-9)
    assert rows_of("two_tone", {"noise": 0.5}, 0).x.std() > rows_of("two_tone", {"noise": 0.0}, 0).x.std()


def test_no_step_tells_which_tone_came_first() -> None:
    raw = rows_of("two_tone", {"noise": 0.0, "samples": 4000}, 0)
    assert np.abs(np.corrcoef(raw.x.T, raw.y.T)[-1, :-1]).max() < 0.06


def words_of(raw: RawData, length: int) -> dict[int, set[int]]:
    """Class → the tokens that no row of the other class holds."""
    held = {c: set(np.unique(raw.x[raw.y[:, 0] == c]).astype(int)) for c in (0, 1)}
    assert raw.x.shape[1] == length
    return {0: held[0] - held[1], 1: held[1] - held[0]}


def test_tokens_say_the_class_by_one_word() -> None:
    raw = rows_of("tokens", {"samples": 4000, "vocabulary": 14, "length": 6}, 3)
    assert raw.shape == (6,)
    words = words_of(raw, 6)
    assert [len(words[c]) for c in (0, 1)] == [3, 3]
    for c in (0, 1):
        found = np.isin(raw.x[raw.y[:, 0] == c], list(words[c]))
        assert (found.sum(axis=1) == 1).all()
    assert set(np.unique(raw.x)) == set(range(1, 14))
    other = words_of(rows_of("tokens", {"samples": 4000, "vocabulary": 14, "length": 6}, 4), 6)
    assert other != words  # the seed draws which


@pytest.mark.parametrize("length", [3, 8])
def test_not_turns_the_word_after_it_round(length: int) -> None:
    settings = {"samples": 4000, "length": length}
    words = words_of(rows_of("tokens", settings, 3), length)
    raw = rows_of("tokens", {**settings, "order": True}, 3)
    meaning = np.isin(raw.x, list(words[1])) * 1 - np.isin(raw.x, list(words[0])) * 1
    place = np.abs(meaning).argmax(axis=1)
    rows = np.arange(len(raw.x))
    assert (np.abs(meaning).sum(axis=1) == 1).all()
    assert ((raw.x == 0).sum(axis=1) == 1).all()
    turned = raw.x[rows, place - 1] == 0
    assert 0.4 < turned.mean() < 0.6
    assert (place > 0).all()
    np.testing.assert_array_equal(raw.y[:, 0] == 1, (meaning[rows, place] == 1) != turned)


@pytest.mark.parametrize("name", ["adding", "copy", "parity", "echo", "two_tone", "tokens", "mnist1d"])
def test_the_smallest_of_everything(name: str) -> None:
    row = DATASETS[name]
    low = {p.name: bool(p.low) if p.flag else p.low for p in row.parameters}
    raw = rows_of(name, low, 0)
    assert np.isfinite(raw.x).all()
    assert raw.x.shape == (1, int(np.prod(raw.shape)))


def test_too_long_sequences_are_refused_before_they_are_made() -> None:
    with pytest.raises(InputError, match="the limit is 250 million numbers"):
        rows_of("adding", {"samples": 100_000, "length": 10_000}, 0)
