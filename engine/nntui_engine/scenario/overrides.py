"""Changing a lane's tables by dotted keys: lanes, tries, fixes, ``--set`` and knobs all go through here.

A choice carries its parameters with it. When an override makes a new choice, parameters written for the old one
that the new one does not have are dropped, so that ``train.optimizer = "adam"`` just works after ``momentum = 0.9``.
A parameter named in the *same* set of overrides is never dropped: if it does not fit, that is an error.
"""

import copy
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from ..data.sets import DATASETS
from ..errors import InputError, allowed_names
from ..registry.optimizer import OPTIMIZERS
from ..registry.row import Row
from ..registry.schedule import SCHEDULES
from ..registry.surface import SURFACES
from .checks import DATA_PARAMETERS, OPTIMIZER_PARAMETERS, SURFACE_PARAMETERS, Tables, check, takes
from .layers import place_of
from .problems import keys_of, prefix, refuse_oversized, show
from .schema import SECTIONS, LayerTable
from .text import check_bounds

_OF_THE_ROWS = ("labels", "test_path", "test_labels", "shape", "augment", "keep_classes", "test_shift")
_NESTED = {
    "data.augment": None,
    "data.preprocess": "kind",
    "train.early_stopping": None,
    "train.noise": None,
    "train.schedule": "kind",
    "model.start": None,
}


def override(tables: Mapping[str, Any], settings: Mapping[str, object], where: str = "--set") -> Tables:
    """``tables`` with ``settings`` (dotted key → value) laid over them, checked; ``tables`` itself is not changed.

    A new ``train.optimizer`` keeps ``lr`` and every parameter it has too, and drops the others; the same holds for
    a schedule's ``kind``, for ``data.name`` and for ``surface.name``, which drops start and window too. A new
    activation drops ``model.alpha``, a new init ``model.init_scale``, a new loss ``train.huber_delta``. Of
    ``train.steps`` and ``train.epochs`` the later wins. Inner keys reach into tables: ``train.noise.inputs``,
    ``train.schedule.decay``.

    Raises InputError (prefixed with ``where``) for an unknown key, a bad value, or two settings that contradict.
    """
    refuse_oversized(settings, where)
    settings = _flat(settings)
    result: Tables = copy.deepcopy(dict(tables))
    if "train.steps" in settings and "train.epochs" in settings:
        raise InputError(f"{prefix(where)}train.steps and train.epochs cannot be set together; keep one of them")
    for key, value in settings.items():
        check_key(key, where)
        _drop_what_goes(result, key, value, settings)
    for key, value in sorted(settings.items(), key=lambda item: item[0].count(".")):
        _put(result, key, copy.deepcopy(value), where)
    check(result, where)
    return result


def _flat(settings: Mapping[str, object]) -> dict[str, object]:
    """Dotted keys only: TOML reads an unquoted ``set = { train.lr = 1 }`` as a table in a table."""
    flat: dict[str, object] = {}
    for key, value in settings.items():
        if key in SECTIONS and isinstance(value, Mapping):
            flat.update({f"{key}.{name}": item for name, item in value.items()})
        else:
            flat[key] = value
    return flat


def check_key(key: str, where: str) -> None:
    """Raise InputError, with the nearest name, unless ``key`` is a dotted key that can be set."""
    section, _, rest = key.partition(".")
    if section in SECTIONS and rest:
        name, _, inner = rest.partition(".")
        known = _section_keys(section)
        if name not in known:
            raise InputError(f'{prefix(where)}unknown key "{key}"; {allowed_names(name, known)}')
        if key.startswith("model.layers."):
            _check_layer_key(key, inner, where)
            return
        if inner and (f"{section}.{name}" not in _NESTED or "." in inner):
            raise InputError(f'{prefix(where)}unknown key "{key}"; {section}.{name} has no keys of its own')
        return
    everything = [f"{table}.{name}" for table in SECTIONS for name in _section_keys(table)]
    same = [full for full in everything if full.partition(".")[2] == key]
    if same:
        raise InputError(f'{prefix(where)}unknown key "{key}"; did you mean "{same[0]}"?')
    if section in SECTIONS:
        raise InputError(
            f'{prefix(where)}"{key}" is a whole table; set one of its keys, such as {section}.'
            f"{_section_keys(section)[0]}"
        )
    hint = allowed_names(key, everything).partition("allowed:")[0]
    raise InputError(f'{prefix(where)}unknown key "{key}"; {hint}keys begin with {", ".join(SECTIONS)}, then a dot')


def _check_layer_key(key: str, inner: str, where: str) -> None:
    layer, _, name = inner.partition(".")
    own = [one for one in keys_of(LayerTable) if one not in ("layers", "repeat")]
    if not layer or name not in own:
        raise InputError(
            f'{prefix(where)}unknown key "{key}"; model.layers, a layer\'s name or number, then one of {", ".join(own)}'
        )


def _section_keys(section: str) -> list[str]:
    more = {"data": DATA_PARAMETERS, "surface": SURFACE_PARAMETERS, "train": OPTIMIZER_PARAMETERS}.get(section, ())
    return [*keys_of(SECTIONS[section]), *more]


