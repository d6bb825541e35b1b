"""Which runs a sweep is made of: every lane with every value of every axis, on every seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from msgspec.structs import replace

from nntui_engine.errors import InputError
from nntui_engine.scenario import Change, LaneTables, Scenario, override
from nntui_engine.scenario.checks import with_defaults
from nntui_engine.scenario.expectations import check_expectation, layer_names

from .axes import Axis, axis_of
from .measure import Measure, measure_of

MOST_CELLS = 1_000_000
CHECKED = 5_000  # cells that are looked at one by one before the first is trained
LANE = "lane"  # the axis that a scenario's own lanes are


@dataclass(frozen=True, slots=True)
class Cell:
    """One run: the lane that it is a variant of, its place on each axis, and its seed."""

    number: int
    lane: str
    places: tuple[int, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class Search:
    """``trials`` cells (on every seed) in place of all: ``kind`` says how they are chosen (search.py)."""

    kind: str
    trials: int
    largest: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """``lanes`` are the scenario's own, by name, with all settings; ``axes`` what is varied in each of them.

    Cells are numbered with lanes outermost, then the axes in their order, seeds innermost. It is plain data: it can be
    sent to another process, and be written into a file.
    """

    scenario: str
    title: str
    is_surface: bool
    lanes: Mapping[str, Mapping[str, Any]]
    changes: tuple[Change, ...]
    axes: tuple[Axis, ...]
    seeds: tuple[int, ...]
    measure: Measure
    search: Search | None = None

    @property
    def wanted(self) -> int:
        """How many cells are to be run: all, or as many as a search may look at."""
        return self.count if self.search is None else min(self.count, self.search.trials * len(self.seeds))

    @property
    def shown_axes(self) -> tuple[Axis, ...]:
        """The axes, with the lanes as the first where there are several."""
        return (Axis(LANE, tuple(self.lanes)), *self.axes) if len(self.lanes) > 1 else self.axes

    @property
    def shape(self) -> tuple[int, ...]:
        """Lanes, the values of each axis, seeds."""
        return (len(self.lanes), *(len(axis.values) for axis in self.axes), len(self.seeds))

    @property
    def count(self) -> int:
        """How many cells there are."""
        return prod(self.shape)

    def cell(self, number: int) -> Cell:
        """The cell of this number, from 0."""
        places = []
        for size in reversed(self.shape):
            number, place = divmod(number, size)
            places.append(place)
        lane, *inner, seed = reversed(places)
        return Cell(self.number_of((lane, *inner, seed)), list(self.lanes)[lane], tuple(inner), self.seeds[seed])

    def number_of(self, places: Sequence[int]) -> int:
        """The number of the cell at these places: of the lane, on each axis, of the seed."""
        number = 0
        for size, place in zip(self.shape, places, strict=True):
            number = number * size + place
        return number

    def settings(self, cell: Cell) -> dict[str, Any]:
        """What the cell sets in its lane, without the seed."""
        found: dict[str, Any] = {}
        for axis, place in zip(self.axes, cell.places, strict=True):
            found |= axis.settings(place, {**self.lanes[cell.lane], **_nested(found)})
        return found

    def tables(self, cell: Cell) -> Mapping[str, Any]:
        """All settings of a cell. Raises InputError where its values do not go together."""
        settings = self.settings(cell)
        where = f"--over: {words_of(settings)}"
        return override(self.lanes[cell.lane], {**settings, "train.seed": cell.seed}, where)

    def sample(self) -> Iterator[Cell]:
        """All cells of one seed if they are few; else those with one axis away from its beginning."""
        if self.count // len(self.seeds) <= CHECKED:
            for places in product(*(range(size) for size in self.shape[:-1])):
                yield self.cell(self.number_of((*places, 0)))
            return
        start = [0] * len(self.shape)
        for axis, size in enumerate(self.shape[:-1]):
            for place in range(size):
                yield self.cell(self.number_of([*start[:axis], place, *start[axis + 1 :]]))

    def of_cells(self, cells: Sequence[Cell]) -> Scenario:
        """A scenario in which each of these cells is a lane, called by its number."""
        lanes = tuple(LaneTables(str(cell.number), with_defaults(self.tables(cell))) for cell in cells)
        changes = tuple(
            replace(change, lane=str(cell.number))
            for change in self.changes
            for cell in cells
            if change.lane in (None, cell.lane)
        )
        return Scenario(
            name=self.scenario, path=None, title=self.title, summary="", lesson="", source="", panels=(),
            tables={}, lanes=lanes, tries=(), expectations=(), is_surface=self.is_surface, changes=changes,
        )  # fmt: skip


def words_of(settings: Mapping[str, Any]) -> str:
    """Settings in a line."""
    return ", ".join(f"{key} = {value}" for key, value in settings.items())


def _nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What an axis before has set of the network's layers, which the next one's words may hang on."""
    hidden = settings.get("model.hidden")
    return {} if hidden is None else {"model": {"hidden": hidden}}


