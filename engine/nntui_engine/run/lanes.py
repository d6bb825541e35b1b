"""Lanes by their names, and the tables that they start from."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import InputError, allowed_names
from ..scenario import Scenario, override

FACTOR = "watch.lr"  # of a run that another framework makes: what its learning rate is multiplied by


def named_lanes(names: list[str], lane: str | None) -> list[str]:
    """``[lane]``, or all ``names`` for None; InputError if there is no lane of that name."""
    if lane is None:
        return names
    if lane not in names:
        raise InputError(f'unknown lane "{lane}"; {allowed_names(lane, names)}')
    return [lane]


def lane_tables(
    scenario: Scenario,
    seed: int | None,
    steps: int | None,
    overrides: Iterable[tuple[Mapping[str, object], str | None]],
) -> dict[str, Mapping[str, Any]]:
    """Each lane's tables by name, after seed, steps and ``overrides`` (settings, lane name or None for all)."""
    tables: dict[str, Mapping[str, Any]] = {lane.name: lane.tables for lane in scenario.lanes}
    chosen = {"train.seed": seed, "train.steps": steps}
    first = {key: value for key, value in chosen.items() if value is not None}
    for settings, lane in [(first, None), *overrides] if first else overrides:
        for name in named_lanes(list(tables), lane):
            tables[name] = override(tables[name], settings, where="--set")
    return tables


def shown(value: object) -> str:
    """A setting's value as a person would write it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def settings_words(settings: Mapping[str, object]) -> str:
    """Changed settings as a person would write them: "lr = 0.1, activation = relu", of a factor "lr × 0.5"."""
    return ", ".join(_setting_words(key, value) for key, value in settings.items())


def _setting_words(key: str, value: object) -> str:
    return f"{short_key(key)}{'' if key.startswith(FACTOR) else ' ='} {shown(value)}"


def short_key(key: str) -> str:
    """A key without its table: "lr" of train.lr, "stem.trainable" of model.layers.stem.trainable; of the factor on the
    rate of a group of parameters "lr of group 1 ×"."""
    if key.startswith(FACTOR):
        group = key.removeprefix(FACTOR).removeprefix("_")
        return f"lr of group {group} ×" if group else "lr ×"
    return key.removeprefix("model.layers.") if key.startswith("model.layers.") else key.rpartition(".")[2]
