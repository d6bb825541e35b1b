"""How a layer is marked wherever layers stand side by side: its marker, its colour, its name in few characters."""

from nntui_engine.registry.layer_kind import LayerKind, shape_text
from nntui_engine.registry.layer_kinds import LAYER_KINDS
from nntui_engine.run.snapshot import LaneSnapshot, LayerInfo

from .grid import fit
from .plot import Key
from .theme import Theme

_SHORT_KINDS = {
    "convolution": "conv",
    "average_pool": "avg pool",
    "concatenate": "concat",
    "recurrent": "rnn",
    "embedding": "embed",
    "layer_norm": "norm",
}


def layer_keys(lane: LaneSnapshot, theme: Theme) -> list[Key]:
    """Every layer's marker and colour, and its name where it has one.

    The colours run over the layers with weights, so that a plot of those alone has all of the ramp; one without weights
    lies between its neighbours.
    """
    count, weighted = len(lane.layers), sum(layer.has_weights for layer in lane.layers)
    keys, before = [], 0
    for index, layer in enumerate(lane.layers):
        place = float(before) if layer.has_weights else max(0.0, before - 0.5)
        before += layer.has_weights
        keys.append(Key(theme.layer_marker(index, count), _name(lane, layer), theme.layer(place, weighted)))
    return keys


def _name(lane: LaneSnapshot, layer: LayerInfo) -> str:
    called = lane.layer_names.get(layer.index, "")
    return "" if called == str(layer.index) else called


def _acts(row: LayerKind, layer: LayerInfo) -> bool:
    return "activation" in row.takes and layer.activation != row.activation


def short_path(name: str, width: int, end: str) -> str:
    """A dotted name in at most ``width`` characters: "b.linear1" of block.linear1; the last word is what tells layers
    apart, and is kept as long as that can be."""
    *path, last = name.split(".")
    for place in range(len(path)):
        if len(".".join([*path, last])) > width:
            path[place] = path[place][:1]
    found = ".".join([*path, last])
    if len(found) <= width or not path:
        return fit(found, width, end)
    return end + found[len(found) - width + len(end) :]


def layer_forms(layer: LayerInfo, name: str, theme: Theme) -> list[list[str]]:
    """The words for a layer of a network that is no plain chain, from long to short; the first word is its ``name``,
    or its kind where it has none."""
    kind = _SHORT_KINDS.get(layer.kind, layer.kind.replace("_", " "))
    shape = shape_text(layer.shape).replace("×", theme.glyphs.times)
    row = LAYER_KINDS.get(layer.kind)  # another framework has kinds of its own
    acts = layer.activation != "linear" if row is None else _acts(row, layer)
    activation = [layer.activation] if acts else []
    head = [name or kind]
    middle = [kind] if name and layer.kind != "dense" else []
    rest = ([*middle, shape, *activation], [*middle, shape], [shape, *activation], [shape])
    return [[*head, *words] for words in dict.fromkeys(map(tuple, rest))]
