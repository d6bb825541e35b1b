"""The run on screen as a scenario file: what every lane begins with, and what was changed on the way."""

import shlex
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import tomli_w

from nntui_engine.errors import InputError
from nntui_engine.scenario import scenario_from_dict

from .new_lanes import ORIGINAL

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.run.recipe import Recipe
    from nntui_engine.scenario import Scenario

Tables = Mapping[str, Any]
MANY_LANES = 16  # with more, what is written is not made shorter
SECTIONS = ("data", "surface", "model", "train")


def scenario_text(run: "Experiment") -> str:
    """A scenario file that comes to where the run stands now. Raises InputError where no file can say that."""
    recipes = run.recipes()
    if not all(recipe.exact for recipe in recipes):
        raise InputError("weights were set by hand in this run, which no scenario file can say")
    return recipes_text(run.scenario, recipes, "as it was in the lab")


def recipes_text(
    scenario: "Scenario", recipes: Sequence["Recipe"], how: str, written: Collection[tuple[str, str]] = ()
) -> str:
    """A scenario file of these lanes, with ``how`` they came about in its summary.

    Of the settings that all lanes share those at their defaults are left out, but for the ``written`` (section, key).
    Raises InputError where no file can say it.
    """
    changes: list[dict[str, Any]] = [
        {"step": step, "lane": recipe.name, "set": dict(settings)}
        for recipe in recipes
        for step, settings in recipe.changes
    ]
    base = _common(recipes)
    lanes = [_lane(recipe, base) for recipe in recipes]
    if len(recipes) == 1 and recipes[0].name in ("", ORIGINAL):
        lanes, changes = [], [{key: value for key, value in change.items() if key != "lane"} for change in changes]
    head = {"title": scenario.title, "summary": _summary(scenario, how, len(changes)), "panels": list(scenario.panels)}
    parts: dict[str, Any] = {
        "scenario": head,
        **base,
        "lane": lanes,
        "change": sorted(changes, key=lambda one: int(one["step"])),
    }
    tables: dict[str, Any] = {"schema": 1, **{key: value for key, value in parts.items() if value != []}}
    if not _means(tables, recipes):
        raise InputError("the lanes are too different for one scenario file")
    keys = [(section, key) for section, table in base.items() for key in table if (section, key) not in written]
    for section, key in keys if len(recipes) <= MANY_LANES else []:
        shorter = {**tables, section: {name: value for name, value in tables[section].items() if name != key}}
        if _means(shorter, recipes):  # a default need not be written
            tables = shorter
    return tomli_w.dumps(tables)


def command_line(run: "Experiment") -> str:
    """The command that gives this run. Raises InputError where only a file can say what was changed."""
    scenario, recipes = run.scenario, run.recipes()
    if run.from_record:
        raise InputError("it goes on from a record: E writes a file that gives this run")
    if [recipe.name or ORIGINAL for recipe in recipes] != [lane.name or ORIGINAL for lane in scenario.lanes]:
        raise InputError("lanes were added or dropped: E writes a file that gives this run")
    if any(recipe.changes or not recipe.exact for recipe in recipes):
        raise InputError("it was changed while it ran: E writes a file that gives this run")
    words = ["nntui", "run", str(scenario.path or scenario.name)]
    differences = [
        _differences(recipe.tables, lane.tables) for recipe, lane in zip(recipes, scenario.lanes, strict=True)
    ]
    if all(one == differences[0] for one in differences):
        sets = [f"{key}={toml_value(value)}" for key, value in differences[0].items()]
    else:
        pairs = zip(recipes, differences, strict=True)
        sets = [f"{recipe.name}:{key}={toml_value(value)}" for recipe, one in pairs for key, value in one.items()]
    for one in sets:
        words += ["--set", one]
    return shlex.join(words)


def _differences(now: Tables, first: Tables) -> dict[str, Any]:
    return {
        f"{section}.{key}": value
        for section, table in now.items()
        for key, value in table.items()
        if first[section].get(key, ...) != value
    }


def toml_value(value: object) -> str:
    """A value as ``--set`` takes it: text as it stands, all else as TOML."""
    return value if isinstance(value, str) else _inline(value)


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_inline(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return tomli_w.dumps({"value": value}).partition("=")[2].strip()


def _summary(scenario: "Scenario", how: str, changes: int) -> str:
    made = f", with {changes} change{'s' * (changes != 1)} on the way" if changes else ""
    return f"{scenario.name}, {how}{made}."


def _common(recipes: Sequence["Recipe"]) -> dict[str, dict[str, Any]]:
    """The first lane's settings, but for those that another lane has not."""
    first = recipes[0].tables
    return {
        section: {
            key: value for key, value in first[section].items() if all(key in one.tables[section] for one in recipes)
        }
        for section in SECTIONS
        if section in first
    }


def _lane(recipe: "Recipe", base: Tables) -> dict[str, Any]:
    """The lane as what differs in it from ``base``; where one difference drops other settings, its whole sections."""
    own = {f"{section}.{key}": value for section in base for key, value in recipe.tables[section].items()}
    common = {f"{section}.{key}": value for section, table in base.items() for key, value in table.items()}
    differs = {key: value for key, value in own.items() if common.get(key, ...) != value}
    lane = {"name": recipe.name or ORIGINAL, **({"set": differs} if differs else {})}
    head = {"schema": 1, "scenario": {"title": "one lane"}}
    if _means({**head, **base, "lane": [lane]}, [recipe]):
        return lane
    sections = {key.partition(".")[0] for key in differs}
    return {**lane, "set": {key: value for key, value in own.items() if key.partition(".")[0] in sections}}


def _means(tables: Tables, recipes: Sequence["Recipe"]) -> bool:
    """Whether a file with these tables says what the recipes say."""
    try:
        written = scenario_from_dict(tables)
    except InputError:
        return False
    return [lane.tables for lane in written.lanes] == [recipe.tables for recipe in recipes]
