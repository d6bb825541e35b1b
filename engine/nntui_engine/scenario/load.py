"""Reading a scenario: from a file, from a built-in name, from text, or from tables."""

import copy
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from ..errors import InputError, allowed_names
from ..files import expanded, problem_with
from .checks import Tables, check, with_defaults
from .expectations import check_expectation, check_lane, layer_names
from .library import scenario_paths
from .overrides import check_key, override
from .problems import choose, prefix, read, refuse_controls, refuse_oversized, show
from .schema import SCHEMA_VERSION, SECTIONS, Change, Expectation, LaneTable, ScenarioFile, Try
from .text import parse_toml, read_text

MAX_LANES = 64
FILE_KEYS = ("path", "labels", "test_path", "test_labels")
PanelNames = Callable[[bool], Sequence[str]]


@dataclass(frozen=True, slots=True)
class LaneTables:
    """One lane's ``data`` / ``surface``, ``model`` and ``train`` tables, defaults filled in (see ``with_defaults``)."""

    name: str
    tables: Tables


@dataclass(frozen=True, slots=True)
class Sweep:
    """The lanes of a [sweep]: ``groups`` maps each swept variant ("" for the file's own) to its lanes' names, in the
    order of ``values`` of the setting ``key``."""

    key: str
    values: tuple[Any, ...]
    groups: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the expectations of ``lanes`` rightly still hold with ``swap`` made: another lane's name, a setting's key,
    ``key = value``, or "any" for a lane that nothing is expected of. ``place`` is where the file says so."""

    lanes: tuple[str, ...]
    swap: str
    why: str
    place: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario, checked.

    ``tables`` are the file's own settings tables without defaults (paths in them made absolute); ``lanes`` has at least
    one entry, named "" if the file names none; ``path`` is None for a scenario that did not come from a file.
    """

    name: str
    path: Path | None
    title: str
    summary: str
    lesson: str
    source: str
    panels: tuple[str, ...]
    tables: Tables
    lanes: tuple[LaneTables, ...]
    tries: tuple[Try, ...]
    expectations: tuple[Expectation, ...]
    is_surface: bool
    sweep: Sweep | None = None
    reasons: tuple[Reason, ...] = ()
    changes: tuple[Change, ...] = ()

    def lane(self, name: str, where: str = "") -> LaneTables:
        """The lane called ``name``; InputError with the nearest name if there is none."""
        for lane in self.lanes:
            if lane.name == name:
                return lane
        names = [lane.name for lane in self.lanes]
        raise InputError(f"{prefix(where)}unknown lane {show(name)}; {allowed_names(name, names)}")


def load_scenario(path_or_name: str | Path, panels: PanelNames | None = None) -> Scenario:
    """Load a scenario file, or a built-in scenario by its name ("digits").

    A text without a folder and without ``.toml`` is looked up among the built-in names first. ``panels`` gives the
    allowed names of panels, for a surface (True) or a network; without it they are taken as they stand.

    Raises InputError with one line for anything wrong: no such file, a folder, not TOML, an unknown key, …
    """
    text = os.fspath(path_or_name)
    path = Path(text)
    if isinstance(path_or_name, str) and path.suffix != ".toml" and len(path.parts) <= 1:
        built_in = scenario_paths()
        if text in built_in:
            path = built_in[text]
        elif not text or problem_with(path) == "no such file":
            names = allowed_names(text, list(built_in), "nntui list")
            raise InputError(f"no scenario and no file is called {show(text)}; {names}")
    return parse_scenario(read_text(path), name=path.stem, base=path.parent, path=path, panels=panels)


def parse_scenario(
    text: str,
    name: str = "scenario",
    base: Path | None = None,
    path: Path | None = None,
    panels: PanelNames | None = None,
) -> Scenario:
    """Read a scenario from TOML text. ``base`` is the folder that paths in it are relative to (None: leave them).

    ``panels``: see :func:`load_scenario`.

    Raises InputError; the message begins with ``path`` if given, else with ``name``.
    """
    tables = parse_toml(text, str(path) if path is not None else name)
    return scenario_from_dict(tables, name=name, base=base, path=path, panels=panels)


def scenario_from_dict(
    tables: Mapping[str, Any],
    name: str = "scenario",
    base: Path | None = None,
    path: Path | None = None,
    panels: PanelNames | None = None,
) -> Scenario:
    """Check a scenario given as nested tables, as ``tomllib`` reads them; they are not changed. Raises InputError."""
    where = str(path) if path is not None else name
    refuse_oversized(tables, where)
    version = tables.get("schema")
    if isinstance(version, bool) or not isinstance(version, int) or version != SCHEMA_VERSION:
        given = f"schema = {show(version)}" if "schema" in tables else "schema is missing"
        raise InputError(f"{where}: {given}; write schema = {SCHEMA_VERSION} at the top of the file")
    for key in ("lane", "try", "change", "expect"):
        if isinstance(tables.get(key), Mapping):
            raise InputError(f"{where}: [{key}] must be written [[{key}]]: there may be several")
    file = read(tables, ScenarioFile, where, "")
    refuse_controls(tables, where)
    base_tables: Tables = {key: copy.deepcopy(tables[key]) for key in SECTIONS if key in tables}
    if base is not None:
        _make_absolute(base_tables, base)
    check(base_tables, where)
    is_surface = "surface" in base_tables
    variants, sweep = _variants(file, where)
    lanes = _lanes(variants, base_tables, base, where)
    if panels is not None:
        for panel in file.scenario.panels:
            choose(where, "scenario.panels", panel, panels(is_surface), "panel")
    names = [lane.name for lane in lanes]
    for number, attempt in enumerate(file.try_, 1):
        place = f"{where}: [[try]] {number}"
        check_lane(attempt.lane, names, place, "lane")
        for lane in lanes:
            if attempt.lane in (None, lane.name):
                override(lane.tables, attempt.set, place)
    changes = _changes(file, lanes, where)
    depths = {lane.name: layer_names(lane.tables.get("model", {})) for lane in lanes}
    steps = {lane.name: lane.tables["train"].get("steps") for lane in lanes}
    expectations = []
    for expectation, place in _expectations(file, where):
        check_expectation(expectation, depths, steps, is_surface, place)
        expectations.append(expectation)
    head = file.scenario
    return Scenario(
        name, path, head.title, head.summary, head.lesson, head.source, head.panels, base_tables, lanes, file.try_,
        tuple(expectations), is_surface, sweep, _reasons(file, names, sweep, where),
        changes,
    )  # fmt: skip


