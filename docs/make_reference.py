"""Write scenario.md, scenarios.md and settings.md from what the program reads: ``python docs/make_reference.py``.

scenario.md and settings.md are their templates with a table in each ``{{place}}``. tests/packaging/test_docs.py fails
when a page is not what this makes.
"""

import math
import re
import sys
import types
import typing
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "engine"), str(ROOT)]

import msgspec  # noqa: E402

from nntui.lab.keys import ACTIONS, key_words  # noqa: E402
from nntui.lab.themes import OWN, THEMES  # noqa: E402
from nntui_engine.data.sets import DATASETS  # noqa: E402
from nntui_engine.diagnosis.rules.numbers import non_finite  # noqa: E402
from nntui_engine.diagnosis.verdict import RULES  # noqa: E402
from nntui_engine.registry.activation import ACTIVATIONS  # noqa: E402
from nntui_engine.registry.initializer import INITIALIZERS  # noqa: E402
from nntui_engine.registry.layer_kinds import LAYER_KINDS  # noqa: E402
from nntui_engine.registry.loss import LOSSES  # noqa: E402
from nntui_engine.registry.optimizer import OPTIMIZERS  # noqa: E402
from nntui_engine.registry.row import Parameter, Registry, Row  # noqa: E402
from nntui_engine.registry.schedule import SCHEDULES  # noqa: E402
from nntui_engine.registry.statistic import (  # noqa: E402
    EVALUATION_STATISTICS,
    LAYER_STATISTICS,
    ON_DEMAND_LAYER_STATISTICS,
    ON_DEMAND_STATISTICS,
    SEQUENCE_STATISTICS,
    WHOLE_STATISTICS,
    Statistic,
)
from nntui_engine.registry.surface import SURFACES, Surface  # noqa: E402
from nntui_engine.scenario import augment, checks, layers, list_scenarios, schema  # noqa: E402
from nntui_engine.scenario.problems import range_of, show  # noqa: E402

REGISTRIES: dict[str, Registry] = {
    "datasets": DATASETS,
    "activations": ACTIVATIONS,
    "initializers": INITIALIZERS,
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
    "schedules": SCHEDULES,
}
STATISTICS: dict[str, tuple[Statistic, ...]] = {
    "layer_statistics": LAYER_STATISTICS,
    "whole_statistics": WHOLE_STATISTICS,
    "evaluation_statistics": EVALUATION_STATISTICS,
    "sequence_statistics": SEQUENCE_STATISTICS,
    "asked_statistics": ON_DEMAND_STATISTICS,
    "asked_layer_statistics": ON_DEMAND_LAYER_STATISTICS,
}
KEYS: dict[str, type[schema.Table]] = {
    "file": schema.ScenarioFile,
    "scenario": schema.ScenarioTable,
    "data": schema.DataTable,
    "augment": schema.AugmentTable,
    "surface": schema.SurfaceTable,
    "model": schema.ModelTable,
    "modellayers": schema.LayerTable,
    "start": schema.StartTable,
    "train": schema.TrainTable,
    "early_stopping": schema.EarlyStoppingTable,
    "noise": schema.NoiseTable,
    "lane": schema.LaneTable,
    "sweep": schema.SweepTable,
    "try": schema.Try,
    "change": schema.Change,
    "expect": schema.Expectation,
    "over": schema.Over,
}
TEXT = ("text",)
ACTIVATION, INITIALIZER = ("an [activation](#activations)",), ("an [initializer](#initializers)",)
LANE, STATISTIC, DIAGNOSIS = ("a lane's name",), ("a [statistic](#statistics-of-a-layer)",), ("a [rule](#diagnoses)",)


def _literal(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f'`"{name}"`' for name in names)


