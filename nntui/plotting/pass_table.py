"""A backward pass of a tiny network as numbers: every node's z, a and δ, every weight's gradient and its check."""

from nntui_engine.analysis.trace import BIAS, Node, Trace, Weight
from nntui_engine.run.snapshot import LaneSnapshot

from .boxes import draw_box
from .grid import Grid, fit
from .numbers import number
from .theme import ACCENT, DIM, ERROR, GOOD, TEXT, Theme

NUMBER = 10  # columns of one number
NODE_WIDTH = 6 + 3 * NUMBER
WEIGHT_WIDTH = 12 + 3 * NUMBER + 2
AGREES = {"float64": 1e-4, "float32": 0.05}  # relative difference that rounding explains

Line = list[tuple[int, str, str]]  # (column, text, style)


def draw_pass(found: Trace, lane: LaneSnapshot, width: int, height: int, theme: Theme) -> Grid:
    """All numbers in as many columns as fit: forward from the inputs to the loss, then the weights."""
    grid = Grid.blank(width, height)
    name = f" {theme.glyphs.dot} {lane.name}" if lane.name else ""
    draw_box(grid, theme, fit(f"Backward pass{name}", width - 6, theme.glyphs.end))
    blocks = [_nodes(found, lane, theme), _weights(found, lane, theme)]
    room = height - 2
    left, row = 2, 1
    hidden = 0
    for block, wide in zip(blocks, (NODE_WIDTH, WEIGHT_WIDTH), strict=True):
        if row > 1 and row + len(block) > height - 1 and left + NODE_WIDTH + 3 + wide <= width - 2:
            left, row = left + NODE_WIDTH + 3, 1
        elif 1 < row < room - len(block):
            row += 1
        for line in block:
            if row > room:
                hidden += 1
                continue
            for column, text, style in line:
                space = width - 2 - left - column
                if space > 0:
                    grid.write(row, left + column, text[:space], style)
            row += 1
    if hidden:
        more = "1 more line" if hidden == 1 else f"{hidden} more lines"
        words = f" {more} in a larger window "
        grid.write_right(height - 1, width - 2, fit(words, width - 4, theme.glyphs.end), DIM)
    return grid


def _names(theme: Theme) -> tuple[str, str, str]:
    """Heads of the columns for δ, the gradient, and the centred difference."""
    return ("dL/dz", "dL/dw", "DL/Dw") if theme.ascii_only else ("δ = ∂L/∂z", "∂L/∂w", "ΔL/Δw")


def _nodes(found: Trace, lane: LaneSnapshot, theme: Theme) -> list[Line]:
    rows = f"row 1 of {found.rows} in the batch" if found.rows > 1 else "one row"
    lines: list[Line] = [
        [(0, f"Forward, then back ({rows})", f"bold {ACCENT}")],
        _heads(6, ("z", "a = f(z)", _names(theme)[0])),
    ]
    for index, value in enumerate(found.inputs):
        lines.append([(0, f"x{index + 1}", DIM), (6 + NUMBER, _cell(value), TEXT)])
    for node in found.nodes:
        lines.append(_node(node, len(lane.layers), theme))
    for index, value in enumerate(found.targets):
        lines.append([(0, f"t{index + 1 if len(found.targets) > 1 else ''}", DIM), (6 + NUMBER, _cell(value), TEXT)])
    lines.append(
        [(0, "loss" if found.rows == 1 else "mean loss", DIM), (6 + NUMBER, _cell(found.loss), f"bold {TEXT}")]
    )
    return lines


def _heads(start: int, words: tuple[str, ...]) -> Line:
    return [(start + i * NUMBER, word.rjust(NUMBER), DIM) for i, word in enumerate(words)]


def _node(node: Node, layers: int, theme: Theme) -> Line:
    style = theme.layer(node.layer - 1, layers)
    numbers = (node.z, node.a, node.delta)
    return [
        (0, unit_name(node.layer, node.unit, layers), f"bold {style}"),
        *((6 + i * NUMBER, _cell(value), TEXT) for i, value in enumerate(numbers)),
    ]


def _weights(found: Trace, lane: LaneSnapshot, theme: Theme) -> list[Line]:
    _, slope, difference = _names(theme)
    wrong = [one for one in found.weights if not _agrees(one, lane.network.settings.dtype)]
    count = len(found.weights)
    words = f"all {count} agree with centred differences"
    if wrong:
        words = f"{len(wrong)} of {count} do not agree with differences"
    lines: list[Line] = [
        [(0, "Weights", f"bold {ACCENT}"), (9, words, GOOD if not wrong else ERROR)],
        _heads(12, ("w", slope, difference)),
    ]
    layers = len(lane.layers)
    for one in found.weights:
        came = "bias" if one.source == BIAS else _source(one, layers)
        good = one not in wrong
        arrow = theme.glyphs.arrow if not theme.ascii_only else ">"
        target = unit_name(one.layer, one.unit, layers)
        lines.append(
            [
                (0, f"{came:>4}{arrow}{target}", f"bold {theme.layer(one.layer - 1, layers)}"),
                (12, _cell(one.value), TEXT),
                (12 + NUMBER, _cell(one.gradient), TEXT),
                (12 + 2 * NUMBER, _cell(one.difference), TEXT if good else ERROR),
                (12 + 3 * NUMBER, "" if good else f" {theme.glyphs.bad}", ERROR),
            ]
        )
    return lines


def _source(one: Weight, layers: int) -> str:
    return f"x{one.source + 1}" if one.layer == 1 else unit_name(one.layer - 1, one.source, layers)


def _agrees(one: Weight, dtype: str) -> bool:
    apart = abs(one.gradient - one.difference)
    limit = AGREES[dtype]
    return apart <= limit * max(abs(one.gradient), abs(one.difference)) + limit * 1e-2


def unit_name(layer: int, unit: int, layers: int) -> str:
    """A unit's short name: "1.2" is the second of the first layer, "o1" the first output."""
    return f"o{unit + 1}" if layer == layers else f"{layer}.{unit + 1}"


def _cell(value: float) -> str:
    return number(value, NUMBER - 1, 5).rjust(NUMBER)
