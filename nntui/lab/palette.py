"""The command palette: everything in the registry that works now, and the lesson's suggestions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from nntui_engine.errors import InputError

from . import reasons
from .keys import key_words
from .themes import THEMES

if TYPE_CHECKING:
    from .actions import LabActions
    from .settings_actions import SettingsActions


ORDERS = (  # words, what stands beside them, the app's action
    ("Save a checkpoint now", "as the script does: watch(…, save=function)", "save_checkpoint"),
    ("Stop the run (asks first)", "as Ctrl-C does in the script", "stop_run"),
)


class Command(NamedTuple):
    """An entry: its words, what stands beside them, what it does, and whether it is grey because it cannot be done."""

    text: str
    help_text: str
    call: Callable[[], object]
    grey: bool


class LabCommands(Provider):
    """Offers the lab's actions by their descriptions."""

    def _commands(self) -> list[Command]:
        app = cast("LabActions", self.app)
        found = [
            Command(
                action.description,
                refused or f"{action.group}, key {key_words(action, app.plot_theme.ascii_only)}",
                partial(app.say, refused) if refused else partial(app.run_call, action.call),
                bool(refused),
            )
            for action, refused in reasons.offered(app.model)
        ]
        refused = reasons.refused(app.model, "try")
        return (
            found
            + self._orders()
            + [
                Command(
                    f"Try: {one.say}",
                    refused or "a suggestion of the lesson",
                    partial(app.say, refused) if refused else partial(app.do_try, index),
                    bool(refused),
                )
                for index, one in enumerate(app.model.view.scenario.tries)
            ]
        )

    def _orders(self) -> list[Command]:
        """What a run that a script makes is asked for."""
        app = cast("LabActions", self.app)
        if not app.model.view.condition:
            return []
        why = app.model.view.no_orders
        return [
            Command(text, why or words, partial(app.say, why) if why else partial(app.run_call, call), bool(why))
            for text, words, call in ORDERS
        ]

    def _themes(self) -> list[Command]:
        app = cast("SettingsActions", self.app)
        return [
            Command(
                f"Theme: {name}",
                "in use" if name == app.colours.name else "colours, kept for the next time",
                partial(app.choose_colours, name),
                False,
            )
            for name in THEMES
        ]

    async def discover(self) -> Hits:
        """All commands, as the palette shows them before anything is typed."""
        for text, help_text, call, grey in self._commands():
            yield DiscoveryHit(_shown(text, grey), call, text, help_text)

    def _knobs(self, query: str) -> list[Command]:
        """Each knob to choose, each of its names to set, and of "lr 0.03" the value to set."""
        app = cast("LabActions", self.app)
        rack, lanes = app.model.rack, app.model.chosen_lanes
        refused = reasons.refused(app.model, "turn_up")
        if refused or not lanes:
            return []
        found = []
        for index, knob in enumerate(rack.knobs):
            if rack.value(knob, lanes[0]) is None:
                continue
            restarts = "; starts the lane again" if knob.restarts else ""
            summary = f"{knob.explain(rack.value(knob, lanes[0]))} Now {knob.written(lanes[0].settings)}"
            found.append(Command(f"Knob: {knob.label}", summary, partial(app.choose_knob, index), False))
            for choice in getattr(knob, "choices", ()):
                words = f"Set {knob.label} to {choice}"
                found.append(Command(words, f"a knob{restarts}", partial(app.set_knob, index, choice), False))
            label, typed = _begins_with_label(query, knob.label), query.strip()[len(knob.label) :].strip()
            if label and typed:
                with contextlib.suppress(InputError):
                    value = knob.typed(typed)
                    words = f"Set {knob.label} to {typed}"
                    found.append(Command(words, f"a knob{restarts}", partial(app.set_knob, index, value), False))
        return found

    async def search(self, query: str) -> Hits:
        """The commands that match what was typed, each with its score."""
        matcher = self.matcher(query)
        for text, help_text, call, grey in (*self._commands(), *self._knobs(query), *self._themes()):
            score = matcher.match(text)
            if score > 0:
                # a suggestion may hold [brackets]: the matcher would read them as markup
                shown = _shown(text, grey) if grey or "[" in text else matcher.highlight(text)
                yield Hit(score, shown, call, text, help_text)


def _begins_with_label(query: str, label: str) -> bool:
    return query.strip().lower().startswith(f"{label.lower()} ")


def _shown(text: str, grey: bool) -> Content:
    return Content.styled(text, "dim") if grey else Content(text)
