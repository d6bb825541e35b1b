"""Going on with a recorded run from the last moment whose numbers it kept, to the bit."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiling.ahead import Progress
from ..errors import InputError
from ..experiment import Experiment
from ..kernels import columns as c
from ..layout.arena import Arena
from ..run.run import AnyTask
from ..run.timeline import Tweaked
from ..tasks.lane_state import PROGRESS_INTS
from ..tasks.network import NetworkTask
from .race_state import restore_race
from .recorder import After, Arranged, Recorder
from .source import RecordSource


def resumed(
    path: Path,
    describe: Callable[[Any], Mapping[str, str]] = lambda _: {},
    keep_samples: int = 0,
    compiling: Progress | None = None,
) -> tuple[Experiment, Recorder]:
    """The run as it stood at the record's last moment, and what records it from there on, into the same file.

    A run that was ended before its first moment begins again. Raises InputError where the file is damaged, or is being
    written.
    """
    source = RecordSource(path)
    try:
        moment = source.moment()
        if moment is None:
            after, every = After(None, 0, *source.ids()), source.every
            source.close()
            recorder = Recorder(path, describe, after)
            again = Experiment(
                source.scenario, every=every, keep_samples=keep_samples, compiling=compiling, listener=recorder
            )
            return again, recorder
        number, arrangement, position, coming = moment
        source.show(arrangement, position)
        run = _built(source, keep_samples, compiling)
        _restore(run, source, number)
        marks, rows = list(source.snapshot().marks), [one.row for one in source.lanes_now]
        before = Arranged(arrangement, [row.id for row in rows], [row.name for row in rows])
        after = After(before, position, *source.ids())
    finally:
        source.close()
    recorder = Recorder(path, describe, after)
    planned = [Tweaked(one.after, one.set, one.lane) for one in coming]
    run.continue_from(_task(run), marks, planned, recorder)
    return run, recorder


def _built(source: RecordSource, keep_samples: int, compiling: Progress | None) -> Experiment:
    """The lanes at their start."""
    lanes = tuple(source.lane_tables())
    scenario = replace(source.scenario, lanes=lanes, tables=lanes[0].tables, changes=())
    return Experiment(scenario, every=source.every, keep_samples=keep_samples, compiling=compiling)


def _task(run: Experiment) -> AnyTask:
    return run.surface if run.scenario.is_surface else run.network


def _restore(run: Experiment, source: RecordSource, number: int) -> None:
    """The numbers and the pasts of moment ``number``."""
    if run.scenario.is_surface:
        restore_race(run.surface, source, number)
    else:
        _restore_networks(run.network, source, number)
    task = _task(run)
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
