"""Typing a knob's value."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from nntui_engine.errors import InputError

from .dialog import DismissedOnce
from .prompt import Prompt

LONGEST = 200  # characters of a value


class ValueScreen(DismissedOnce, ModalScreen[object]):
    """Asks for a value until ``parse`` takes it; dismissed with the parsed value, or None on Esc."""

    BINDINGS = [  # noqa: RUF012 (Textual's own attribute)
        Binding("escape", "cancel", "cancel"),
    ]

    def __init__(self, label: str, present: str, hint: str, parse: Callable[[str], object]) -> None:
        super().__init__()
        self._label, self._present, self._hint, self._parse = label, present, hint, parse

    def compose(self) -> ComposeResult:
        """The input with its hint and a line for what is wrong."""
        with Vertical(id="value-box"):
            yield Prompt(value=self._present, select_on_focus=True, max_length=LONGEST)
            yield Static(self._hint, id="value-hint", markup=False)
            yield Static("", id="value-error", markup=False)

    def on_mount(self) -> None:
        """Title the box and put the cursor into the input."""
        # Content, not str: a lane's name may hold [brackets], which are no markup here
        self.query_one("#value-box").border_title = Content(f"{self._label} (Enter sets it, Esc leaves it)")
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close the screen with the parsed value, or say what is wrong with what was typed."""
        try:
            value = self._parse(event.value)
        except InputError as error:
            line = self.query_one("#value-error", Static)
            line.update(str(error))
            line.display = True
            return
        self.dismiss(value)

    def on_input_changed(self) -> None:
        """Hide what was wrong: something else stands there now."""
        self.query_one("#value-error").display = False

    def action_cancel(self) -> None:
        """Close the screen without a value."""
        self.dismiss(None)
