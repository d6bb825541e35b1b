"""The lab's screen: header, lanes and knobs, plots or lesson, keys. It draws a LabState and decides nothing."""

from collections.abc import Callable
from functools import partial

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.widgets import ContentSwitcher

from nntui.lab.keys import ACTIONS
from nntui.lab.later import later
from nntui.lab.state import LabState
from nntui.lab.widgets.grid_view import GridView
from nntui.looks.request import LookRequest
from nntui.looks.surface import SurfaceRequest
from nntui.plotting.drawn_lanes import undrawn
from nntui.plotting.fair import draw_fair
from nntui.plotting.header import draw_header
from nntui.plotting.layers_view import ONE_LAYER
from nntui.plotting.log_list import draw_log, log_height
from nntui.plotting.panel import Picture
from nntui.plotting.panels import PanelWords, build_panel, looks_of, meaning_of, panel_order, view_panels, words_of
from nntui.plotting.plot import PlotSpec
from nntui.plotting.preparing import draw_preparing
from nntui.plotting.reading import draw_read
from nntui.plotting.side_by_side import apart, draw_apart
from nntui.plotting.status import (
    draw_failure,
    draw_keys,
    draw_message,
    draw_progress,
    message_lines,
)
from nntui.plotting.surface_panels import SURFACE_PANELS
from nntui.plotting.theme import Theme
from nntui.plotting.time_view import draw_zoomed, values_at

from .layout import SLOTS, SMALLEST, Layout, lay_out, lay_out_network, log_room, side_width
from .lesson_part import LessonPart
from .map_part import MapPart, map_layout
from .side_part import SidePart

PLOT_VIEWS = ("overview", "layers", "network", "map", "landscape")

Drawing = Callable[[], None]
BETWEEN_PLOTS = 0.004  # seconds: a dialog that opens takes several turns of the event loop


