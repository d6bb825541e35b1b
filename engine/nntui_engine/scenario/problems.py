"""Reading a table into its typed form, and saying in one line what is wrong with it."""

import datetime
import functools
import math
import re
import sys
import types
import typing
import unicodedata
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import msgspec

from ..errors import InputError, allowed_names
from ..registry.row import limit_text
from .schema import Table

T = TypeVar("T", bound=Table)

_WORDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
_LONGEST_VALUE = 60
_LARGEST = sys.float_info.max
DEEPEST = 16  # tables and lists in one another


def show(value: object) -> str:
    """``value`` as it would stand in a TOML file, on one line, cut to a readable length."""
    text = _toml(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(c if c.isprintable() else " " for c in value[: _LONGEST_VALUE + 1]) + '"'
    if isinstance(value, int):
        # Python refuses to print integers of more than 4300 digits
        return str(value) if abs(value) < 10**30 else "a number of more than 30 digits"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in list(value.items())[:20]) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(item) for item in value[:20]) + "]"
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return repr(value)


def fail(where: str, key: str, value: object, problem: str) -> NoReturn:
    """Raise the one-line error about ``value`` under ``key``."""
    raise InputError(f"{prefix(where)}{key} = {show(value)}: {problem}")


def prefix(where: str) -> str:
    """``where`` as a message begins with it: followed by ": ", or nothing where it is ""."""
    return f"{where}: " if where else ""


def unknown_key(where: str, table: str, key: str, allowed: Sequence[str]) -> NoReturn:
    """Raise the InputError about a key that ``table`` ("" at the top) does not have; it names those ``allowed``."""
    path = f"{table}.{key}" if table else key
    raise InputError(f'{prefix(where)}unknown key "{path}"; {allowed_names(key, list(allowed))}')


def choose(where: str, key: str, value: str, allowed: Sequence[str], kind: str = "value") -> None:
    """Raises InputError unless ``value`` is one of ``allowed``."""
    if value not in allowed:
        raise InputError(f"{prefix(where)}{key}: unknown {kind} {show(value)}; {allowed_names(value, list(allowed))}")


@functools.cache
def keys_of(table: type[Table]) -> tuple[str, ...]:
    """The keys a person may write in ``table``."""
    return tuple(field.encode_name for field in msgspec.structs.fields(table))


def read(raw: object, table: type[T], where: str, name: str, more_keys: Sequence[str] = ()) -> T:
    """``raw`` as a ``table``.

    ``name`` is the table's key path in messages ("train"; "" at the top), ``more_keys`` further keys that are
    allowed there but were taken out before.

    Raises InputError for an unknown key, a wrong type, a number out of range or a NaN.
    """
    if not isinstance(raw, Mapping):
        raise InputError(f"{prefix(where)}{name} must be a table, not {show(raw)}")
    for key in raw:
        if key not in keys_of(table):
            unknown_key(where, name, str(key), [*keys_of(table), *more_keys])
    try:
        return msgspec.convert(raw, table)
    except msgspec.ValidationError as error:
        raise InputError(_explain(str(error), raw, table, where, name)) from None


def refuse_non_finite(raw: object, where: str, key: str) -> None:
    """Raise InputError if a NaN or an infinity stands anywhere in ``raw``."""
    if isinstance(raw, float) and not math.isfinite(raw):
        fail(where, key, raw, "must be a finite number")
    if isinstance(raw, Mapping):
        for inner, value in raw.items():
            refuse_non_finite(value, where, f"{key}.{inner}")
    elif isinstance(raw, list):
        for value in raw:
            refuse_non_finite(value, where, key)


def refuse_oversized(raw: object, where: str) -> None:
    """Raise InputError for what no setting can be: nested more than DEEPEST deep, or a whole number that no float
    can hold. Comes before anything that copies or converts ``raw``."""
    waiting = deque([(raw, "", 0)])
    while waiting:
        value, key, depth = waiting.popleft()
        if isinstance(value, int) and abs(value) > _LARGEST:
            fail(where, key, value, "no setting is that large")
        if depth > DEEPEST:
            raise InputError(f"{prefix(where)}{key}: nested more than {DEEPEST} deep")
        if isinstance(value, Mapping):
            waiting += [(item, f"{key}.{name}" if key else str(name), depth + 1) for name, item in value.items()]
        elif isinstance(value, (list, tuple)):
            waiting += [(item, key, depth + 1) for item in value]


