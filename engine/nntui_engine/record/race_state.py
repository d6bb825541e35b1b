"""The numbers of a race as a moment kept them: checked, since kernels trust them, and put back."""

import numpy as np

from ..kernels import race as k
from ..kernels.optimizer import MOMENTUM
from ..tasks.surface import SurfaceTask
from .source import RecordSource

PROGRESS_INTS = [k.C_STEP, k.C_UPDATES, k.C_DIVERGED_AT]
PROGRESS_REALS = [MOMENTUM, k.K_MOMENTUM_PRODUCT, k.K_VALUE, k.K_PATH_LENGTH]  # all else follows from the settings


def restore_race(task: SurfaceTask, source: RecordSource, number: int) -> None:
    """Put the numbers of moment ``number`` into a task whose lanes stand at their start. Raises InputError."""
    field = task.numbers
    state, ints, reals = (
        np.frombuffer(source.state(number, part, own.nbytes), own.dtype).reshape(own.shape)
        for part, own in (("state", field.state), ("ints", field.ints), ("reals", field.reals))
    )
    for place, lane in enumerate(source.lanes):
        step, updates, diverged = ints[place, PROGRESS_INTS].tolist()
        path = lane.histories["path"]
        newest, at = path.last(), path.last_step
        if (
            newest is None
            or not 0 <= at <= step < at + task.every
            or not 0 <= updates <= step
            or diverged not in (-1, step)
        ):
            raise source.damaged("it stands at no step of its run")
        stands = [*state[place, k.W : k.W + 2], *reals[place, [k.K_VALUE, k.K_PATH_LENGTH]]]
        sampled = newest[[k.O_X, k.O_Y, k.O_VALUE, k.O_PATH_LENGTH]]
        if step == at and np.array(stands).tobytes() != sampled.tobytes():
            raise source.damaged("it does not stand where its path ends")
    field.state[:] = state
    field.ints[:, PROGRESS_INTS] = ints[:, PROGRESS_INTS]
    field.reals[:, PROGRESS_REALS] = reals[:, PROGRESS_REALS]
    for _ in task.samples():  # of the start
        pass