class LabScreen(Screen[None]):
    """Shows the newest :class:`LabState`."""

    BINDINGS = [  # noqa: RUF012 (Textual's own attribute)
        Binding(
            action.keys,
            f"app.{action.call}",
            action.description,
            show=False,
            id=action.id,
            priority=action.id == "interrupt",
        )
        for action in ACTIONS
    ]
    AUTO_FOCUS = ""

    def __init__(self, theme: Theme, at_once: bool = False, attempt: Callable[[Drawing], None] | None = None) -> None:
        """``at_once``: all plots of a state are drawn before anything else happens; otherwise keys may come between,
        and each plot is drawn by ``attempt``."""
        super().__init__()
        self.theme = theme
        self._at_once = at_once
        self._attempt = attempt or (lambda draw: draw())
        self._waiting: dict[int, Drawing] = {}  # the plots of the newest state that are not drawn yet, by their slots
        self._next_slot = 0
        self._drawing = False  # whether the next one has its turn already
        self.state = LabState()
        self._layout_now: tuple[Layout, int] | None = None

    def compose(self) -> ComposeResult:
        """The parts of the screen, of which each view shows some."""
        yield GridView(id="header")
        with Container(id="body"):
            yield SidePart(self.theme, id="side")
            with ContentSwitcher(id="main", initial="waiting"):
                yield GridView(id="waiting")
                with Container(id="plots"):
                    with Container(id="slots"):
                        for slot in range(SLOTS):
                            yield GridView(id=f"slot{slot}")
                    yield GridView(id="log")
                yield MapPart(self.theme, id="map-view")
                yield GridView(id="fair")
                yield GridView(id="zoom")
                yield LessonPart(self.theme, id="lesson-view")
        yield GridView(id="message")
        yield GridView(id="keys")

    def set_theme(self, theme: Theme) -> None:
        """Draw everything in the colours of this theme from now on."""
        self.theme = theme
        for part in (self.query_one(SidePart), self.map_part, self.query_one(LessonPart)):
            part.set_theme(theme)

    class LaidOut(Message):
        """The screen has a new size: another number of plots may fit."""

    def on_resize(self) -> None:
        """Have the layout worked out anew, and post :class:`LaidOut`."""
        self._layout_now = None
        self.post_message(self.LaidOut())

    @property
    def shown_panels(self) -> tuple[str, ...]:
        """The plots that are on screen, whose histories are needed."""
        if self.state.race is not None:
            return tuple(SURFACE_PANELS)
        if self.zoomed:
            return (self.zoomed,)
        if self.state.view not in PLOT_VIEWS:
            return ()
        pages = self.lab_layout.pages
        return tuple(name for row in pages[self.state.page % len(pages)] for name in row)

    @property
    def zoomed(self) -> str:
        """The plot that stands alone, as long as there is something to show of it."""
        names = (*self.panel_names, *((ONE_LAYER,) if self.state.snapshot is not None else ()))
        return self.state.zoom if self.state.zoom in names else ""

    @property
    def shown_words(self) -> list[PanelWords]:
        """What is said of the plots on screen."""
        snapshot, view = self.state.anything, self.state.panel_view
        names = self.shown_panels if snapshot is not None else ()
        return [words_of(name, snapshot, view, self.theme) for name in names if snapshot is not None]

    @property
    def read_values(self) -> str:
        """What the plot that is read at a step says there, as one line; "" where none is."""
        view = self.state.panel_view
        name = self.zoomed or view.pointed
        if self.state.anything is None or view.cursor is None or name not in self.shown_panels:
            return ""
        built = self._built(name)
        if not isinstance(built, PlotSpec) or not built.timed:
            return ""
        step = min(view.cursor, float(built.step))
        values = (f"{curve.label or curve.marker} {words.strip()}" for curve, words in values_at(built, step))
        return f"{built.title}, step {step:.0f}: {', '.join(values)}"

    @property
    def lab_layout(self) -> Layout:
        """The layout for the present size."""
        state, names, (width, height) = self.state, self.panel_names, self.size
        if state.view == "network" and state.race is None:
            return lay_out_network(width, height, names)
        has_log = not names or state.view not in ("map", "network", "landscape") or state.race is not None
        most, room = log_room(height) if names else height, width - side_width(width)
        log = log_height(state.findings, state.health, state.log, room, most, self.theme) if has_log and most else 0
        return lay_out(width, height, names, log_rows=log)

    @property
    def panel_names(self) -> tuple[str, ...]:
        """The plots of the present view that a person wants to see, in order."""
        return self.state.arrangement.shown(self.all_panels)

    @property
    def panel_titles(self) -> dict[str, str]:
        """What the plots of the present view are called, by their names, in their first order."""
        snapshot, view = self.state.anything, self.state.panel_view
        if snapshot is None:
            return {}
        return {name: words_of(name, snapshot, view, self.theme).title for name in self.all_panels}

    @property
    def all_panels(self) -> tuple[str, ...]:
        """The plots of the present view in their first order, those that are hidden too."""
        state = self.state
        if state.view in ("layers", "map", "network", "landscape") and state.race is None:
            return view_panels(state.view, state.snapshot, state.panel_view)
        return panel_order(state.panels, state.anything, state.panel_view)

    @property
    def look_request(self) -> LookRequest:
        """What the panels on screen need to see of the network itself."""
        view = self.state.panel_view
        looks = looks_of(self.shown_panels) if self.state.snapshot is not None and not view.blind else ()
        return LookRequest(looks, view.lane, view.layer, view.unit, view.plane, view.again) if looks else LookRequest()

    @property
    def map_part(self) -> MapPart:
        """The part that shows a race on its map."""
        return self.query_one(MapPart)

    @property
    def lists_layers(self) -> bool:
        """Whether the table of layers is on screen."""
        return self.query_one(SidePart).lists_layers

    @property
    def pages(self) -> int:
        """Into how many pages the plots of the present view are folded."""
        if self.state.view == "map" and self.state.race is not None:
            return map_layout(self.size, self.state).pages
        return len(self.lab_layout.pages)

    @property
    def surface_request(self) -> SurfaceRequest | None:
        """The part of the surface that is on screen."""
        shown = self.state.view == "map" and self.state.race is not None
        shown = shown and self.is_mounted and self.size.width > 0
        return self.map_part.surface_request(self.state) if shown else None

    def scroll_lesson(self, direction: int) -> None:
        """Scroll the lesson by nearly its own height: up (−1) or down (1)."""
        self.query_one(LessonPart).scroll_text(direction)

    def show(self, state: LabState) -> None:
        """Draw this state."""
        self.state = state
        self._waiting = {}
        if not self.is_mounted or not self.size.width:
            return
        self._write_plots()
        layout = self.lab_layout
        if (layout, state.page % len(layout.pages)) != self._layout_now:
            self._arrange(layout, state.page % len(layout.pages))
        theme, snapshot = self.theme, state.anything
        self._view("header").show(lambda w, _h: draw_header(snapshot, state.status, w, theme))
        self._view("keys").show(lambda w, _h: draw_keys(state.keys, w))
        self._show_message()
        rows, map_away = self.size.height - 2, state.view == "map" and state.page % self.pages > 0
        self.query_one(SidePart).show(state, layout.side, rows, map_away)
        switcher = self.query_one("#main", ContentSwitcher)
        if self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]:
            switcher.current = "waiting"
            words = f"a larger window is needed: {SMALLEST[0]}×{SMALLEST[1]} at least"
            self._view("waiting").show(lambda w, h: draw_progress((0, 0, words), w, h, theme))
        elif self.zoomed and snapshot is not None:
            self.query_one(SidePart).display, switcher.current = False, "zoom"
            built, cursor = self._built(self.zoomed), state.panel_view.cursor
            meaning = meaning_of(self.zoomed, snapshot, state.panel_view)
            view, name = state.panel_view, self.zoomed
            small = apart(name, snapshot, view, theme) if view.apart else []
            chosen = sum(lane.index not in undrawn(snapshot, view) for lane in snapshot.lanes[: view.lane])
            if small and isinstance(built, PlotSpec):
                title = built.title
                self._view("zoom").show(lambda w, h: draw_apart(small, title, chosen, cursor, w, h, theme), name)
            else:
                self._view("zoom").show(lambda w, h: draw_zoomed(built, cursor, w, h, theme, meaning), name)
        elif state.view == "lesson" and snapshot is not None:
            switcher.current = "lesson-view"
            self.query_one(LessonPart).show(state, self.size.width - layout.side, rows)
        elif state.failure and snapshot is None:
            switcher.current = "waiting"
            self._view("waiting").show(lambda w, h: draw_failure(state.failure, w, h, theme))
        elif snapshot is None:
            switcher.current = "waiting"
            self._view("waiting").show(lambda w, h: draw_preparing(state.preview, state.progress, w, h, theme))
        elif state.view == "map" and state.race is not None:
            switcher.current = "map-view"
            self.map_part.show(state, self.size)
        elif state.view == "fair" and state.fair is not None:
            switcher.current = "fair"
            fair, chosen = state.fair, state.panel_view.lane
            self._view("fair").show(lambda w, h: draw_fair(fair, chosen, w, h, theme))
        else:
            switcher.current = "plots"
            self._show_plots(layout)

    def _view(self, name: str) -> GridView:
        return self.query_one(f"#{name}", GridView)

    def _arrange(self, layout: Layout, number: int) -> None:
        self._layout_now = (layout, number)
        self.query_one("#side").styles.width = layout.side
        page, log, slots = layout.pages[number], self._view("log"), self.query_one("#slots")
        slots.display, log.display = bool(page), layout.log > 0 and number == 0
        log.styles.height = layout.log if page else "1fr"
        if page:
            slots.styles.layout = "grid"
            slots.styles.grid_size_columns, slots.styles.grid_size_rows = len(page[0]), len(page)
            tall = layout.tall if number == 0 else 1.0
            slots.styles.grid_rows = " ".join(["1fr"] * (len(page) - 1) + [f"{tall}fr"])
        spans = [1 + (len(page[0]) - len(row)) * (place == len(row) - 1) for row in page for place in range(len(row))]
        for slot in range(SLOTS):
            view = self._view(f"slot{slot}")
            view.display = slot < len(spans)
            view.styles.column_span = spans[slot] if slot < len(spans) else 1

    def _show_plots(self, layout: Layout) -> None:
        state, theme = self.state, self.theme
        page = layout.pages[state.page % len(layout.pages)]
        names = [name for row in page for name in row][:SLOTS]
        for slot, name in enumerate(names):
            view, built = self._view(f"slot{slot}"), self._built(name)
            words = meaning_of(name, state.anything, state.panel_view)
            cursor, told = state.panel_view.cursor, state.panel_view.pointed == name
            draw = partial(draw_read, built, cursor, told, theme=theme, meaning=words)
            if self._at_once or view.about != name:
                view.show(draw, name)
            else:
                self._waiting[slot] = partial(view.show, draw, name, write=False)
        self._view("log").show(lambda w, h: draw_log(state.findings, state.health, state.log, w, h, theme))
        self._draw_in_turn()

    def _draw_in_turn(self) -> None:
        if self._waiting and not self._drawing:
            self._drawing = True
            later(self, BETWEEN_PLOTS, self._draw_next)

    def _draw_next(self) -> None:
        """One plot, then whatever else there is to do: a key is not kept waiting for all of them. Where the next state
        comes before the last plot, the next ones are drawn first."""
        self._drawing = False
        if self._waiting:
            slot = min(self._waiting, key=lambda one: ((one - self._next_slot) % SLOTS, one))
            self._next_slot = slot + 1
            self._attempt(self._waiting.pop(slot))
            self._draw_in_turn()
        if not self._waiting:
            self._write_plots()

    def _write_plots(self) -> None:
        """All that were drawn, together; also those of a state before whose last ones the next state came."""
        for slot in range(SLOTS):
            self._view(f"slot{slot}").write()

    def _built(self, name: str) -> PlotSpec | Picture:
        snapshot = self.state.anything
        assert snapshot is not None
        return build_panel(name, snapshot, self.state.panel_view, self.theme)

    def _show_message(self) -> None:
        text, error = self.state.message
        view = self._view("message")
        view.display = bool(text)
        if text:
            view.styles.height = len(message_lines(text, self.size.width))
            view.show(lambda w, h: draw_message(text, error, w, h, self.theme))
