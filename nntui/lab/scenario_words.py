"""A scenario in a few words, from its checked tables alone: what is trained, on what, and how its lanes differ."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from nntui.plotting.launcher import Preview
from nntui_engine.scenario import Scenario

_UNITS = ("units", "filters", "dim")  # what sizes a layer
_WORDS = {"optimizer": "", "activation": "", "init": "", "layers": ""}  # settings whose values speak for themselves


def has_preview(scenario: Scenario) -> bool:
    """Whether there is anything to say of it before it runs; of the run of a script nothing is known then."""
    return bool(scenario.lanes) and (scenario.is_surface or "model" in scenario.lanes[0].tables)


def preview(scenario: Scenario, command: str = "") -> Preview:
    """All that is said of a scenario before it runs; ``command`` runs it."""
    return Preview(
        scenario.title,
        scenario.summary,
        tuple(trained(scenario)),
        tuple(lane_lines(scenario)),
        tuple(one.say for one in scenario.tries),
        tuple(paragraphs(scenario.lesson)),
        command,
    )


def paragraphs(lesson: str) -> Iterator[str]:
    """The lesson's text, a paragraph or an item of a list each, without headings, tables and Markdown's signs."""
    for block in lesson.replace("\n- ", "\n\n- ").split("\n\n"):
        if block.strip() and not block.lstrip().startswith(("#", "|")):
            yield " ".join(block.replace("*", "").replace("`", "").split())


def trained(scenario: Scenario) -> list[str]:
    """What the first lane trains: network, data and optimizer, a line each; of a race the surface."""
    tables = scenario.lanes[0].tables
    train = tables["train"]
    how = f"{train['optimizer']}, lr {_value(train['lr'])}"
    steps = train.get("steps")
    if scenario.is_surface:
        surface = tables["surface"]
        start = ", ".join(_value(number) for number in surface.get("start", ()))
        where = f"Surface: {surface['name']}" + (f" from ({start})" if start else "")
        return [where, f"Descent: {how}" + (f", {steps} steps" if steps else "")]
    batch = train.get("batch_size", "")
    batches = f", {'all rows at once' if batch == 'full' else f'batches of {batch}'}" if batch else ""
    return [
        f"Network: {network(tables['model'])}",
        f"Data: {data(tables['data'])}",
        f"Training: {how}{batches}" + (f", {steps} steps" if steps else ""),
    ]


def network(model: Mapping[str, Any]) -> str:
    """The hidden layers in words."""
    activation = model.get("activation", "")
    if "layers" in model:
        return ", ".join(_kinds(model["layers"])) or "no hidden layer"
    hidden = list(model.get("hidden", ()))
    if not hidden:
        return "no hidden layer"
    kind = activation if isinstance(activation, str) else ", ".join(dict.fromkeys(activation))
    if len(set(hidden)) == 1:
        layers = "1 hidden layer" if len(hidden) == 1 else f"{len(hidden)} hidden layers"
        return f"{layers} of {hidden[0]}, {kind}"
    return f"hidden layers of {', '.join(map(str, hidden))}, {kind}"


def _kinds(layers: Sequence[Mapping[str, Any]]) -> list[str]:
    """The layers' kinds and sizes; neighbours that are alike, and blocks, are counted."""
    words = []
    for layer in layers:
        turns = int(layer.get("repeat", 1))
        if "layers" in layer:
            words.append(f"{turns} × ({', '.join(_kinds(layer['layers']))})")
            continue
        size = next((f" {layer[key]}" for key in _UNITS if key in layer), "")
        words += [f"{layer.get('kind', 'dense')}{size}".replace("_", " ")] * turns
    found = []
    for word, equal in groupby(words):
        count = len(list(equal))
        found.append(word if count == 1 else f"{count} × {word}")
    return found


def data(table: Mapping[str, Any]) -> str:
    """The data set or file, and how many rows where that is said."""
    name = Path(str(table["path"])).name if table.get("path") else str(table.get("name", ""))
    rows = f", {table['samples']} rows" if table.get("samples") else ""
    prepared = table.get("preprocess", "none")
    kind = prepared.get("kind", "") if isinstance(prepared, Mapping) else str(prepared)
    return f"{name}{rows}" + (f", inputs: {kind}" if kind not in ("", "none") else "")


def lane_lines(scenario: Scenario) -> list[tuple[str, str]]:
    """(name, how it differs from the first) of every lane; none where there is one without a name."""
    if len(scenario.lanes) == 1 and not scenario.lanes[0].name:
        return []
    first = _settings(scenario.lanes[0].tables)
    lines = []
    for lane in scenario.lanes:
        own = _settings(lane.tables)
        lines.append((lane.name, ", ".join(words for key, words in own.items() if words != first.get(key))))
    return lines


def _settings(tables: Mapping[str, Any]) -> dict[str, str]:
    """Every setting of a lane in words."""
    words = {}
    for part in ("data", "surface", "model", "train"):
        for key, value in tables.get(part, {}).items():
            shown = ", ".join(_kinds(value)) if key == "layers" else _sizes(value) if key == "hidden" else _value(value)
            words[f"{part}.{key}"] = f"{_WORDS.get(key, key.replace('_', ' '))} {shown}".strip()
    return words


def _sizes(units: Sequence[int]) -> str:
    groups = [(size, len(list(equal))) for size, equal in groupby(units)]
    return ", ".join(str(size) if count == 1 else f"{count} × {size}" for size, count in groups) or "none"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return " ".join(_value(inner) for inner in value.values())
    if isinstance(value, (list, tuple)):
        return ", ".join(dict.fromkeys(_value(item) for item in value))
    return str(value)