# What text may stand there; every key that takes text has its line
WORDS: dict[str, tuple[str, ...]] = {
    "scenario.title": TEXT,
    "scenario.summary": TEXT,
    "scenario.lesson": TEXT,
    "scenario.source": TEXT,
    "scenario.panels": ("a statistic or a panel below",),
    "data.name": ("a [data set](#data-sets)",),
    "data.path": ("a file",),
    "data.labels": ("a file",),
    "data.test_path": ("a file",),
    "data.test_labels": ("a file",),
    "data.target": ('`"last"`', "a column's name"),
    "data.target_coding": _literal(checks.TARGET_CODINGS),
    "data.task": _literal(checks.TASKS),
    "data.keep_classes": ("a class's name",),
    "data.split": _literal(checks.SPLITS),
    "data.preprocess": _literal(kind for kind in checks.PREPROCESSES if kind != "divide"),
    "data.target_scale": _literal(checks.TARGET_SCALES),
    "data.augment": ('`"none"`',),
    "augment.flip": _literal(augment.FLIPS),
    "surface.name": ("a [surface](#surfaces)",),
    "model.activation": ACTIVATION,
    "model.output": ('`"auto"`', *ACTIVATION),
    "model.outputs": ('`"auto"`',),
    "model.init": INITIALIZER,
    "model.bias": ('`"normal"`',),
    "model.batch_norm": _literal(checks.BATCH_NORMS),
    "modellayers.kind": ("a [kind of layer](#kinds-of-layer)",),
    "modellayers.name": ("a name",),
    "modellayers.from": ("a layer's name",),
    "modellayers.padding": _literal(layers.PADDINGS),
    "modellayers.activation": ACTIVATION,
    "modellayers.recurrent_activation": ACTIVATION,
    "modellayers.init": INITIALIZER,
    "modellayers.recurrent_init": INITIALIZER,
    "modellayers.bias": ('`"normal"`',),
    "modellayers.batch_norm": _literal(checks.BATCH_NORMS),
    "start.weights": ("a file",),
    "start.scenario": ("a scenario",),
    "start.layers": ("a layer's name",),
    "train.loss": ('`"auto"`', "a [loss](#losses)"),
    "train.optimizer": ("an [optimizer](#optimizers)",),
    "train.schedule": ("a [schedule](#schedules)",),
    "train.batch_size": ('`"full"`',),
    "train.evaluate_every": ('`"auto"`',),
    "train.early_stopping": ('`"none"`',),
    "train.l1_method": _literal(checks.L1_METHODS),
    "train.dtype": _literal(checks.DTYPES),
    "lane.name": TEXT,
    "sweep.key": ('a dotted key such as `"train.lr"`',),
    "try.say": TEXT,
    "try.lane": LANE,
    "change.lane": LANE,
    "expect.lane": LANE,
    "expect.statistic": STATISTIC,
    "expect.finding": DIAGNOSIS,
    "expect.layer": ("a layer's name",),
    "expect.gate": ("a gate",),
    "over.layer": ("a layer's name",),
    "expect.no_finding": (*DIAGNOSIS, '`"any"`'),
    "over.lane": LANE,
}
# Bounds and defaults that no type states
LAYERS = "1 to the number of layers, a layer's name, or −1"
ALLOWED = {
    **{f"file.{section}": f"a [table](#{section})" for section in schema.SECTIONS},
    "file.schema": f"`{schema.SCHEMA_VERSION}`",
    "surface.window": "a list of 2 lists of 2 numbers",
    "expect.layer": LAYERS,
    "over.layer": LAYERS,
}
DEFAULTS = {
    **{f"augment.{field.encode_name}": "`0`" for field in msgspec.structs.fields(schema.AugmentTable)},
    "augment.flip": '`"none"`',
    "model.alpha": "the activation's",
    "model.init_scale": "the initializer's",
    "surface.start": "the surface's",
    "surface.window": "the surface's",
    "train.huber_delta": f"`{LOSSES['huber'].parameters[0].default:g}`",
    "train.steps": f"`{schema.DEFAULT_STEPS}`",
}
# The choices whose parameters are keys of the same table
BESIDE = {"data.name": DATASETS, "surface.name": SURFACES, "train.optimizer": OPTIMIZERS}

PLACE = re.compile(r"^\{\{(.+)\}\}$", re.MULTILINE)
SCENARIOS_HEAD = """# Scenarios

Every lesson of the program: `nntui run NAME` opens it, `nntui show NAME` prints its text and settings, and
`nntui verify NAME` checks that it shows what it says.
"""


def scenario() -> str:
    """The page on scenario files."""
    tables = {name: _keys(name) for name in KEYS}
    tables |= {name: _choices(registry) for name, registry in REGISTRIES.items()}
    tables |= {name: _statistics(rows) for name, rows in STATISTICS.items()}
    tables |= {"diagnoses": _diagnoses(), "surfaces": _surfaces(), "kinds": _kinds()}
    template = (Path(__file__).parent / "scenario_template.md").read_text(encoding="utf-8")
    page = PLACE.sub(lambda place: tables.pop(place[1]), template)
    assert not tables, f"no place in scenario_template.md for {', '.join(tables)}"
    return page


