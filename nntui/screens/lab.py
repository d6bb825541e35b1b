"""The lab's screen: header, lanes and knobs, plots or lesson, keys. It draws a LabState and decides nothing."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical, VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Markdown

from nntui.closeup import Wish
from nntui.keys import ACTIONS
from nntui.lab_state import LabState
from nntui.plotting.fair import draw_fair
from nntui.plotting.layer_table import draw_layers, layers_height
from nntui.plotting.log_list import draw_log
from nntui.plotting.look import Look
from nntui.plotting.panel import Picture, draw_panel
from nntui.plotting.panels import build_panel, close_names, panel_order, view_panels
from nntui.plotting.plot import PlotSpec
from nntui.plotting.side import draw_knobs, draw_lanes, lanes_height
from nntui.plotting.status import (
    draw_failure,
    draw_header,
    draw_keys,
    draw_message,
    draw_progress,
    message_lines,
)
from nntui.plotting.surface_panels import SURFACE_PANELS
from nntui.plotting.surface_side import CURVATURE_ROWS, draw_curvature, draw_racers, racers_height
from nntui.plotting.tries import draw_tries, tries_height
from nntui.terrain import Survey
from nntui.widgets.grid_view import GridView

from .layout import LOG, SLOTS, SMALLEST, Layout, lay_out
from .map_part import MapPart, map_layout

PLOT_VIEWS = ("overview", "map", "network")
LOG_PLACE = 5  # the log is among the first six plots
PASS_ROWS = 20  # for the table of a backward pass
EXPLANATION_ROWS = 5  # under the knobs


class LessonText(Markdown):
    """Markdown with bullets that every terminal has."""

    BULLETS = ["- "]  # noqa: RUF012 (Textual's own attribute)


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

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.state = LabState()
        self._layout_now: Layout | None = None
        self._lesson_shown: str | None = None

    def compose(self) -> ComposeResult:
        """The parts of the screen, of which each view shows some."""
        yield GridView(id="header")
        with Container(id="body"):
            with Vertical(id="side"):
                yield GridView(id="lanes")
                yield GridView(id="knobs")
                yield GridView(id="layers")
                yield GridView(id="side-tries")
            with ContentSwitcher(id="main", initial="waiting"):
                yield GridView(id="waiting")
                with Container(id="plots"):
                    for slot in range(SLOTS):
                        yield GridView(id=f"slot{slot}")
                yield MapPart(self.look, id="map-view")
                yield GridView(id="fair")
                with Vertical(id="lesson-view"):
                    with LessonScroll(id="lesson-text"):
                        yield LessonText()
                    yield GridView(id="tries")
                    yield GridView(id="lesson-log")
        yield GridView(id="message")
        yield GridView(id="keys")

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
        if self.state.view not in PLOT_VIEWS:
            return ()
        pages = self.lab_layout.pages
        return tuple(name for row in pages[self.state.page % len(pages)] for name in row if name != LOG)

    @property
    def lab_layout(self) -> Layout:
        """The layout for the present size."""
        names = self.panel_names
        if self.state.view == "network" and "backward_pass" in names:
            return lay_out(self.size.width, self.size.height, names, PASS_ROWS)
        return lay_out(self.size.width, self.size.height, names)

    @property
    def panel_names(self) -> tuple[str, ...]:
        """The plots of the present view in order, and the log where it has its place among them."""
        state = self.state
        if state.view in ("map", "network") and state.race is None:
            return view_panels(state.view, state.snapshot, state.panel_view) or (LOG,)
        order = panel_order(state.panels, state.anything, state.panel_view)
        return (*order[:LOG_PLACE], LOG, *order[LOG_PLACE:])

    @property
    def wish(self) -> Wish:
        """What the panels on screen need to see of the network itself."""
        view = self.state.panel_view
        names = close_names(self.shown_panels) if self.state.snapshot is not None else ()
        return Wish(names, view.lane, view.layer, view.unit) if names else Wish()

    @property
    def map_part(self) -> MapPart:
        """The part that shows a race on its map."""
        return self.query_one(MapPart)

    @property
    def pages(self) -> int:
        """Into how many pages the plots of the present view are folded."""
        if self.state.view == "map" and self.state.race is not None:
            return map_layout(self.size, self.state).pages
        return len(self.lab_layout.pages)

    @property
    def wanted_survey(self) -> Survey | None:
        """The part of the surface that is on screen."""
        shown = self.state.view == "map" and self.state.race is not None
        shown = shown and self.is_mounted and self.size.width > 0
        return self.map_part.survey(self.state) if shown else None

    def scroll_lesson(self, direction: int) -> None:
        """Scroll the lesson by nearly its own height: up (−1) or down (1)."""
        scroll = self.query_one("#lesson-text", LessonScroll)
        scroll.scroll_relative(y=direction * max(1, scroll.size.height - 1), animate=False)

    def show(self, state: LabState) -> None:
        """Draw this state."""
        self.state = state
        if not self.is_mounted or not self.size.width:
            return
        layout = self.lab_layout
        if layout != self._layout_now:
            self._arrange(layout)
        look, snapshot = self.look, state.anything
        self._view("header").show(lambda w, _h: draw_header(snapshot, state.status, w, look))
        self._view("keys").show(lambda w, _h: draw_keys(state.keys, w))
        self._show_message()
        self._show_side()
        switcher = self.query_one("#main", ContentSwitcher)
        if self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]:
            switcher.current = "waiting"
            words = f"a larger window is needed: {SMALLEST[0]}×{SMALLEST[1]} at least"
            self._view("waiting").show(lambda w, h: draw_progress((0, 0, words), w, h, look))
        elif state.view == "lesson" and snapshot is not None:
            switcher.current = "lesson-view"
            self._show_lesson()
        elif state.failure and snapshot is None:
            switcher.current = "waiting"
            self._view("waiting").show(lambda w, h: draw_failure(state.failure, w, h, look))
        elif snapshot is None:
            switcher.current = "waiting"
            self._view("waiting").show(lambda w, h: draw_progress(state.progress, w, h, look))
        elif state.view == "map" and state.race is not None:
            switcher.current = "map-view"
            self.map_part.show(state, self.size)
        elif state.view == "fair" and state.fair is not None:
            switcher.current = "fair"
            fair, chosen = state.fair, state.panel_view.lane
            self._view("fair").show(lambda w, h: draw_fair(fair, chosen, w, h, look))
        else:
            switcher.current = "plots"
            self._show_plots(layout)

    def _view(self, name: str) -> GridView:
        return self.query_one(f"#{name}", GridView)

    def _arrange(self, layout: Layout) -> None:
        self._layout_now = layout
        self.query_one("#side").styles.width = layout.side
        page = layout.pages[0]
        plots = self.query_one("#plots")
        plots.styles.layout = "grid"
        plots.styles.grid_size_columns = len(page[0])
        plots.styles.grid_size_rows = len(page)
        used = sum(len(row) for row in page)
        for slot in range(SLOTS):
            self._view(f"slot{slot}").display = slot < used

    def _show_side(self) -> None:
        state, look = self.state, self.look
        layout = self._layout_now
        side = self.query_one("#side")
        side.display = layout is not None and layout.side > 0 and state.anything is not None
        if layout is None or not side.display:
            return
        chosen, everything, snapshot, race = state.panel_view.lane, state.all_lanes, state.snapshot, state.race
        heights = self._side_heights(layout.side)
        for name, rows in heights.items():
            view = self._view(name)
            view.display = rows > 0
            if rows and (view.styles.height is None or view.styles.height.value != rows):
                view.styles.height = rows
        if race is not None:
            racer, several = race.lanes[chosen], len(race.lanes) > 1
            self._view("lanes").show(lambda w, h: draw_racers(race, chosen, everything, w, h, look))
            self._view("layers").show(lambda w, h: draw_curvature(racer, several, w, h, look))
        else:
            self._view("lanes").show(lambda w, h: draw_lanes(snapshot, chosen, everything, w, h, look))
        self._view("knobs").show(
            lambda w, h: draw_knobs(state.knobs, state.chosen_knob, state.target, state.explanation, w, h, look)
        )
        self._view("side-tries").show(lambda w, h: draw_tries(state.tries, w, h, look))
        if snapshot is not None:
            lane = snapshot.lanes[chosen]
            self._view("layers").show(lambda w, h: draw_layers(lane, w, h, look))

    def _side_heights(self, width: int) -> dict[str, int]:
        """Rows for each box of the side column; layers and suggestions are shown where there is room for them."""
        state, rest = self.state, self.size.height - 2
        knobs = len(state.knobs) + 2
        if state.race is not None:
            return self._race_side_heights(racers_height(state.race), knobs, width)
        lanes = min(lanes_height(state.snapshot, width), max(4, rest - min(knobs, rest // 2)))
        rest -= lanes + knobs
        layers = layers_height(state.snapshot.lanes[state.panel_view.lane]) if state.snapshot is not None else 0
        if rest < 7 + EXPLANATION_ROWS:
            return {"lanes": lanes, "knobs": knobs + rest, "layers": 0, "side-tries": 0}
        rest -= EXPLANATION_ROWS
        tries = tries_height(state.tries, width)
        if not tries or state.view == "lesson" or rest - tries < min(layers, 12):
            tries = 0
        return {"lanes": lanes, "knobs": knobs + EXPLANATION_ROWS, "layers": rest - tries, "side-tries": tries}

    def _race_side_heights(self, lanes: int, knobs: int, width: int) -> dict[str, int]:
        """The curvature has its rows first, then the suggestions, then the sentence about the knob."""
        state, rest = self.state, self.size.height - 2
        if state.view == "map" and state.page % self.pages and lanes + knobs + CURVATURE_ROWS > rest:
            lanes = 0  # the plots' legends name them
        lanes = min(lanes, max(4, rest - min(knobs, rest // 2)))
        rest -= lanes + knobs
        curvature = CURVATURE_ROWS if rest >= CURVATURE_ROWS else rest if rest >= 5 else 0
        rest -= curvature
        tries = tries_height(state.tries, width)
        if not tries or state.view == "lesson" or rest - tries < 0:
            tries = 0
        return {"lanes": lanes, "knobs": knobs + rest - tries, "layers": curvature, "side-tries": tries}

    def _show_plots(self, layout: Layout) -> None:
        state, look = self.state, self.look
        page = layout.pages[state.page % len(layout.pages)]
        names = [name for row in page for name in row]
        for slot, name in enumerate(names[:SLOTS]):
            view = self._view(f"slot{slot}")
            if name == LOG:
                view.show(lambda w, h: draw_log(state.findings, state.log, state.watching, w, h, look))
            else:
                built = self._built(name)
                view.show(lambda w, h, built=built: draw_panel(built, w, h, look))  # type: ignore[misc]

    def _built(self, name: str) -> PlotSpec | Picture:
        snapshot = self.state.anything
        assert snapshot is not None
        return build_panel(name, snapshot, self.state.panel_view, self.look)

    def _show_lesson(self) -> None:
        state, look = self.state, self.look
        if self._lesson_shown != state.lesson:
            self._lesson_shown = state.lesson
            self.query_one(LessonText).update(state.lesson)
            self.query_one("#lesson-text").border_title = "Lesson"
        tries, log = self._view("tries"), self._view("lesson-log")
        width = self.size.width - (self._layout_now.side if self._layout_now else 0)
        room = self.size.height - 2
        needed = tries_height(state.tries, width)
        tries.display = needed > 0
        tries.styles.height = min(needed, max(4, room // 3))
        log.styles.height = max(4, room // 5)
        tries.show(lambda w, h: draw_tries(state.tries, w, h, look))
        log.show(lambda w, h: draw_log(state.findings, state.log, state.watching, w, h, look))

    def _show_message(self) -> None:
        text, error = self.state.message
        view = self._view("message")
        view.display = bool(text)
        if text:
            view.styles.height = len(message_lines(text, self.size.width))
            view.show(lambda w, h: draw_message(text, error, w, h, self.look))


class LessonScroll(VerticalScroll):
    """Scrolled by the app's keys: with the focus it would take the arrow keys from the knobs."""

    can_focus = False
