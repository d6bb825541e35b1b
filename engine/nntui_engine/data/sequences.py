"""Generated sequences: a row is ``time`` steps, what belongs to one step side by side.

Each asks for something that a network which reads step by step must carry along. Classes are as equal in size as the
number of rows allows; rows come in random order.
"""

import math

import numpy as np

from ..errors import InputError
from ..registry.row import Parameter
from .dataset import Array
from .making import classes_of, classified, labels, noise_of, samples_of
from .raw import DataSet, RawData, Values, numbered

_SLOW, _FAST = 8.0, 4.0  # steps of one wave
_NOT = 0  # the token that turns the word after it round


def _steps(x: Array, names: tuple[str, ...], y: Array) -> RawData:
    """A regression on x (rows, time, features) with targets y (rows,); columns are called value1, marker1, value2, …"""
    features = tuple(f"{name}{step}" for step in range(1, x.shape[1] + 1) for name in names)
    return RawData(x.reshape(len(x), -1), y[:, None], features, ("y",), (), "regression")


def _adding(generator: np.random.Generator, values: Values) -> RawData:
    rows, length = int(values["samples"]), int(values["length"])
    x = np.zeros((rows, length, 2))
    x[:, :, 0] = generator.random((rows, length))
    half = length // 2
    everyone = np.arange(rows)
    places = generator.integers(0, half, rows), generator.integers(half, length, rows)
    for place in places:
        x[everyone, place, 1] = 1.0
    return _steps(x, ("value", "marker"), x[everyone, places[0], 0] + x[everyone, places[1], 0])


def _copy(generator: np.random.Generator, values: Values) -> RawData:
    classes, length, delay = (int(values[name]) for name in ("classes", "length", "delay"))
    label, _ = labels(generator, values, classes)
    rows = len(label)
    symbols = generator.integers(0, classes, (rows, length))
    symbols[:, 0] = label
    x = np.zeros((rows, length + delay + 1, classes + 1))
    x[np.arange(rows)[:, None], np.arange(length), symbols] = 1.0
    x[:, -1, classes] = 1.0
    return classified(x.reshape(rows, -1), label, classes)


def _parity(generator: np.random.Generator, values: Values) -> RawData:
    label, _ = labels(generator, values, 2)
    bits = generator.integers(0, 2, (len(label), int(values["length"])))
    bits[:, -1] ^= (bits.sum(axis=1) + label.astype(np.int64)) % 2
    return classified(bits.astype(np.float64), label, 2)


def _echo(generator: np.random.Generator, values: Values) -> RawData:
    length, delay = int(values["length"]), int(values["delay"])
    if delay >= length:
        raise InputError(f"data.delay = {delay}: must be below data.length = {length}")
    x = 2.0 * generator.random((int(values["samples"]), length)) - 1.0
    y = x[:, length - 1 - delay] + values["noise"] * generator.standard_normal(len(x))
    return _steps(x[:, :, None], ("x",), y)


