"""An experiment without an engine: the same calls, numbers from formulas, no compiling."""

import math
import time
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from nntui_engine.errors import InputError
from nntui_engine.run.snapshot import LaneSnapshot, LayerInfo, Mark, NetworkPart, NonFinite, Series, Snapshot
from nntui_engine.scenario.settings import LaneSettings, LayerSettings

LAYER_NAMES = ("gradient_norm", "activation_variance", "dead_units")


def layer(index: int, units: int = 16, activation: str = "relu", init: str = "he_normal") -> LayerSettings:
    return LayerSettings(index, units, activation, 0.0, init, None, 0.0, 1.0, "none", 0.0, 0.0, 0.0, True)


def settings(name: str = "", activation: str = "relu", optimizer: str = "sgd", lr: float = 0.1) -> LaneSettings:
    parameters = {"lr": lr, "momentum": 0.0, "dampening": 0.0, "nesterov": 0.0, "weight_decay": 0.0}
    if optimizer == "adam":
        parameters = {
            "lr": lr, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0, "bias_correction": 1.0
        }  # fmt: skip
    return LaneSettings(
        name=name,
        inputs=4,
        layers=(layer(1, activation=activation), layer(2, activation=activation), layer(3, 3, "softmax")),
        batch_norm_inputs=False,
        batch_norm_momentum=0.9,
        input_dropout=0.0,
        dropconnect=0.0,
        loss="cross_entropy",
        huber_delta=1.0,
        accuracy="argmax",
        accuracy_threshold=0.5,
        optimizer=optimizer,
        optimizer_parameters=parameters,
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


def series(steps: np.ndarray, values: np.ndarray, spread: float = 0.0) -> Series:
    values = values.reshape(len(steps), values.shape[1] if values.ndim == 2 else 1).astype(float)
    return Series(steps.astype(float), values * (1 - spread), values, values * (1 + spread))


def lane_snapshot(
    index: int = 0, name: str = "", step: int = 300, points: int = 200, nan_from: int | None = None, **changes: Any
) -> LaneSnapshot:
    mine = changes.pop("settings", None) or settings(name)
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
        layers=tuple(
            LayerInfo(x.index, "output" if x.index == depth else str(x.index), 4, x.units, x.activation)
            for x in mine.layers
        ),
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


@dataclass
class FakeLane:
    name: str
    settings: LaneSettings
    data: Any = field(default_factory=lambda: SimpleNamespace(x_train=np.zeros((320, 4))))


class FakeExperiment:
    """Counts steps; ``tweak`` knows lr, optimizer, momentum, batch size and init; ``fail_at`` raises at that step."""

    def __init__(self, *names: str, steps: int = 1000, step_seconds: float = 0.0, fail_at: int | None = None) -> None:
        self.lanes = [FakeLane(name, settings(name)) for name in names or ("",)]
        self.network = self
        self.capabilities = frozenset({"advance", "tweak", "diagnose"})
        self.scenario = SimpleNamespace(
            title="A fake scenario",
            summary="Nothing is trained.",
            lesson="# Fakes\n\nThey count.\n\n- one\n- two",
            source="nobody",
            panels=("loss", "gradient_norm"),
            sweep=None,
            tries=(SimpleNamespace(say="Raise lr", set={"train.lr": 0.5}, lane=None),),
        )
        self.step, self.steps, self.seed = 0, steps, 0
        self.marks: list[Mark] = []
        self.asked: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        self._seconds, self._fail_at = step_seconds, fail_at

    @property
    def finished(self) -> bool:
        return self.step >= self.steps

    def advance(self, n: int = 1) -> int:
        n = min(n, self.steps - self.step)
        if self._fail_at is not None and self.step + n >= self._fail_at:
            raise ZeroDivisionError("the fake broke")
        time.sleep(self._seconds * n)
        self.step += n
        return n

    def advance_for(self, seconds: float) -> int:  # noqa: ARG002
        return self.advance(10)

    def tweak(self, changes: dict[str, object], lane: str | None = None) -> Mark:
        lr = changes.get("train.lr")
        if isinstance(lr, (int, float)) and lr > 100:
            raise InputError(f"train.lr: {lr} must be at most 100")
        for one in self.lanes:
            if lane in (None, one.name):
                one.settings = changed(one.settings, changes)
        restarted = "model.init" in changes or "model.hidden" in changes
        text = ", ".join(f"{key.split('.')[-1]} = {value}" for key, value in changes.items())
        mark = Mark(self.step, lane, changes, text, restarted)
        self.marks.append(mark)
        return mark

    def restart(self, seed: int | None = None) -> None:
        self.step, self.marks = 0, []
        self.seed = self.seed if seed is None else seed

    def findings(self) -> list[object]:
        return []

    def snapshot(
        self,
        layer_history: tuple[str, ...] = (),
        whole_history: tuple[str, ...] = (),
        points: int | None = 512,  # noqa: ARG002
    ) -> Snapshot:
        self.asked.append((tuple(layer_history), tuple(whole_history)))
        lanes = tuple(
            lane_snapshot(i, lane.name, self.step, settings=lane.settings) for i, lane in enumerate(self.lanes)
        )
        if self.finished:
            lanes = tuple(replace(lane, state="finished") for lane in lanes)
        return Snapshot("fake", "A fake scenario", self.seed, self.step, self.steps, lanes, tuple(self.marks))


def changed(old: LaneSettings, changes: dict[str, object]) -> LaneSettings:
    parameters, table = dict(old.optimizer_parameters), {key: dict(part) for key, part in old.table.items()}
    new = old
    for key, value in changes.items():
        group, _, name = key.partition(".")
        table.setdefault(group, {})[name] = value
        if key == "train.optimizer":
            new = replace(new, optimizer=str(value))
            parameters = dict(settings(optimizer=str(value), lr=parameters["lr"]).optimizer_parameters)
        elif key == "train.batch_size":
            new = replace(new, batch_size=value)
        elif name in parameters:
            parameters[name] = value
        elif key in ("model.activation", "model.init"):
            layers = tuple(
                replace(x, **{name: value}) if key == "model.init" or x.index < len(old.layers) else x
                for x in old.layers
            )
            new = replace(new, layers=layers)
    return replace(new, optimizer_parameters=parameters, table=table)