def _changes(file: ScenarioFile, lanes: Sequence[LaneTables], where: str) -> tuple[Change, ...]:
    """The [[change]] tables in the order in which they happen, each checked on top of those before it."""
    tables, names = {lane.name: lane.tables for lane in lanes}, [lane.name for lane in lanes]
    numbered = sorted(enumerate(file.change, 1), key=lambda pair: pair[1].step)
    for number, change in numbered:
        place = f"{where}: [[change]] {number}"
        check_lane(change.lane, names, place, "lane")
        for name in names:
            if change.lane in (None, name):
                tables[name] = override(tables[name], change.set, place)
    return tuple(change for _, change in numbered)


def _variants(file: ScenarioFile, where: str) -> tuple[tuple[LaneTable, ...], Sweep | None]:
    """The file's lanes, multiplied by the values of its [sweep]."""
    table = file.sweep
    if table is UNSET:
        return file.lane, None
    word = table.key.rpartition(".")[2]
    count = len(table.values) * max(1, len(file.lane))
    if count > MAX_LANES:
        raise InputError(f"{where}: sweep: {count} lanes; at most {MAX_LANES} are allowed")
    variants: list[LaneTable] = []
    groups: dict[str, tuple[str, ...]] = {}
    for lane in file.lane or (None,):
        names = []
        for value in table.values:
            label = f"{word} {_label(value)}"
            names.append(label if lane is None else f"{lane.name}, {label}")
            variants.append(LaneTable(name=names[-1], set={**({} if lane is None else lane.set), table.key: value}))
        groups["" if lane is None else lane.name] = tuple(names)
    return tuple(variants), Sweep(table.key, tuple(table.values), groups)


def _expectations(file: ScenarioFile, where: str) -> Iterator[tuple[Expectation, str]]:
    """Every expectation and where it stands: those of each lane, then the [[expect]] tables."""
    for lane in file.lane:
        for number, expectation in enumerate(lane.expect, 1):
            place = f'{where}: lane "{lane.name}": expect {number}'
            if file.sweep is not UNSET:
                raise InputError(f"{place}: a [sweep] renames the lanes; write an [[expect]] that names one of them")
            if expectation.lane is not None:
                raise InputError(f"{place}: lane = {show(expectation.lane)}: it is this lane's already; leave it out")
            yield replace(expectation, lane=lane.name), place
    for number, expectation in enumerate(file.expect, 1):
        yield expectation, f"{where}: [[expect]] {number}"


def _reasons(file: ScenarioFile, names: Sequence[str], sweep: Sweep | None, where: str) -> tuple[Reason, ...]:
    """The reasons of each lane (of all that a sweep made of it), then those for every lane."""
    reasons = []
    for lane in file.lane:
        own = (lane.name,) if sweep is None else sweep.groups[lane.name]
        reasons += [Reason(own, swap, why, f'lane "{lane.name}": survives') for swap, why in lane.survives.items()]
    reasons += [Reason(tuple(names), swap, why, "[survives]") for swap, why in file.survives.items()]
    for reason in reasons:
        if reason.swap not in ("any", *names):
            place = f"{where}: {reason.place}"
            if "." not in reason.swap:
                known = allowed_names(reason.swap, [*names, "any"])
                raise InputError(f"{place}: {show(reason.swap)} is neither a lane nor a setting's key; {known}")
            check_key(reason.swap.partition(" = ")[0], place)
    return tuple(reasons)


def _label(value: object) -> str:
    if isinstance(value, list):
        return "-".join(map(_label, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return show(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _lanes(variants: Sequence[LaneTable], tables: Tables, base: Path | None, where: str) -> tuple[LaneTables, ...]:
    if not variants:
        return (LaneTables("", with_defaults(tables, where)),)
    if len(variants) > MAX_LANES:
        raise InputError(f"{where}: {len(variants)} lanes; at most {MAX_LANES} are allowed")
    lanes: list[LaneTables] = []
    for lane in variants:
        place = f'{where}: lane "{lane.name}"'
        if any(lane.name == other.name for other in lanes):
            raise InputError(f"{place}: the name is taken by another lane; each needs its own")
        changed = override(tables, lane.set, place)
        if base is not None:
            _make_absolute(changed, base)
        lanes.append(LaneTables(lane.name, with_defaults(changed, place)))
    return tuple(lanes)


def _make_absolute(tables: Tables, base: Path) -> None:
    """Files are named relative to the scenario's own folder, wherever the program runs."""
    data = tables.get("data")
    for key in FILE_KEYS if isinstance(data, dict) else ():
        if isinstance(data, dict) and isinstance(data.get(key), str) and data[key]:
            data[key] = str((base / expanded(data[key])).absolute())
    model = tables.get("model")
    start = model.get("start") if isinstance(model, dict) else None
    if isinstance(start, dict) and isinstance(start.get("weights"), str) and start["weights"]:
        start["weights"] = str((base / expanded(start["weights"])).absolute())
