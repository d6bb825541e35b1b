"""Training a scenario without a screen: from options to a finished experiment."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nntui.headless.output import Progress
from nntui.headless.signals import held

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.run.listener import Listener
    from nntui_engine.scenario import Scenario

Overrides = Sequence[tuple[Mapping[str, object], str | None]]
Row = Mapping[str, Any]

# Wall time between two looks at the samples: short, because the samples of one stretch are held in memory.
STRETCH_SECONDS = 0.02


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
        """Steps a second of wall time; 0.0 where no time was measured."""
        return self.steps / self.seconds if self.seconds > 0 else 0.0


def build(
    scenario: "Scenario",
    options: RunOptions,
    keep_samples: bool = False,
    compiling: Progress | None = None,
    listener: "Listener | None" = None,
) -> "Experiment":
    """The run ready to begin; ``compiling`` shows a first start's progress, ``listener`` hears of all it measures.

    Raises InputError for a setting that does not fit.
    """
    from nntui_engine.experiment import Experiment

    return Experiment(
        scenario,
        seed=options.seed,
        steps=options.steps,
        overrides=list(options.overrides),
        every=options.every if scenario.is_surface else 1,
        keep_samples=options.every if keep_samples else 0,
        compiling=compiling,
        listener=listener,
    )


def train(
    experiment: "Experiment", progress: Progress, on_rows: Callable[[Iterable[Row]], None] | None = None
) -> Timing:
    """Run ``experiment`` to its end. ``on_rows`` gets every sampled row of every lane, in order, a few at a time."""
    start = time.perf_counter()
    doing = "racing" if experiment.scenario.is_surface else "training"
    while not experiment.finished:
        with held():  # a record is closed with the run as it stands
            experiment.advance_for(STRETCH_SECONDS)
        if on_rows is not None:
            on_rows(experiment.samples())
        progress(doing, experiment.step, experiment.steps)
    return Timing(time.perf_counter() - start, experiment.step)


def reach(experiment: "Experiment", position: int, progress: Progress) -> bool:
    """Run ``experiment`` as far as ``position``, where nothing of it is handed over; whether it comes so far."""
    moved = 1
    while experiment.position < position and moved:
        with held():
            moved = experiment.advance_for(STRETCH_SECONDS, position)
        for _ in experiment.samples():
            pass
        progress("going back", experiment.position, position)
    return experiment.position == position
