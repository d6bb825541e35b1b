"""Recording a run that goes on already, with all that it still knows of before."""

from collections.abc import Iterator
from dataclasses import replace

from ..experiment import Experiment
from ..run.run import Run
from ..run.timeline import Story
from .recorder import Recorder
from .story import first_lanes


def record_late(run: Experiment, recorder: Recorder) -> None:
    """Have ``recorder``, of a new file, record ``run`` from where it stands on. Raises InputError."""
    told = run.story
    recorder.begin_late(run, told, _stages(run, told))
    run.heard_by(recorder)


def _stages(run: Experiment, told: Story) -> Iterator[Run]:
    """The lanes as they were before each event, of a run that makes no step, and the run itself."""
    if told.events:
        lanes = first_lanes(told)
        shadow = Experiment(replace(run.scenario, lanes=lanes, tables=lanes[0].tables, changes=()))
        yield shadow
        for event in told.events[:-1]:
            event.redo(shadow)
            yield shadow
    yield run
