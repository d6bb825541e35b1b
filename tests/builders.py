"""Settings and snapshots made by hand: networks and races without an engine, values from formulas."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nntui_engine.registry.optimizer import OPTIMIZERS
from nntui_engine.registry.statistic import EVALUATION_STATISTICS, LAYER_STATISTICS, WHOLE_STATISTICS
from nntui_engine.run.finding import Finding, Fix
from nntui_engine.run.snapshot import (
    LaneSnapshot,
    LayerInfo,
    Mark,
    NetworkPart,
    NonFinite,
    Series,
    Snapshot,
    SurfacePart,
)
from nntui_engine.scenario.settings import LaneSettings, LayerSettings, SurfaceSettings
from nntui_engine.tasks.field import distances
from nntui_engine.tasks.layers import counted_layers

LAYER_NAMES = ("gradient_norm", "activation_variance", "dead_units")
WINDOW = ((-2.0, 2.0), (-1.0, 3.0))


def layer(index: int, units: int = 16, activation: str = "relu", init: str = "he_normal") -> LayerSettings:
    settings = LayerSettings(index, units, activation, 0.0, init, None, 0.0, 1.0, "none", 0.0, 0.0, 0.0, True)
    return replace(settings, sources=(index - 1,))


def numbers_of(optimizer: str, **changes: float) -> dict[str, float]:
    """An optimizer's parameters, its defaults but for ``changes``."""
    return {parameter.name: parameter.default for parameter in OPTIMIZERS[optimizer].parameters} | changes


def lane_settings(
    name: str = "",
    activation: str = "relu",
    optimizer: str = "sgd",
    lr: float = 0.1,
    units: Sequence[int] = (16, 16, 3),
    **changes: Any,
) -> LaneSettings:
    """A classifier of four inputs; ``changes`` of any other field."""
    found = LaneSettings(
        name=name,
        inputs=4,
        shape=(4,),
        layers=tuple(
            layer(i + 1, count, activation if i + 1 < len(units) else "softmax") for i, count in enumerate(units)
        ),
        batch_norm_inputs=False,
        batch_norm_momentum=0.9,
        input_dropout=0.0,
        dropconnect=0.0,
        loss="cross_entropy",
        huber_delta=1.0,
        accuracy="argmax",
        accuracy_threshold=0.5,
        optimizer=optimizer,
        optimizer_parameters=numbers_of(optimizer, lr=lr),
        schedule="constant",
        schedule_parameters={},
        batch_size=32,
        steps=1000,
        evaluate_every=10,
        clip_norm=0.0,
        clip_value=0.0,
        early_stopping=None,
        noise_inputs=0.0,
        noise_weights=0.0,
        noise_gradients=0.0,
        seed=0,
        dtype="float32",
        table={"train": {"lr": lr, "optimizer": optimizer}, "model": {"activation": activation, "init": "he_normal"}},
    )
    return replace(found, **changes)


def layers_of(settings: LaneSettings) -> tuple[LayerInfo, ...]:
    found, depth = [], len(settings.layers)
    for x, counted in zip(settings.layers, counted_layers(settings.layers, settings.shape), strict=True):
        found.append(
            LayerInfo(
                index=x.index,
                name="output" if x.index == depth else x.label,
                inputs=counted.inputs,
                units=x.units,
                activation=x.activation,
                kind=x.kind,
                shape=counted.shape,
                sources=x.sources,
                parameters=counted.parameters,
                multiply_adds=counted.multiply_adds,
                has_weights=bool(x.init),
            )
        )
    return tuple(found)


def series(steps: np.ndarray, values: np.ndarray, spread: float = 0.0) -> Series:
    values = values.reshape(len(steps), values.shape[1] if values.ndim == 2 else 1).astype(float)
    return Series(steps.astype(float), values * (1 - spread), values, values * (1 + spread))


def lane_snapshot(
    index: int = 0, name: str = "", step: int = 300, points: int = 200, nan_from: int | None = None, **changes: Any
) -> LaneSnapshot:
    mine = changes.pop("settings", None) or lane_settings(name)
    steps = np.linspace(1, step, min(points, step)) if step else np.zeros(0)
    loss = (1 + index) * np.exp(-steps / 200)
    depth = len(mine.layers)
    layers = 10.0 ** -np.arange(depth) * np.ones((len(steps), depth))
    broken = None
    if nan_from is not None:
        loss[steps >= nan_from] = np.nan
        layers[steps >= nan_from] = np.nan
        broken = NonFinite(nan_from, 1, "z", 1e30, 1e20, 2.0, 1.0, 0.1)
    whole = {"loss": float(loss[-1]) if step else math.nan, "accuracy": 0.5, "validation_accuracy": 0.4}
    whole_history = {
        "loss": series(steps, loss, 0.1),
        "validation_loss": series(steps, loss * 1.2),
        "accuracy": series(steps, 0.5 * np.ones(len(steps))),
        "validation_accuracy": series(steps, 0.4 * np.ones(len(steps))),
        "train_accuracy": series(steps, 0.45 * np.ones(len(steps))),
    }
    per_layer = {
        "gradient_norm": layers[-1] if step else np.zeros(depth),
        "activation_variance": np.ones(depth),
        "dead_units": np.array([2.0, 1.0, 0.0]),
    }
    found = LaneSnapshot(
        index=index,
        name=name,
        step=step,
        state="running",
        own=NetworkPart(mine, "classes", 400, own_data=False, first_non_finite=broken),
        layers=layers_of(mine),
        whole=whole if step else {},
        per_layer=per_layer if step else {},
        whole_history=whole_history if step else {},
        layer_history={name: series(steps, layers) for name in LAYER_NAMES} if step else {},
    )
    return changed_lane(found, **changes)