def _two_tone(generator: np.random.Generator, values: Values) -> RawData:
    label, _ = labels(generator, values, 2)
    rows, length = len(label), int(values["length"])
    step = np.arange(length)
    change = generator.integers(math.ceil(length / 3), 2 * length // 3 + 1, (rows, 1))
    fast = (step < change) == (label[:, None] == 1.0)
    period, phase = np.where(fast, _FAST, _SLOW), 2.0 * math.pi * generator.random((rows, 2))
    x = np.sin(2.0 * math.pi * step / period + np.where(step < change, phase[:, :1], phase[:, 1:]))
    x += values["noise"] * generator.standard_normal(x.shape)
    features = numbered("x", length)
    return RawData(x, label[:, None], features, ("first",), ("slow", "fast"), "binary")


def _tokens(generator: np.random.Generator, values: Values) -> RawData:
    label, _ = labels(generator, values, 2)
    rows, length, vocabulary = len(label), int(values["length"]), int(values["vocabulary"])
    words = 1 + generator.permutation(vocabulary - 1)
    group = (vocabulary - 1) // 4
    meaning = np.stack([words[:group], words[group : 2 * group]])  # of bad words, of good ones
    filler = words[2 * group :]
    x = filler[generator.integers(0, len(filler), (rows, length))]
    everyone, good, place = np.arange(rows), label.astype(np.int64), generator.integers(1, length, rows)
    if values["order"]:
        turned = generator.integers(0, 2, rows)
        # where it turns nothing it stands anywhere but at the word and just before it
        elsewhere = (place + 1 + generator.integers(0, length - 2, rows)) % length
        x[everyone, np.where(turned == 1, place - 1, elsewhere)] = _NOT
        good = good ^ turned
    x[everyone, place] = meaning[good, generator.integers(0, group, rows)]
    return RawData(
        x.astype(np.float64), label[:, None], numbered("token", length), ("class",), ("bad", "good"), "binary"
    )


def _length(default: int, low: int, summary: str = "number of steps") -> Parameter:
    return Parameter("length", default, summary, low=low, high=10_000, whole=True)


def _delay(default: int, summary: str) -> Parameter:
    return Parameter("delay", default, summary, low=0, high=10_000, whole=True)


def _one_a_step(values: Values) -> tuple[int, ...]:
    return (int(values["length"]), 1)


SEQUENCES = (
    DataSet(
        "adding",
        "Regression on a sequence of (value, marker): values from 0 to 1, two of them marked, one in each half; the "
        "target is their sum. Guessing 1 has a squared error of 1/6.",
        (samples_of(2000), _length(50, 2)),
        "Hochreiter & Schmidhuber 1997",
        make=_adding,
        shape=lambda values: (int(values["length"]), 2),
    ),
    DataSet(
        "copy",
        "Symbols, each a 1 in its own column, then silence, then a 1 in the last column: which symbol came first? The "
        "copy-memory task with one answer in place of all symbols.",
        (
            samples_of(2000),
            classes_of(4, "number of different symbols"),
            _length(3, 1, "number of symbols to remember"),
            _delay(10, "steps between the last symbol and the question"),
        ),
        "Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016",
        make=_copy,
        shape=lambda values: (int(values["length"] + values["delay"]) + 1, int(values["classes"]) + 1),
    ),
    DataSet(
        "parity",
        "A sequence of bits: is the number of ones odd (class 1)? Every single bit decides.",
        (samples_of(1000), _length(10, 1)),
        "Minsky & Papert 1969",
        make=_parity,
        shape=_one_a_step,
    ),
    DataSet(
        "echo",
        "Regression on random values from −1 to 1: the target is what came `delay` steps before the last.",
        (
            samples_of(1000),
            _length(20, 1),
            _delay(5, "steps from the value asked for to the end; less than the length"),
            noise_of(0.0, "standard deviation added to the target"),
        ),
        "Jaeger 2001",
        make=_echo,
        shape=_one_a_step,
    ),
    DataSet(
        "two_tone",
        "A slow wave (8 steps) and a fast one (4 steps), one after the other with random phases, changing over in the "
        "middle third: which comes first?",
        (samples_of(1000), _length(32, 4), noise_of(0.1, "standard deviation added to every step")),
        make=_two_tone,
        shape=_one_a_step,
    ),
    DataSet(
        "tokens",
        "Rows of token numbers, one of them a good or a bad word among fillers: which? The seed draws what numbers "
        'are good. With `order`, token 0, "not", stands in every row and turns the word round if it is just before it.',
        (
            samples_of(1000),
            _length(8, 3),
            Parameter("vocabulary", 16, "number of different tokens, from 0", low=5, high=10_000, whole=True),
            Parameter("order", 0.0, 'with the token "not"', flag=True),
        ),
        make=_tokens,
        shape=lambda values: (int(values["length"]),),
    ),
)
