"""A network in words: in one line, and layer by layer as a table."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from rich.table import Table
from rich.text import Text

from nntui.headless.words import plain_table
from nntui.plotting.numbers import grouped
from nntui_engine.registry.layer_kind import Shape, shape_text
from nntui_engine.registry.layer_kinds import LAYER_KINDS
from nntui_engine.scenario.settings import LaneSettings, LayerSettings
from nntui_engine.tasks.layers import counted_layers


def network_line(settings: LaneSettings, room: int = 100) -> str:
    """The network in one line, such as "64 → 32 relu → 10 softmax"; equal neighbours are counted.

    One that is no plain chain takes at most ``room`` columns: its layers in words, or their names, or their kinds.
    """
    if settings.is_plain:
        words = [str(settings.inputs)]
        for layer, equal in groupby(_units_words(layer) for layer in settings.layers):
            words.append(_times(len(list(equal)), layer))
        return " → ".join(words)
    hidden, output = settings.layers[:-1], settings.layers[-1]
    ends = shape_text(_input_shape(settings)), _units_words(output)
    forms = (" → ".join([ends[0], *_folded([words(layer) for layer in hidden]), ends[1]]) for words in (_words, _name))
    return next((form for form in forms if len(form) <= room), _kinds_line(settings))


def kind_words(kind: str) -> str:
    """A kind of layer as people write it: "max pool"."""
    return kind.replace("_", " ")


def layers_table(settings: LaneSettings) -> Table:
    """Of every layer its kind, output shape, parameters and multiply-adds of one row; their sums in the last line."""
    numbers = ("Shape", "Parameters", "Multiply-adds")
    table = plain_table(("Layer", False), ("Kind", False), *((header, True) for header in numbers))
    rows = layer_rows(settings)
    for row in rows:
        counts = (grouped(row["parameters"]), grouped(row["multiply_adds"]))
        table.add_row(Text(row["name"]), kind_words(row["kind"]), shape_text(row["shape"]), *counts)
    sums = (grouped(sum(row[key] for row in rows)) for key in ("parameters", "multiply_adds"))
    table.add_row("total", "", "", *sums, style="bold")
    return table


def layer_rows(settings: LaneSettings) -> list[dict[str, Any]]:
    """What :func:`layers_table` shows, as plain values, the inputs first."""
    shape = list(_input_shape(settings))
    normalized = 2 * settings.shape[-1] if settings.batch_norm_inputs else 0
    rows: list[dict[str, Any]] = [
        {"name": "inputs", "kind": "inputs", "shape": shape, "parameters": normalized, "multiply_adds": 0}
    ]
    for layer, counted in zip(settings.layers, counted_layers(settings.layers, settings.shape), strict=True):
        rows.append(
            {
                "name": "output" if layer.index == len(settings.layers) else layer.label,
                "kind": layer.kind,
                "shape": list(counted.shape),
                "parameters": counted.parameters,
                "multiply_adds": counted.multiply_adds,
            }
        )
    return rows


def _input_shape(settings: LaneSettings) -> Shape:
    """The shape of a row, where a layer sees it; to dense layers it is a row of numbers."""
    seen = any(LAYER_KINDS[layer.kind].linked for layer in settings.layers)
    return settings.shape if seen else (settings.inputs,)


def layer_line(settings: LaneSettings, layer: LayerSettings) -> str:
    """A listed layer's settings, without those that its kind has anyway."""
    labels = ["inputs", *(one.label for one in settings.layers)]
    kind, words = LAYER_KINDS[layer.kind], [" ".join(filter(None, (kind_words(layer.kind), layer.name)))]
    if layer.sources != (layer.index - 1,):
        words.append(f"from {' and '.join(labels[source] for source in layer.sources)}")
    if kind.units_key:
        words.append(f"{kind.units_key} {layer.units}")
    words += [f"{key} {_plain(value)}" for key, value in layer.options.items() if value != kind.options[key]]
    if "activation" in kind.takes and layer.activation != kind.activation:
        words.append(layer.activation)
    usual: dict[str, Any] = {"alpha": 0.0, "init_scale": None, "bias": 0.0, "batch_norm": "none", "dropout": 0.0}
    usual |= {"l1": 0.0, "l2": 0.0, "trainable": True}
    if layer.init:
        words.append(layer.init)
    taken = (*kind.takes, "bias") if layer.init else kind.takes
    words += [
        f"{key} {_plain(getattr(layer, key))}" for key in usual if key in taken and getattr(layer, key) != usual[key]
    ]
    return ", ".join(words)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return " × ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _units_words(layer: LayerSettings) -> str:
    extra = "" if layer.batch_norm == "none" else "+bn"
    return f"{layer.units} {layer.activation}{extra}"


def _words(layer: LayerSettings) -> str:
    """A layer of the file: its name without the number of its turn, units and activation."""
    kind = LAYER_KINDS[layer.kind]
    words = [_base_name(layer)] if layer.kind == "dense" else [_base_name(layer) or kind_words(layer.kind)]
    if kind.units_key:
        words.append(str(layer.units))
    if layer.activation != kind.activation and "activation" in kind.takes:
        words.append(layer.activation)
    return " ".join(filter(None, words)) + ("" if layer.batch_norm == "none" else "+bn")


def _name(layer: LayerSettings) -> str:
    return _base_name(layer) or kind_words(layer.kind)


def _base_name(layer: LayerSettings) -> str:
    return layer.name.partition(".")[0]


def _folded(words: Sequence[str]) -> list[str]:
    """The words, with what comes several times in a row written once: "3 × (a, b, add)"."""
    found, at = [], 0
    while at < len(words):
        turns, length = 1, 1
        for span in range(1, (len(words) - at) // 2 + 1):
            count = 1
            while words[at + count * span : at + (count + 1) * span] == words[at : at + span]:
                count += 1
            if count > 1 and count * span > turns * length:
                turns, length = count, span
        found.append(_times(turns, ", ".join(words[at : at + length])))
        at += turns * length
    return found


def _times(count: int, words: str) -> str:
    return words if count == 1 else f"{count} × ({words})"


def _kinds_line(settings: LaneSettings) -> str:
    kinds = ", ".join(dict.fromkeys(kind_words(layer.kind) for layer in settings.layers))
    numbers = sum(row["parameters"] for row in layer_rows(settings))
    return f"{len(settings.layers)} layers: {kinds}; {grouped(numbers)} parameters"
