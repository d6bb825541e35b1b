"""Training a scenario without a screen: from options to a finished experiment."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nntui.headless.output import Progress

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.race import Race
    from nntui_engine.scenario import Scenario
    from nntui_engine.snapshot import Snapshot

Overrides = Sequence[tuple[Mapping[str, object], str | None]]
Row = Mapping[str, Any]

# Wall time between two looks at the samples: short, because the samples of one stretch are held in memory.
STRETCH_SECONDS = 0.02
SAMPLES_A_STRETCH = 1024


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line changes about a scenario; None keeps the scenario's own value.

    ``every``: which steps are written. A network is measured at every step in any case, so that what is found in it
    does not depend on what is written; a race keeps no more of its path.
    """

    seed: int | None = None
    steps: int | None = None
    overrides: Overrides = ()
    every: int = 1


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall time of the training alone, without loading data or compiling."""

    seconds: float
    steps: int

    @property
    def steps_per_second(self) -> float:
        return self.steps / self.seconds if self.seconds > 0 else 0.0


def build_experiment(
    scenario: "Scenario", options: RunOptions, keep_samples: bool = False, compiling: Progress | None = None
) -> "Experiment":
    """The experiment ready to train; ``compiling`` shows a first start's progress.

    Raises InputError for a setting that does not fit.
    """
    from nntui_engine.experiment import Experiment

    return Experiment(
        scenario,
        seed=options.seed,
        steps=options.steps,
        overrides=list(options.overrides),
        keep_samples=options.every if keep_samples else 0,
        compiling=compiling,
    )


def train(
    experiment: "Experiment", progress: Progress, on_rows: Callable[[Iterable[Row]], None] | None = None
) -> Timing:
    """Run ``experiment`` to its end. ``on_rows`` gets every sampled row of every lane, in order, a few at a time."""
    start = time.perf_counter()
    while not experiment.finished:
        experiment.advance_for(STRETCH_SECONDS)
        if on_rows is not None:
            on_rows(experiment.samples())
        progress("training", experiment.step, experiment.steps)
    return Timing(time.perf_counter() - start, experiment.step)


def full_snapshot(experiment: "Experiment", points: int) -> "Snapshot":
    """A snapshot with the history of every statistic, at most ``points`` points each."""
    from nntui_engine.statistics import EVALUATION_STATISTICS, LAYER_STATISTICS, WHOLE_STATISTICS

    return experiment.snapshot(
        layer_history=tuple(row.name for row in LAYER_STATISTICS),
        whole_history=tuple(row.name for row in (*WHOLE_STATISTICS, *EVALUATION_STATISTICS)),
        points=points,
    )


def build_race(scenario: "Scenario", options: RunOptions, compiling: Progress | None = None) -> "Race":
    """The race of a [surface] scenario, ready to begin. Raises InputError for a setting that does not fit."""
    from nntui_engine.race import Race

    return Race(
        scenario,
        seed=options.seed,
        steps=options.steps,
        overrides=list(options.overrides),
        every=options.every,
        compiling=compiling,
    )


def run_race(race: "Race", progress: Progress, on_stretch: Callable[[], None] | None = None) -> Timing:
    """Run ``race`` to its end. ``on_stretch`` is called before any sample is merged with another."""
    start = time.perf_counter()
    if on_stretch is not None:
        on_stretch()
    while not race.finished:
        race.advance(SAMPLES_A_STRETCH * race.every)
        if on_stretch is not None:
            on_stretch()
        progress("racing", race.step, race.steps)
    return Timing(time.perf_counter() - start, race.step)
