"""One finding in full; arrows go on to the others, and ``f`` tries what helps."""

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from nntui.lab.widgets.grid_view import GridView
from nntui.plotting.explanation import Explained, draw_explanation, explanation_rows

from .dialog import DismissedOnce
from .help import HelpBox

BOX, FRAME = 84, 5  # columns of the box, and what its frame, padding and scroll bar take of them


class ExplainScreen(DismissedOnce, ModalScreen[bool]):
    """Explains ``findings``, beginning with number ``first``; ``chosen`` is told which one is shown, and says whether a
    fix of it can be tried. Dismissed with True where the next fix is to be tried."""

    BINDINGS = [  # noqa: RUF012 (Textual's own attribute)
        Binding("escape,enter,q,d,space", "close", "close"),
        Binding("f", "fix", "fix"),
        Binding("right,n,tab", "choose(1)"),
        Binding("left,N,shift+tab", "choose(-1)"),
        Binding("down,j", "scroll(1)"),
        Binding("up,k", "scroll(-1)"),
        Binding("pagedown", "scroll(8)"),
        Binding("pageup", "scroll(-8)"),
    ]
    AUTO_FOCUS = ""

    def __init__(self, findings: Sequence[Explained], first: int, chosen: Callable[[int], bool]) -> None:
        super().__init__()
        self._findings, self._at, self._chosen = findings, first, chosen

    def compose(self) -> ComposeResult:
        """The box that scrolls, and under it what can be done."""
        with Vertical(id="explain-frame"):
            with HelpBox(id="explain-box"):
                yield GridView(id="explain-text")
            yield Static(id="explain-hint", markup=False)

    def on_mount(self) -> None:
        """Draw the finding and give the box its title."""
        self._show()

    def on_resize(self) -> None:
        """As high as its lines are at this width."""
        self._show()

    def action_choose(self, direction: int) -> None:
        """The next finding (1), or the one before (−1)."""
        self._at = (self._at + direction) % len(self._findings)
        self._show()
        self.query_one("#explain-box").scroll_home(animate=False)

    def action_scroll(self, rows: int) -> None:
        """Scroll by so many rows, down if positive."""
        self.query_one("#explain-box").scroll_relative(y=rows, animate=False)

    def action_fix(self) -> None:
        """Close the screen, and have the next fix tried."""
        self.dismiss(True)

    def action_close(self) -> None:
        """Close the screen."""
        self.dismiss(False)

    def _show(self) -> None:
        one, view = self._findings[self._at], self.query_one("#explain-text", GridView)
        width = min(self.size.width, BOX) - FRAME
        rows = len(explanation_rows(one, width))
        view.styles.height = rows
        self.query_one("#explain-box").styles.height = max(3, min(rows, self.size.height - 3))
        count = f"Finding {self._at + 1} of {len(self._findings)}" if len(self._findings) > 1 else "Finding"
        self.query_one("#explain-frame").border_title = f"{count} (Esc closes)"
        view.show(lambda w, h: draw_explanation(one, w, h))
        fixed = "f tries the next fix" if self._chosen(self._at) else ""
        others = "left and right: another finding" if len(self._findings) > 1 else ""
        hints = ", ".join(filter(None, (others, "up and down: scroll", fixed)))
        self.query_one("#explain-hint", Static).update(hints)
