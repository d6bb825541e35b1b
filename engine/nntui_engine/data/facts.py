"""What the diagnosis knows of a lane's data: how large and how spread, how guessable, how well a line does."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from .dataset import LaneData

Array = NDArray[np.float64]

MOST_ROWS = 2000  # that are looked at, spread evenly over the training rows
MOST_FEATURES = 1024  # of a line that is fitted
MOST_COMPARED = 1000  # rows whose nearest others are looked for
NEIGHBOURS = 5
FEWEST_ROWS = 20  # for that
MOST_MULTIPLIED = 16  # inputs whose products are looked at too
RIDGE = 1e-3  # on standardised inputs, of a row


class SimplerMethods:
    """What simpler methods reach on the training rows, worked out when it is first asked for."""

    def __init__(self, work_out: Callable[[], tuple[float, float]] = lambda: (math.nan, math.nan)) -> None:
        self._work_out = work_out

    @cached_property
    def scores(self) -> tuple[float, float]:
        """The accuracy or R² of least squares on rows they were not fitted to, and of each row's nearest others on it;
        NaN where that cannot be said."""
        return self._work_out()


@dataclass(frozen=True, slots=True)
class DataFacts:
    """The training rows as the network gets them.

    ``chance``: the accuracy of always guessing the commonest class (0 for numbers). ``classes``: those that occur,
    ``rarest`` the share of the rarest, ``entropy`` (nats) of their shares. ``input_size``: the root mean square of all
    inputs, ``spreads`` the smallest and largest standard deviation of an input that is not constant, ``offset`` the
    largest |mean| in standard deviations; ``largest_input`` the largest magnitude. ``unseen_size`` is ``input_size`` of
    the rows held out (NaN where none are).
    ``apart``: the share of the rows held out that would have to be of another class for these to be as common there.
    ``in_order``: how much more often than by chance a row has the target of the one before it: 1 where they are sorted.
    ``target_range``, ``target_mean``, ``target_spread``: of all targets.
    """

    rows: int = 0
    validation_rows: int = 0
    features: int = 0
    chance: float = 0.0
    classes: int = 0
    rarest: float = 0.0
    entropy: float = math.nan
    apart: float = 0.0
    input_size: float = 1.0
    spreads: tuple[float, float] = (1.0, 1.0)
    constant_features: int = 0
    offset: float = 0.0
    largest_input: float = 1.0
    unseen_size: float = math.nan
    in_order: float = 0.0
    target_range: tuple[float, float] = (0.0, 1.0)
    target_mean: float = 0.0
    target_spread: float = 1.0
    simpler: SimplerMethods = field(default_factory=SimplerMethods)

    @property
    def attainable(self) -> float:
        """What a network should come near to: the better of a line and of the nearest neighbours; NaN if unknown."""
        return float(np.fmax(*self.simpler.scores))


_KNOWN: "WeakKeyDictionary[LaneData, DataFacts]" = WeakKeyDictionary()


def facts_of(data: LaneData) -> DataFacts:
    """The facts of a lane's training rows; lanes that share the rows share them."""
    if data not in _KNOWN:
        _KNOWN[data] = _facts(data)
    return _KNOWN[data]


def remember(data: LaneData, facts: DataFacts) -> None:
    """Have :func:`facts_of` answer with ``facts``, for data whose rows are not there."""
    _KNOWN[data] = facts


def _facts(data: LaneData) -> DataFacts:
    some = np.unique(np.linspace(0, len(data.x_train) - 1, min(len(data.x_train), MOST_ROWS)).astype(np.int64))
    x, t, unseen = data.x_train[some], data.t_train, data.x_validation[:MOST_ROWS]
    with np.errstate(all="ignore"):
        spread, mean = x.std(axis=0), x.mean(axis=0)
        varied = spread > 1e-12 * np.maximum(np.abs(mean), 1.0)
        spreads = (float(spread[varied].min()), float(spread[varied].max())) if varied.any() else (0.0, 0.0)
        shares = class_shares(data)
        return DataFacts(
            rows=len(data.x_train),
            validation_rows=len(data.x_validation),
            features=x.shape[1],
            chance=chance(data),
            classes=int((shares > 0).sum()),
            rarest=float(shares[shares > 0].min()) if (shares > 0).any() else 0.0,
            entropy=float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum()) if len(shares) else math.nan,
            apart=apart(data),
            input_size=float(np.sqrt((x * x).mean())),
            spreads=spreads,
            constant_features=int((~varied).sum()),
            offset=float((np.abs(mean[varied]) / spread[varied]).max()) if varied.any() else 0.0,
            largest_input=float(np.abs(x).max()),
            unseen_size=float(np.sqrt((unseen * unseen).mean())) if len(unseen) else math.nan,
            in_order=in_order(data),
            target_range=(float(t.min()), float(t.max())),
            target_mean=float(t.mean()),
            target_spread=float(t.std()),
            simpler=SimplerMethods(partial(simpler_scores, data.task, x[:, varied], t[some])),
        )


def chance(data: LaneData) -> float:
    """The accuracy of always guessing the commonest class (of the commonest value, entry by entry)."""
    if data.task == "regression":
        return 0.0
    if data.task == "multilabel":
        share = (data.t_train > 0.5).mean(axis=0)
        return float(np.maximum(share, 1.0 - share).mean())
    return float(class_shares(data).max())


