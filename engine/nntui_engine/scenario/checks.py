"""What a lane's tables must obey before any data is read: names, ranges, list lengths, what goes with what.

Nothing here judges whether settings are wise. Whatever a person can write in Keras or PyTorch passes, because showing
why it fails to train is what a scenario is for.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from msgspec import UNSET

from ..data.sets import DATASETS
from ..errors import InputError
from ..registry.activation import ACTIVATIONS, HIDDEN_ACTIVATIONS
from ..registry.initializer import INITIALIZERS
from ..registry.loss import LOSSES
from ..registry.optimizer import LR, OPTIMIZERS
from ..registry.row import Row
from ..registry.schedule import SCHEDULES
from ..registry.surface import SURFACES
from .augment import read_augment
from .layers import WrittenLayer, written_layers
from .problems import choose, fail, prefix, read, refuse_non_finite, show, unknown_key
from .schema import DEFAULT_STEPS, SECTIONS, DataTable, EarlyStoppingTable, ModelTable, SurfaceTable, TrainTable
from .settings import Augment

TASKS = ("auto", "regression", "binary", "classes", "multilabel")
TARGET_CODINGS = ("auto", "label", "one_hot", "plus_minus", "as_is")
PREPROCESSES = ("none", "center", "standardize", "minmax", "whiten", "divide")
TARGET_SCALES = ("none", "standardize", "minmax")
SPLITS = ("random", "last")
BATCH_NORMS = ("none", "before", "after")
L1_METHODS = ("subgradient", "proximal")
DTYPES = ("float32", "float64")

MAX_PARAMETERS = 200_000_000
# What a map's ticks and zoom can tell apart in 64-bit numbers
NARROWEST_WINDOW = 1e-12
NARROWEST_SHARE = 1e-9

SURFACE_PARAMETERS = tuple(dict.fromkeys(p.name for row in SURFACES.rows for p in row.parameters))
DATA_PARAMETERS = tuple(dict.fromkeys(p.name for row in DATASETS.rows for p in row.parameters))
OPTIMIZER_PARAMETERS = tuple(dict.fromkeys(p.name for row in OPTIMIZERS.rows for p in row.parameters))
_NO_USE_ON_A_SURFACE = (
    "loss", "huber_delta", "batch_size", "epochs", "evaluate_every", "l1", "l1_method", "l2", "early_stopping",
)  # fmt: skip

_EVERY_LAYER = "layer (the output layer is the last)"

Tables = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Checked:
    """A lane's tables in typed form; parameters of a choice hold only what was written.

    ``layers`` are those of ``model.layers``, None where ``model.hidden`` says them.
    ``data`` is None for a surface, ``surface`` for data; ``data_parameters`` are those of whichever is there.
    ``schedule`` and ``preprocess`` are (kind, parameters). ``augment`` is None where rows are not changed.
    """

    data: DataTable | None
    data_parameters: dict[str, Any]
    surface: SurfaceTable | None
    model: ModelTable
    layers: tuple[WrittenLayer, ...] | None
    train: TrainTable
    optimizer_parameters: dict[str, Any]
    schedule: tuple[str, dict[str, Any]]
    preprocess: tuple[str, dict[str, Any]]
    augment: Augment | None = None


def check(tables: Mapping[str, Any], where: str = "") -> Checked:
    """Check a lane's ``data`` / ``surface``, ``model`` and ``train`` tables.

    Raises InputError with one line that names ``where``, the key path, the value and what is allowed.
    """
    for section, table in tables.items():
        if section not in SECTIONS:
            unknown_key(where, "", section, list(SECTIONS))
        refuse_non_finite(table, where, section)
    if "data" in tables and "surface" in tables:
        raise InputError(f"{prefix(where)}[data] and [surface] cannot stand together; keep one of them")
    if "surface" in tables:
        return _check_surface(tables, where)
    if "data" not in tables:
        raise InputError(f"{prefix(where)}a [data] or a [surface] table is missing")
    data, data_parameters, preprocess = _check_data(tables["data"], where)
    model = read(tables.get("model", {}), ModelTable, where, "model")
    layers = None
    if model.layers is not UNSET:
        if "hidden" in tables["model"]:
            raise InputError(f"{prefix(where)}model.layers and model.hidden cannot stand together; keep one of them")
        layers = written_layers(model.layers, where)
    train_table = tables.get("train", {})
    if layers is not None:
        _check_single(
            tables["model"],
            ("activation", "alpha", "init", "init_scale", "bias", "dropout", "trainable"),
            "model",
            where,
        )
        _check_single(train_table, ("l1", "l2"), "train", where)
    _check_model(model, where)
    train, optimizer_parameters, schedule = _check_train(train_table, where, len(model.hidden))
    augment = read_augment(data, data_parameters, where)
    return Checked(
        data, data_parameters, None, model, layers, train, optimizer_parameters, schedule, preprocess, augment
    )


def _check_single(table: Any, keys: Sequence[str], path: str, where: str) -> None:
    """Beside ``model.layers`` a value is for all layers that take it; lists are for ``model.hidden``."""
    for key in keys:
        if isinstance(table, Mapping) and isinstance(table.get(key), list):
            fail(where, f"{path}.{key}", table[key], "a list is for model.hidden; write it into the model.layers")


def with_defaults(tables: Mapping[str, Any], where: str = "") -> Tables:
    """A deep copy of ``tables`` with every default written out.

    Defaults that hang on another key are left out, because they change with it: the parameters of an optimizer (but
    ``lr``), a schedule, a data set, an activation, an initializer, and ``steps`` where ``epochs`` is given.
    """
    checked = check(tables, where)
    train = {"lr": LR.default, **plain(checked.train), **checked.optimizer_parameters}
    if "steps" not in train and "epochs" not in train:
        train["steps"] = DEFAULT_STEPS
    if checked.surface is not None:
        return {
            "surface": {**plain(checked.surface), **checked.data_parameters},
            "train": {key: value for key, value in train.items() if key not in _NO_USE_ON_A_SURFACE},
        }
    assert checked.data is not None
    model = plain(checked.model)
    if checked.layers is not None:
        del model["hidden"]
    return {
        "data": {**plain(checked.data), **checked.data_parameters},
        "model": model,
        "train": train,
    }


def plain(table: object) -> dict[str, Any]:
    """A typed table as a file would hold it, without what was left unset."""
    return copy.deepcopy(cast(dict[str, Any], msgspec.to_builtins(table)))


def _check_surface(tables: Mapping[str, Any], where: str) -> Checked:
    if "model" in tables:
        raise InputError(f"{prefix(where)}[model] has no place beside [surface]: a surface has no layers")
    named, surface_parameters = _take(tables["surface"], SURFACE_PARAMETERS)
    surface = read(named, SurfaceTable, where, "surface", SURFACE_PARAMETERS)
    row = SURFACES.find(surface.name, f"{prefix(where)}surface.name")
    _check_parameters(row, surface_parameters, where, "surface")
    problem = "" if surface.window is UNSET else window_problem(surface.window)
    if problem:
        fail(where, "surface.window", surface.window, problem)
    written = tables.get("train", {})
    for key in _NO_USE_ON_A_SURFACE:
        if isinstance(written, Mapping) and key in written:
            fail(where, f"train.{key}", written[key], "has no meaning on a surface")
    train, optimizer_parameters, schedule = _check_train(written, where, 0)
    if schedule[0] == "plateau":
        fail(where, "train.schedule", "plateau", "has no meaning on a surface: nothing is evaluated there")
    return Checked(
        None, surface_parameters, surface, ModelTable(), None, train, optimizer_parameters, schedule, ("none", {})
    )


def window_problem(window: tuple[tuple[float, float], tuple[float, float]]) -> str:
    """What is wrong with a window ((x0, x1), (y0, y1)), as a phrase; "" if nothing is."""
    for axis, (low, high) in zip("xy", window, strict=True):
        if not low < high:
            return f"{axis} must run from a smaller to a larger number"
        if high - low < max(NARROWEST_WINDOW, NARROWEST_SHARE * max(abs(low), abs(high))):
            return f"{axis} must span at least {NARROWEST_WINDOW:g}, and a billionth of its distance from 0"
    return ""


def _check_data(raw: Any, where: str) -> tuple[DataTable, dict[str, Any], tuple[str, dict[str, Any]]]:
    written, parameters = _take(raw, DATA_PARAMETERS)
    table = read(written, DataTable, where, "data", DATA_PARAMETERS)
    if (table.name is UNSET) == (table.path is UNSET):
        problem = "needs a name (a data set) or a path (your own file)" if table.name is UNSET else "has name and path"
        raise InputError(f"{prefix(where)}[data] {problem}; give one of the two")
    if table.name is not UNSET:
        row = DATASETS.find(table.name, f"{prefix(where)}data.name")
        _check_parameters(row, parameters, where, "data")
        for key in ("labels", "test_path", "test_labels"):
            if getattr(table, key) is not UNSET:
                fail(where, f"data.{key}", getattr(table, key), "goes with data.path only, not with data.name")
    elif parameters:
        key, value = next(iter(parameters.items()))
        fail(where, f"data.{key}", value, "goes with a generated data set only, not with a file")
    if table.folds == 1:
        fail(where, "data.folds", 1, "must be 0 (no folds) or at least 2")
    if table.folds and table.fold > table.folds:
        fail(where, "data.fold", table.fold, f"must be at most data.folds = {table.folds}")
    if table.folds and table.test_path is not UNSET:
        fail(where, "data.folds", table.folds, "cannot stand beside data.test_path, which holds out rows of its own")
    choose(where, "data.task", table.task, TASKS, "task")
    choose(where, "data.target_coding", table.target_coding, TARGET_CODINGS, "target coding")
    choose(where, "data.split", table.split, SPLITS, "split")
    choose(where, "data.target_scale", table.target_scale, TARGET_SCALES, "target scale")
    return table, parameters, _check_preprocess(table.preprocess, where)


def _check_preprocess(value: str | dict[str, Any], where: str) -> tuple[str, dict[str, Any]]:
    kind, parameters = _kind_and_parameters(value, where, "data.preprocess", PREPROCESSES, "preprocessing")
    allowed = ["kind", "by"] if kind == "divide" else ["kind"]
    for key in parameters:
        if key not in allowed:
            unknown_key(where, "data.preprocess", key, allowed)
    if kind == "divide":
        if "by" not in parameters:
            raise InputError(f'{prefix(where)}data.preprocess: write {{ kind = "divide", by = 255 }}')
        by = parameters["by"]
        if isinstance(by, bool) or not isinstance(by, (int, float)) or by == 0 or abs(by) > 1e30:
            fail(where, "data.preprocess.by", by, "must be a number other than 0")
    return kind, parameters


def _check_model(table: ModelTable, where: str) -> None:
    depth = len(table.hidden)
    for layer, width in enumerate(table.hidden[1:], 2):
        if width * table.hidden[layer - 2] > MAX_PARAMETERS:
            raise InputError(
                f"{prefix(where)}model.hidden = {show(table.hidden)}: hidden layer {layer} alone has more than "
                f"{MAX_PARAMETERS // 10**6} million weights, the limit for a whole network"
            )
    for name in _each(table.activation):
        ACTIVATIONS.find(name, f"{prefix(where)}model.activation")
        if name not in HIDDEN_ACTIVATIONS:
            allowed = ", ".join(HIDDEN_ACTIVATIONS)
            fail(where, "model.activation", name, f"is for the output layer only; allowed here: {allowed}")
    _check_length(table.activation, depth, "hidden layer", where, "model.activation")
    if table.output != "auto":
        choose(where, "model.output", table.output, ["auto", *ACTIVATIONS], "activation")
    if isinstance(table.outputs, str) and table.outputs != "auto":
        fail(where, "model.outputs", table.outputs, 'must be "auto" or a whole number of at least 1')
    for name in _each(table.init):
        INITIALIZERS.find(name, f"{prefix(where)}model.init")
    _check_length(table.init, depth + 1, _EVERY_LAYER, where, "model.init")
    if table.start is not UNSET:
        given = [key for key in ("weights", "scenario") if getattr(table.start, key) is not UNSET]
        if len(given) != 1:
            fail(where, "model.start", plain(table.start), "needs weights (a file) or scenario (a name)")
        if table.start.seed is not UNSET and given == ["weights"]:
            fail(where, "model.start.seed", table.start.seed, "goes with scenario only")
    _check_alpha(table, where)
    _check_init_scale(table, where)
    for bias in _each(table.bias):
        if isinstance(bias, str) and bias != "normal":
            fail(where, "model.bias", bias, 'must be a number or "normal"')
    for key in ("bias", "trainable"):
        _check_length(getattr(table, key), depth + 1, _EVERY_LAYER, where, f"model.{key}")
    _check_length(table.dropout, depth, "hidden layer", where, "model.dropout")
    choose(where, "model.batch_norm", table.batch_norm, BATCH_NORMS)


def _check_alpha(table: ModelTable, where: str) -> None:
    if table.alpha is UNSET:
        return
    _check_length(table.alpha, len(table.hidden), "hidden layer", where, "model.alpha")
    names = per_layer(table.activation, len(table.hidden))
    values = per_layer(table.alpha, len(table.hidden))
    if not isinstance(table.alpha, list):
        names, values = [*names, table.output], [*values, table.alpha]
    _check_taken(ACTIVATIONS, "alpha", names, values, table.alpha, "no activation here takes an alpha", where)


def _check_init_scale(table: ModelTable, where: str) -> None:
    if table.init_scale is UNSET:
        return
    layers = len(table.hidden) + 1
    _check_length(table.init_scale, layers, _EVERY_LAYER, where, "model.init_scale")
    names, values = per_layer(table.init, layers), per_layer(table.init_scale, layers)
    nobody = f"{', '.join(dict.fromkeys(names))} takes no init_scale"
    _check_taken(INITIALIZERS, "init_scale", names, values, table.init_scale, nobody, where)


def _check_taken(
    registry: Mapping[str, Row],
    key: str,
    names: Sequence[str],
    values: Sequence[Any],
    written: object,
    nobody: str,
    where: str,
) -> None:
    """Check a parameter that not every row takes: ``values`` stand beside the ``names`` that were chosen."""
    for name, value in zip(names, values, strict=True):
        parameter = registry[name].parameter(key) if name in registry else None
        if parameter is not None and (problem := parameter.problem(value)):
            fail(where, f"model.{key}", value, f"{problem} for {name}")
    if not any(takes(registry, name, key) for name in names):
        takers = ", ".join(name for name in registry if takes(registry, name, key))
        fail(where, f"model.{key}", written, f"{nobody}; those that do: {takers}")


def _check_train(raw: Any, where: str, depth: int) -> tuple[TrainTable, dict[str, Any], tuple[str, dict[str, Any]]]:
    written, parameters = _take(raw, OPTIMIZER_PARAMETERS)
    table = read(written, TrainTable, where, "train", OPTIMIZER_PARAMETERS)
    row = OPTIMIZERS.find(table.optimizer, f"{prefix(where)}train.optimizer")
    _check_parameters(row, parameters, where, "train")
    choose(where, "train.loss", table.loss, ["auto", *LOSSES], "loss")
    if table.huber_delta is not UNSET and table.loss != "huber":
        fail(where, "train.huber_delta", table.huber_delta, f'goes with loss = "huber" only, not with "{table.loss}"')
    if table.steps is not UNSET and table.epochs is not UNSET:
        raise InputError(f"{prefix(where)}train.steps and train.epochs cannot stand together; keep one of them")
    if isinstance(table.batch_size, str) and table.batch_size != "full":
        fail(where, "train.batch_size", table.batch_size, 'must be "full" or a whole number of at least 1')
    if isinstance(table.evaluate_every, str) and table.evaluate_every != "auto":
        fail(where, "train.evaluate_every", table.evaluate_every, 'must be "auto" or a whole number of at least 1')
    if not isinstance(table.early_stopping, EarlyStoppingTable) and table.early_stopping != "none":
        fail(where, "train.early_stopping", table.early_stopping, 'must be "none" or a table such as { patience = 20 }')
    for key in ("l1", "l2"):
        _check_length(getattr(table, key), depth + 1, _EVERY_LAYER, where, f"train.{key}")
    choose(where, "train.l1_method", table.l1_method, L1_METHODS)
    choose(where, "train.dtype", table.dtype, DTYPES)
    kind, schedule_parameters = _kind_and_parameters(
        table.schedule, where, "train.schedule", list(SCHEDULES), "schedule"
    )
    _check_parameters(SCHEDULES[kind], schedule_parameters, where, "train.schedule")
    return table, parameters, (kind, schedule_parameters)


def _take(raw: Any, names: Sequence[str]) -> tuple[Any, dict[str, Any]]:
    """Split ``raw`` into the table's own keys and the parameters called ``names``."""
    if not isinstance(raw, Mapping):
        return raw, {}
    rest = {key: value for key, value in raw.items() if key not in names}
    return rest, {key: value for key, value in raw.items() if key in names}


