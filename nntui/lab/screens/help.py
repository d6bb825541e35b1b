"""All keys, by group, written from the registry."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from nntui.lab.keys import Action, key_words
from nntui.lab.widgets.grid_view import GridView
from nntui.plotting.grid import Grid
from nntui.plotting.theme import ACCENT, DIM, TEXT, Theme

from .dialog import DismissedOnce


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

    def __init__(self, actions: tuple[Action, ...], theme: Theme) -> None:
        super().__init__()
        self._rows = help_rows(actions, theme)

    def compose(self) -> ComposeResult:
        """The box that scrolls, with the keys in it."""
        with HelpBox(id="help-box"):
            yield GridView(id="help-text")

    def on_mount(self) -> None:
        """Draw the keys and give the box its title."""
        self.query_one("#help-box").border_title = "Keys (Esc closes)"
        view = self.query_one("#help-text", GridView)
        view.styles.height = len(self._rows)
        view.show(self._draw)

    def action_scroll(self, rows: int) -> None:
        """Scroll by so many rows, down if positive."""
        self.query_one("#help-box").scroll_relative(y=rows, animate=False)

    def _draw(self, width: int, height: int) -> Grid:
        grid = Grid.blank(width, height)
        for row, (keys, text) in enumerate(self._rows):
            if text:
                grid.write(row, 2, keys, f"bold {ACCENT}")
                grid.write(row, 15, text, TEXT)
            else:
                grid.write(row, 0, keys, f"bold {DIM}")
        return grid


class HelpBox(VerticalScroll):
    """The box around the keys: the screen's own keys scroll it, so it never takes the focus."""

    can_focus = False


def help_rows(actions: tuple[Action, ...], theme: Theme) -> list[tuple[str, str]]:
    """(keys, description) rows; a group's name stands alone with "" beside it."""
    rows: list[tuple[str, str]] = []
    for group in dict.fromkeys(action.group for action in actions):
        if rows:
            rows.append(("", ""))
        rows.append((group, ""))
        rows += [
            (key_words(action, theme.ascii_only), action.description) for action in actions if action.group == group
        ]
    return rows