def refuse_controls(raw: object, where: str, key: str = "") -> None:
    """Raise InputError for text with control characters (but line breaks and tabs): a terminal would obey them."""
    if isinstance(raw, str):
        if any(unicodedata.category(c) == "Cc" and c not in "\n\r\t" for c in raw):
            fail(where, key, raw, "holds a control character")
    elif isinstance(raw, Mapping):
        for name, value in raw.items():
            refuse_controls(value, where, f"{key}.{name}" if key else str(name))
    elif isinstance(raw, (list, tuple)):
        for value in raw:
            refuse_controls(value, where, key)


def _explain(message: str, raw: Mapping[str, Any], table: type[Table], where: str, name: str) -> str:
    """msgspec's message in plain words, with the offending value and everything allowed in its place."""
    text, _, path = message.partition(" - at ")
    steps = re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]|\[(\.\.\.)\]", path)
    parts: list[str | int] = [int(index) if index else key or dots for key, index, dots in steps]
    value: object = raw
    for part in parts:
        try:
            value = value[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            value = None
            break
    key = _path_text(name, parts)
    annotation = _annotation_at(table, parts)
    if found := re.search(r"unknown field `(.+)`", text):
        allowed = keys_of(annotation) if isinstance(annotation, type) and issubclass(annotation, Table) else ()
        return f'{prefix(where)}unknown key "{key}.{found[1]}"; {allowed_names(found[1], list(allowed))}'
    if found := re.search(r"missing required field `(.+)`", text):
        return f"{prefix(where)}{f'{key}.' if key else ''}{found[1]} is missing"
    return f"{prefix(where)}{key} = {show(value)}: {_problem(text, annotation)}"


def _path_text(name: str, parts: Sequence[str | int]) -> str:
    text = name
    for part in parts:
        if isinstance(part, int):
            text += f"[{part + 1}]"  # people count list entries from 1
        else:
            text += f".{part}" if text else part
    return text


def _problem(text: str, annotation: object) -> str:
    if "out of range" in text:
        return f"must be {range_of(annotation) or 'a smaller number'}"
    if found := re.search(r"of length (>=|<=) (\d+)", text):
        amount = "at least" if found[1] == ">=" else "at most"
        noun = "character" if "`str`" in text else "entry" if "`array`" in text else "key"
        if found[2] != "1":
            noun = {"entry": "entries"}.get(noun, noun + "s")
        return f"must have {amount} {found[2]} {noun}"
    if found := re.search(r"of length (\d+)", text):
        return f"must be a list of {found[1]}"
    if re.search(r"(>=|<=|>|<) -?[\d.]+", text) and (words := range_of(annotation)):
        return f"must be {words}"
    if found := re.match(r"Expected `([^`]+)`", text):
        kinds = [_WORDS.get(kind, kind) for kind in found[1].split(" | ") if kind != "null"]
        return "must be " + (" or ".join([", ".join(kinds[:-1]), kinds[-1]]) if len(kinds) > 1 else kinds[0])
    return text


def _annotation_at(table: type[Table], parts: Sequence[str | int]) -> object:
    """The type annotation of the entry that ``parts`` leads to inside ``table``."""
    annotation: object = table
    for part in parts:
        for option in _options(annotation):
            if isinstance(part, str) and isinstance(option, type) and issubclass(option, Table):
                fields = {field.encode_name: field.name for field in msgspec.structs.fields(option)}
                hints = typing.get_type_hints(option, include_extras=True)
                if part in fields:
                    annotation = hints[fields[part]]
                    break
            elif isinstance(part, int) and typing.get_origin(option) in (list, tuple):
                annotation = typing.get_args(option)[0]
                break
    found = [option for option in _options(annotation) if isinstance(option, type) and issubclass(option, Table)]
    return found[0] if found else annotation


def _options(annotation: object) -> list[object]:
    """The members of a union, without their ``Annotated`` wrapping."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _options(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [inner for option in typing.get_args(annotation) for inner in _options(option)]
    return [annotation]


def range_of(annotation: object) -> str:
    """The range that a numeric annotation allows, in words; "" if it states none."""
    words: list[str] = []
    if typing.get_origin(annotation) is typing.Annotated:
        for meta in typing.get_args(annotation)[1:]:
            if isinstance(meta, msgspec.Meta):
                ends = (("at least", meta.ge), ("above", meta.gt), ("at most", meta.le), ("below", meta.lt))
                words += [f"{word} {limit_text(end)}" for word, end in ends if end is not None]
        return " and ".join(words) or range_of(typing.get_args(annotation)[0])
    for option in typing.get_args(annotation):
        if words := [range_of(option)] if range_of(option) else []:
            return words[0]
    return ""
