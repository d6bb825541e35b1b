"""What a rule looks at: one lane, its data in a few numbers, and how well it has learned."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..data.facts import DataFacts
from ..run.finding import OUTPUT, Finding, Fix, Severity, layer_words
from ..run.snapshot import LaneSnapshot
from ..scenario.settings import LaneSettings

Array = NDArray[np.float64]

AT_LEAST = 5  # samples that must show a sign
HALF_WAY = 0.5  # from guessing to perfect
HARDLY = 0.1  # of the same way: no better than guessing
NEARLY = 0.93  # of the way from guessing to what simpler methods reach
NEAR = 0.9  # of the same way: no fault by itself. Healthy runs of the benchmark's chosen half came to 0.95 and more
IMPROVED = 0.98  # of a loss: less than that is better


@dataclass(frozen=True, slots=True)
class Case:
    """A network's ``lane``; rules read the histories of ``WATCHED`` and ``WATCHED_WHOLE`` (verdict.py)."""

    lane: LaneSnapshot

    @property
    def is_ahead(self) -> bool:
        """Whether no step was measured yet: then there are data and settings only, and no statistic of a layer."""
        return not self.lane.step or "weight_norm" not in self.lane.per_layer

    @property
    def facts(self) -> DataFacts:
        """What its data are like."""
        return self.lane.network.facts

    @property
    def settings(self) -> LaneSettings:
        """What the lane trains with."""
        return self.lane.network.settings

    @property
    def is_numbers(self) -> bool:
        """Whether it learns numbers, judged by R², and not classes."""
        return self.settings.accuracy == "none"

    @property
    def guess(self) -> float:
        """The score of always guessing the same."""
        return 0.0 if self.is_numbers else self.facts.chance

    @property
    def attainable(self) -> float:
        """The score that simpler methods reach; NaN where it is not known, or known by another measure only."""
        return math.nan if self.is_numbers and self.lane.network.task != "regression" else self.facts.attainable

    @property
    def score(self) -> float:
        """R² or the accuracy on the training rows; NaN before it is measured."""
        return self.lane.whole.get("train_r2" if self.is_numbers else "train_accuracy", float("nan"))

    @property
    def done(self) -> float:
        """The share of its steps that the lane has done; 1 where it has ended."""
        return 1.0 if self.lane.state != "running" else self.lane.step / max(1, self.settings.steps)

    @property
    def lr(self) -> float:
        """The rate as it was set."""
        return self.settings.optimizer_parameters["lr"]

    @property
    def bar(self) -> float:
        """The score of one that has learned: half way from guessing to perfect, and nearly as far as a straight line or
        the nearest neighbours come."""
        guess, simple = self.guess, self.attainable
        reached = guess if not simple > guess else guess + NEARLY * (simple - guess)
        return max(guess + HALF_WAY * (1.0 - guess), reached)

    @property
    def unseen(self) -> float:
        """The same on the rows held out; NaN where there are none, or none that differ."""
        found = self.lane.whole.get("r2" if self.is_numbers else "validation_accuracy", float("nan"))
        return found if self.facts.validation_rows and math.isfinite(found) else float("nan")

    @property
    def is_near(self) -> bool:
        """Whether it is near to what can be had: a little more time may do, and nothing needs to be wrong."""
        guess, simple = self.guess, self.attainable
        tells = simple > guess + HARDLY * (1.0 - guess)  # else they are no better than guessing: that says nothing
        reach = min(self.bar, simple) if tells else self.bar
        return self.score >= guess + NEAR * (reach - guess)

    @property
    def steady_score(self) -> float:
        """The score, without its last swing: the median of the last three, where their history is known."""
        series = self.lane.whole_history.get("train_r2" if self.is_numbers else "train_accuracy")
        return self.score if series is None or len(series.steps) < 3 else float(np.median(series.mean[-3:, 0]))

    @property
    def fits(self) -> bool:
        """Whether it answers the rows that it learns from as well as its data let one expect."""
        return self.steady_score > self.bar

    @property
    def learned(self) -> bool:
        """Whether it does so, and comes as near on rows it never saw as so few of them can tell."""
        return self.fits and not self.unseen < self.bar - 2.0 * self._error_of(self.bar)

    def _error_of(self, score: float) -> float:
        """The standard error of such a score on the rows held out: of a share, or of R² (Olkin & Finn 1995)."""
        score = min(max(score, 0.0), 1.0)
        variance = 4.0 * score * (1.0 - score) ** 2 if self.is_numbers else score * (1.0 - score)
        return math.sqrt(variance / max(1, self.facts.validation_rows))

    @property
    def improves(self) -> bool:
        """Whether the lane goes on, and its loss has fallen from the first half of what it did to the second."""
        _, losses = self.losses()
        half = len(losses) // 2
        if self.done == 1.0 or not half:
            return False
        return bool(losses[half:].mean() < IMPROVED * losses[:half].mean())

    @property
    def guesses(self) -> bool:
        """Whether it is hardly better than always guessing the same."""
        return not self.score > self.guess + HARDLY * (1.0 - self.guess)

    def losses(self) -> tuple[Array, Array]:
        """(steps (samples,), mean losses of the mini-batches (samples,)) so far."""
        series = self.lane.whole_history.get("loss")
        if series is None:
            return np.zeros(0), np.zeros(0)
        return np.asarray(series.steps), np.asarray(series.mean)[:, 0]

    def called(self, layer: int) -> str:
        """A layer (1-based) in a sentence: "layer 3", "the output layer"."""
        words = layer_words((layer,), self.lane.layer_names)
        return f"the {words}" if words.startswith(OUTPUT) else words

    @property
    def lowest(self) -> int:
        """The first layer (0-based) that has weights, and so a gradient."""
        return next(i for i, layer in enumerate(self.lane.layers) if layer.has_weights)

    @property
    def hidden_activations(self) -> tuple[str, ...]:
        """The activations of the hidden layers that have one."""
        return tuple(layer.activation for layer in self.lane.layers[:-1] if layer.has_weights)

    def holds_by_layer(
        self, statistic: str, bad: Callable[[Array], NDArray[np.bool_]], candidates: list[int]
    ) -> tuple[tuple[int, ...], int] | None:
        """The candidate layers (0-based) where ``bad`` holds now, 1-based, and since when the first of them did.

        ``bad`` takes a layer's values (samples,) and says of each whether it is a sign.
        """
        series = self.lane.layer_history[statistic]
        found = {}
        for layer in candidates:
            since = holds_since(series.steps, bad(series.mean[:, layer]))
            if since is not None:
                found[layer + 1] = since
        return (tuple(found), min(found.values())) if found else None

    def finding(
        self,
        rule: str,
        message: str,
        evidence: Mapping[str, float | str],
        fixes: tuple[Fix, ...],
        *,
        layers: tuple[int, ...] = (),
        since: int = 0,
        severity: Severity = "warning",
    ) -> Finding:
        """A finding of this lane."""
        return Finding(rule, severity, self.lane.name, layers, since, evidence, message, fixes)


def holds_since(steps: Array, condition: NDArray[np.bool_]) -> int | None:
    """The first of ``steps`` (samples,) from which ``condition`` (samples,) holds at least nine times in ten; None if
    it does not hold at the end.

    A mini-batch now and then may disagree, so an unbroken run would begin too late; and the last one alone proves
    nothing, so at least ``AT_LEAST`` samples must bear it out (all of them, if there are fewer).
    """
    count = len(condition)
    if count == 0:
        return None
    left = np.arange(count, 0, -1)
    later = np.cumsum(condition[::-1])[::-1] / left
    holds = np.flatnonzero(condition & (later >= 0.9) & (left >= min(AT_LEAST, count)))
    return int(steps[holds[0]]) if len(holds) else None