def scenarios() -> str:
    """The page of all built-in scenarios, by topic."""
    parts, topics = [SCENARIOS_HEAD], {}
    for scenario in list_scenarios():
        topics.setdefault(scenario.topic, []).append(scenario)
    for topic, found in topics.items():
        title = topic.replace("-", " ").capitalize()
        rows = [(f"`{one.name}`", one.title, one.summary) for one in found]
        parts.append(f"## {title}\n\n" + _table(("name", "title", "what you see"), rows))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _keys(name: str) -> str:
    """The keys of the table called ``name``."""
    table, rows = KEYS[name], []
    types_of = typing.get_type_hints(table, include_extras=True)
    for field in msgspec.structs.fields(table):
        place, annotation = f"{name}.{field.encode_name}", types_of[field.name]
        allowed = ALLOWED.get(place) or _listed(_allowed(annotation, WORDS.get(place, ())))
        rows.append((f"`{field.encode_name}`", _default(field, place), allowed, _meaning(annotation)))
        if place in BESIDE:
            registry = BESIDE[place]
            for one in _shared(registry):
                rows.append((f"`{one.name}`", f"`{one.default:g}`", _range(one), one.summary))
            shared = {one.name for one in _shared(registry)}
            own = dict.fromkeys(p.name for row in registry.rows for p in row.parameters if p.name not in shared)
            names = ", ".join(f"`{one}`" for one in own)
            link = WORDS[place][0].partition("(")[2].rstrip(")")
            rows.append((names, f"the {registry.kind}'s", f"see [there]({link})", f"parameters of the {registry.kind}"))
    return _table(("key", "default", "allowed", "meaning"), rows)


def _shared(registry: Registry) -> list[Parameter]:
    """The parameters that every row takes, with the same default and range."""
    return [one for one in registry.rows[0].parameters if all(one in row.parameters for row in registry.rows)]


def _meaning(annotation: object) -> str:
    (text,) = (
        meta.description
        for meta in typing.get_args(annotation)[1:]
        if isinstance(meta, msgspec.Meta) and meta.description
    )
    return str(text)


def _default(field: msgspec.structs.FieldInfo, place: str) -> str:
    if place in DEFAULTS:
        return DEFAULTS[place]
    if field.required:
        return "required"
    value = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    if value in (None, msgspec.UNSET, "", (), {}):
        return ""
    return f"`{show(msgspec.to_builtins(value))}`"


def _allowed(annotation: object, words: Sequence[str]) -> list[str]:
    """What may stand there, in plain words: one entry for each kind of value. ``words`` are those for text."""
    inner, *metas = typing.get_args(annotation) if typing.get_origin(annotation) is typing.Annotated else (annotation,)
    origin, arguments = typing.get_origin(inner), typing.get_args(inner)
    if origin in (typing.Union, types.UnionType):
        found: list[str] = []
        for option in arguments:
            if option not in (types.NoneType, msgspec.UnsetType):
                one = _allowed(option, words)
                found += ["a list of these"] if found and one == [f"a list, each {_listed(found)}"] else one
        return found
    if origin is tuple and ... not in arguments:
        assert set(arguments) <= {float, schema.Number}
        return [f"a list of {len(arguments)} numbers"]
    if origin in (list, tuple):
        if isinstance(arguments[0], type) and issubclass(arguments[0], schema.Table):
            return [f"[tables](#{_name(arguments[0])})"]
        each = "" if arguments[0] is typing.Any else f", each {_listed(_allowed(arguments[0], words))}"
        return [f"a list{_length(metas)}{each}"]
    if inner is str:
        assert words, "a key that takes text needs its line in WORDS"
        return [f"text{_length(metas, ' characters')}"] if words == TEXT else list(words)
    if inner is bool:
        return ["`true`", "`false`"]
    if inner in (int, float):
        return [_number(annotation, whole=inner is int)]
    if isinstance(inner, type) and issubclass(inner, schema.Table):
        return [f"a [table](#{_name(inner)})"]
    return [f"a table{_length(metas, ' keys')}"]


def _name(table: type[schema.Table]) -> str:
    return next(name for name, one in KEYS.items() if one is table)


def _number(annotation: object, whole: bool) -> str:
    bounds = range_of(annotation)
    for digits, power in (("9.22337e18", "2⁶³ − 1"), ("1 000 000 000 000", "10¹²"), ("1e30", "10³⁰")):
        bounds = bounds.replace(digits, power)
    bounds = re.sub("^at least (.+) and at most ", r"from \1 to ", bounds).replace("at least", "of at least")
    return f"a {'whole ' if whole else ''}number {bounds}".strip()


def _length(metas: Sequence[object], of: str = "") -> str:
    """The lengths that a list, text or table may have: " of 2 to 64"."""
    found = [meta for meta in metas if isinstance(meta, msgspec.Meta) and (meta.min_length or meta.max_length)]
    if not found:
        return ""
    (meta,) = found
    if meta.max_length is None:
        return f" of at least {meta.min_length}{of.removesuffix('s') if meta.min_length == 1 else of}"
    return (
        f" of {meta.min_length} to {meta.max_length}{of}" if meta.min_length else f" of at most {meta.max_length}{of}"
    )


