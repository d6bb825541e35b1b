"""Choosing which panels are shown, and in which order; what is behind changes at once."""

from collections.abc import Callable, Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from nntui.lab.arrangement import Arrangement
from nntui.lab.widgets.grid_view import GridView
from nntui.plotting.panel_list import PanelLine, draw_panel_list
from nntui.plotting.theme import Theme

from .dialog import DismissedOnce

HINT = "space hides or shows, shift+up and shift+down (or K, J) move it, backspace puts the first order back"
AROUND = 8  # rows of the screen that the list leaves free


class PanelsScreen(DismissedOnce, ModalScreen[None]):
    """Lists ``titles`` (by the panels' names, in their first order); ``changed`` is told of every change."""

    BINDINGS = [  # noqa: RUF012 (Textual's own attribute)
        Binding("escape,enter,q,P", "dismiss", "close"),
        Binding("down,j", "choose(1)"),
        Binding("up,k", "choose(-1)"),
        Binding("shift+down,J", "move(1)"),
        Binding("shift+up,K", "move(-1)"),
        Binding("space", "switch"),
        Binding("backspace", "reset"),
    ]
    AUTO_FOCUS = ""

    def __init__(
        self,
        titles: Mapping[str, str],
        arrangement: Arrangement,
        changed: Callable[[Arrangement], None],
        theme: Theme,
    ) -> None:
        super().__init__()
        self._titles, self._names = titles, tuple(titles)
        self._arrangement, self._changed, self._theme = arrangement, changed, theme
        self._chosen = self._order[0]

    @property
    def _order(self) -> tuple[str, ...]:
        return self._arrangement.sorted(self._names)

    def compose(self) -> ComposeResult:
        """The list, and under it what can be done."""
        with Vertical(id="panels-box"):
            yield GridView(id="panels-list")
            yield Static(HINT, id="panels-hint", markup=False)

    def on_mount(self) -> None:
        """Title the box and draw the list."""
        self.query_one("#panels-box").border_title = "Panels of this view (Esc closes)"
        self._show()

    def on_resize(self) -> None:
        """As many rows as the window has."""
        self._show()

    def on_grid_view_pressed(self, event: GridView.Pressed) -> None:
        """A click chooses, one on the chosen panel hides or shows it."""
        event.stop()
        name = self._order[event.spot.which]
        if name == self._chosen:
            self.action_switch()
        self._chosen = name
        self._show()

    def on_grid_view_wheeled(self, event: GridView.Wheeled) -> None:
        """Moves the mark."""
        event.stop()
        self.action_choose(event.direction)

    def action_choose(self, direction: int) -> None:
        """Choose the next (1) or last (−1) panel."""
        at = self._order.index(self._chosen) + direction
        self._chosen = self._order[min(max(at, 0), len(self._order) - 1)]
        self._show()

    def action_move(self, direction: int) -> None:
        """Move the chosen panel down (1) or up (−1)."""
        self._change(self._arrangement.moved(self._names, self._chosen, direction))

    def action_switch(self) -> None:
        """Hide the chosen panel, or show it."""
        self._change(self._arrangement.switched(self._names, self._chosen))

    def action_reset(self) -> None:
        """Put the first order back, with nothing hidden."""
        self._change(Arrangement())

    def _change(self, arrangement: Arrangement) -> None:
        if arrangement != self._arrangement:
            self._arrangement = arrangement
            self._changed(arrangement)
        self._show()

    def _show(self) -> None:
        view = self.query_one("#panels-list", GridView)
        view.styles.height = max(3, min(len(self._names), self.size.height - AROUND))
        order, hidden = self._order, self._arrangement.hidden
        lines = [PanelLine(self._titles[name], name not in hidden) for name in order]
        chosen = order.index(self._chosen)
        view.show(lambda w, h: draw_panel_list(lines, chosen, w, h, self._theme))
