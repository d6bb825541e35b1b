"""The Lesson view: the lesson's text, its suggestions, and the log."""

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Markdown, Static

from nntui.lab.state import LabState
from nntui.lab.widgets.grid_view import GridView
from nntui.plotting.expected import draw_expected, expected_height, summary
from nntui.plotting.log_list import draw_log, log_height
from nntui.plotting.theme import Theme
from nntui.plotting.tries import draw_tries, tries_height

ROOMY = 32  # rows of the view, from which on what must come true has a box of its own
LEAST_TEXT = 8  # rows, with its frame
_BESIDE_TEXT = 5  # cells: the text's frame and spaces, and what scrolls it


class LessonText(Markdown):
    """Markdown with bullets that every terminal has."""

    BULLETS = ["- "]  # noqa: RUF012 (Textual's own attribute)


class LessonScroll(VerticalScroll):
    """Scrolled by the app's keys: with the focus it would take the arrow keys from the knobs."""

    can_focus = False


class LessonPart(Vertical):
    """Shows a scenario's lesson."""

    def __init__(self, theme: Theme, *, id: str) -> None:
        super().__init__(id=id)
        self.theme = theme
        self._shown: str | None = None

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of this theme from now on."""
        self.theme = theme

    def compose(self) -> ComposeResult:
        """The text that scrolls, over what must come true, suggestions and log."""
        with LessonScroll(id="lesson-text"):
            yield LessonText()
            yield Static("", id="output", markup=False)
            yield GridView(id="expected-below")
        yield GridView(id="expected")
        yield GridView(id="tries")
        yield GridView(id="lesson-log")

    def scroll_text(self, direction: int) -> None:
        """Scroll the text by nearly its own height: up (−1) or down (1)."""
        scroll = self.query_one(LessonScroll)
        scroll.scroll_relative(y=direction * max(1, scroll.size.height - 1), animate=False)

    def show(self, state: LabState, width: int, rows: int) -> None:
        """Draw this state on so many cells."""
        theme = self.theme
        if state.output is not None:
            self._show_output(state.output, state.output_of)
        elif self._shown != state.lesson:
            self._shown = state.lesson
            self.query_one(LessonText).update(state.lesson)
            self.query_one(LessonScroll).border_title = "Lesson"
        used = self._show_expected(state, width, rows)
        tries, log = self.query_one("#tries", GridView), self.query_one("#lesson-log", GridView)
        needed = tries_height(state.tries, width)
        tries.display = needed > 0
        tries.styles.height = most = min(needed, max(4, rows // 3))
        left = rows - used - most - max(LEAST_TEXT, rows // 3)  # the text is what the view is for
        log.styles.height = log_height(state.findings, state.health, state.log, self.size.width, max(4, left), theme)
        tries.show(lambda w, h: draw_tries(state.tries, w, h, theme, state.tries_here))
        log.show(lambda w, h: draw_log(state.findings, state.health, state.log, w, h, theme))

    def _show_output(self, output: str, script: str) -> None:
        """What a script has written, in the lesson's place; its end stays in sight unless one has scrolled up."""
        if self._shown == output:
            return
        scroll = self.query_one(LessonScroll)
        at_end = self._shown is None or scroll.scroll_offset.y >= scroll.max_scroll_y - 1
        self._shown = output
        self.query_one(LessonText).display = False
        self.query_one("#output", Static).update(Content(output))
        scroll.border_title = Content(f"Output of {script}")
        if at_end:
            scroll.scroll_end(animate=False)

    def _show_expected(self, state: LabState, width: int, rows: int) -> int:
        """What must come true: in a box of its own, whose rows are returned, or in little room under the text, with
        which it scrolls."""
        lines, scroll = state.expected, self.query_one(LessonScroll)
        own, below = self.query_one("#expected", GridView), self.query_one("#expected-below", GridView)
        roomy = rows >= ROOMY
        own.display, below.display = roomy and bool(lines), bool(lines) and not roomy
        scroll.border_subtitle = f"expected: {summary(lines)} (below)" if below.display else ""
        view, across = (own, width) if roomy else (below, max(20, width - _BESIDE_TEXT))
        needed = expected_height(lines, across)
        view.styles.height = height = min(needed, rows // 3) if roomy else needed
        view.show(lambda w, h: draw_expected(lines, w, h, self.theme))
        return height if roomy else 0
