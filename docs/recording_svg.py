"""An animated SVG of a terminal: what changes from frame to frame is drawn over what was there, as a terminal does.

No script, no font of its own: SMIL shows each change at its time, letters are those of whoever looks at it, held to
their cells by ``textLength``, and blocks are drawn as rectangles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from nntui.lab.frame import Cell

WIDE, HIGH = 8, 16  # pixels of a cell
MARGIN, CAPTION = 8, 34
FONT = "ui-monospace,'DejaVu Sans Mono','Cascadia Mono',Menlo,Consolas,monospace"
# the eighths of a cell that a block covers: from the left, from the top, wide, high
_BLOCKS = {"█": (0, 0, 8, 8), "▀": (0, 0, 8, 4), "▄": (0, 4, 8, 4)} | {
    block: (0, 8 - i, 8, i) for i, block in enumerate("▁▂▃▄▅▆▇", 1)
}

Cells = Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame: when it is shown, in seconds from the beginning; its cells; the key that was pressed and what is said
    under the screen; whether it begins a scene, in which nothing of the frames before is left."""

    at: float
    cells: Cells
    key: str
    words: str
    scene: bool = False


def recording(shots: Sequence[Shot], seconds: float, background: str, title: str, ink: str = "#d5dbe3") -> str:
    """The SVG, which begins anew after ``seconds``; ``ink`` is the colour of the words under the screen."""
    columns, rows = len(shots[0].cells[0]), len(shots[0].cells)
    width, height = columns * WIDE + 2 * MARGIN, rows * HIGH + 2 * MARGIN + CAPTION
    ends = _ends(shots, seconds)
    palette: dict[str, int] = {}
    body: list[str] = []
    before: Shot | None = None
    for shot, end in zip(shots, ends, strict=True):
        old = None if before is None or shot.scene else before.cells
        inner = "".join(_changes(old, shot.cells, palette))
        if before is None or (shot.key, shot.words) != (before.key, before.words) or shot.scene:
            inner += _caption(shot, columns, rows, palette, (background, ink))
        if inner:
            hidden = "" if before is None else ' visibility="hidden"'
            body.append(f"<g{hidden}>{_shown(shot.at, end, seconds)}{inner}</g>\n")
        before = shot
    rules = "".join(f".c{i}{{fill:{colour}}}" for colour, i in palette.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>text{{font:13.3px {FONT};white-space:pre}}.b{{font-weight:bold}}{rules}</style>\n"
        f'<rect width="{width}" height="{height}" rx="6" fill="{background}"/>\n'
        f'<g transform="translate({MARGIN} {MARGIN})">\n{"".join(body)}</g></svg>\n'
    )


def _ends(shots: Sequence[Shot], seconds: float) -> list[float]:
    """When each frame is needed no more: at the next scene."""
    ends, end = [], seconds
    for shot in reversed(shots):
        ends.append(end)
        end = shot.at if shot.scene else end
    return ends[::-1]


def _shown(start: float, end: float, seconds: float) -> str:
    """The animation that shows a group from ``start`` to ``end`` of every round."""
    times, values = [0.0], ["visible" if start <= 0.0 else "hidden"]
    for at, value in ((start, "visible"), (end, "hidden")):
        if 0.0 < at < seconds:
            times.append(at / seconds)
            values.append(value)
    if len(values) == 1:
        return ""
    return (
        f'<animate attributeName="visibility" calcMode="discrete" repeatCount="indefinite" dur="{seconds:g}s" '
        f'values="{";".join(values)}" keyTimes="{";".join(f"{time:.5g}" for time in times)}"/>'
    )


def _changes(old: Cells | None, new: Cells, palette: dict[str, int]) -> Iterator[str]:
    """What draws the cells that differ: paths for what is behind them and for blocks, a colour each, then letters."""
    behind: dict[str, list[str]] = {}
    blocks: dict[str, list[str]] = {}
    texts: list[str] = []
    for row, cells in enumerate(new):
        for start, end in _spans(None if old is None else old[row], cells):
            _paint(cells, row, start, end, behind, blocks)
            texts += _letters(cells, row, start, end, palette)
    for colour, pieces in (*behind.items(), *blocks.items()):
        yield f'<path class="c{_number(colour, palette)}" d="{"".join(pieces)}"/>'
    yield from texts


