"""Races for the tests: a surface, lanes, settings."""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nntui_engine.analysis.sweeps import Sensitivity, fair_rate
from nntui_engine.experiment import Experiment
from nntui_engine.registry.statistic import SURFACE_BY_NAME
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot
from nntui_engine.scenario import Scenario, scenario_from_dict

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

Lanes = Sequence[tuple[str, Mapping[str, Any]]]


def scenario(surface: Mapping[str, Any], train: Mapping[str, Any] = {}, lanes: Lanes = ()) -> Scenario:
    tables: dict[str, Any] = {
        "schema": 1,
        "scenario": {"title": "A race"},
        "surface": dict(surface),
        "train": dict(train),
        "lane": [{"name": name, "set": dict(changes)} for name, changes in lanes],
    }
    return scenario_from_dict(tables, name="race")


def race(surface: Mapping[str, Any], train: Mapping[str, Any] = {}, lanes: Lanes = (), **options: Any) -> Experiment:
    return Experiment(scenario(surface, train, lanes), **options)


def walk(surface: Mapping[str, Any], train: Mapping[str, Any]) -> np.ndarray:
    """The path (steps + 1, 2) of one lane."""
    run = race(surface, train)
    run.advance(run.steps)
    return seen(run).lanes[0].surface.path


def fair_rates(run: Experiment) -> list[Sensitivity]:
    return [fair_rate(lane.name, lane.settings) for lane in run.surface.lanes]


# Lanes that differ in all that a race has
MIXED: Lanes = (
    ("plain", {}),
    ("noisy", {"surface.noise": 0.3}),
    ("adam", {"train.optimizer": "adam", "train.lr": 0.05, "surface.noise": 0.1}),
    ("nadam", {"train.optimizer": "nadam", "train.schedule": {"kind": "exponential", "decay": 0.01}}),
    ("clipped", {"train.clip_norm": 0.5, "train.momentum": 0.9}),
    ("moons", {"surface.name": "noisy_moons", "train.lr": 0.3}),
    ("single points", {"surface.name": "noisy_moons", "surface.batch_size": 1, "train.optimizer": "rmsprop"}),
    ("diverging", {"train.lr": 10.0}),
)
MIXED_TRAIN = {"lr": 0.001, "steps": 300, "seed": 5}


def mixed(**options: Any) -> Experiment:
    return race({"name": "beale"}, MIXED_TRAIN, MIXED, **options)


def seen(run: Experiment) -> Snapshot:
    """The run now, with every history in full."""
    return run.snapshot(whole_history=tuple(SURFACE_BY_NAME), points=None)


def past(lane: LaneSnapshot, name: str) -> np.ndarray:
    """(steps,) of one statistic; the lane is one that :func:`seen` gave."""
    return lane.whole_history[name].mean[:, 0]


def digest(run: Experiment) -> str:
    """A hash of every bit of every lane's path, values, gradients and present state."""
    content = hashlib.sha256()
    for lane in seen(run).lanes:
        for part in (lane.surface.steps, lane.surface.path, past(lane, "value"), past(lane, "gradient_norm")):
            content.update(np.ascontiguousarray(part).tobytes())
        numbers = [
            *lane.surface.position,
            lane.whole["value"],
            lane.whole["gradient_norm"],
            lane.whole["path_length"],
            lane.step,
        ]
        content.update(np.array(numbers, dtype=float).tobytes())
    return content.hexdigest()


if __name__ == "__main__":
    race_of_eight = mixed()
    race_of_eight.advance(300)
    print(digest(race_of_eight))