def plan_of(
    scenario: Scenario,
    over: Sequence[str],
    *,
    measure: str,
    seeds: int = 1,
    first_seed: int | None = None,
    overrides: Sequence[tuple[Mapping[str, object], str | None]] = (),
    steps: int | None = None,
) -> Plan:
    """A plan from the words of a command line; ``over`` holds a ``KEY=RANGE`` for each axis. Raises InputError for bad
    words, for more than MOST_CELLS cells, and for cells whose settings do not go together."""
    axes = [axis_of(text) for text in over]
    for number, axis in enumerate(axes):
        if axis.key in ("train.seed", "seed"):
            raise InputError(f"--over {axis.key}: seeds are no axis; --seeds N runs each cell on N of them")
        if any(axis.key == other.key for other in axes[:number]):
            raise InputError(f"--over {axis.key}: it is there twice")
    lanes = {lane.name: lane.tables for lane in scenario.lanes}
    for settings, name in [({"train.steps": steps} if steps else {}, None), *overrides]:
        for lane in [name] if name is not None else list(lanes):
            lanes[lane] = override(lanes[lane], settings)
    first = int(scenario.lanes[0].tables["train"].get("seed", 0)) if first_seed is None else first_seed
    plan = Plan(
        scenario.name, scenario.title, scenario.is_surface, lanes, scenario.changes, tuple(axes),
        tuple(range(first, first + seeds)), measure_of(measure),
    )  # fmt: skip
    if plan.count > MOST_CELLS:
        raise InputError(f"--over: {plan.count} cells; at most {MOST_CELLS} are allowed")
    _check(plan)
    return plan


def _check(plan: Plan) -> None:
    cells = list(plan.sample())
    for cell in cells:
        tables = plan.tables(cell)
        depths = {"": layer_names(tables.get("model", {}))} if not plan.is_surface else {"": []}
        asked = replace(plan.measure.expectation(""), lane=None)
        if isinstance(asked.layer, int) and asked.layer > len(depths[""]):
            continue  # a deeper cell has it
        steps = {"": with_defaults(tables)["train"].get("steps")}
        check_expectation(asked, depths, steps, plan.is_surface, "--measure")
    if not plan.is_surface and isinstance(plan.measure.layer, int):
        deepest = max(len(layer_names(plan.tables(cell).get("model", {}))) for cell in cells)
        if plan.measure.layer > deepest:
            raise InputError(f"--measure {plan.measure.text}: no network here has more than {deepest} layers")


def default_measure(scenario: Scenario) -> str:
    """What is read where nobody says: of a network the loss on the rows that were kept out, or else on the training
    rows; on a surface its value."""
    if scenario.is_surface:
        return "value"
    data = [lane.tables.get("data", {}) for lane in scenario.lanes]
    return (
        "validation_loss"
        if all(table.get("test_fraction") or table.get("test_path") for table in data)
        else "train_loss"
    )
