"""Snapshots made by hand, so that reports can be tested without training."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nntui_engine.registry.optimizer import OPTIMIZERS
from nntui_engine.registry.statistic import EVALUATION_STATISTICS, LAYER_STATISTICS, WHOLE_STATISTICS
from nntui_engine.run.finding import Finding, Fix
from nntui_engine.run.snapshot import LaneSnapshot, LayerInfo, Mark, NetworkPart, NonFinite, Series, Snapshot
from nntui_engine.scenario.settings import LaneSettings, LayerSettings

UNITS = (16, 8, 3)


def layer_settings(index: int, units: int, activation: str) -> LayerSettings:
    return LayerSettings(
        index=index,
        units=units,
        activation=activation,
        alpha=0.0,
        init="he_normal",
        init_scale=None,
        bias=0.0,
        bias_scale=1.0,
        batch_norm="none",
        dropout=0.0,
        l1=0.0,
        l2=0.0,
        trainable=True,
    )


def lane_settings(name: str = "relu", **changes: object) -> LaneSettings:
    settings = LaneSettings(
        name=name,
        inputs=4,
        layers=tuple(layer_settings(i + 1, units, "softmax" if i == 2 else "relu") for i, units in enumerate(UNITS)),
        batch_norm_inputs=False,
        batch_norm_momentum=0.9,
        input_dropout=0.0,
        dropconnect=0.0,
        loss="cross_entropy",
        huber_delta=1.0,
        accuracy="argmax",
        accuracy_threshold=0.5,
        optimizer="adam",
        optimizer_parameters={p.name: p.default for p in OPTIMIZERS["adam"].parameters},
        schedule="constant",
        schedule_parameters={},
        batch_size=32,
        steps=100,
        evaluate_every=10,
        clip_norm=0.0,
        clip_value=0.0,
        early_stopping=None,
        noise_inputs=0.0,
        noise_weights=0.0,
        noise_gradients=0.0,
        seed=0,
        dtype="float32",
        table={"data": {"name": "iris", "test_fraction": 0.3}},
    )
    return replace(settings, **changes)  # type: ignore[arg-type]


def series(columns: int, first: float, last: float, points: int = 50) -> Series:
    """A straight line from ``first`` to ``last``, the same in every column."""
    mean = np.repeat(np.linspace(first, last, points)[:, None], columns, axis=1)
    return Series(np.arange(1.0, points + 1), mean, mean, mean)


def lane_snapshot(
    settings: LaneSettings,
    index: int = 0,
    whole: Mapping[str, float] | None = None,
    first_non_finite: NonFinite | None = None,
    without: Sequence[str] = (),
) -> LaneSnapshot:
    whole_names = [row.name for row in (*WHOLE_STATISTICS, *EVALUATION_STATISTICS)]
    values = {name: 0.5 for name in whole_names if name not in without}
    values.update(whole or {})
    per_layer = {row.name: np.array([0.001, 0.01, 0.1]) for row in LAYER_STATISTICS}
    per_layer["dead_units"] = np.array([3.0, 0.0, 0.0])
    return LaneSnapshot(
        index=index,
        name=settings.name,
        step=100,
        state="finished",
        own=NetworkPart(settings, "classes", 243, own_data=False, first_non_finite=first_non_finite),
        layers=tuple(
            LayerInfo(i + 1, "output" if i == 2 else str(i + 1), 4, units, settings.layers[i].activation)
            for i, units in enumerate(UNITS)
        ),
        whole=values,
        per_layer=per_layer,
        whole_history={name: series(1, 2.0, 0.1) for name in whole_names},
        layer_history={row.name: series(3, 1.0, 1e-4) for row in LAYER_STATISTICS},
    )


def snapshot(*lanes: LaneSnapshot, marks: tuple[Mark, ...] = ()) -> Snapshot:
    lanes = lanes or (lane_snapshot(lane_settings()),)
    return Snapshot("iris", "Three kinds of iris", 0, 100, 100, lanes, marks)


def diverged() -> Snapshot:
    """Two lanes: a healthy one, and one whose loss is NaN and whose gradient is infinite."""
    bad = lane_snapshot(
        lane_settings("too hot"),
        1,
        {"loss": math.nan, "gradient_norm": math.inf},
        first_non_finite=NonFinite(7, 2, "z", 1e30, 1e20, 2.0, 1.0, 0.1),
    )
    bad.per_layer["gradient_norm"][:] = (math.nan, math.inf, -math.inf)  # type: ignore[index]
    bad.whole_history["loss"].mean[25:] = math.nan
    return snapshot(
        lane_snapshot(lane_settings()), bad, marks=(Mark(40, "too hot", {"train.lr": 0.5}, "lr 0.1 → 0.5"),)
    )


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
