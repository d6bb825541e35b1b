"""The lab's frame without a terminal: the same bytes for the same snapshot."""

import asyncio
import io
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from textual.app import App
from textual.strip import Strip

from nntui_engine.run.finding import Finding
from nntui_engine.run.snapshot import Snapshot
from nntui_engine.scenario.settings import Settings

from .closeup import Wish, take_closeup
from .plotting.look import ASCII, Look
from .session_view import SessionView
from .story import Story
from .terrain import Survey, survey

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

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


class StillSource:
    """A source that shows one view and does nothing else."""

    def __init__(self, view: SessionView, run: "Experiment | None" = None) -> None:
        self.view = view
        self._run = run

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""

    def poll(self) -> SessionView:
        """The one view there is."""
        return self.view

    def notices(self) -> list[tuple[str, bool]]:
        """No messages."""
        return []

    def show(self, whole: tuple[str, ...], layer: tuple[str, ...], points: int | None) -> None:
        """The view has what it has."""

    def survey(self, wanted: Survey) -> int:
        """The surface under the map, at once."""
        if self._run is not None:
            self.view = replace(self.view, terrain=survey(self._run.surface, wanted))
        return 0

    def look_closer(self, wish: Wish) -> int:
        """What panels show of the network itself, at once."""
        if self._run is not None:
            self.view = replace(self.view, closeup=take_closeup(self._run, wish))
        return 0

    def _ignore(self, *_: object, **__: object) -> int:
        return 0

    toggle = run_steps = run_epoch = change_speed = tweak = undo = redo = restart = _ignore
    search_fair = apply_fair = rewind = _ignore


def render_frame(
    snapshot: Snapshot,
    width: int = 120,
    height: int = 40,
    *,
    story: Story | None = None,
    first: Mapping[str, Settings] | None = None,
    findings: tuple[Finding, ...] = (),
    view: str = "",
    run: "Experiment | None" = None,
    lane: int = 0,
    page: int = 0,
    layer: int = 1,
    unit: int = 0,
    ascii_only: bool = False,
) -> Frame:
    """Draws the lab's screen for a snapshot: no clock, no speed, no terminal; full colours.

    ``story`` gives the lesson and the order of the panels, ``first`` the settings each lane began with (to mark changed
    knobs). The snapshot should carry the histories that its panels need, and come with the ``run`` it is of: the map
    asks that for the surface, and the panels that look closer for the network.
    ``layer`` and ``unit`` choose whose weights are shown. ``view`` "" is the map of a race, else the overview.
    """
    session_view = SessionView(
        version=1,
        stage="ready",
        snapshot=snapshot,
        running=False,
        finished=all(lane_.state != "running" for lane_ in snapshot.lanes),
        story=story or Story(title=snapshot.title),
        first=dict(first or {}),
        findings=findings,
        capabilities=frozenset() if run is None else run.capabilities,
    )
    look = Look(ascii_only=True, glyphs=ASCII) if ascii_only else Look()

    async def draw() -> Frame:
        from .app import LabApp

        source = StillSource(session_view, run)
        app = LabApp(source, snapshot.title, look=look, still=True)
        model = app.model
        model.view_name, model.panel_view.lane, model.page = view, lane, page
        model.panel_view.layer, model.panel_view.unit = layer, unit
        async with app.run_test(size=(width, height)) as pilot:
            for _ in range(2 if run is not None else 1):  # it may ask for a surface or a closer look
                await pilot.pause()
                app.take(source.poll())
            await pilot.pause()
            return export(app, snapshot.title)

    return _run(draw)


def _run(draw: Any) -> Frame:
    """Runs a coroutine function to its end, also when this thread already has an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(draw())  # type: ignore[no-any-return]
    found: list[Frame] = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(draw())))
    thread.start()
    thread.join()
    return found[0]


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
    from .plotting.grid import to_cells

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


def free_name(folder: Path, stem: str, suffix: str) -> Path:
    """A path in ``folder`` that does not exist yet: stem.svg, stem-2.svg, …"""
    path = folder / f"{stem}{suffix}"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{number}{suffix}"
        number += 1
    return path
