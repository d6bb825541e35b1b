"""``[[model.layers]]``: blocks written out, names turned into places, every key held against its layer's kind."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET

from ..errors import InputError, allowed_names
from ..registry.activation import HIDDEN_ACTIVATIONS
from ..registry.initializer import INITIALIZERS
from ..registry.layer_kind import LayerKind
from ..registry.layer_kinds import LAYER_KINDS
from ..registry.recurrence import RECURRENT_KINDS
from .problems import choose, fail, prefix, read, show
from .schema import MAX_DEPTH, LayerTable, ModelTable

INPUTS, BLOCK, OUTPUT = "inputs", "block", "output"
PADDINGS = ("valid", "same")
LAYER_BATCH_NORMS = ("none", "before", "after")
_EVERY_KIND = ("kind", "name", "from", "repeat")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class WrittenLayer:
    """One layer as the file has it: its kind, the name it was given ("" for none), the places of what it reads (0 is
    the data, 1 the first layer), its keys, and where they stand in the file: places in lists of layers, outer first."""

    kind: LayerKind
    name: str
    sources: tuple[int, ...]
    table: LayerTable
    path: tuple[int, ...]

    def words(self, place: int) -> str:
        """How messages call it: its name, or its place and kind."""
        return f'layer "{self.name}"' if self.name else f"layer {place} ({self.kind.name})"


def written_layers(tables: Sequence[LayerTable], where: str) -> tuple[WrittenLayer, ...]:
    """All layers in order. Raises InputError, in one line that names the layer, for what cannot be."""
    found: list[WrittenLayer] = []
    names: dict[str, int] = {INPUTS: 0}
    _write_out(tables, (), {}, names, found, where)
    if not found:
        raise InputError(f"{prefix(where)}model.layers is empty; leave it out for no hidden layers: model.hidden = []")
    read = {source for layer in found for source in layer.sources}
    for place, layer in enumerate(found[:-1], 1):
        if place not in read:
            raise InputError(f"{prefix(where)}model.layers: nothing reads {layer.words(place)}")
    return tuple(found)


def _write_out(
    tables: Sequence[LayerTable],
    path: tuple[int, ...],
    inner: Mapping[str, int],
    names: dict[str, int],
    found: list[WrittenLayer],
    where: str,
    ending: str = "",
) -> None:
    """Add the layers of ``tables``, which may use the names of ``inner`` (those of the block) and of all before."""
    local = dict(inner)
    later = _names_in(tables)
    for number, table in enumerate(tables):
        at = (*path, number)
        key = key_of(at)
        for turn in range(1, table.repeat + 1):
            suffix = f"{ending}.{turn}" if table.repeat > 1 else ending
            if table.layers is not UNSET:
                _check_block(table, key, where)
                above = _sources(table, key, local, names, later, len(found), where)
                if len(above) != 1:
                    fail(where, f"{key}.from", table.from_, "a block reads one layer")
                _write_out(table.layers, at, {**local, BLOCK: above[0]}, names, found, where, suffix)
                continue
            _check_layer(table, key, where)
            sources = _sources(table, key, local, names, later, len(found), where)
            name = "" if table.name is UNSET else table.name + suffix
            if len(found) >= MAX_DEPTH - 1:
                raise InputError(f"{prefix(where)}{key}: more than {MAX_DEPTH} layers")
            if name and name in names:
                fail(where, f"{key}.name", name, "another layer has that name")
            found.append(WrittenLayer(LAYER_KINDS[str(table.kind)], name, sources, table, at))
            if name:
                names[name] = len(found)
                local[str(table.name)] = len(found)


def key_of(path: Sequence[int]) -> str:
    """The key path of a layer of the file, such as model.layers[2] or model.layers[2].layers[0]."""
    return "model" + "".join(f".layers[{number}]" for number in path)


def _names_in(tables: Sequence[LayerTable]) -> set[str]:
    return {table.name for table in tables if table.name is not UNSET}


def _sources(
    table: LayerTable,
    key: str,
    local: Mapping[str, int],
    names: Mapping[str, int],
    later: set[str],
    above: int,
    where: str,
) -> tuple[int, ...]:
    if table.from_ is UNSET:
        return (above,)
    wanted = [table.from_] if isinstance(table.from_, str) else table.from_
    if not wanted:
        fail(where, f"{key}.from", table.from_, "names nothing; leave it out to read the layer above")
    places = []
    for name in wanted:
        place = local.get(name, names.get(name))
        if place is None:
            if name in later:
                fail(where, f"{key}.from", name, "that layer comes later or is this one; a layer reads earlier ones")
            known = [*names, *local]
            raise InputError(
                f"{prefix(where)}{key}.from: no layer is called {show(name)}; {allowed_names(name, known)}"
            )
        places.append(place)
    if table.kind is not UNSET and (most := LAYER_KINDS[table.kind].most_sources) and len(places) > most:
        fail(where, f"{key}.from", table.from_, f"a layer of kind {table.kind} reads one layer")
    return tuple(places)


def _written(table: LayerTable) -> list[str]:
    return list(msgspec.to_builtins(table))


def _check_block(table: LayerTable, key: str, where: str) -> None:
    assert table.layers is not UNSET
    for name in _written(table):
        if name not in ("from", "repeat", "layers"):
            raise InputError(f"{prefix(where)}{key}.{name}: a block has only from, repeat and layers")
    if not table.layers:
        raise InputError(f"{prefix(where)}{key}.layers is empty")


def _check_layer(table: LayerTable, key: str, where: str) -> None:
    kinds = [name for name in LAYER_KINDS if name != INPUTS]
    if table.kind is UNSET:
        raise InputError(f"{prefix(where)}{key} has no kind; allowed: {', '.join(kinds)}")
    choose(where, f"{key}.kind", table.kind, kinds, "layer kind")
    kind = LAYER_KINDS[table.kind]
    own = [name for name in (kind.units_key, *kind.options, *kind.takes) if name]
    for name in _written(table):
        if name not in (*_EVERY_KIND, *own):
            raise InputError(
                f'{prefix(where)}{key}.{name}: a layer of kind {table.kind} has no "{name}"; it takes {", ".join(own)}'
            )
    for name in own:
        needed = name == kind.units_key or (name in kind.options and name == "tokens")
        if needed and getattr(table, name) is UNSET:
            raise InputError(f"{prefix(where)}{key}: a layer of kind {table.kind} needs {name}")
    if table.name is not UNSET and (not _NAME.fullmatch(table.name) or table.name in (INPUTS, BLOCK, OUTPUT)):
        problem = f"must be up to 40 letters, digits, _ - that begin with a letter, and not {INPUTS}, {BLOCK}, {OUTPUT}"
        fail(where, f"{key}.name", table.name, problem)
    for name in ("activation", "recurrent_activation"):
        value: Any = getattr(table, name)
        if value is not UNSET:
            choose(where, f"{key}.{name}", value, list(HIDDEN_ACTIVATIONS), "activation")
            if value == "prelu" and kind.name in RECURRENT_KINDS:
                fail(where, f"{key}.{name}", value, "a recurrent layer does not learn its slope; use leaky_relu")
    for name in ("init", "recurrent_init"):
        value = getattr(table, name)
        if value is not UNSET:
            INITIALIZERS.find(value, f"{prefix(where)}{key}.{name}")
    if isinstance(table.bias, str) and table.bias != "normal":
        fail(where, f"{key}.bias", table.bias, 'must be a number or "normal"')
    if table.padding is not UNSET:
        choose(where, f"{key}.padding", table.padding, PADDINGS, "padding")
    if table.batch_norm is not UNSET:
        choose(where, f"{key}.batch_norm", table.batch_norm, LAYER_BATCH_NORMS)


def kinds_of(model: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds of the layers of a [model] table that was checked."""
    if "layers" not in model:
        return ()
    tables = read({"layers": model["layers"]}, ModelTable, "", "model").layers
    assert tables is not UNSET
    return tuple(layer.kind.name for layer in written_layers(tables, ""))


def place_of(layers: object, wanted: str, key: str, where: str) -> tuple[int, ...]:
    """Where in the file's lists of layers the one called ``wanted`` stands, or the one with that number (from 1).

    A layer that is repeated has one place. Raises InputError where there is none.
    """
    tables = read({"layers": layers}, ModelTable, where, "model").layers
    assert tables is not UNSET
    written = written_layers(tables, where)
    if wanted.isdigit() and 1 <= int(wanted) <= len(written):
        return written[int(wanted) - 1].path
    for layer in written:
        if layer.table.name == wanted:
            return layer.path
    names = list(dict.fromkeys(str(layer.table.name) for layer in written if layer.table.name is not UNSET))
    hint = allowed_names(wanted, names) if names else "no layer has a name"
    raise InputError(
        f"{prefix(where)}{key}: no layer {show(wanted)}: a number from 1 to {len(written)}, or a name; {hint}"
    )
