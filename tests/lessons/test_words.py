"""The numbers in words."""

import math

import pytest
from lessons.words import bounds_in_words, find_numbers, find_places


def found(words: str) -> list[tuple[str, float, float]]:
    return [(number.text, number.low, number.high) for number in find_numbers(words)]


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("about 95 %, or 3 percent", [0.95, 0.03]),
        ("13 470 steps", [13470]),
        ("3 × 10⁻⁵, 1e-5, 10⁴", [3e-5, 1e-5, 1e4]),
        ("1/4 × 1/4. And 0.5², ½.", [0.25, 0.25, 0.25, 0.5]),
        ("at −1, to (−0.5, .5)", [-1, -0.5, 0.5]),
        ("1 − β₂ and lr · 2", [1, 2]),
        ("twice, tenfold, a threefold rise; it doubles, halving it", [2, 10, 3, 2, 0.5]),
        ("a third, two thirds, a tenth of it, half", [1 / 3, 2 / 3, 0.1, 0.5]),
        ("a thousandth, a hundred-thousandth", [1e-3, 1e-5]),
        ("twenty-five of a hundred, ten thousand, a dozen", [25, 100, 10_000, 12]),
        ("one in ten, nine in ten", [1, 10, 9, 10]),
        ("from 10 to 3 and from 3 to 10", [10, 3, 3, 10]),
        ("460 million, 1.5 thousand", [460e6, 1500]),
        ("zero", [0]),
    ],
)
def test_single_numbers(words: str, values: list[float]) -> None:
    assert [low for _, low, _ in found(words)] == pytest.approx(values)
    assert not any(number.is_range for number in find_numbers(words))


@pytest.mark.parametrize(
    ("words", "text", "low", "high"),
    [
        ("0.62–0.78", "0.62–0.78", 0.62, 0.78),
        ("92 to 96 %", "92 to 96 %", 0.92, 0.96),
        ("two to six times", "two to six", 2, 6),
        ("between a third and four times", "a third and four", 1 / 3, 4),
        ("one or two", "one or two", 1, 2),
        ("a few thousandths", "a few thousandths", 2e-3, 1e-2),
        ("hundreds of times", "hundreds", 100, 1000),
        ("tens of thousands", "tens of thousands", 1e4, 1e5),
    ],
)
def test_ranges(words: str, text: str, low: float, high: float) -> None:
    assert found(words) == [(text, pytest.approx(low), pytest.approx(high))]


@pytest.mark.parametrize(
    "words",
    [
        "one of many, once, at once, the first, the second lane, the third lane, both, a pair, none, zeros",
        "L1, β₁, W₂, x², MNIST-1D, layer 1, layers 2 to 4, unit 1",
        "two-dimensional".replace("two", "one"),
        "half-planes, the half moons, several times, network",
    ],
)
def test_what_is_left_out(words: str) -> None:
    assert found(words) == []


def test_places() -> None:
    assert [(place.what, place.numbers) for place in find_places("layer 10 against layer 1, layers 2 to 4.")] == [
        ("layer", (10,)),
        ("layer", (1,)),
        ("layer", (2, 4)),
    ]


@pytest.mark.parametrize(
    ("words", "within", "low", "high"),
    [
        ("0.718", None, 0.7175, 0.7185),
        ("2.30", None, 2.295, 2.305),
        ("97 %", None, 0.965, 0.975),
        ("about 97 %", 0.02, 0.95, 0.99),
        ("62 to 78 %", None, 0.615, 0.785),
        ("two to six times", None, 1.5, 6.5),
        ("less than a thousandth", None, -math.inf, 0.001),
        ("more than 100 times", None, 100, math.inf),
        ("a tenth of it", 0.05, 0.05, 0.15),
    ],
)
def test_what_words_allow(words: str, within: float | None, low: float, high: float) -> None:
    [number] = find_numbers(words)
    assert bounds_in_words(number, within) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("words", "within", "why"),
    [
        ("about 0.7", None, "within"),
        ("half of it", None, "within"),
        ("about 95 %", 0.06, "too wide"),
        ("about 100", 26, "too wide"),
        ("92 to 96 %", 0.01, "range"),
    ],
)
def test_what_words_do_not_allow(words: str, within: float | None, why: str) -> None:
    [number] = find_numbers(words)
    bounds = bounds_in_words(number, within)
    assert isinstance(bounds, str)
    assert why in bounds
