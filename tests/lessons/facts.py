"""Settings, counts and formulas: what a lane is, resolved, and arithmetic with it."""

import ast
import functools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from nntui_engine.errors import InputError, allowed_names
from nntui_engine.registry.surface import SURFACES
from nntui_engine.scenario import LaneTables, Scenario, override
from nntui_engine.tasks.resolve import resolve_lane, resolve_surface


class Names(dict[str, Any]):
    """A table whose keys are read like attributes: ``train.lr``, ``train.schedule.decay``."""

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise InputError(f"unknown name {name!r}; {allowed_names(name, list(self))}")
        return _named(self[name])


def _named(value: Any) -> Any:
    """``value`` with every table in it read by name, those in lists too: ``model.layers[0].units``."""
    if isinstance(value, list):
        return [_named(one) for one in value]
    return Names(value) if isinstance(value, Mapping) else value


def lane_facts(scenario: Scenario, lane: LaneTables) -> Names:
    """A lane's settings with every "auto" decided (``train.lr``, …) and what can be counted (README.md lists it)."""
    key = json.dumps(lane.tables, sort_keys=True)
    facts = Names(_facts_of(key, lane.name, scenario.is_surface))
    return Names({**facts, "lanes": len(scenario.lanes)})


@functools.lru_cache(maxsize=256)
def _facts_of(tables_json: str, name: str, is_surface: bool) -> Mapping[str, Any]:
    tables = json.loads(tables_json)
    if is_surface:
        race = resolve_surface(tables, name)
        written = {parameter: getattr(race, parameter) for parameter in ("noise", "start", "window")}
        surface = {**race.table["surface"], **race.surface_parameters, **written}  # type: ignore[dict-item]
        train = {**race.table["train"], **race.optimizer_parameters}  # type: ignore[dict-item]
        minima = getattr(SURFACES[race.surface], "minima", ())
        return MappingProxyType({"surface": surface, "train": train, "steps": race.steps, "minima": minima})
    resolved = resolve_lane(tables, name)
    settings, data = resolved.settings, resolved.data
    widths = [settings.inputs, *(layer.units for layer in settings.layers)]
    weights = sum(a * b for a, b in pairwise(widths))
    rows = len(data.x_train)
    batches = math.ceil(rows / settings.batch_size)
    return MappingProxyType(
        {
            **settings.table,
            "inputs": settings.inputs,
            "outputs": settings.outputs,
            "layers": len(settings.layers) - 1,
            "units": max(widths[1:-1], default=0),
            "weights": weights,
            "parameters": weights + sum(widths[1:]),
            "classes": len(data.classes),
            "rows": rows + len(data.x_validation),
            "training_rows": rows,
            "validation_rows": len(data.x_validation),
            "batch_size": settings.batch_size,
            "batches": batches,
            "steps": settings.steps,
            "epochs": settings.steps / batches,
        }
    )


FUNCTIONS: dict[str, Any] = {
    name: getattr(math, name)
    for name in ("sqrt", "log", "log10", "log2", "exp", "tanh", "cos", "sin", "cosh", "hypot", "comb", "floor", "ceil")
}
FUNCTIONS |= {"abs": abs, "min": min, "max": max, "sum": sum, "len": len, "round": round, "pi": math.pi, "e": math.e}
_ALLOWED = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.BoolOp, ast.boolop, ast.Compare, ast.cmpop,
    ast.Call, ast.Name, ast.Load, ast.Constant, ast.Attribute, ast.Subscript, ast.List, ast.Tuple,
)  # fmt: skip


def evaluate(expression: str, names: Mapping[str, Any]) -> Any:
    """The value of an arithmetic ``expression`` over ``names`` and FUNCTIONS; InputError if it has none."""
    try:
        tree = ast.parse(expression, mode="eval")
        for node in ast.walk(tree):
            if not isinstance(node, _ALLOWED) or (isinstance(node, ast.Attribute) and node.attr.startswith("_")):
                raise InputError(f"formula {expression!r}: {type(node).__name__} is not allowed in a formula")
            if isinstance(node, ast.Name) and node.id not in names and node.id not in FUNCTIONS:
                known = [*names, *FUNCTIONS]
                raise InputError(f"formula {expression!r}: unknown name {node.id!r}; {allowed_names(node.id, known)}")
        wrapped = {key: _named(value) for key, value in names.items()}
        return eval(compile(tree, "formula", "eval"), {"__builtins__": {}, **FUNCTIONS, **wrapped})
    except InputError as error:
        raise InputError(f"formula {expression!r}: {error}" if expression not in str(error) else str(error)) from None
    except (SyntaxError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise InputError(f"formula {expression!r}: {error}") from None


def reads_only_a_name(expression: str) -> bool:
    """Whether it is a setting's name, such as ``train.lr`` or ``model.hidden[0]``, and no arithmetic."""
    try:
        nodes = list(ast.walk(ast.parse(expression, mode="eval")))
    except SyntaxError:
        return False
    allowed = (ast.Expression, ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Load, ast.UnaryOp, ast.USub)
    return all(isinstance(node, allowed) for node in nodes) and any(isinstance(node, ast.Name) for node in nodes)


def changed(scenario: Scenario, settings: Mapping[str, object], only: str | None, where: str) -> tuple[LaneTables, ...]:
    """The scenario's lanes with ``settings`` laid over the lane called ``only`` (None: over all)."""
    return tuple(
        LaneTables(lane.name, override(lane.tables, settings, where)) if only in (None, lane.name) else lane
        for lane in scenario.lanes
    )


def lanes_called(scenario: Scenario, names: str | Sequence[str] | None, where: str) -> list[str]:
    """The names asked for, checked; None stands for all lanes."""
    if names is None:
        return [lane.name for lane in scenario.lanes]
    wanted: Iterable[str] = [names] if isinstance(names, str) else names
    return [scenario.lane(name, where).name for name in wanted]
