"""A question with a few answers, a key each."""

from typing import NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from .dialog import DismissedOnce


class Answer(NamedTuple):
    """What is answered with a ``key``, in words; ``name`` is what the screen is dismissed with."""

    key: str
    words: str
    name: str


class ChoiceScreen(DismissedOnce, ModalScreen[str]):
    """Asks until one of the keys is pressed; dismissed with the answer's name, "" on Esc."""

    def __init__(self, question: str, answers: list[Answer]) -> None:
        super().__init__()
        self._question, self._answers = question, answers

    def compose(self) -> ComposeResult:
        """The question, and each answer with its key."""
        with Vertical(id="value-box"):
            lines = [f"{answer.key}    {answer.words}" for answer in self._answers]
            yield Static("\n".join([*lines, "Esc  nothing of it"]), id="choice", markup=False)

    def on_mount(self) -> None:
        """Title the box with the question."""
        self.query_one("#value-box").border_title = Content(self._question)

    def on_key(self, event: events.Key) -> None:
        """Close the screen with the answer that a key gives."""
        event.stop()
        found = next((one.name for one in self._answers if one.key == event.key), None)
        if found is not None:
            self.dismiss(found)
        elif event.key == "escape":
            self.dismiss("")
