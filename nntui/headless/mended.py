"""The mended scenario as a file, with a comment on every line that a fix has changed."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from nntui.lab.keeping import recipes_text, toml_value
from nntui_engine.analysis.fixing.results import Proof
from nntui_engine.analysis.fixing.trial import mended
from nntui_engine.run.recipe import Recipe
from nntui_engine.scenario import Scenario

Place = tuple[int | None, str]  # the number of a [[lane]] or None, and a dotted key


def mended_text(scenario: Scenario, recipes: Sequence[Recipe], fixes: Sequence[tuple[str, Proof]]) -> str:
    """A scenario file of the run's lanes, each with the fix that is proved for it. Raises InputError where no file can
    say it."""
    of_lane = dict(fixes)
    after = [mended(one, of_lane[one.name].candidate.set) if one.name in of_lane else one for one in recipes]
    keys = {key for proof in of_lane.values() for key in proof.candidate.set}
    written = {(section, rest.partition(".")[0]) for section, _, rest in (key.partition(".") for key in keys)}
    text = recipes_text(scenario, after, "mended by nntui diagnose", written)
    lines = text.split("\n")
    comments: dict[int, list[str]] = {}
    for number, recipe in enumerate(recipes):
        candidate = of_lane[recipe.name].candidate if recipe.name in of_lane else None
        for key, value in candidate.set.items() if candidate is not None else ():
            if _was(recipe.tables, key) == toml_value(value):
                continue
            at, kind = _line_of(lines, number, key, value)
            lane = f"lane {recipe.name}: " if len(recipes) > 1 and kind == "shared" else ""
            what = f"{key} = {toml_value(value)}, " if kind == "more" else ""
            assert candidate is not None
            comments.setdefault(at, []).append(f"{lane}{what}was {_was(recipe.tables, key)}: {candidate.why}")
    for at, words in comments.items():
        lines[at] += "  # " + " ".join("; ".join(words).split())
    commented = "\n".join(lines)
    return commented if tomllib.loads(commented) == tomllib.loads(text) else text


def _was(tables: Mapping[str, Any], key: str) -> str:
    value: Any = tables
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return "not set"
        value = value[part]
    return toml_value(value)


def _line_of(lines: Sequence[str], lane: int, key: str, value: object) -> tuple[int, Literal["own", "shared", "more"]]:
    """The line that sets ``key`` for the lane: its own, or one that it shares with other lanes where that holds the
    value, or a line that says more: a whole lane, or the begin of one."""
    section, _, rest = key.partition(".")
    outer = f"{section}.layers" if key.startswith("model.layers.") else f"{section}.{rest.partition('.')[0]}"
    found = dict(_places(lines))
    for name in (key, outer):
        at = found.get((lane, name))
        if at is not None:
            return at, "more" if name != key or lines[at].startswith("    {") else "own"
    for name in (key, outer):
        at = found.get((None, name))
        if at is not None and (outer != key or _holds(lines[at], value)):
            return at, "shared" if name == key else "more"
    return found.get((lane, ""), lines.index("[scenario]")), "more"


def _holds(line: str, value: object) -> bool:
    """Whether a line sets this value, or begins to."""
    try:
        return list(tomllib.loads(line).values()) == [value]
    except tomllib.TOMLDecodeError:
        return True


def _places(lines: Sequence[str]) -> Iterator[tuple[Place, int]]:
    """What each line sets, and where it stands: settings by their dotted keys, tables by their names, and the begin of
    the lane of a number as ``(number, "")``."""
    table, lane = "", -1
    for at, line in enumerate(lines):
        if line == "lane = [":
            table = "lane"
        elif table == "lane" and line.startswith("    {"):  # short lanes stand in a line each
            lane += 1
            yield (lane, ""), at
            (one,) = tomllib.loads(f"lane = {line.strip().rstrip(',')}").values()
            yield from (((lane, key), at) for key in one.get("set", {}))
        elif header := re.match(r"\[+([^\]]+)\]+$", line):
            table = header[1].replace('"', "")
            if line == "[[lane]]":
                lane += 1
                yield (lane, ""), at
            elif table.startswith("lane.set."):
                yield (lane, table.removeprefix("lane.set.")), at
            else:
                yield (None, table), at
        elif setting := re.match(r'("[^"]+"|[\w-]+) = ', line):
            name = setting[1].strip('"')
            if table == "lane.set":
                yield (lane, name), at
            elif not table.startswith(("lane", "change", "scenario")):
                yield (None, f"{table}.{name}"), at
