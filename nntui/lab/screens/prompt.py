"""A line to type in that does what is asked of it in the order in which it is asked."""

from textual import events
from textual.binding import NoBinding
from textual.widgets import Input


class Prompt(Input):
    """An input whose own keys act where they arrive.

    Textual takes them through the screen and back: text pasted right behind ctrl+u came first, and was deleted.
    """

    async def _on_key(self, event: events.Key) -> None:
        try:
            bindings = self._bindings.get_bindings_for_key(event.key)
        except NoBinding:
            bindings = []
        if not bindings or event.is_printable:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        await self.run_action(bindings[0].action)
