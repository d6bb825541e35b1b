"""From a lane's ``surface`` and ``train`` tables to the settings of a race."""

from collections.abc import Mapping
from typing import Any, cast

from msgspec import UNSET

from ..errors import InputError
from ..optimizers import OPTIMIZERS
from ..schedules import SCHEDULES
from ..settings import RaceSettings
from ..surfaces import SURFACES, Surface
from .checks import check, with_defaults
from .resolve import parameters_of
from .schema import DEFAULT_STEPS


def resolve_race(tables: Mapping[str, Any], name: str = "", where: str = "") -> RaceSettings:
    """Everything one lane races with; InputError for anything that is not allowed."""
    where = where or (f'lane "{name}"' if name else "scenario")
    checked = check(tables, where)
    table, train = checked.surface, checked.train
    if table is None:
        raise InputError(f"{where}: there is no [surface] to descend")
    surface = cast(Surface, SURFACES[table.name])
    schedule, schedule_parameters = checked.schedule
    return RaceSettings(
        name=name,
        surface=table.name,
        surface_parameters=parameters_of(surface, checked.data_parameters),
        start=surface.start if table.start is UNSET else (float(table.start[0]), float(table.start[1])),
        window=surface.window if table.window is UNSET else table.window,
        noise=table.noise,
        optimizer=train.optimizer,
        optimizer_parameters=parameters_of(OPTIMIZERS[train.optimizer], checked.optimizer_parameters),
        schedule=schedule,
        schedule_parameters=parameters_of(SCHEDULES[schedule], schedule_parameters),
        steps=train.steps if train.steps is not UNSET else DEFAULT_STEPS,
        clip_norm=train.clip_norm,
        clip_value=train.clip_value,
        seed=train.seed,
        table=with_defaults(tables, where),
    )
