"""The command palette: everything in the registry that works now, and the lesson's suggestions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from .keys import key_words

if TYPE_CHECKING:
    from .actions import LabActions


class LabCommands(Provider):
    """Offers the lab's actions by their descriptions."""

    def _commands(self) -> list[tuple[str, str, Callable[[], object]]]:
        app = cast("LabActions", self.app)
        found: list[tuple[str, str, Callable[[], object]]] = [
            (
                action.description,
                f"{action.group}, key {key_words(action, app.plot_theme.ascii_only)}",
                partial(app.run_call, action.call),
            )
            for action in app.model.offered()
        ]
        found += [
            (f"Try: {one.say}", "a suggestion of the lesson", partial(app.do_try, index))
            for index, one in enumerate(app.model.view.scenario.tries)
        ]
        return found

    async def discover(self) -> Hits:
        """All commands, as the palette shows them before anything is typed."""
        for text, help_text, call in self._commands():
            yield DiscoveryHit(Content(text), call, text, help_text)

    async def search(self, query: str) -> Hits:
        """The commands that match what was typed, each with its score."""
        matcher = self.matcher(query)
        for text, help_text, call in self._commands():
            score = matcher.match(text)
            if score > 0:
                # a suggestion may hold [brackets]: the matcher would read them as markup
                shown = Content(text) if "[" in text else matcher.highlight(text)
                yield Hit(score, shown, call, text, help_text)
