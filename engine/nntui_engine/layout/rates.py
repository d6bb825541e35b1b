"""The columns that tell a kernel how an optimizer steps: the same for networks and for surfaces."""

import numpy as np
from numpy.typing import NDArray

from ..registry.optimizer import HYPERPARAMETERS, OPTIMIZERS
from ..registry.schedule import SCHEDULES
from ..scenario.settings import Settings


def fill_codes(ints: NDArray[np.int64], settings: Settings, optimizer: int, schedule: int) -> None:
    """Which optimizer and which schedule, in these columns of a lane's row ``ints`` (columns,)."""
    ints[optimizer] = OPTIMIZERS[settings.optimizer].code
    ints[schedule] = SCHEDULES[settings.schedule].code


def fill_rates(reals: NDArray[np.float64], settings: Settings, schedule: int) -> None:
    """The optimizer's hyperparameters, first in a lane's row (columns,), and the schedule's, from ``schedule`` on."""
    from ..kernels.optimizer import MOMENTUM, MOMENTUM_END

    for column, name in enumerate(HYPERPARAMETERS):
        reals[column] = settings.optimizer_parameters.get(name, 0.0)
    reals[MOMENTUM_END] = reals[MOMENTUM]
    row = SCHEDULES[settings.schedule]
    for column, parameter in enumerate(row.parameters, schedule):
        reals[column] = settings.schedule_parameters[parameter.name]
    if row.name == "cosine" and reals[schedule] == 0.0:
        reals[schedule] = settings.steps
