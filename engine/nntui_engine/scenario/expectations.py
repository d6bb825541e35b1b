"""Checks on what a scenario says it shows: tries and expectations."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET

from ..errors import InputError
from ..registry.recurrence import GATES
from ..registry.statistic import (
    EVALUATION_BY_NAME,
    LAYER_BY_NAME,
    OF_TIME,
    ON_DEMAND_BY_NAME,
    ON_DEMAND_LAYER_BY_NAME,
    SEQUENCE_BY_NAME,
    SURFACE_BY_NAME,
    WHOLE_BY_NAME,
)
from .layers import OUTPUT, written_layers
from .problems import choose, prefix, read, show
from .schema import Expectation, ModelTable

# Only expectations ask for these: both coordinates at once, and the largest value on the way
MORE_SURFACE_STATISTICS = ("position", "highest_value")
LAYER_NAMES = (*LAYER_BY_NAME, *SEQUENCE_BY_NAME, *ON_DEMAND_LAYER_BY_NAME)
WHOLE_NAMES = (*WHOLE_BY_NAME, *EVALUATION_BY_NAME, *ON_DEMAND_BY_NAME)
_PARTS = {"time": "time step of a sequence", "gate": "gate"}
_COMPARISONS = ("below", "above", "between", "equals")


def check_lane(lane: str | None, names: Sequence[str], where: str, key: str) -> None:
    """Check that ``lane``, if given, is one of ``names``, which are [""] in a scenario without [[lane]] tables.

    ``key`` is where the lane is named. Raises InputError.
    """
    if lane is not None and list(names) == [""]:
        raise InputError(f"{prefix(where)}{key} = {show(lane)}: the scenario has no [[lane]] tables")
    if lane is not None:
        choose(where, key, lane, names, "lane")


def check_expectation(
    expectation: Expectation,
    depths: Mapping[str, Sequence[str]],
    steps: Mapping[str, int | None],
    is_surface: bool,
    where: str,
) -> None:
    """Raises InputError for what is wrong with one ``[[expect]]``.

    ``depths`` are the names of each lane's layers (output layer included), ``steps`` each lane's last step where
    the file states it.
    """
    check_lane(expectation.lane, list(depths), where, "lane")
    if expectation.lane is None and len(depths) > 1 and expectation.no_finding is None:
        raise InputError(f"{prefix(where)}lane is missing; allowed: {', '.join(depths)}")
    _check_seeds(expectation, where)
    subjects = [key for key in ("statistic", "finding", "no_finding") if getattr(expectation, key) is not None]
    if len(subjects) != 1:
        raise InputError(f"{prefix(where)}give one of statistic, finding and no_finding (here: {_listed(subjects)})")
    lane = expectation.lane if expectation.lane is not None else next(iter(depths))
    _check_step(expectation.step, steps[lane], where, "step")
    if subjects[0] == "statistic":
        _check_statistic(expectation, lane, depths, steps, is_surface, where)
        return
    rule = getattr(expectation, subjects[0])
    if not re.fullmatch(r"[a-z][a-z0-9_]*", rule):
        raise InputError(f"{prefix(where)}{subjects[0]} = {show(rule)}: must be the name of a diagnosis rule")
    for key in (*_COMPARISONS, "over"):
        if getattr(expectation, key) is not None:
            raise InputError(f"{prefix(where)}{key} goes with a statistic, not with {subjects[0]}")


def _check_statistic(
    expectation: Expectation,
    lane: str,
    depths: Mapping[str, Sequence[str]],
    steps: Mapping[str, int | None],
    is_surface: bool,
    where: str,
) -> None:
    name = expectation.statistic
    assert name is not None
    on_surface = [*SURFACE_BY_NAME, *MORE_SURFACE_STATISTICS]
    allowed = on_surface if is_surface else list(dict.fromkeys((*LAYER_NAMES, *WHOLE_NAMES)))
    choose(where, "statistic", name, allowed, "statistic")
    _check_layer(expectation.layer, depths[lane], where, "layer")
    _check_part(expectation, name, where)
    over = expectation.over
    layers = [expectation.layer]
    if over is not None:
        if all(part is None for part in (over.layer, over.lane, over.step, over.time)):
            raise InputError(f"{prefix(where)}over is empty; name a layer, a lane, a step or a time step")
        check_lane(over.lane, list(depths), where, "over.lane")
        other = over.lane if over.lane is not None else lane
        layers.append(over.layer if over.layer is not None else expectation.layer)
        _check_layer(layers[1], depths[other], where, "over.layer")
        _check_step(over.step, steps[other], where, "over.step")
    if not is_surface:
        for layer in layers:
            if layer is None and name not in WHOLE_NAMES:
                raise InputError(f'{prefix(where)}layer is missing: "{name}" is measured for each layer')
            if layer is not None and name not in LAYER_NAMES:
                raise InputError(f'{prefix(where)}layer = {layer}: "{name}" is measured for the whole network')
    bounds = [key for key in _COMPARISONS if getattr(expectation, key) is not None]
    if not bounds or (len(bounds) > 1 and sorted(bounds) != ["above", "below"]):
        raise InputError(
            f"{prefix(where)}give below, above (or both), between = [a, b] or equals (here: {_listed(bounds)})"
        )
    if expectation.average_over > 1 and is_surface and name not in ("value", "gradient_norm"):
        raise InputError(f"{prefix(where)}average_over goes with value and gradient_norm only, not with {name}")
    if expectation.average_over > 1 and name in {**ON_DEMAND_BY_NAME, **ON_DEMAND_LAYER_BY_NAME}:
        raise InputError(f"{prefix(where)}average_over: {name} is worked out once, not at every step")
    pair = isinstance(expectation.equals, tuple)
    if name == "position" and not (pair and len(expectation.equals or ()) == 2 and over is None):  # type: ignore[arg-type]
        raise InputError(f"{prefix(where)}position goes with equals = [x, y] only; x and y are statistics too")
    if name != "position" and pair:
        raise InputError(f"{prefix(where)}equals = {show(expectation.equals)}: must be a number")
    if expectation.between is not None and not expectation.between[0] <= expectation.between[1]:
        raise InputError(f"{prefix(where)}between = {show(expectation.between)}: the first must be the smaller")


def _check_part(expectation: Expectation, name: str, where: str) -> None:
    """Of what a recurrent layer has several numbers of, which one."""
    needed = {**dict.fromkeys(OF_TIME, "time"), "gate_mean": "gate", "gate_saturated": "gate"}.get(name)
    for key in ("time", "gate"):
        given = getattr(expectation, key)
        if key == needed and given is None:
            raise InputError(f'{prefix(where)}{key} is missing: "{name}" is measured for each {_PARTS[key]}')
        if key != needed and given is not None:
            raise InputError(f'{prefix(where)}{key} = {show(given)}: "{name}" is not measured for each {_PARTS[key]}')
    for key, time in (("time", expectation.time), ("over.time", expectation.over.time if expectation.over else None)):
        if time is not None and (time == 0 or time < -1 or needed != "time"):
            raise InputError(
                f"{prefix(where)}{key} = {time}: allowed with {' and '.join(OF_TIME)}, from 1; −1 is the last"
            )
    if expectation.gate is not None:
        choose(
            where, "gate", expectation.gate, list(dict.fromkeys(g for gates in GATES.values() for g in gates)), "gate"
        )
    if needed and expectation.average_over > 1:
        raise InputError(f"{prefix(where)}average_over: {name} is read at one step")


def _check_seeds(expectation: Expectation, where: str) -> None:
    seeds, at_least = expectation.seeds, expectation.at_least
    if at_least is None and seeds > 1:
        raise InputError(f"{prefix(where)}at_least is missing: on how many of the {seeds} seeds must it hold?")
    if at_least is not None and seeds == 1:
        raise InputError(f"{prefix(where)}seeds is missing: at_least = {at_least} of how many seeds, 2 or more?")
    if at_least is not None and at_least > seeds:
        raise InputError(f"{prefix(where)}at_least = {at_least}: must be at most seeds = {seeds}")


def layer_names(model: Mapping[str, Any]) -> list[str]:
    """What the layers of a [model] table are called: their numbers or names, "output" last."""
    if "layers" not in model:
        return [*(str(number) for number in range(1, len(model.get("hidden", ())) + 1)), OUTPUT]
    tables = read({"layers": model["layers"]}, ModelTable, "", "model").layers
    assert tables is not UNSET
    written = enumerate(written_layers(tables, ""), 1)
    return [*(layer.name or str(number) for number, layer in written), OUTPUT]


def _check_layer(layer: int | str | None, names: Sequence[str], where: str, key: str) -> None:
    depth = len(names)
    if isinstance(layer, str):
        choose(where, key, layer, names, "layer")
    elif layer is not None and not (layer == -1 or 1 <= layer <= depth):
        raise InputError(f"{prefix(where)}{key} = {layer}: allowed are 1 to {depth}, and -1 for the output layer")


def _check_step(step: int | None, last: int | None, where: str, key: str) -> None:
    if step is not None and last is not None and step > last:
        raise InputError(f"{prefix(where)}{key} = {step}: the lane ends at step {last}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
