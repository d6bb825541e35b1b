"""The one way in which numbers are written: monotone, re-readable, of bounded width."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nntui.plotting.numbers import explained, grouped, number, power, setting, share, short, short_exponents

FINITE = st.floats(allow_nan=False, allow_infinity=False)
POSITIVE = st.floats(1e-99, 9e99)
ROOMS = st.integers(5, 10)
LETTERS = {"k": 1e3, "M": 1e6, "G": 1e9}


def read(text: str) -> float:
    """What a person reads in it."""
    if text.endswith("%"):
        return float(text[:-1]) / 100
    return float(text[:-1]) * LETTERS[text[-1]] if text[-1] in LETTERS else float(text.replace(" ", ""))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"), (-0.0, "0"), (0.001, "0.00100"), (5.35e-4, "5.35e-4"), (0.1, "0.100"), (0.6931, "0.693"),
        (12.34, "12.3"), (999.6, "1000"), (1234.4, "1234"), (9994.0, "9994"), (9999.6, "1.00e4"), (-12345.0, "-1.23e4"),
        (9.996e-4, "0.00100"), (1e-12, "1.00e-12"), (math.nan, "NaN"), (math.inf, "Inf"), (-math.inf, "-Inf"),
    ],
)  # fmt: skip
def test_measured(value: float, words: str) -> None:
    assert number(value, 9) == words


@pytest.mark.parametrize(
    ("value", "room", "words"),
    [
        (0.012345, 7, "0.0123"), (0.012345, 5, "0.012"), (0.0012345, 6, "0.0012"), (5.35e-4, 6, "5.3e-4"),
        (5.35e-4, 5, "5e-4"), (-0.0012345, 5, "-1e-3"), (123456.0, 5, "1.2e5"), (1e-300, 5, "1e-300"),
    ],
)  # fmt: skip
def test_less_room_has_fewer_digits(value: float, room: int, words: str) -> None:
    assert number(value, room) == words


@given(FINITE, FINITE, ROOMS)
def test_what_is_larger_reads_no_smaller(one: float, other: float, room: int) -> None:
    low, high = min(one, other), max(one, other)
    assert read(number(low, room)) <= read(number(high, room))
    assert read(setting(low)) <= read(setting(high))
    assert read(short(low)) <= read(short(high))


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_larger_share_reads_no_smaller(one: float, other: float) -> None:
    assert read(share(min(one, other))) <= read(share(max(one, other)))


@given(POSITIVE, st.sampled_from((1, -1)))
def test_what_is_read_is_what_was_measured_to_three_digits(size: float, sign: int) -> None:
    assert read(number(sign * size, 9)) == pytest.approx(sign * size, rel=5.01e-3)
    assert read(setting(sign * size)) == pytest.approx(sign * size, rel=5.01e-6)
    assert read(short(sign * size)) == pytest.approx(sign * size, rel=5.01e-3)


@given(FINITE, ROOMS)
def test_width_is_bounded(value: float, room: int) -> None:
    assert len(number(value, room)) <= max(room, 7)
    if 1e-9 < abs(value) < 9e9:
        assert len(number(value, room)) <= room
        assert len(number(abs(value), 9)) <= 7
    assert len(setting(value)) <= 13


@given(st.floats(-1e307, 1e307))
@example(100000.5)
def test_the_same_text_is_the_same_number_again(value: float) -> None:
    """Written, read and written again it does not move."""
    for write in (number, setting, short):
        assert write(read(write(value))) == write(value)


@given(st.integers(-999999, 999999))
def test_whole_settings_are_exact(value: int) -> None:
    assert setting(value) == str(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.1, "0.1"), (0.9999, "0.9999"), (1e-4, "1e-4"), (65536, "65536"), (2.5e-6, "2.5e-6"), (1e6, "1e6"), (0.0, "0")],
)
def test_settings(value: float, words: str) -> None:
    assert setting(value) == words


@given(st.floats(0.0, 1.0))
@example(0.9996)
@example(0.0001)
def test_a_share_takes_five_characters_and_only_all_of_it_is_100(value: float) -> None:
    words = share(value)
    assert len(words) <= 5
    assert (words == "100%") == (value == 1.0)
    assert (words == "0%") == (value == 0.0)
    assert read(words) == pytest.approx(value, abs=0.00101)


@given(st.floats(-1e9, 1.0).map(lambda value: value if abs(value) > 1e-9 else 0.0))
def test_r2_takes_six_characters_and_no_loss_reads_as_none(value: float) -> None:
    words = explained(value)
    assert len(words) <= 6
    assert float(words) == pytest.approx(value, rel=0.5)
    assert (float(words) == 0.0) == (value == 0.0)


@pytest.mark.parametrize(("value", "words"), [(-0.001, "-0.001"), (0.9312, "0.931"), (-2.5, "-2.50"), (math.nan, "-")])
def test_r2(value: float, words: str) -> None:
    assert explained(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (0.8, "0.8"), (500, "500"), (1000, "1k"), (1500, "1.5k"), (18249, "18.2k"), (999_600, "1M"),
     (2.5e6, "2.5M"), (3e9, "3G"), (math.inf, "unlimited")],
)  # fmt: skip
def test_counts(value: float, words: str) -> None:
    assert short(value) == words


def test_counts_close_to_one_another_have_the_digits_that_tell_them_apart() -> None:
    assert [short(value, 4) for value in (100_100, 100_200)] == ["100.1k", "100.2k"]


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("lr = 1e-05, l2 = 2.5e-06", "lr = 1e-5, l2 = 2.5e-6"),
        ("weights as large as 3e+38, layer 1e", "weights as large as 3e38, layer 1e"),
        ("the 2e layer at 1e-10 and 1e+00", "the 2e layer at 1e-10 and 1e0"),
    ],
)
def test_numbers_in_sentences_have_short_exponents(sentence: str, words: str) -> None:
    assert short_exponents(sentence) == words


def test_thousands_are_grouped() -> None:
    assert [grouped(value) for value in (999, 1000, 1234567)] == ["999", "1 000", "1 234 567"]


@pytest.mark.parametrize("exponent", range(-99, 100, 3))
def test_powers_fit_the_gutter_of_an_axis(exponent: int) -> None:
    assert len(power(exponent)) <= 5
    assert len(power(exponent, 5)) <= 5
    assert float(power(exponent, 2)) == pytest.approx(2 * 10.0**exponent, rel=1e-12)
