"""Every action with its keys: to be seen, and to be given others."""

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen

from nntui.lab.keys import ACTIONS, Action, all_key_words
from nntui.lab.widgets.grid_view import GridView
from nntui.plotting.grid import Grid
from nntui.plotting.key_list import KeyRow, draw_key_list
from nntui.plotting.status import KeyHint, draw_keys
from nntui.plotting.theme import Theme
from nntui_engine.errors import InputError

from .dialog import DismissedOnce

Change = Callable[[str, list[str] | None], tuple[tuple[Action, ...], str]]
PAGE = 10
WIDTH = 84
MOVES = {"up": -1, "down": 1, "pageup": -PAGE, "pagedown": PAGE, "home": -1000, "end": 1000, "k": -1, "j": 1}
HINT = "One key for one thing; what is changed here is kept in your settings."


class KeysScreen(DismissedOnce, ModalScreen[None]):
    """Changes keys by ``change``, which returns all actions and "" or why that is not kept, or raises InputError."""

    AUTO_FOCUS = ""

    def __init__(self, actions: tuple[Action, ...], theme: Theme, change: Change) -> None:
        super().__init__()
        self.actions, self._theme, self._change = actions, theme, change
        self._chosen = 1  # under the first heading
        self._asking = ""  # "", "instead" of the keys that it has, or "as well"
        self._message = (HINT, "")
        self._rows: list[tuple[KeyRow, str]] = []

    def compose(self) -> ComposeResult:
        """The list over its keys."""
        with Container(id="keys-box"):
            yield GridView(id="key-list")
            yield GridView(id="key-hints")

    def on_mount(self) -> None:
        """Draw what there is."""
        self._show()

    @property
    def chosen(self) -> str:
        """The id of the action under the mark."""
        return self._rows[self._chosen][1]

    async def on_key(self, event: events.Key) -> None:
        """Every key: while one is asked for it is the one, else it moves the mark or says what is to be done."""
        event.stop()
        event.prevent_default()
        if self._asking:
            self._take(event)
            return
        if event.key in MOVES:
            self._move(MOVES[event.key])
        elif event.key in ("escape", "q"):
            self.dismiss(None)
        else:
            name = {"enter": "replace", "plus": "more", "backspace": "reset", "delete": "reset"}.get(event.key)
            if name is not None:
                await self.run_action(name)

    async def on_grid_view_pressed(self, event: GridView.Pressed) -> None:
        """A click chooses, one on the chosen action asks for its key, one on a hint does what it says."""
        event.stop()
        if event.spot.what == "call":
            await self.run_action(event.spot.which)
        elif event.spot.which == self._chosen and not self._asking:
            self.action_replace()
        else:
            self._asking, self._chosen = "", event.spot.which
            self._show()

    def on_grid_view_wheeled(self, event: GridView.Wheeled) -> None:
        """Moves the mark."""
        event.stop()
        self._move(event.direction)

    def action_replace(self) -> None:
        """Asks for the action's only key."""
        self._ask("instead")

    def action_more(self) -> None:
        """Asks for another key beside those it has."""
        self._ask("as well")

    def action_reset(self) -> None:
        """Gives the action its own keys back."""
        self._apply(None, "its own again.")

    def _ask(self, how: str) -> None:
        self._asking = how
        self._message = ("Press the key; Esc leaves it as it is.", "")
        self._show()

    def _take(self, event: events.Key) -> None:
        how, self._asking = self._asking, ""
        if event.key == "escape":
            self._message = (HINT, "")
            self._show()
            return
        present = next(action.keys for action in self.actions if action.id == self.chosen).split(",")
        self._apply([event.key] if how == "instead" else [*present, event.key], "it is kept.")

    def _apply(self, keys: list[str] | None, done: str) -> None:
        try:
            self.actions, trouble = self._change(self.chosen, keys)
        except InputError as error:
            self._message = (str(error), "error")
        else:
            done = f"for now. It is not kept: {trouble}" if trouble else done
            action = next(one for one in self.actions if one.id == self.chosen)
            keys_now = all_key_words(action, self._theme.ascii_only)
            self._message = (f"{keys_now}: {action.description}; {done}", "error" if trouble else "done")
        self._show()

    def _move(self, rows: int) -> None:
        places = [place for place, (row, _) in enumerate(self._rows) if not row.heading]
        at = places.index(self._chosen)
        self._asking, self._chosen = "", places[max(0, min(len(places) - 1, at + rows))]
        self._message = (HINT, "")
        self._show()

    def _show(self) -> None:
        own = {action.id: action for action in ACTIONS}
        ascii_only, theme = self._theme.ascii_only, self._theme
        self._rows = []
        for group in dict.fromkeys(action.group for action in self.actions):
            self._rows.append((KeyRow(group, heading=True), ""))
            for action in self.actions:
                if action.group == group and action.id != "interrupt":
                    was = "" if action.keys == own[action.id].keys else all_key_words(own[action.id], ascii_only)
                    row = KeyRow(action.description, all_key_words(action, ascii_only), was)
                    self._rows.append((row, action.id))
        rows, chosen, asking = [row for row, _ in self._rows], self._chosen, bool(self._asking)
        message = self._message

        def draw(width: int, height: int) -> Grid:
            return draw_key_list(rows, chosen, asking, message, width, height, theme)

        self.query_one("#key-list", GridView).show(draw)
        hints = [
            KeyHint(1, "enter", "another key", "replace"),
            KeyHint(2, "+", "one more", "more"),
            KeyHint(3, "backspace", "its own again", "reset"),
            KeyHint(0, "esc", "close", "dismiss"),
        ]
        self.query_one("#key-hints", GridView).show(lambda w, _h: draw_keys(hints, w))