def changed_lane(lane: LaneSnapshot, **changes: Any) -> LaneSnapshot:
    """The lane with other fields, its own or those of its network's part."""
    own = {name: changes.pop(name) for name in NetworkPart.__dataclass_fields__ if name in changes}
    return replace(lane, own=replace(lane.network, **own), **changes)


def snapshot(*names: str, step: int = 300, steps: int = 1000, marks: tuple[Mark, ...] = (), **changes: Any) -> Snapshot:
    lanes = tuple(lane_snapshot(i, name, step, **changes) for i, name in enumerate(names or ("",)))
    return Snapshot("fake", "A fake scenario", 0, step, steps, lanes, marks)


# -- a finished run with every statistic there is --------------------------------------------------------------------


def iris_settings(name: str = "relu", **changes: Any) -> LaneSettings:
    table = {"data": {"name": "iris", "test_fraction": 0.3}}
    found = lane_settings(name, optimizer="adam", lr=0.01, units=(16, 8, 3), steps=100, table=table)
    return replace(found, **changes)


def straight(columns: int, first: float, last: float, points: int = 50) -> Series:
    """A straight line from ``first`` to ``last``, the same in every column."""
    return series(np.arange(1.0, points + 1), np.repeat(np.linspace(first, last, points)[:, None], columns, axis=1))


def iris_lane(
    settings: LaneSettings,
    index: int = 0,
    whole: Mapping[str, float] | None = None,
    first_non_finite: NonFinite | None = None,
    without: Sequence[str] = (),
) -> LaneSnapshot:
    names = [row.name for row in (*WHOLE_STATISTICS, *EVALUATION_STATISTICS)]
    per_layer = {row.name: np.array([0.001, 0.01, 0.1]) for row in LAYER_STATISTICS}
    per_layer["dead_units"] = np.array([3.0, 0.0, 0.0])
    return LaneSnapshot(
        index=index,
        name=settings.name,
        step=100,
        state="finished",
        own=NetworkPart(settings, "classes", 243, own_data=False, first_non_finite=first_non_finite),
        layers=layers_of(iris_settings()),
        whole={name: 0.5 for name in names if name not in without} | dict(whole or {}),
        per_layer=per_layer,
        whole_history={name: straight(1, 2.0, 0.1) for name in names},
        layer_history={row.name: straight(3, 1.0, 1e-4) for row in LAYER_STATISTICS},
    )


def iris(*lanes: LaneSnapshot, marks: tuple[Mark, ...] = ()) -> Snapshot:
    return Snapshot("iris", "Three kinds of iris", 0, 100, 100, lanes or (iris_lane(iris_settings()),), marks)


def diverged() -> Snapshot:
    """Two lanes: a healthy one, and one whose loss is NaN and whose gradient is infinite."""
    bad = iris_lane(
        iris_settings("too hot"),
        1,
        {"loss": math.nan, "gradient_norm": math.inf},
        first_non_finite=NonFinite(7, 2, "z", 1e30, 1e20, 2.0, 1.0, 0.1),
    )
    bad.per_layer["gradient_norm"][:] = (math.nan, math.inf, -math.inf)  # type: ignore[index]
    bad.whole_history["loss"].mean[25:] = math.nan
    return iris(iris_lane(iris_settings()), bad, marks=(Mark(40, "too hot", {"train.lr": 0.5}, "lr 0.1 → 0.5"),))


RESIDUAL = [
    {"kind": "dense", "name": "stem", "units": 16},
    {
        "repeat": 2,
        "layers": [
            {"kind": "dense", "name": "a", "units": 16},
            {"kind": "dense", "name": "b", "units": 16, "activation": "linear"},
            {"kind": "add", "from": ["b", "block"]},
        ],
    },
]


