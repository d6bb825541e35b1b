"""An experiment without an engine: the same calls, numbers from formulas, no compiling.

``python -m lab.fakes`` is the lab with one; "bad" gives it bad input.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from builders import lane_settings, lane_snapshot, numbers_of

from nntui_engine.errors import InputError
from nntui_engine.run.snapshot import Mark, Snapshot
from nntui_engine.scenario.settings import LaneSettings


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class NoWarming:
    """Nothing to compile."""

    def run(self, progress: Callable[[int, int, str], None]) -> str:
        progress(1, 2, "halfway")
        return ""

    def stop(self) -> None:
        """Nothing to stop."""


@dataclass
class FakeLane:
    name: str
    settings: LaneSettings
    data: Any = field(default_factory=lambda: SimpleNamespace(x_train=np.zeros((320, 4))))


class FakeExperiment:
    """Counts steps, one count for all lanes; ``tweak`` knows lr, optimizer, momentum, batch size and init.

    ``fail_at`` raises at that step.
    """

    def __init__(self, *names: str, steps: int = 1000, step_seconds: float = 0.0, fail_at: int | None = None) -> None:
        self.lanes = [FakeLane(name, lane_settings(name)) for name in names or ("",)]
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

    def add_lane(self, name: str, like: str, settings: dict[str, object], *, fresh: bool) -> bool:
        origin = next(lane for lane in self.lanes if lane.name == like)
        self.lanes.append(FakeLane(name, changed(origin.settings, settings)))
        return fresh

    def drop_lane(self, name: str) -> None:
        self.lanes = [lane for lane in self.lanes if lane.name != name]

    def rename_lane(self, name: str, new: str) -> None:
        for lane in self.lanes:
            lane.name = new if lane.name == name else lane.name

    def restart(self, seed: int | None = None) -> None:
        self.step, self.marks = 0, []
        self.seed = self.seed if seed is None else seed

    def note(self, what: str, detail: object) -> None:
        """Nobody listens."""

    def full_snapshot(self) -> Snapshot:
        return self.snapshot()

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
            parameters = numbers_of(str(value), lr=parameters["lr"])
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


def run_fake_lab() -> int:
    from nntui.lab import start

    def make() -> Any:
        if "bad" in sys.argv:
            raise InputError("data.csv: no such file")
        return FakeExperiment("sgd", "adam", steps=10**7, step_seconds=1e-4)

    start.Warming = lambda _: NoWarming()  # type: ignore[assignment,misc]
    try:
        return start.run_lab(make, title="In a terminal")
    except InputError as error:
        print(f"nntui: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(run_fake_lab())
