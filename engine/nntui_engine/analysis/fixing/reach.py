"""How well a lane does, and how far its data let anybody get."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ...data.dataset import LaneData
from ...data.facts import DataFacts
from ...experiment import Experiment
from ...run.task import Lane
from ...tasks.network_lane import NetworkLane

_LEAST_NOISE = 0.02  # of an accuracy
_NOISE_OF_R2 = 0.05
_FEWEST_FOR_R2 = 5  # rows: a spread of fewer says next to nothing


@dataclass(frozen=True, slots=True)
class Reach:
    """``name``: the statistic that scores are, an accuracy or R². ``guess``: the score of always guessing the commonest
    class (0 for numbers). ``simple``: what simple models reach, as the facts of the data say it; not below ``guess``,
    and that where it is not ``known``. ``rows``: that scores are measured on."""

    name: str
    guess: float
    simple: float
    rows: int
    known: bool = True

    @property
    def tells(self) -> bool:
        """Whether so many rows can tell a network that is always right from one that always guesses the same."""
        return self.rows >= _FEWEST_FOR_R2 if self.name == "r2" else 1.0 - self.guess > self.noise(self.guess)

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


class Judged(Protocol):
    """A run of networks, or a record of one."""

    @property
    def lanes(self) -> Sequence[Lane]:
        """Its lanes."""


def score_of(run: Judged, lane: int) -> float:
    """How well a lane does now: R² of numbers, else the share of rows that are right; on held-out rows where there are
    some. A network that names classes by one number is right where it is nearest to the right one."""
    one = run.lanes[lane]
    assert isinstance(one, NetworkLane)
    held_out = len(one.data.x_validation) > 0
    if one.data.task == "regression":
        return float(one.statistics["r2"])
    if one.settings.accuracy != "none":
        return float(one.statistics["validation_accuracy" if held_out else "train_accuracy"])
    if not isinstance(run, Experiment):
        return math.nan  # a record has no network to ask
    x, t = (one.data.x_validation, one.data.t_validation) if held_out else (one.data.x_train, one.data.t_train)
    values = np.unique(t)
    nearest = values[np.abs(run.predict(x, lane)[:, :1] - values).argmin(axis=1)]
    return float((nearest == t[:, 0]).mean())


def reach_of(data: LaneData, facts: DataFacts) -> Reach:
    """Of a lane's held-out rows, or of its training rows if none are held out."""
    held_out = len(data.x_validation) > 0
    name = "r2" if data.task == "regression" else "validation_accuracy" if held_out else "train_accuracy"
    rows = len(data.x_validation) if held_out else len(data.x_train)
    simple = max(facts.chance, float(np.nan_to_num(facts.attainable)))
    return Reach(name, facts.chance, simple, rows, math.isfinite(facts.attainable))
