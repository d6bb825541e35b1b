"""A lane's tables, with every "auto" decided and its data loaded: what the engine builds a network from."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from msgspec import UNSET, structs

from ..data.dataset import LaneData
from ..data.load import DataSettings, Split, lane_data, load_split
from ..data.sets import DATASETS
from ..data.targets import Targets
from ..errors import InputError
from ..registry.activation import ACTIVATIONS
from ..registry.initializer import INITIALIZERS
from ..registry.layer_kind import Shape
from ..registry.loss import LOSSES
from ..registry.optimizer import OPTIMIZERS
from ..registry.row import Row
from ..registry.schedule import SCHEDULES
from ..registry.surface import SURFACES
from ..scenario.augment import check_augment
from ..scenario.checks import MAX_PARAMETERS, Checked, check, per_layer, plain, takes, with_defaults
from ..scenario.problems import prefix
from ..scenario.schema import DEFAULT_STEPS, MAX_STEPS, EarlyStoppingTable, ModelTable
from ..scenario.settings import EarlyStopping, L1Method, LaneSettings, LayerSettings, Start, SurfaceSettings
from .autos import Head, decide_head
from .layers import activations_of, alphas, check_tokens, counted_layers, init_scale_of, layers_of

MAX_ACTIVATIONS = 500_000_000


@dataclass(frozen=True, slots=True)
class ResolvedLane:
    """One lane ready to be built: plain settings and its data."""

    settings: LaneSettings
    data: LaneData


def resolve_lane(tables: Mapping[str, Any], name: str = "", where: str = "") -> ResolvedLane:
    """Decide every "auto" of a lane's ``data``, ``model`` and ``train`` tables and load its data.

    Lanes with the same data table and the same ``train.seed`` share one copy of the arrays. ``where`` begins the
    message of an error; left out, the lane's name does.

    Raises InputError for data that cannot be read, a batch larger than the training set, outputs that do not
    fit the targets, and networks too large for memory.
    """
    where = where or (f'lane "{name}"' if name else "scenario")
    checked = check(tables, where)
    if checked.data is None:
        raise InputError(f"{where}: there is no [model] to train: it is a [surface] scenario")
    split = load_split(_data_settings(checked), checked.train.seed, where)
    targets = split.targets
    columns = len(targets.classes) or (targets.values.shape[1] if targets.values is not None else 1)
    model, train = checked.model, checked.train
    head = decide_head(split.task, columns, model.output, model.outputs, train.loss, checked.data.target_coding, where)
    data = lane_data(split, head.coding, checked.data.target_scale, where)
    check_augment(checked.data, data.shape, where)
    rows, inputs = data.x_train.shape
    batch_size = _batch_size(train.batch_size, rows, where)
    steps, per_epoch = _steps(checked, rows, batch_size, where)
    shape = data.shape
    layers = layers_of(checked, head, shape, where)
    _check_memory(layers, shape, batch_size, "model.hidden" if checked.layers is None else "model.layers", where)
    check_tokens(checked, data, where)
    accuracy, threshold = _accuracy(split, head)
    kind, schedule_parameters = checked.schedule
    every = train.evaluate_every if isinstance(train.evaluate_every, int) else max(10, per_epoch)
    stopping = train.early_stopping
    settings = LaneSettings(
        name=name,
        inputs=inputs,
        shape=shape,
        layers=layers,
        batch_norm_inputs=model.batch_norm_inputs,
        batch_norm_momentum=model.batch_norm_momentum,
        input_dropout=model.input_dropout,
        dropconnect=model.dropconnect,
        loss=head.loss,
        huber_delta=float(train.huber_delta) if train.huber_delta is not UNSET else _default(LOSSES["huber"]),
        accuracy=accuracy,
        accuracy_threshold=threshold,
        optimizer=train.optimizer,
        optimizer_parameters=parameters_of(OPTIMIZERS[train.optimizer], checked.optimizer_parameters),
        schedule=kind,
        schedule_parameters=parameters_of(SCHEDULES[kind], schedule_parameters),
        batch_size=batch_size,
        steps=steps,
        evaluate_every=every,
        clip_norm=train.clip_norm,
        clip_value=train.clip_value,
        early_stopping=EarlyStopping(stopping.patience, stopping.min_delta, stopping.restore_best)
        if isinstance(stopping, EarlyStoppingTable)
        else None,
        noise_inputs=train.noise.inputs,
        noise_weights=train.noise.weights,
        noise_gradients=train.noise.gradients,
        seed=train.seed,
        dtype=cast(Literal["float32", "float64"], train.dtype),
        l1_method=cast(L1Method, train.l1_method),
        start=_start(model),
        augment=checked.augment,
        shuffle=train.shuffle,
        table=_display(checked, split, head, batch_size, steps, every),
    )
    return ResolvedLane(settings, data)


def resolve_surface(tables: Mapping[str, Any], name: str = "", where: str = "") -> SurfaceSettings:
    """Everything one lane races with; InputError for anything that is not allowed."""
    where = where or (f'lane "{name}"' if name else "scenario")
    checked = check(tables, where)
    table, train = checked.surface, checked.train
    if table is None:
        raise InputError(f"{where}: there is no [surface] to descend")
    surface = SURFACES[table.name]
    schedule, schedule_parameters = checked.schedule
    return SurfaceSettings(
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


def _start(model: ModelTable) -> Start | None:
    table = model.start
    if table is UNSET:
        return None
    given = {key: None if value is UNSET else value for key, value in structs.asdict(table).items()}
    return Start(given["weights"] or "", given["scenario"] or "", given["seed"], tuple(given["layers"] or ()))


def _data_settings(checked: Checked) -> DataSettings:
    settings = plain(checked.data)
    del settings["target_coding"]
    settings.pop("augment", None)  # the rows are the same
    kind, values = checked.preprocess
    settings |= {"preprocess": kind, "divisor": values.get("by", 1.0), "parameters": checked.data_parameters}
    return DataSettings(**settings)


def _batch_size(asked: int | str, rows: int, where: str) -> int:
    if isinstance(asked, str):
        return rows
    if asked > rows:
        raise InputError(
            f"{prefix(where)}train.batch_size = {asked}: the training set has {rows} rows; "
            f'allowed: 1 to {rows}, or "full"'
        )
    return asked


def _steps(checked: Checked, rows: int, batch_size: int, where: str) -> tuple[int, int]:
    """(steps of the whole run, steps of an epoch)."""
    per_epoch = math.ceil(rows / batch_size)
    if checked.train.epochs is not UNSET:
        steps = checked.train.epochs * per_epoch
        if steps > MAX_STEPS:
            raise InputError(f"{prefix(where)}train.epochs = {checked.train.epochs}: more than {MAX_STEPS:g} steps")
        return steps, per_epoch
    return (checked.train.steps if checked.train.steps is not UNSET else DEFAULT_STEPS), per_epoch


def _default(row: Row) -> float:
    return row.parameters[0].default


def parameters_of(row: Row, written: Mapping[str, Any]) -> dict[str, float]:
    """Every parameter of ``row``, as written or its default (flags as 1.0 or 0.0)."""
    return {p.name: float(written.get(p.name, p.default)) for p in row.parameters}


def _check_memory(layers: Sequence[LayerSettings], shape: Shape, batch_size: int, key: str, where: str) -> None:
    count = sum(layer.parameters for layer in counted_layers(layers, shape))
    if count > MAX_PARAMETERS:
        raise InputError(
            f"{prefix(where)}{key}: the network would have {count} parameters; "
            f"the limit is {MAX_PARAMETERS // 10**6} million"
        )
    values = batch_size * activations_of(layers, shape)
    if values > MAX_ACTIVATIONS:
        raise InputError(
            f"{prefix(where)}train.batch_size = {batch_size}: a batch would make {values} activations; "
            f"the limit is {MAX_ACTIVATIONS // 10**6} million"
        )


def _accuracy(split: Split, head: Head) -> tuple[Literal["none", "argmax", "threshold"], float]:
    if split.task == "regression" or (head.outputs == 1 and len(split.targets.classes) > 2):
        return "none", 0.0  # one output cannot name more than two classes
    if split.task != "multilabel" and head.outputs >= 2:
        return "argmax", 0.0
    return "threshold", _cut(split.targets, head.coding)


def _cut(targets: Targets, coding: str) -> float:
    """Midway between the targets' two values, whatever the output and the loss: 0.5, and 0 where they are −1 and 1.

    Other values stand only in a class column taken as it is.
    """
    if coding == "as_is" and targets.class_values is not None:
        return float(0.5 * targets.class_values.min() + 0.5 * targets.class_values.max())
    negative = coding == "plus_minus" or (targets.values is not None and bool((targets.values == -1.0).any()))
    return 0.0 if negative else 0.5


def _display(
    checked: Checked, split: Split, head: Head, batch_size: int, steps: int, evaluate_every: int
) -> dict[str, dict[str, Any]]:
    """The tables with every default and decision written out; read again, they give the same lane.

    Of own files only the names are kept, not the folders, so that reports do not hold paths.
    """
    assert checked.data is not None
    data = plain(checked.data)
    for key in ("path", "labels", "test_path", "test_labels"):
        if key in data:
            data[key] = _file_name(data[key])
    if "name" in data:
        own = _written(DATASETS[data["name"]], checked.data_parameters)
        data = {"name": data.pop("name"), **own, **data}
        del data["target"]
    kind, values = checked.preprocess
    data |= {
        "task": split.task,
        "target_coding": head.coding,
        "preprocess": {"kind": kind, **values} if values else kind,
    }
    model = plain(checked.model) | {"output": head.output, "outputs": head.outputs}
    if "weights" in model.get("start", {}):
        model["start"]["weights"] = _file_name(model["start"]["weights"])
    if checked.layers is not None:
        del model["hidden"]
        return {"data": data, "model": model, "train": _display_train(checked, head, batch_size, steps, evaluate_every)}
    activations = [*per_layer(checked.model.activation, len(checked.model.hidden)), head.output]
    if "alpha" not in model and any(takes(ACTIVATIONS, name, "alpha") for name in activations[:-1]):
        each = alphas(checked.model, activations)[:-1]
        takers = {a for a, name in zip(each, activations, strict=False) if takes(ACTIVATIONS, name, "alpha")}
        # one number stands for a list of equal ones, but it would reach the output layer too
        single = len(takers) == 1 and not takes(ACTIVATIONS, head.output, "alpha")
        model["alpha"] = takers.pop() if single else each
    names = per_layer(checked.model.init, len(checked.model.hidden) + 1)
    if "init_scale" not in model and any(takes(INITIALIZERS, name, "init_scale") for name in names):
        scales = [init_scale_of(name, None) or 0.0 for name in names]
        model["init_scale"] = scales[0] if len(set(scales)) == 1 else scales
    return {"data": data, "model": model, "train": _display_train(checked, head, batch_size, steps, evaluate_every)}


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _display_train(checked: Checked, head: Head, batch_size: int, steps: int, evaluate_every: int) -> dict[str, Any]:
    train: dict[str, Any] = {"loss": head.loss}
    if head.loss == "huber":
        train["huber_delta"] = _default(LOSSES["huber"])
    train |= {"optimizer": checked.train.optimizer}
    train |= _written(OPTIMIZERS[checked.train.optimizer], checked.optimizer_parameters)
    kind, values = checked.schedule
    schedule = {"kind": kind, **_written(SCHEDULES[kind], values)} if SCHEDULES[kind].parameters else kind
    rest = {key: value for key, value in plain(checked.train).items() if key not in ("epochs", "loss", "optimizer")}
    train |= rest | {
        "schedule": schedule,
        "batch_size": batch_size,
        "steps": steps,
        "evaluate_every": evaluate_every,
    }
    return train


def _written(row: Row, given: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters of ``row`` as a file would hold them: true / false, whole numbers, numbers."""
    written: dict[str, Any] = {}
    for parameter in row.parameters:
        value = given.get(parameter.name, parameter.default)
        written[parameter.name] = bool(value) if parameter.flag else int(value) if parameter.whole else float(value)
    return written
