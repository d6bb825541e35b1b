"""Knobs for the layers of a network: how many units, how many layers, and which layer keeps its weights."""

from collections.abc import Callable
from dataclasses import dataclass

from nntui_engine.scenario.settings import LaneSettings, Settings

from .knobs import NumberKnob, Value, YesNoKnob, is_listed, sentence


@dataclass(frozen=True)
class HiddenKnob(NumberKnob):
    """A number that makes the list of hidden layers' units into another: ``resize``."""

    resize: Callable[[list[int], int], list[int]] = lambda hidden, number: hidden * number

    def missing(self, settings: Settings) -> str:  # noqa: ARG002
        """Why the lane has no such number: its layers are not made by one."""
        return f"the file lists this network's layers (model.layers), so it has no one {self.label} to turn"

    def change(self, value: Value, settings: Settings) -> dict[str, object]:
        """The override that gives a lane hidden layers for this value."""
        if isinstance(value, tuple):
            return {"model.hidden": list(value)}
        return {"model.hidden": self.resize(_hidden(settings), int(value))}

    def back(self, first: Settings, now: Settings | None = None) -> dict[str, object]:  # noqa: ARG002
        """The override that gives a lane the hidden layers it began with."""
        return {"model.hidden": _hidden(first)}


@dataclass(frozen=True)
class FrozenKnob(YesNoKnob):
    """Whether a layer keeps its weights: ``layer`` (1-based), which sentences call ``name``."""

    layer: int = 1
    name: str = "layer 1"

    def words(self, value: Value) -> str:
        """What became of the layer."""
        return f"{self.name} {'frozen' if value == 'yes' else 'thawed'}"

    def plain(self, value: Value | None) -> str:
        """The answer alone."""
        return str(value or "no")

    def show(self, value: Value | None) -> str:
        """The answer, and for which layer."""
        return f"{'none' if value is None else value}, {self.name}"

    def explain(self, value: Value | None) -> str:
        """What it does now."""
        does = "keeps the weights it has" if value == "yes" else "learns"
        return f"{sentence(self._words())[:-1]} {does}. w chooses the next layer."

    def hint(self) -> str:
        """What may be typed."""
        return "yes: the layer keeps its weights; no: it learns."

    def missing(self, settings: Settings) -> str:
        """Why this layer cannot be frozen by itself."""
        assert isinstance(settings, LaneSettings)
        return f"{self._words()} has no weights to freeze; w chooses another layer"

    def _words(self) -> str:
        number = self.name.startswith("layer ")
        return "the output layer" if self.name == "output" else self.name if number else f"layer {self.name}"

    def change(self, value: Value, settings: Settings) -> dict[str, object]:
        """The override that freezes or thaws the layer: its own key, or of a chain's hidden layer all layers' list."""
        assert isinstance(settings, LaneSettings)
        learns = value == "no"
        if self.layer == len(settings.layers):
            return {"model.output_trainable": learns}
        if is_listed(settings):
            written = settings.layers[self.layer - 1].name
            called = written if written and "." not in written else str(self.layer)
            return {f"model.layers.{called}.trainable": learns}
        every = [learns if layer.index == self.layer else layer.trainable for layer in settings.layers]
        return {"model.trainable": learns if len(set(every)) == 1 else every}


def _hidden(settings: Settings) -> list[int]:
    assert isinstance(settings, LaneSettings)
    return [layer.units for layer in settings.layers[:-1]]
