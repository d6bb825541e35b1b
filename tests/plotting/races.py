"""Races without an engine: paths from formulas, positions of any size."""

from dataclasses import replace
from typing import Any

import numpy as np

from nntui_engine.optimizers import OPTIMIZERS
from nntui_engine.settings import RaceSettings
from nntui_engine.snapshot import RacerSnapshot, RaceSnapshot

WINDOW = ((-2.0, 2.0), (-1.0, 3.0))


def race_settings(name: str = "sgd", optimizer: str = "sgd", **changes: Any) -> RaceSettings:
    found = RaceSettings(
        name=name,
        surface="bowl",
        surface_parameters={},
        start=(-1.5, 1.0),
        window=WINDOW,
        noise=0.0,
        optimizer=optimizer,
        optimizer_parameters={p.name: p.default for p in OPTIMIZERS[optimizer].parameters},
        schedule="constant",
        schedule_parameters={},
        steps=100,
        clip_norm=0.0,
        clip_value=0.0,
        seed=0,
        table={"surface": {"name": "bowl", "noise": 0.0}, "train": {"optimizer": optimizer, "lr": 0.01}},
    )
    return replace(found, **changes)


def racer(index: int = 0, path: Any = None, **changes: Any) -> RacerSnapshot:
    """A lane whose values are x² + y² along ``path`` (m, 2)."""
    if path is None:
        t = np.linspace(0, 1, 41)[:, None]
        path = np.array([-1.5, 1.0]) * (1 - t) + np.array([0.0, 0.0]) * t
    path = np.asarray(path, dtype=float)
    with np.errstate(all="ignore"):
        values = (path**2).sum(axis=1)
    settings = changes.pop("settings", None) or race_settings(f"lane {index}")
    found = RacerSnapshot(
        index=index,
        name=settings.name,
        optimizer=settings.optimizer,
        step=len(path) - 1,
        state="running",
        settings=settings,
        position=(float(path[-1, 0]), float(path[-1, 1])),
        value=float(values[-1]),
        gradient_norm=1.0,
        distance=1.0,
        path_length=1.0,
        lr=0.01,
        curvatures=(1.0, 4.0),
        steps=np.arange(len(path), dtype=float),
        path=path,
        values=values,
        gradient_norms=np.sqrt(values),
        minima=np.zeros((1, 2)),
        lowest=0.0,
    )
    return replace(found, **changes)


def race(*lanes: RacerSnapshot, **changes: Any) -> RaceSnapshot:
    found = RaceSnapshot(
        scenario="fake",
        title="A fake race",
        seed=0,
        step=max(lane.step for lane in lanes),
        steps=100,
        surface="bowl",
        window=WINDOW,
        start=(-1.5, 1.0),
        minima=np.zeros((1, 2)),
        lanes=lanes,
    )
    return replace(found, **changes)