def residual_settings(name: str = "", blocks: int = 2, **changes: Any) -> LaneSettings:
    """Four inputs, a dense layer, ``blocks`` residual blocks (a, b, their sum), three classes."""
    layers = [replace(layer(1), name="stem")]
    for turn in range(1, blocks + 1):
        block = len(layers)
        layers += [
            replace(layer(block + 1), name=f"a.{turn}"),
            replace(layer(block + 2, activation="linear"), name=f"b.{turn}"),
            replace(layer(block + 3, activation="linear", init=""), kind="add", sources=(block + 2, block)),
        ]
    layers.append(layer(len(layers) + 1, 3, "softmax"))
    model = {"layers": RESIDUAL, "activation": "relu", "init": "he_normal", "dropout": 0.0, "trainable": True}
    table = {"data": {"name": "iris"}, "model": model, "train": {"lr": 0.01, "optimizer": "adam", "l2": 0.0}}
    changes = {"layers": tuple(layers), "table": table, "steps": 100, **changes}
    return lane_settings(name, optimizer="adam", lr=0.01, **changes)


def with_every_statistic(settings: LaneSettings) -> LaneSnapshot:
    """A finished lane; as from the engine, a layer without weights has NaN where a statistic is of weights."""
    depth, infos = len(settings.layers), layers_of(settings)
    per_layer, histories = {}, {}
    for row in LAYER_STATISTICS:
        there = np.array([1.0 if info.has(row.name) else np.nan for info in infos])
        per_layer[row.name] = 0.01 * np.arange(1, depth + 1) * there
        line = straight(depth, 1.0, 1e-4)
        histories[row.name] = Series(line.steps, *(values * there for values in (line.low, line.mean, line.high)))
    lane = iris_lane(settings)
    return replace(lane, layers=infos, per_layer=per_layer, layer_history=histories)


def residual(**changes: Any) -> Snapshot:
    """A finished run of a residual network, with every statistic."""
    return iris(with_every_statistic(residual_settings(**changes)))


def finding(lane: str) -> Finding:
    return Finding(
        rule="dead_relu",
        severity="warning",
        lane=lane,
        layers=(1, 2),
        first_step=40,
        evidence={"dead_units": 8.0},
        message="Half of the units are silent.",
        fixes=(Fix({"train.lr": 0.01}, "smaller steps kill fewer units"),),
    )


# -- races -------------------------------------------------------------------------------------------------------------


def race_settings(name: str = "sgd", optimizer: str = "sgd", **changes: Any) -> SurfaceSettings:
    found = SurfaceSettings(
        name=name,
        surface="bowl",
        surface_parameters={},
        start=(-1.5, 1.0),
        window=WINDOW,
        noise=0.0,
        optimizer=optimizer,
        optimizer_parameters=numbers_of(optimizer),
        schedule="constant",
        schedule_parameters={},
        steps=100,
        clip_norm=0.0,
        clip_value=0.0,
        seed=0,
        table={"surface": {"name": "bowl", "noise": 0.0}, "train": {"optimizer": optimizer, "lr": 0.01}},
    )
    return replace(found, **changes)


def racer(index: int = 0, path: Any = None, **changes: Any) -> LaneSnapshot:
    """A lane whose values are x² + y² along ``path`` (m, 2); ``changes`` of statistics, of what only a surface's lane
    has, or of any lane's fields. Histories are given as arrays (m,)."""
    if path is None:
        t = np.linspace(0, 1, 41)[:, None]
        path = np.array([-1.5, 1.0]) * (1 - t) + np.array([0.0, 0.0]) * t
    path = np.asarray(path, dtype=float)
    with np.errstate(all="ignore"):
        values = (path**2).sum(axis=1)
    settings = changes.pop("settings", None) or race_settings(f"lane {index}")
    own = SurfacePart(
        settings=settings,
        position=(float(path[-1, 0]), float(path[-1, 1])),
        curvatures=(1.0, 4.0),
        steps=np.arange(len(path), dtype=float),
        path=path,
        minima=np.zeros((1, 2)),
        lowest=0.0,
    )
    own = replace(own, **{name: changes.pop(name) for name in SurfacePart.__dataclass_fields__ if name in changes})
    whole = {"value": float(values[-1]), "gradient_norm": 1.0, "distance": 1.0, "path_length": 1.0, "lr": 0.01}
    whole |= {name: changes.pop(name) for name in whole if name in changes}
    past = {
        "value": changes.pop("values", values),
        "gradient_norm": changes.pop("gradient_norms", np.sqrt(values)),
        "distance": distances(own.path, own.minima),
    }
    histories = {name: Series(own.steps, v[:, None], v[:, None], v[:, None]) for name, v in past.items()}
    found = LaneSnapshot(index, settings.name, len(path) - 1, "running", own, whole, whole_history=histories)
    return replace(found, **changes)


def race(*lanes: LaneSnapshot, **changes: Any) -> Snapshot:
    found = Snapshot("fake", "A fake race", 0, max(lane.step for lane in lanes), 100, lanes)
    return replace(found, **changes)
