"""A picture of the lab's screen: SVG, text and cells, the same bytes for the same screen."""

import io
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from textual.app import App
from textual.strip import Strip

from nntui.plotting.grid import to_cells

SVG_ID = "nntui"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its character ("" right of a double-width one) and its colours as "#rrggbb" ("" for none)."""

    char: str
    foreground: str
    background: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of the screen: SVG, plain text (one line a row, full width), and its cells by row."""

    svg: str
    text: str
    cells: tuple[tuple[Cell, ...], ...]


def export(app: App[Any], title: str) -> Frame:
    """The app's screen as it is now."""
    width, height = app.size
    compositor = app.screen._compositor
    console = Console(
        width=width,
        height=height,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
        safe_box=False,
        _environ={},
    )
    update = compositor.render_update(full=True, screen_stack=app._background_screens, simplify=True)
    console.print(update)
    svg = console.export_svg(title=title, unique_id=SVG_ID)
    strips = compositor.render_strips()
    lines = [strip.text.ljust(width) for strip in strips]
    return Frame(svg, "".join(f"{line}\n" for line in lines), tuple(_cells(strip) for strip in strips))


def _cells(strip: Strip) -> tuple[Cell, ...]:
    found: list[Cell] = []
    for text, style, control in strip:
        if control:
            continue
        foreground = _hex(style.color) if style else ""
        background = _hex(style.bgcolor) if style else ""
        found += [Cell(char, foreground, background, bool(style and style.bold)) for char in to_cells(text)]
    return tuple(found)


def _hex(colour: Any) -> str:
    return "" if colour is None or colour.triplet is None else str(colour.triplet.hex)