def _check_parameters(row: Row, parameters: Mapping[str, Any], where: str, table: str) -> None:
    for key, value in parameters.items():
        parameter = row.parameter(key)
        if parameter is None:
            own = ", ".join(p.name for p in row.parameters) or "no parameters"
            raise InputError(f'{prefix(where)}{table}.{key}: {row.name} has no parameter "{key}"; it takes {own}')
        if problem := parameter.problem(value):
            fail(where, f"{table}.{key}", value, problem)


def _kind_and_parameters(
    value: str | dict[str, Any], where: str, key: str, kinds: Sequence[str], word: str
) -> tuple[str, dict[str, Any]]:
    """Read ``"cosine"`` or ``{ kind = "cosine", over = 500 }``."""
    if isinstance(value, str):
        choose(where, key, value, kinds, word)
        return value, {}
    kind = value.get("kind")
    if not isinstance(kind, str):
        raise InputError(f"{prefix(where)}{key}.kind is missing; allowed: {', '.join(kinds)}")
    choose(where, f"{key}.kind", kind, kinds, word)
    return kind, {name: item for name, item in value.items() if name != "kind"}


def _check_length(value: object, count: int, each: str, where: str, key: str) -> None:
    if isinstance(value, list) and len(value) != count:
        noun = "entry" if len(value) == 1 else "entries"
        fail(where, key, value, f"{len(value)} {noun}, but {count} needed: one for each {each}; or give a single value")


def _each(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]


def per_layer(value: Any, count: int) -> list[Any]:
    """``value`` as a list with one entry for each of ``count`` layers."""
    return list(value) if isinstance(value, list) else [value] * count


def takes(registry: Mapping[str, Row], name: str, parameter: str) -> bool:
    """Whether the row called ``name`` has a parameter of that name ("auto" has none)."""
    return name in registry and registry[name].parameter(parameter) is not None
