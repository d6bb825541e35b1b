"""What is on screen, the keys that work here, and all keys."""

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from nntui.lab.help_words import HelpLine
from nntui.lab.widgets.grid_view import GridView
from nntui.plotting.grid import Grid, fit, wrap
from nntui.plotting.theme import ACCENT, DIM, FAINT, TEXT, Theme

from .dialog import DismissedOnce

BOX, FRAME = 84, 5  # columns of the box, and what its frame, padding and scroll bar take of them
TEXT_COLUMN = 16


class HelpScreen(DismissedOnce, ModalScreen[None]):
    """Lists what can be done; any of its keys closes it."""

    BINDINGS = [  # noqa: RUF012 (Textual's own attribute)
        Binding("escape,question_mark,q,enter,space", "dismiss", "close"),
        Binding("down,j", "scroll(1)"),
        Binding("up,k", "scroll(-1)"),
        Binding("pagedown,n", "scroll(8)"),
        Binding("pageup,N", "scroll(-8)"),
    ]
    AUTO_FOCUS = ""

    def __init__(self, lines: list[HelpLine], theme: Theme) -> None:
        super().__init__()
        self._lines = lines
        self._theme = theme

    def compose(self) -> ComposeResult:
        """The box that scrolls, with the keys in it."""
        with HelpBox(id="help-box"):
            yield GridView(id="help-text")

    def on_mount(self) -> None:
        """Draw the lines and give the box its title."""
        self.query_one("#help-box").border_title = "Help (Esc closes)"
        self._show()

    def on_resize(self) -> None:
        """As high as its lines are at this width."""
        self._show()

    def _show(self) -> None:
        view = self.query_one("#help-text", GridView)
        width = min(self.size.width, BOX) - FRAME
        view.styles.height = len(_rows(self._lines, width, self._theme))
        view.show(self._draw)

    def action_scroll(self, rows: int) -> None:
        """Scroll by so many rows, down if positive."""
        self.query_one("#help-box").scroll_relative(y=rows, animate=False)

    def _draw(self, width: int, height: int) -> Grid:
        grid = Grid.blank(width, height)
        for row, pieces in enumerate(_rows(self._lines, width, self._theme)):
            for column, text, style in pieces:
                grid.write(row, column, text, style)
        return grid


class HelpBox(VerticalScroll):
    """The box around the keys: the screen's own keys scroll it, so it never takes the focus."""

    can_focus = False


def _rows(lines: list[HelpLine], width: int, theme: Theme) -> list[list[tuple[int, str, str]]]:
    """(column, text, style) pieces of every row; long words about a panel stand under its title."""
    rows: list[list[tuple[int, str, str]]] = []
    for line in lines:
        if line.heading or not line.keys:
            rows.append([(0, line.text, f"bold {DIM}")])
            continue
        words = wrap(line.text, max(10, width - TEXT_COLUMN))
        key = (2, fit(line.keys, width - 2, theme.glyphs.end), FAINT if line.dim else f"bold {ACCENT}")
        style = FAINT if line.dim else TEXT
        beside = cell_len(line.keys) + 3 <= TEXT_COLUMN
        rows.append([key, *([(TEXT_COLUMN, words[0], style)] if beside and words else [])])
        rows += [[(TEXT_COLUMN, one, style)] for one in (words[1:] if beside else words)]
    return rows