def class_shares(data: LaneData) -> Array:
    """The share (classes,) of each class among the training rows; (0,) for numbers and for several labels a row."""
    t = data.t_train
    if data.task in ("regression", "multilabel"):
        return np.zeros(0)
    if t.shape[1] > 1:
        return np.asarray((t == t.max(axis=1, keepdims=True)).mean(axis=0))
    return np.asarray(np.unique(t, return_counts=True)[1] / len(t))


def apart(data: LaneData) -> float:
    """How far the shares of the classes among the rows held out are from those that it learns from, from 0 to 1."""
    if data.task in ("regression", "multilabel") or not len(data.t_validation):
        return 0.0
    parts = [data.t_train, data.t_validation]
    if data.t_train.shape[1] > 1:
        classes = [part.argmax(axis=1) for part in parts]
    else:
        classes = [part[:, 0] for part in parts]
    here, there = ([(one == value).mean() for value in np.unique(np.concatenate(classes))] for one in classes)
    return float(0.5 * np.abs(np.subtract(here, there)).sum())


def in_order(data: LaneData) -> float:
    """How much more often than by chance a training row is of the class of the one before it, as a share of how much
    that could be; of numbers the correlation with the one before. 0 for several labels a row."""
    t = data.t_train
    if data.task == "multilabel" or len(t) < FEWEST_ROWS:
        return 0.0
    if data.task == "regression":
        far = t - t.mean(axis=0)
        whole = float((far * far).sum())
        return float((far[1:] * far[:-1]).sum()) / whole if whole > 0.0 else 0.0
    classes = t.argmax(axis=1) if t.shape[1] > 1 else t[:, 0]
    by_chance = float((class_shares(data) ** 2).sum())
    same = float((classes[1:] == classes[:-1]).mean())
    return (same - by_chance) / (1.0 - by_chance) if by_chance < 1.0 else 0.0


def simpler_scores(task: str, x: Array, t: Array) -> tuple[float, float]:
    """The scores of a line and of the nearest neighbours, of x (rows, inputs) and t (rows, outputs)."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"), np.errstate(all="ignore"):  # these are small products
        return line_score(task, x, t), neighbours_score(task, x, t)


def line_score(task: str, x: Array, t: Array) -> float:
    """What least squares score, each half of the rows answered by what fits the other; NaN where none is fitted.

    ``x`` (rows, inputs), ``t`` (rows, outputs). Of few inputs, products of two of them stand beside the inputs
    themselves, if that is better.
    """
    if not _can_fit(x, t) or len(x) < FEWEST_ROWS:
        return float("nan")
    x = _standard(x)
    found = _halves_score(task, x, t)
    if x.shape[1] <= MOST_MULTIPLIED:
        pairs = [x[:, i : i + 1] * x[:, i:] for i in range(x.shape[1])]
        found = max(found, _halves_score(task, np.concatenate([x, *pairs], axis=1), t))
    return found


def _halves_score(task: str, x: Array, t: Array) -> float:
    guess = np.empty_like(t)
    for half in (slice(0, None, 2), slice(1, None, 2)):
        fitted = np.ones(len(x), bool)
        fitted[half] = False
        middle = t[fitted].mean(axis=0)
        matrix = x[fitted].T @ x[fitted] + RIDGE * len(x) * np.eye(x.shape[1])
        guess[half] = x[half] @ np.linalg.solve(matrix, x[fitted].T @ (t[fitted] - middle)) + middle
    return _score(task, t, guess)


def neighbours_score(task: str, x: Array, t: Array) -> float:
    """What the mean of the ``NEIGHBOURS`` nearest other rows, by standardised inputs, scores on each row.

    ``x`` (rows, inputs), ``t`` (rows, outputs); NaN where that cannot be said.
    """
    if not _can_fit(x, t) or len(x) <= NEIGHBOURS:
        return float("nan")
    some = np.linspace(0, len(x) - 1, min(len(x), MOST_COMPARED)).astype(np.int64)
    x, t = _standard(x[some]), t[some]
    squares = (x * x).sum(axis=1)
    far = squares[:, None] + squares - 2.0 * x @ x.T
    np.fill_diagonal(far, np.inf)
    nearest = np.argpartition(far, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    return _score(task, t, t[nearest].mean(axis=1))


def _can_fit(x: Array, t: Array) -> bool:
    fits = len(x) > 0 and 0 < x.shape[1] <= MOST_FEATURES
    return fits and bool(np.isfinite(x).all() and np.isfinite(t).all())


def _standard(x: Array) -> Array:
    return np.asarray((x - x.mean(axis=0)) / x.std(axis=0))


def _score(task: str, t: Array, guess: Array) -> float:
    """R² of numbers, else the share of classes that ``guess`` is nearest to."""
    if task == "regression":
        total = ((t - t.mean(axis=0)) ** 2).sum()
        return float(1.0 - ((t - guess) ** 2).sum() / total) if total > 0.0 else float("nan")
    if task != "multilabel" and t.shape[1] > 1:
        return float((guess.argmax(axis=1) == t.argmax(axis=1)).mean())
    if task != "multilabel":
        values = np.unique(t)
        return float((values[np.abs(guess - values).argmin(axis=1)] == t[:, 0]).mean())
    border = (t.min() + t.max()) / 2.0
    return float(((guess > border) == (t > border)).mean())
