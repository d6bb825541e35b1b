"""Races for the tests: a surface, lanes, settings."""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nntui_engine.race import Race
from nntui_engine.scenario import Scenario, scenario_from_dict

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

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


def race(surface: Mapping[str, Any], train: Mapping[str, Any] = {}, lanes: Lanes = (), **options: Any) -> Race:
    return Race(scenario(surface, train, lanes), **options)


def walk(surface: Mapping[str, Any], train: Mapping[str, Any]) -> np.ndarray:
    """The path (steps + 1, 2) of one lane."""
    run = race(surface, train)
    run.advance(run.steps)
    return run.snapshot().lanes[0].path


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


def mixed(**options: Any) -> Race:
    return race({"name": "beale"}, MIXED_TRAIN, MIXED, **options)


def digest(run: Race) -> str:
    """A hash of every bit of every lane's path, values, gradients and present state."""
    content = hashlib.sha256()
    for lane in run.snapshot().lanes:
        for part in (lane.steps, lane.path, lane.values, lane.gradient_norms):
            content.update(np.ascontiguousarray(part).tobytes())
        numbers = [*lane.position, lane.value, lane.gradient_norm, lane.path_length, lane.step]
        content.update(np.array(numbers, dtype=float).tobytes())
    return content.hexdigest()


if __name__ == "__main__":
    race_of_eight = mixed()
    race_of_eight.advance(300)
    print(digest(race_of_eight))
