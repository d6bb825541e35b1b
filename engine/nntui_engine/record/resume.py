"""Going on with a recorded run from the last moment whose numbers it kept, to the bit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiling.ahead import Progress
from ..errors import InputError
from ..experiment import Experiment
from ..kernels import columns as c
from ..layout.arena import Arena
from ..run.listener import Listener
from ..run.run import AnyTask
from ..run.timeline import Story, Tweaked
from ..scenario import Scenario
from ..tasks.lane_state import PROGRESS_INTS
from ..tasks.network import NetworkTask
from .race_state import restore_race
from .recorder import After, Recorder
from .source import RecordSource
from .story import arranged, story
from .tables import MomentRow


def resumed(
    path: Path,
    describe: Callable[[Any], Mapping[str, str]] = lambda _: {},
    keep_samples: int = 0,
    compiling: Progress | None = None,
    rewind_memory: int = 0,
) -> tuple[Experiment, Recorder]:
    """The run as it stood at the record's last moment, and what records it from there on, into the same file.

    A run that was ended before its first moment begins again. ``rewind_memory``: as of an Experiment. Raises InputError
    where the file is damaged, or is being written.
    """
    source = RecordSource(path)
    options = Options(keep_samples, compiling, rewind_memory)
    try:
        source.must_be_ours()
        moment = next(iter(source.tables.moments(with_numbers=True)), None)
        if moment is None:
            recorder = Recorder(path, describe, After((), False, *source.tables.ids()))
            return options.experiment(source.scenario, source.every, recorder), recorder
        run, told, planned = at_moment(source, moment, options)
        line = arranged(source.tables, source.line, told)
        after = After(line, False, *source.tables.ids())
    finally:
        source.close()
    recorder = Recorder(path, describe, after)
    run.continue_from(task_of(run), list(source.snapshot().marks), planned, recorder, told)
    return run, recorder


@dataclass(frozen=True, slots=True)
class Options:
    """How the run is made that goes on: as of an Experiment."""

    keep_samples: int = 0
    compiling: Progress | None = None
    rewind_memory: int = 0

    def experiment(self, scenario: Scenario, every: int, listener: Listener | None = None) -> Experiment:
        """A run at its start, measured ``every`` so many steps."""
        run = Experiment(
            scenario,
            every=every,
            keep_samples=self.keep_samples,
            compiling=self.compiling,
            rewind_memory=self.rewind_memory,
            listener=listener,
        )
        run.from_record = True
        return run


def at_moment(source: RecordSource, moment: MomentRow, options: Options) -> tuple[Experiment, Story, list[Tweaked]]:
    """A run with the numbers and the past of a moment, how it came there, and what is planned for later. ``source`` is
    looked at there then."""
    source.show(moment.arrangement, moment.at)
    lanes = tuple(source.lane_tables())
    run = options.experiment(replace(source.scenario, lanes=lanes, tables=lanes[0].tables), source.every)
    run.scenario = source.scenario  # what it began as
    _restore(run, source, moment.id)
    return run, story(source.tables, source.line, moment.at), moment.planned


def task_of(run: Experiment) -> AnyTask:
    """What it trains or races."""
    return run.surface if run.scenario.is_surface else run.network


def _restore(run: Experiment, source: RecordSource, number: int) -> None:
    """The numbers and the pasts of moment ``number``."""
    if run.scenario.is_surface:
        restore_race(run.surface, source, number)
    else:
        _restore_networks(run.network, source, number)
    task = task_of(run)
    for place, (lane, recorded) in enumerate(zip(task.lanes, source.lanes, strict=True)):
        if lane.settings != recorded.settings:
            raise InputError(
                f"{source.path}: lane {lane.name!r} resolves to other settings here than when it was recorded"
            )
        task.lanes[place] = lane.with_past_of(recorded)


def _restore_networks(task: NetworkTask, source: RecordSource, number: int) -> None:
    arena, kept = task.numbers, {}
    for part in ("pool", "order", "sums", "ints", "reals"):
        own: NDArray[Any] = getattr(arena, part)
        kept[part] = np.frombuffer(source.state(number, part, own.nbytes), own.dtype).reshape(own.shape)
    _check(arena, kept, source)
    for part in ("pool", "sums", "reals", "order"):
        getattr(arena, part)[:] = kept[part]
    arena.ints[:, PROGRESS_INTS] = kept["ints"][:, PROGRESS_INTS]


def _check(arena: Arena, kept: Mapping[str, NDArray[Any]], source: RecordSource) -> None:
    """Kernels trust what stands in these tables: nothing may point out of the data."""
    ints, before = kept["ints"], arena.ints
    progress, order = ints[:, PROGRESS_INTS], np.array(arena.order)
    for lane in range(len(ints)):
        at, rows = int(before[lane, c.I_ORDER]), int(before[lane, c.I_ROWS])
        some = order[at : at + rows] = kept["order"][at : at + rows]
        if rows and not 0 <= some.min() <= some.max() < rows:
            raise source.damaged("the order of its rows is none")
        last = max(before[lane, c.I_LIMIT], source.step_of(lane))  # it may have been told to end before where it stood
        if not (0 <= ints[lane, c.I_STEP] <= last and 0 <= ints[lane, c.I_POSITION] <= rows):
            raise source.damaged("it stands at no step of its run")
    if not np.array_equal(order, kept["order"]):
        raise source.damaged("the order of its rows is none")
    if (progress < -1).any() or (progress > 2**40).any() or (ints[:, c.I_EVALUATION_ROW] != -1).any():
        raise source.damaged("it stands at no step of its run")
    if (ints[:, c.I_BROKEN_NODE] != before[:, c.I_BROKEN_NODE]).any() and not _known(ints[:, c.I_BROKEN_NODE]):
        raise source.damaged("it broke at no node")


def _known(nodes: NDArray[np.int64]) -> bool:
    from ..kernels import codes
    from ..tasks.lane_state import NODES

    return bool(np.isin(nodes, [*NODES, codes.NOWHERE]).all())
