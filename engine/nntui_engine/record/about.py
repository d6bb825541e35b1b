"""What a record says of its run and of each lane, as text: read again without the data and without a network."""

import platform
import sqlite3
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numba
import numpy as np

from ..data.dataset import LaneData
from ..data.dataset import Task as DataTask
from ..data.facts import DataFacts, SimplerMethods, remember
from ..run.run import Run
from ..run.task import Lane
from ..scenario import Change, Expectation, LaneTables, Scenario, Try
from ..scenario.settings import LaneSettings, SurfaceSettings
from ..tasks.network_lane import EVALUATION, EVALUATION_LAYER, STEP_LAYER, WHOLE, NetworkLane
from ..tasks.surface_lane import SAMPLED, SurfaceLane
from .blocks import Flags
from .plain import from_text, to_text

VERSIONS = ("nntui", "numpy", "numba", "python", "sqlite", "processor")  # what a run was trained with


@dataclass(frozen=True, slots=True)
class Head:
    """What a scenario says beside its lanes."""

    name: str
    title: str
    summary: str
    lesson: str
    source: str
    panels: tuple[str, ...]
    is_surface: bool
    tries: tuple[Try, ...]
    expectations: tuple[Expectation, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class AboutNetwork:
    """What a network's lane knows of its data, without the rows; ``simpler``: what simpler methods reach."""

    task: DataTask
    key: str
    own_data: bool
    parameters: int
    facts: dict[str, Any]
    simpler: tuple[float, float]


def about_run(run: Run, journal: str) -> dict[str, str]:
    """Keys and values of the table ``run``, of what the engine knows."""
    s = run.scenario
    head = Head(
        s.name, s.title, s.summary, s.lesson, s.source, s.panels, s.is_surface, s.tries, s.expectations, s.changes
    )
    return {
        "head": to_text(head),
        "kind": "surface" if s.is_surface else "network",
        "seed": str(run.seed),
        "steps": str(run.steps),
        "every": str(run.every),
        **versions(),
        "journal": journal,
    }


def versions() -> dict[str, str]:
    """Those of what the engine works with."""
    return {
        "numpy": np.__version__,
        "numba": numba.__version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def scenario_of(head_text: object, lanes: list[tuple[str, dict[str, Any]]]) -> Scenario:
    """The scenario with these lanes, (name, tables). Raises ValueError."""
    head = from_text(head_text, Head)
    made = tuple(LaneTables(name, tables) for name, tables in lanes)
    return Scenario(
        name=head.name, path=None, title=head.title, summary=head.summary, lesson=head.lesson, source=head.source,
        panels=head.panels, tables=made[0].tables, lanes=made, tries=head.tries, expectations=head.expectations,
        is_surface=head.is_surface, changes=head.changes,
    )  # fmt: skip


def columns_of(lane: Lane) -> dict[str, list[str]]:
    """What the columns of each of a lane's histories hold: a statistic, and after a / the layer."""
    if isinstance(lane, SurfaceLane):
        return {"path": ["step", *SAMPLED]}
    assert isinstance(lane, NetworkLane)
    layers = range(1, len(lane.settings.layers) + 1)
    found = {
        "step": ["step", *WHOLE, *(f"{name}/{layer}" for name in STEP_LAYER for layer in layers)],
        "evaluation": ["step", *EVALUATION, *(f"{name}/{layer}" for name in EVALUATION_LAYER for layer in layers)],
    }
    if lane.sequence_history is not None:
        names = {column: f"{name}/{layer}" for name, layer, columns in lane.sequence_places for column in columns}
        found["sequence"] = ["step", *(names.get(column, "") for column in range(lane.sequence_history.width))]
    return found


def may_be_rounded(lane: NetworkLane) -> dict[str, Flags]:
    """Of each of a lane's histories which columns (1 + width,) have no more than 7 digits to lose: statistics of layers
    that compute in float32. Losses stay exact: they tell where two runs part."""
    narrow = lane.settings.dtype == "float32"
    return {kind: np.array([narrow and "/" in name for name in names]) for kind, names in columns_of(lane).items()}


_FACTS = [name for name in DataFacts.__dataclass_fields__ if name != "simpler"]  # that one is worked out later
_LATER = {"largest_input", "unseen_size", "in_order"}  # a record made before these were known has none


def about_lane(lane: Lane, own_data: bool, parameters: int) -> tuple[str, str, str, str, str]:
    """The columns ``tables``, ``settings``, ``layers``, ``about`` and ``columns`` of its row."""
    layers, about = "[]", "{}"
    if isinstance(lane, NetworkLane):
        layers = to_text(lane.infos)
        facts = {name: getattr(lane.facts, name) for name in _FACTS}
        simpler = lane.facts.simpler.scores
        about = to_text(AboutNetwork(lane.data.task, lane.data.key, own_data, parameters, facts, simpler))
    return to_text(lane.tables), to_text(lane.settings), layers, about, to_text(columns_of(lane))


def network_lane(
    name: str, tables: dict[str, Any], settings: object, about_text: object
) -> tuple[NetworkLane, AboutNetwork]:
    """A lane with an empty past, whose data have no rows. Raises ValueError."""
    made, about = from_text(settings, LaneSettings), from_text(about_text, AboutNetwork)
    if not set(_FACTS) - _LATER <= set(about.facts) <= set(_FACTS):
        raise ValueError("what is known of the data is not whole")
    known = msgspec.convert(about.facts, DataFacts, strict=False)
    facts = replace(known, simpler=SimplerMethods(lambda: about.simpler))
    rows, held_out = (np.empty((max(0, count), 0)) for count in (facts.rows, facts.validation_rows))
    data = LaneData(about.key, about.task, (), (), rows, rows, held_out, held_out, made.shape, lambda x: x)
    remember(data, facts)
    return NetworkLane.new(name, tables, made, data), about


def surface_lane(name: str, tables: dict[str, Any], settings: object) -> SurfaceLane:
    """A lane with an empty past. Raises ValueError."""
    return SurfaceLane(name, tables, from_text(settings, SurfaceSettings))