def _spans(old: Sequence[Cell] | None, new: Sequence[Cell]) -> Iterator[tuple[int, int]]:
    """The columns from … to of cells that differ; few that are alike between them are taken along."""
    differ = [i for i in range(len(new)) if old is None or old[i] != new[i]]
    while differ:
        start = last = differ.pop(0)
        while differ and differ[0] - last <= 3:
            last = differ.pop(0)
        yield start, last + 1


def _paint(
    cells: Sequence[Cell], row: int, start: int, end: int, behind: dict[str, list[str]], blocks: dict[str, list[str]]
) -> None:
    """Adds what is behind and blocks, as rectangles by their colour, neighbours that are alike together."""
    for left, right in _runs(cells, start, end, lambda cell: cell.background):
        behind.setdefault(cells[left].background, []).append(_rectangle(left, row, right - left, (0, 0, 8, 8)))
    for left, right in _runs(cells, start, end, lambda cell: (cell.foreground, cell.char)):
        if cells[left].char in _BLOCKS:
            part = _BLOCKS[cells[left].char]
            blocks.setdefault(cells[left].foreground, []).append(_rectangle(left, row, right - left, part))


def _rectangle(column: int, row: int, count: int, part: tuple[int, int, int, int]) -> str:
    x, y, wide, high = part
    across = WIDE * (count - 1) + wide * WIDE // 8
    down = high * HIGH // 8
    return f"M{column * WIDE + x * WIDE // 8} {row * HIGH + y * HIGH // 8}h{across}v{down}h-{across}z"


def _letters(cells: Sequence[Cell], row: int, start: int, end: int, palette: dict[str, int]) -> Iterator[str]:
    for left, right in _runs(cells, start, end, lambda cell: (cell.foreground, cell.bold, _sort(cell.char))):
        words = "".join(cell.char for cell in cells[left:right])
        if _sort(words[:1]) == "" or not words.strip():
            continue
        bold = " b" if cells[left].bold else ""
        yield (
            f'<text class="c{_number(cells[left].foreground, palette)}{bold}" x="{left * WIDE}" y="{row * HIGH + 12}" '
            f'textLength="{(right - left) * WIDE}" lengthAdjust="spacingAndGlyphs">{escape(words)}</text>'
        )


def _sort(character: str) -> str:
    """Characters that may come from one font and so have one width: letters, braille, others; "" for no letter."""
    if character in _BLOCKS or not character:
        return ""
    if character.isascii():
        return "ascii"
    return "braille" if "⠀" <= character <= "⣿" else "other"


def _runs(cells: Sequence[Cell], start: int, end: int, key: object) -> Iterator[tuple[int, int]]:
    left = start
    for at in range(start + 1, end + 1):
        if at == end or key(cells[at]) != key(cells[left]):  # type: ignore[operator]
            yield left, at
            left = at


def _number(colour: str, palette: dict[str, int]) -> int:
    return palette.setdefault(colour, len(palette))


def _caption(shot: Shot, columns: int, rows: int, palette: dict[str, int], colours: tuple[str, str]) -> str:
    """The key that was pressed as a key, and the words, under the screen."""
    top, width = rows * HIGH + 6, 12 + WIDE * len(shot.key)
    behind, wide = _number(colours[0], palette), columns * WIDE
    found = f'<path class="c{behind}" d="M0 {top}h{wide}v{CAPTION - 4}h-{wide}z"/>'
    if shot.key:
        found += (
            f'<rect x="1" y="{top + 3}" width="{width}" height="22" rx="4" fill="#2a3442" stroke="#8791a0"/>'
            f'<text class="b" fill="#fff" x="7" y="{top + 19}">{escape(shot.key)}</text>'
        )
    left = width + 12 if shot.key else 0
    return found + f'<text fill="{colours[1]}" x="{left}" y="{top + 19}">{escape(shot.words)}</text>'
