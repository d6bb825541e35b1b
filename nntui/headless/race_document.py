"""The result of a race as JSON-ready documents (``--format json`` and ``jsonl``, ``--fair``)."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from nntui.headless.training import Row, Timing
from nntui_engine.settings import RaceSettings
from nntui_engine.snapshot import Mark, RacerSnapshot, RaceSnapshot

if TYPE_CHECKING:
    from nntui_engine.race import Race
    from nntui_engine.sweeps import Sensitivity

SCHEMA = 1


def race_document(race: RaceSnapshot, timing: Timing | None = None, points: int | None = None) -> dict[str, Any]:
    """The whole result; ``points`` thins each path to at most that many, its ends kept."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "scenario": race.scenario,
        "seed": race.seed,
        "steps": race.steps,
        "lanes": [_lane(lane, race.marks, points) for lane in race.lanes],
    }
    if timing is not None:
        document["timing"] = {"seconds": timing.seconds, "steps_per_second": timing.steps_per_second}
    return document


def _lane(lane: RacerSnapshot, marks: Iterable[Mark], points: int | None) -> dict[str, Any]:
    count = len(lane.steps)
    kept = slice(None) if points is None or count <= points else np.linspace(0, count - 1, points).astype(int)
    return {
        "name": lane.name,
        "optimizer": lane.optimizer,
        "settings": race_settings_document(lane.settings),
        "step": lane.step,
        "state": lane.state,
        "diverged_at": lane.diverged_at,
        "start": list(lane.settings.start),
        "position": list(lane.position),
        "value": lane.value,
        "gradient_norm": lane.gradient_norm,
        "distance": lane.distance if len(lane.minima) else None,
        "path_length": lane.path_length,
        "curvatures": list(lane.curvatures),
        "path": lane.path[kept],
        "path_steps": lane.steps[kept].astype(int),
        "tweaks": [{"step": mark.step, "set": dict(mark.settings)} for mark in marks if mark.lane in (None, lane.name)],
    }


def race_settings_document(settings: RaceSettings) -> dict[str, Any]:
    """The settings in the shape of a scenario file: ``surface`` and ``train``."""
    return {
        "surface": {
            "name": settings.surface,
            **settings.surface_parameters,
            "start": list(settings.start),
            "window": [list(side) for side in settings.window],
            "noise": settings.noise,
        },
        "train": {
            "optimizer": settings.optimizer,
            **settings.optimizer_parameters,
            "schedule": {"kind": settings.schedule, **settings.schedule_parameters},
            "steps": settings.steps,
            "clip_norm": settings.clip_norm,
            "clip_value": settings.clip_value,
            "seed": settings.seed,
        },
    }


def fair_document(race: "Race", found: Iterable["Sensitivity"]) -> dict[str, Any]:
    """Every lane's best learning rate, and the value reached with each rate tried."""
    return {
        "schema": SCHEMA,
        "scenario": race.scenario.name,
        "seed": race.seed,
        "steps": race.steps,
        "fair": [
            {
                "name": one.lane,
                "optimizer": one.optimizer,
                "best": one.best,
                "value": float(np.min(one.values)),
                "best_from_start": one.best_from_start,
                "value_from_start": one.value_from_start,
                "rates": one.rates,
                "values": one.values,
                "values_from_start": one.values_from_start,
            }
            for one in found
        ],
    }


class RaceRows:
    """The samples of a race as rows, each once: ``{lane, step, x, y, value, gradient_norm, lr}``, the starts first."""

    def __init__(self, race: "Race") -> None:
        self._race = race
        self._next = [0] * len(race.lanes)

    def new(self) -> Iterator[Row]:
        """Rows since the last call, by step, then lane; call before 2048 samples have come together."""
        rows: list[tuple[int, int, Row]] = []
        for index, lane in enumerate(self._race.lanes):
            past = lane.history.series(slice(0, 5))
            fresh = past.steps >= self._next[index]
            for step, values in zip(past.steps[fresh], past.mean[fresh], strict=True):
                names = ("x", "y", "value", "gradient_norm", "lr")
                row = {"lane": lane.name, "step": int(step), **dict(zip(names, map(float, values), strict=True))}
                rows.append((int(step), index, row))
            if fresh.any():
                self._next[index] = int(past.steps[-1]) + 1
        return (row for _, _, row in sorted(rows, key=lambda entry: entry[:2]))