def _listed(words: Sequence[str]) -> str:
    """ "a, b or c", with a comma before a list."""
    *first, last = words
    if not first:
        return last
    return ", ".join(first) + (", or " if last.startswith("a list") else " or ") + last


def _choices(registry: Registry) -> str:
    """What a scenario can name, and the parameters of all of them."""
    rows = [(f"`{row.name}`", _summary(row), _defaults(row)) for row in registry.rows]
    return _table(("name", "what it does", "parameters"), rows) + _parameters(registry)


def _kinds() -> str:
    """The kinds of layer, and the keys that each takes, with the defaults of its own."""
    rows = []
    for kind in LAYER_KINDS.rows:
        if kind.name == layers.INPUTS:
            continue
        own = [f"`{kind.units_key}`"] if kind.units_key else []
        for key, value in kind.options.items():
            own.append(f"`{key}`" if value is None else f"`{key} = {show(value)}`")
        rows.append((f"`{kind.name}`", _summary(kind), ", ".join([*own, *(f"`{key}`" for key in kind.takes)])))
    return _table(("kind", "what it does", "keys it takes"), rows)


def _surfaces() -> str:
    rows = []
    for row in SURFACES.rows:
        assert isinstance(row, Surface)
        minima = ", ".join(f"({x:.4g}, {y:.4g})" for x, y in row.minima) or "depends on the data"
        shown = " × ".join(f"{low:g} … {high:g}" for low, high in row.window)
        start = "({:g}, {:g})".format(*row.start)
        rows.append((f"`{row.name}`", row.formula, minima, shown, start, _summary(row), _defaults(row)))
    head = ("name", "formula", "lowest points", "window", "start", "what it is", "parameters")
    return _table(head, rows) + _parameters(SURFACES)


def _defaults(row: Row) -> str:
    return ", ".join(
        f"`{one.name}` = {('false', 'true')[int(one.default)] if one.flag else f'{one.default:g}'}"
        for one in row.parameters
    )


def _parameters(registry: Registry) -> str:
    """A table of the rows' parameters, each meaning once; nothing if they have none."""
    takers: dict[tuple[str, str, str], list[str]] = {}
    for row in registry.rows:
        for one in row.parameters:
            takers.setdefault((one.name, _range(one), one.summary), []).append(row.name)
    rows = []
    for (name, allowed, summary), names in takers.items():
        of = "all" if len(names) == len(registry) else ", ".join(f"`{one}`" for one in names)
        rows.append((f"`{name}`", of, allowed, summary))
    return "\n\n" + _table(("parameter", "of", "allowed", "meaning"), rows) if rows else ""


def _range(parameter: Parameter) -> str:
    if parameter.flag:
        return "`true` or `false`"
    low = None if parameter.low == -math.inf else parameter.low
    high = None if parameter.high == math.inf else parameter.high
    bounds = {"gt" if parameter.exclusive_low else "ge": low, "lt" if parameter.exclusive_high else "le": high}
    return _number(typing.Annotated[float, msgspec.Meta(**bounds)], parameter.whole)


def settings() -> str:
    """settings.md."""
    text = (Path(__file__).parent / "settings_template.md").read_text(encoding="utf-8")
    rows = [(f"`{one.id}`", f"`{key_words(one)}`", one.description) for one in ACTIONS if one.id != "interrupt"]
    themes = [
        ("`default`", "dark; lanes in colours that colour-blind eyes tell apart"),
        ("`colour-blind`", "Okabe and Ito's colours as they are; what is good is blue, what is wrong orange"),
        ("`high-contrast`", "white on black, lanes at least seven times as light as what is behind them"),
        (", ".join(f"`{name}`" for name in THEMES if name not in OWN), "Textual's"),
    ]
    text = text.replace("{{themes}}", _table(("theme", "what it looks like"), themes))
    return text.replace("{{actions}}", _table(("action", "key", "what it does"), rows))


def _statistics(statistics: Sequence[Statistic]) -> str:
    rows = [(f"`{one.name}`", one.formula, one.summary) for one in statistics]
    return _table(("name", "formula", "in words"), rows)


def _diagnoses() -> str:
    rules = (non_finite, *(rule.find for rule in RULES))
    rows = [(f"`{rule.__name__}`", " ".join((rule.__doc__ or "").split())) for rule in rules]
    return _table(("rule", "what it finds"), rows)


def _summary(row: Row) -> str:
    return f"{row.summary} ({row.source})" if row.source else row.summary


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


if __name__ == "__main__":
    for page, content in (("scenario.md", scenario()), ("scenarios.md", scenarios()), ("settings.md", settings())):
        (Path(__file__).parent / page).write_text(content, encoding="utf-8")