def _put(tables: Tables, key: str, value: object, where: str) -> None:
    section, name, *inner = key.split(".")
    table = tables.setdefault(section, {})
    if not isinstance(table, dict):
        raise InputError(f"{prefix(where)}{section} must be a table, not {show(table)}")
    if not inner:
        table[name] = value
        return
    if key.startswith("model.layers."):
        layers = table.get("layers")
        path = place_of(layers, inner[0], key, where) if layers is not None else ()
        if not path:
            raise InputError(f"{prefix(where)}{key}: the layers are not listed (model.layers); model.hidden says them")
        one: Any = table
        for number in path:
            one = one["layers"][number]
        one[inner[1]] = value
        return
    main = _NESTED[f"{section}.{name}"]
    current = table.get(name)
    if not isinstance(current, dict):
        current = {main: current} if main and isinstance(current, str) else {}
    table[name] = {**current, inner[0]: value}


def _drop_what_goes(tables: Tables, key: str, value: object, settings: Mapping[str, object]) -> None:
    """Drop from ``tables`` what the new ``value`` of ``key`` makes meaningless, unless ``settings`` names it."""
    data, surface, model, train = (tables.get(section, {}) for section in ("data", "surface", "model", "train"))
    if not all(isinstance(table, dict) for table in (data, surface, model, train)):
        return  # check() names the broken table
    if key == "train.steps":
        train.pop("epochs", None)
    elif key == "train.epochs":
        train.pop("steps", None)
    elif key == "train.optimizer":
        _drop(train, OPTIMIZER_PARAMETERS, "train", settings, lambda name: not _row_takes(OPTIMIZERS, value, name))
    elif key == "train.loss" and value != "huber":
        _drop(train, ("huber_delta",), "train", settings)
    elif key == "train.schedule.kind" and isinstance(train.get("schedule"), dict):
        inner = [name for name in train["schedule"] if name != "kind"]
        _drop(train["schedule"], inner, "train.schedule", settings, lambda n: not _row_takes(SCHEDULES, value, n))
    elif key == "data.preprocess.kind" and isinstance(data.get("preprocess"), dict):
        _drop(data["preprocess"], ("by",), "data.preprocess", settings)
    elif key == "model.layers":
        _drop(model, ("hidden",), "model", settings)
    elif key == "model.hidden":
        _drop(model, ("layers",), "model", settings)
    elif key == "model.activation" and value != model.get("activation", "relu"):
        _drop(model, ("alpha",), "model", settings)
    elif key == "model.init" and value != model.get("init"):
        _drop(model, ("init_scale",), "model", settings)
    elif key == "surface.name" and value != surface.get("name"):
        _drop(surface, ("start", "window"), "surface", settings)
        _drop(surface, SURFACE_PARAMETERS, "surface", settings, lambda name: not _row_takes(SURFACES, value, name))
    elif key == "data.name":
        _drop(data, ("path", *_OF_THE_ROWS, "target"), "data", settings)
        _drop(data, DATA_PARAMETERS, "data", settings, lambda name: not _row_takes(DATASETS, value, name))
    elif key == "data.path":
        _drop(data, ("name", *DATA_PARAMETERS, *_OF_THE_ROWS), "data", settings)


def _row_takes(registry: Mapping[str, Row], choice: object, parameter: str) -> bool:
    return isinstance(choice, str) and takes(registry, choice, parameter)


def _drop(
    table: dict[str, Any],
    names: tuple[str, ...] | list[str],
    path: str,
    settings: Mapping[str, object],
    when: Callable[[str], bool] = lambda _: True,
) -> None:
    for name in names:
        if name in table and when(name) and f"{path}.{name}" not in settings:
            del table[name]


LONGEST_ASSIGNMENT = 100_000
_KEY = r"[A-Za-z_]\w*(?:\.[\w-]+)+"


def parse_assignment(text: str) -> tuple[str | None, str, object]:
    """Read ``KEY=VALUE`` or ``LANE:KEY=VALUE`` as (lane or None, key, value).

    The value is TOML; where it is not, a bare word is text, so that ``model.activation=relu`` and
    ``model.activation=[relu, tanh]`` need no quotes. Raises InputError for
    anything else.

    >>> parse_assignment("train.lr=0.1")
    (None, 'train.lr', 0.1)
    >>> parse_assignment("ReLU + He:model.hidden=[64, 32]")
    ('ReLU + He', 'model.hidden', [64, 32])
    """
    if len(text) > LONGEST_ASSIGNMENT:
        raise InputError(f"{show(text)}: longer than {LONGEST_ASSIGNMENT} characters")
    found = re.match(rf"\s*({_KEY})\s*=(.*)", text, re.DOTALL)
    lane: str | None = None
    if found is None:
        found = re.match(rf"(.+?):\s*({_KEY})\s*=(.*)", text, re.DOTALL)
        if found is None:
            raise InputError(
                f"{show(text)} is not KEY=VALUE; write for example train.lr=0.1, or lane:train.lr=0.1 for one lane"
            )
        lane, key, value = found[1].strip(), found[2], found[3].strip()
    else:
        key, value = found[1], found[2].strip()
    if not value:
        raise InputError(f"{key}= has no value; write for example {key}=1")
    return lane, key, _value(value)


def _value(text: str) -> object:
    check_bounds(text, "")
    if (parsed := _toml_value(text)) is not None:
        return parsed
    if text.startswith("[") and text.endswith("]"):
        return [_word(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    return _word(text)


def _toml_value(text: str) -> object:
    """What TOML reads ``text`` as; None where it is not one value."""
    try:
        parsed = tomllib.loads(f"v = {text}")
    except (ValueError, RecursionError):
        return None
    if set(parsed) == {"v"} and isinstance(parsed["v"], (bool, int, float, str, list, dict)):
        return parsed["v"]
    return None


def _word(text: str) -> object:
    if (parsed := _toml_value(text)) is not None:
        return parsed
    try:
        return float(text)  # .5 and 1. are no TOML
    except ValueError:
        return text
