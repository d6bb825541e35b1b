"""The lab's screen without a terminal: the same bytes for the same snapshot."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nntui.looks.request import LookRequest, take_looks
from nntui.looks.surface import SurfaceRequest, sample_surface
from nntui.plotting.theme import ASCII, Theme
from nntui_engine.run.finding import Finding
from nntui_engine.run.snapshot import Snapshot
from nntui_engine.scenario import Scenario
from nntui_engine.scenario.settings import Settings

from .any_session import nothing
from .app import LabApp
from .frame import Frame, export
from .lesson import NO_SCENARIO
from .session_view import SessionView

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.record.recorder import Recorder

    from .recording import Recording


class StillSource:
    """A source that shows one view and does nothing else."""

    def __init__(self, view: SessionView, run: "Experiment | None" = None) -> None:
        self.view = view
        self._run = run

    def start(self, done: Callable[[], None] = nothing) -> None:
        """Nothing to start."""

    def stop(self, wait: float = 0.15) -> None:
        """Nothing to stop."""

    def poll(self) -> SessionView:
        """The one view there is."""
        return self.view

    def notices(self) -> list[tuple[str, bool]]:
        """No messages."""
        return []

    def show(self, whole: tuple[str, ...], layer: tuple[str, ...], points: int | None) -> None:
        """The view has what it has."""

    def order(self, command: object) -> int:  # noqa: ARG002
        """Nothing is done."""
        return 0

    def request_surface(self, request: SurfaceRequest) -> int:
        """The surface under the map, at once."""
        if self._run is not None:
            self.view = replace(self.view, surface=sample_surface(self._run.surface, request))
        return 0

    def request_looks(self, request: LookRequest) -> int:
        """What panels show of the network itself, at once."""
        if self._run is not None:
            self.view = replace(self.view, looks=take_looks(self._run, request))
        return 0

    def record(self, recorder: "Recorder") -> int:
        """It makes no steps."""
        recorder.close()
        return 0

    @property
    def recorder(self) -> "Recording | None":
        """Nothing is recorded."""
        return None


def render_frame(
    snapshot: Snapshot,
    width: int = 120,
    height: int = 40,
    *,
    scenario: Scenario | None = None,
    first: Mapping[str, Settings] | None = None,
    findings: tuple[Finding, ...] = (),
    view: str = "",
    run: "Experiment | None" = None,
    lane: int = 0,
    page: int = 0,
    layer: int = 1,
    unit: int = 0,
    ascii_only: bool = False,
    theme: Theme | None = None,
) -> Frame:
    """Draws the lab's screen for a snapshot: no clock, no speed, no terminal; full colours, or those of a ``theme``.

    ``scenario`` gives the lesson and the order of the panels, ``first`` the settings each lane began with (to mark
    changed knobs). The snapshot should carry the histories that its panels need, and come with the ``run`` it is of:
    the map asks that for the surface, and panels for looks at the network.
    ``layer`` and ``unit`` choose whose weights are shown. ``view`` "" is the map of a race, else the overview.
    """
    session_view = SessionView(
        version=1,
        stage="ready",
        snapshot=snapshot,
        running=False,
        finished=all(lane_.state != "running" for lane_ in snapshot.lanes),
        scenario=scenario or replace(NO_SCENARIO, title=snapshot.title),
        first=dict(first or {}),
        findings=findings,
        capabilities=frozenset(("advance", "tweak")) if run is None else run.capabilities,
    )
    chosen = theme or (Theme(ascii_only=True, glyphs=ASCII) if ascii_only else Theme())

    async def draw() -> Frame:
        source = StillSource(session_view, run)
        app = LabApp(source, snapshot.title, theme=chosen, still=True)
        model = app.model
        model.view_name, model.panel_view.lane, model.page = view, lane, page
        model.panel_view.layer, model.panel_view.unit = layer, unit
        async with app.run_test(size=(width, height)) as pilot:
            for _ in range(2 if run is not None else 1):  # it may ask for a surface or for looks
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
