"""How far a lane's data let anybody get: what guessing scores, and what two simple models do on the same rows."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...data.dataset import LaneData
from ...experiment import Experiment

Array = NDArray[np.float64]

MOST_ROWS = 2000  # of either part, spread evenly
NEIGHBOURS = 5
_RIDGE = 1e-3  # of a row, on standardised inputs
_FAR_OUT = 1e100  # inputs beyond this are not squared
_LEAST_NOISE = 0.02  # of an accuracy
_NOISE_OF_R2 = 0.05


@dataclass(frozen=True, slots=True)
class Reach:
    """``name``: the statistic that scores are, an accuracy or R². ``guess``: the score of always guessing the class
    that is commonest among them (0 for numbers). ``simple``: the better score of a linear model and of the five nearest
    neighbours, both on standardised inputs; not below ``guess``. ``rows``: that scores are measured on."""

    name: str
    guess: float
    simple: float
    rows: int

    @property
    def learnable(self) -> bool:
        """Whether a simple model finds more than chance alone would let it."""
        return self.simple - self.guess > self.noise(self.guess)

    def level(self, score: float) -> float:
        """A score to compare: nothing is worse than guessing, a NaN included."""
        return max(score, self.guess) if math.isfinite(score) else self.guess

    def noise(self, score: float) -> float:
        """How far two scores near ``score`` may differ by chance: two standard errors of a difference between two
        shares of so many rows, at least 0.02; of R² 0.05."""
        if self.name == "r2":
            return _NOISE_OF_R2
        p = min(max(self.level(score), 0.5), 0.95)
        return max(_LEAST_NOISE, 2.0 * math.sqrt(2.0 * p * (1.0 - p) / max(self.rows, 1)))


def score_of(run: Experiment, lane: int) -> float:
    """How well a lane does now: R² of numbers, else the share of rows that are right; on held-out rows where there are
    some. A network that names classes by one number is right where it is nearest to the right one."""
    one = run.network.lanes[lane]
    held_out = len(one.data.x_validation) > 0
    if one.data.task == "regression":
        return float(one.statistics["r2"])
    if one.settings.accuracy != "none":
        return float(one.statistics["validation_accuracy" if held_out else "train_accuracy"])
    x, t = (one.data.x_validation, one.data.t_validation) if held_out else (one.data.x_train, one.data.t_train)
    values = np.unique(t)
    nearest = values[np.abs(run.predict(x, lane)[:, :1] - values).argmin(axis=1)]
    return float((nearest == t[:, 0]).mean())


def reach_of(data: LaneData) -> Reach:
    """What guessing and the simple models score on a lane's held-out rows, or its training rows if none are held out.

    On training rows a neighbour is never the row itself.
    """
    held_out = len(data.x_validation) > 0
    name = "r2" if data.task == "regression" else "validation_accuracy" if held_out else "train_accuracy"
    x, t = _some(data.x_train), _some(data.t_train)
    asked, right = (_some(data.x_validation), _some(data.t_validation)) if held_out else (x, t)
    if data.task in ("binary", "classes"):
        t, right = _one_hot(t, right)
    elif data.task == "multilabel":
        t, right = (t > 0.5).astype(float), (right > 0.5).astype(float)
    always = np.broadcast_to(right.mean(axis=0), right.shape)
    guess = 0.0 if data.task == "regression" else _score(data.task, always, right)
    with np.errstate(all="ignore"):
        x, asked = _standardised(x, asked)
        answers = [_linear(x, t, asked), _neighbours(x, t, asked, itself=not held_out)]
    simple = [_score(data.task, answer, right) for answer in answers if np.isfinite(answer).all()]
    return Reach(name, guess, max([guess, *simple]), len(data.x_validation) if held_out else len(data.x_train))


def _some(rows: Array) -> Array:
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).astype(np.int64))]


def _one_hot(t: Array, right: Array) -> tuple[Array, Array]:
    """Classes as one column each, however they were coded."""
    if t.shape[1] > 1:
        columns = np.arange(t.shape[1])
        return (t.argmax(axis=1)[:, None] == columns) * 1.0, (right.argmax(axis=1)[:, None] == columns) * 1.0
    values = np.unique(np.concatenate([t, right]))
    return (t == values) * 1.0, (right == values) * 1.0


def _score(task: str, answer: Array, right: Array) -> float:
    if task == "regression":
        total = ((right - right.mean(axis=0)) ** 2).sum(axis=0)
        varied = total > 0.0
        if not varied.any():
            return 0.0
        return float((1.0 - ((right - answer) ** 2).sum(axis=0)[varied] / total[varied]).mean())
    if task == "multilabel":
        return float(((answer > 0.5) == (right > 0.5)).mean())
    return float((answer.argmax(axis=1) == right.argmax(axis=1)).mean())


def _standardised(x: Array, asked: Array) -> tuple[Array, Array]:
    """Both in units of the spread of ``x``; what does not vary is 0."""
    x, asked = np.clip(x, -_FAR_OUT, _FAR_OUT), np.clip(asked, -_FAR_OUT, _FAR_OUT)
    middle, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 1e-12 * np.maximum(np.abs(middle), 1e-12), spread, np.inf)
    return (x - middle) / spread, (asked - middle) / spread


def _linear(x: Array, t: Array, asked: Array) -> Array:
    """Ridge regression, by the smaller of its two forms."""
    middle, penalty = t.mean(axis=0), _RIDGE * len(x)
    if x.shape[1] <= len(x):
        weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ (t - middle))
    else:
        weights = x.T @ np.linalg.solve(x @ x.T + penalty * np.eye(len(x)), t - middle)
    return np.asarray(asked @ weights + middle)


def _neighbours(x: Array, t: Array, asked: Array, itself: bool) -> Array:
    """The mean target of the nearest rows."""
    distance = (asked * asked).sum(axis=1)[:, None] + (x * x).sum(axis=1) - 2.0 * asked @ x.T
    if itself:
        np.fill_diagonal(distance, np.inf)
    count = min(NEIGHBOURS, len(x) - itself)
    if count < 1:
        return np.broadcast_to(t.mean(axis=0), (len(asked), t.shape[1]))
    nearest = np.argpartition(distance, count - 1, axis=1)[:, :count]
    return np.asarray(t[nearest].mean(axis=1))
