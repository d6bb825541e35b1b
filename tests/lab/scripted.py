"""A run as nntui.watch records it, without PyTorch: numbers from formulas, orders taken when a test says so."""

from pathlib import Path
from typing import Any

import numpy as np

from nntui.watching.orders import Inbox, Order, name_of
from nntui_engine.record.watched import Description, WatchedRecorder
from nntui_engine.registry.statistic import LAYER_STATISTICS
from nntui_engine.run.snapshot import LayerInfo, NonFinite
from nntui_engine.scenario.settings import TURNED
from nntui_engine.tasks.network_lane import WHOLE

STEP = [row.name for row in LAYER_STATISTICS if row.cadence == "step"]
NAMES = ("stem", "block.self_attn", "block.linear1", "block.linear2", "head")
KINDS = ("dense", "attention", "dense", "dense", "dense")
TURNABLE: dict[str, Any] = {"lr": 1.0, "weight_decay": 0.01, "clip_norm": 0.0, "dropout": [0.1, 0.2]}


def described(turnable: dict[str, Any]) -> Description:
    layers = tuple(
        LayerInfo(
            index=at + 1, name=name, inputs=8, units=8, activation="relu" if at < 4 else "linear", kind=KINDS[at],
            shape=(8,), sources=(at,), parameters=72, has_weights=True,
        )
        for at, name in enumerate(NAMES)
    )  # fmt: skip
    return Description(
        title="Net", framework="PyTorch 2.13.0", layers=layers, optimizer="adamw",
        optimizer_parameters={"lr": 0.01, "weight_decay": 0.01}, batch_size=32, dtype="float32", parameters=360,
        turnable=turnable,
    )  # fmt: skip


class Scripted:
    """The run of a script; ``save``: whether it can save checkpoints."""

    def __init__(self, path: Path, turnable: dict[str, Any] | None = None, save: bool = True) -> None:
        self.path, self.position, self.factor, self.save = path, 0, 1.0, save
        self.recorder = WatchedRecorder(path, {"nntui": "0", "processor": "none"})
        self.turnable = TURNABLE if turnable is None else turnable
        self.inbox = Inbox(path) if self.turnable else None
        self.taken: list[Order | str] = []

    def begin(self) -> "Scripted":
        self.recorder.begin(described(self.turnable), 1)
        return self

    def steps(self, count: int, loss: float | None = None, broken: NonFinite | None = None) -> "Scripted":
        steps = np.arange(self.position + 1, self.position + count + 1, dtype=float)
        whole = np.full((count, len(WHOLE)), np.nan)
        for name, values in {"loss": 2.0 / steps, "gradient_norm": 1.0 / steps, "penalty": 0.0 * steps}.items():
            whole[:, WHOLE.index(name)] = values if loss is None or name != "loss" else loss
        whole[:, WHOLE.index("clipped_gradient_norm")] = 1.0 / steps
        whole[:, WHOLE.index("lr")] = 0.01 * self.factor
        layers = np.full((count, len(NAMES), len(STEP)), 0.5)
        layers[:, :, STEP.index("non_finite")] = 0.0
        self.position += count
        self.recorder.measured(steps, whole, layers)
        self.recorder.stands(self.position, "running", broken)
        return self

    def obey(self) -> "Scripted":
        """Takes what was ordered since the last time, as the hooks of a training do."""
        assert self.inbox is not None
        for order in self.inbox.new():
            self.taken.append(order)
            assert isinstance(order, Order)
            detail = {"what": order.what, "value": order.value, "group": order.group} if order.do == "set" else {}
            if order.do == "save" and not self.save:
                self.recorder.note(self.position, "refused", {"why": "the script has given no way to save"})
                continue
            if order.do == "set":
                self.factor = order.value if (order.what, order.group) == ("lr", None) else self.factor
                self.recorder.tweak(self.position, {TURNED: {name_of(order.what, order.group): order.value}})
            self.recorder.note(self.position, order.do, detail)
            self.recorder.stands(self.position, "running", None)
        return self

    def end(self) -> None:
        """The script comes to its end."""
        self.recorder.stands(self.position, "finished", None)
        self.close()

    def close(self) -> None:
        """Its process ends, without a word where :meth:`end` was not called."""
        if self.inbox is not None:
            self.inbox.close()
        self.recorder.close()
