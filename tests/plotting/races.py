"""Races without an engine: paths from formulas, positions of any size."""

from dataclasses import replace
from typing import Any

import numpy as np

from nntui_engine.registry.optimizer import OPTIMIZERS
from nntui_engine.run.snapshot import LaneSnapshot, Series, Snapshot, SurfacePart
from nntui_engine.scenario.settings import SurfaceSettings
from nntui_engine.tasks.field import distances

WINDOW = ((-2.0, 2.0), (-1.0, 3.0))


def race_settings(name: str = "sgd", optimizer: str = "sgd", **changes: Any) -> SurfaceSettings:
    found = SurfaceSettings(
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
    series = {name: Series(own.steps, v[:, None], v[:, None], v[:, None]) for name, v in past.items()}
    found = LaneSnapshot(index, settings.name, len(path) - 1, "running", own, whole, whole_history=series)
    return replace(found, **changes)


def race(*lanes: LaneSnapshot, **changes: Any) -> Snapshot:
    found = Snapshot("fake", "A fake race", 0, max(lane.step for lane in lanes), 100, lanes)
    return replace(found, **changes)
