"""Tiny scenarios on data of the tests' own."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nntui_engine.experiment import Experiment
from nntui_engine.scenario import Scenario, scenario_from_dict

Build = Callable[..., Experiment]

PLAIN_DATA = {"test_fraction": 0.0, "preprocess": "none", "split": "last"}
PLAIN_TRAIN = {"batch_size": "full", "dtype": "float64", "lr": 0.1, "steps": 100, "evaluate_every": 1000}


def rows(n: int, inputs: int, outputs: int, kind: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """x (n, inputs) from a normal distribution, t (n, outputs): "real", "one_hot" or "labels" (each 0 or 1)."""
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((n, inputs))
    if kind == "real":
        return x, generator.standard_normal((n, outputs))
    if kind == "labels":
        return x, (generator.random((n, outputs)) < 0.5).astype(float)
    return x, np.eye(outputs)[np.arange(n) % outputs]


def write_npz(path: Path, x: np.ndarray, t: np.ndarray) -> Path:
    np.savez(path, x=x, y=t)
    return path


def scenario(
    path: Path,
    model: Mapping[str, Any],
    train: Mapping[str, Any],
    data: Mapping[str, Any] = {},
    lanes: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> Scenario:
    """A scenario on the NPZ file at ``path``: all rows train, in one full batch of float64, unless said otherwise."""
    return scenario_from_dict(
        {
            "schema": 1,
            "scenario": {"title": "test"},
            "data": {"path": str(path), **PLAIN_DATA, **data},
            "model": {"hidden": [3], "activation": "tanh", **model},
            "train": {**PLAIN_TRAIN, **train},
            "lane": [{"name": name, "set": dict(settings)} for name, settings in lanes],
        },
        name="test",
    )
