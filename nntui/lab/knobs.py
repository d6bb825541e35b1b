"""What a knob is: what it reads from a lane's settings, how it turns, and what may be typed into it."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nntui.plotting.numbers import setting
from nntui_engine.errors import InputError, allowed_names
from nntui_engine.registry.optimizer import LR, OPTIMIZERS
from nntui_engine.registry.row import Parameter, Registry
from nntui_engine.scenario.settings import LaneSettings, Settings, SurfaceSettings

Value = float | int | str
MIXED = "mixed"


@dataclass(frozen=True)
class Knob(ABC):
    """One setting a person can turn while it trains. ``key`` is its place in a scenario file; ``values`` gives a lane's
    value, or one for each layer it applies to: none when the lane has no such setting."""

    key: str
    label: str
    values: Callable[[Any], list[Value]]
    restarts: bool = False

    def read(self, settings: Settings) -> Value | None:
        """The lane's value; "mixed" when its layers differ, None when the lane has no such setting."""
        values = self.values(settings)
        if not values:
            return None
        return values[0] if len(set(values)) == 1 else MIXED

    def show_lane(self, settings: Settings) -> str:
        """The lane's value as text; all layers' values where they differ and few characters hold them."""
        text = ", ".join(dict.fromkeys(self.show(value) for value in self.values(settings)))
        return text if 0 < len(text) <= 12 else self.show(self.read(settings))

    @abstractmethod
    def turn(self, value: Value, direction: int, fine: bool) -> Value:
        """The next value in ``direction`` (−1 or 1); the same value at the end of the range."""

    @abstractmethod
    def parse(self, text: str) -> Value:
        """A typed value. Raises InputError with one line that says what is allowed."""

    @abstractmethod
    def explain(self, value: Value | None) -> str:
        """One plain sentence about the knob at this value."""

    @abstractmethod
    def hint(self) -> str:
        """What may be typed, in a line."""

    def show(self, value: Value | None) -> str:
        """A value as text; "none" where there is none."""
        if value is None:
            return "none"
        return value if isinstance(value, str) else setting(value)

    def missing(self, settings: Settings) -> str:
        """Why the lane has no such setting."""
        if isinstance(settings, SurfaceSettings):
            return f"{settings.optimizer} has no {self.label}"
        if is_listed(settings) and self.key.startswith("model."):
            return f"every layer in the file says its own {self.label}"
        if self.key.startswith("train."):
            return f"{settings.optimizer} has no {self.label} setting"
        return f"this lane has no {self.label}"

    def change(self, value: Value, settings: Settings) -> dict[str, object]:  # noqa: ARG002
        """The override that gives a lane the value, as scenario keys and values."""
        return {self.key: value}

    def back(self, first: Settings, now: Settings | None = None) -> dict[str, object]:  # noqa: ARG002
        """The override that puts a lane (as it is ``now``) back to what it began with, layer by layer where its layers
        differed."""
        value = self.read(first)
        if value != MIXED:
            return {} if value is None else {self.key: value}
        return {self.key: self.values(first)}


@dataclass(frozen=True)
class NumberKnob(Knob):
    """A number turned along a ladder of round values; fine turns change its second digit, or
    change it by ``fine_step``."""

    parameter: Parameter = LR
    ladder: tuple[float, ...] = ()
    fine_step: float = 0.0

    def turn(self, value: Value, direction: int, fine: bool) -> Value:
        """The ladder's next value in ``direction``, or one small step if ``fine``; the same number at the end."""
        number = float(value)
        if fine:
            return self._tidy(self._fine(number, direction))
        tolerance = 1e-9 * max(abs(number), 1e-12)
        if direction > 0:
            return self._tidy(next((v for v in self.ladder if v > number + tolerance), max(number, self.ladder[-1])))
        return self._tidy(
            next((v for v in reversed(self.ladder) if v < number - tolerance), min(number, self.ladder[0]))
        )

    def _fine(self, number: float, direction: int) -> float:
        if self.fine_step:
            return min(max(number + direction * self.fine_step, self.ladder[0]), self.ladder[-1])
        if number == 0.0:
            return self.ladder[1] / 10 if direction > 0 else 0.0
        # a tenth of the leading digit's place: 0.30 → 0.31, 0.10 → 0.11, and down 0.10 → 0.099
        size = 10.0 ** (math.floor(math.log10(number) + 1e-9) - 1)
        if direction < 0 and number - size < 10 * size * (1 - 1e-9):
            size /= 10
        return max(0.0, number + direction * size)

    def _tidy(self, number: float) -> Value:
        number = float(f"{number:.6g}")
        return int(number) if self.parameter.whole else number

    def parse(self, text: str) -> Value:
        """A typed number, with a comma or a point. Raises InputError for what is no number or out of range."""
        try:
            number = float(text.strip().replace(" ", "").replace(",", "."))
        except ValueError:
            raise InputError(f'{self.label}: "{text.strip()}" is not a number; {self._allowed()}') from None
        problem = self.parameter.problem(number)
        if problem:
            raise InputError(f"{self.label}: {text.strip()} {problem}")
        return int(number) if self.parameter.whole else number

    def hint(self) -> str:
        """What the number means and the range that may be typed."""
        whole = "a whole number" if self.parameter.whole else "a number"
        return f"{_sentence(self.parameter.summary)} Type {whole}, {self.parameter.range_text()}."

    def _allowed(self) -> str:
        words = self.parameter.range_text()
        return f"it must be {words}" if words.startswith(("at", "above", "below")) else f"allowed: {words}"

    def explain(self, value: Value | None) -> str:  # noqa: ARG002
        """What the number means, at whatever value."""
        return _sentence(self.parameter.summary)


@dataclass(frozen=True)
class HiddenKnob(NumberKnob):
    """A number that makes the list of hidden layers' units into another: ``resize``."""

    resize: Callable[[list[int], int], list[int]] = lambda hidden, number: hidden * number

    def missing(self, settings: Settings) -> str:  # noqa: ARG002
        """Why the lane has no such number: its layers are not made by one."""
        return f"the file lists this network's layers (model.layers), so it has no one {self.label} to turn"

    def change(self, value: Value, settings: Settings) -> dict[str, object]:
        """The override that gives a lane hidden layers for this value."""
        return {"model.hidden": self.resize(_hidden(settings), int(value))}

    def back(self, first: Settings, now: Settings | None = None) -> dict[str, object]:  # noqa: ARG002
        """The override that gives a lane the hidden layers it began with."""
        return {"model.hidden": _hidden(first)}


@dataclass(frozen=True)
class ChoiceKnob(Knob):
    """One of a list of names."""

    choices: tuple[str, ...] = ()
    rows: Registry[Any] = OPTIMIZERS

    def turn(self, value: Value, direction: int, fine: bool) -> Value:  # noqa: ARG002
        """The next name in ``direction``, first after last and last before first; ``fine`` changes nothing."""
        if value not in self.choices:
            return self.choices[0] if direction > 0 else self.choices[-1]
        return self.choices[(self.choices.index(str(value)) + direction) % len(self.choices)]

    def parse(self, text: str) -> Value:
        """The name that was typed, or of which alone the beginning was. Raises InputError for any other."""
        name = text.strip().lower().replace(" ", "_")
        if name not in self.choices:
            starts = [choice for choice in self.choices if name and choice.startswith(name)]
            if len(starts) == 1:
                return starts[0]
            raise InputError(f'unknown {self.rows.kind} "{text.strip()}"; {allowed_names(name, list(self.choices))}')
        return name

    def hint(self) -> str:
        """All names, in a line."""
        return f"One of: {', '.join(self.choices)}."

    def explain(self, value: Value | None) -> str:
        """The summary of the chosen name; of no name, that the layers differ."""
        row = self.rows.get(str(value))
        return "The layers differ; turning sets them all alike." if row is None else str(row.summary)


@dataclass(frozen=True)
class FrozenKnob(Knob):
    """Whether a layer keeps its weights: ``layer`` (1-based), which sentences call ``name``."""

    layer: int = 1
    name: str = "layer 1"

    def turn(self, value: Value, direction: int, fine: bool) -> Value:  # noqa: ARG002
        """The other one."""
        return "no" if value == "yes" else "yes"

    def parse(self, text: str) -> Value:
        """Yes or no, or the beginning of one. Raises InputError for anything else."""
        word = text.partition(",")[0].strip().lower()
        found = [answer for answer in ("yes", "no") if word and answer.startswith(word)]
        if len(found) != 1:
            raise InputError(f'{self.label}: "{text.strip()}" is not yes or no')
        return found[0]

    def show(self, value: Value | None) -> str:
        """The answer, and for which layer."""
        return f"{'none' if value is None else value}, {self.name}"

    def explain(self, value: Value | None) -> str:
        """What it does now."""
        does = "keeps the weights it has" if value == "yes" else "learns"
        return f"{_sentence(self._words())[:-1]} {does}. w chooses the next layer."

    def hint(self) -> str:
        """What may be typed."""
        return "yes: the layer keeps its weights; no: it learns."

    def missing(self, settings: Settings) -> str:
        """Why this layer cannot be frozen by itself."""
        assert isinstance(settings, LaneSettings)
        if self.layer == len(settings.layers) and is_listed(settings):
            return "the output layer learns as model.trainable says; w chooses another layer"
        return f"{self._words()} has no weights to freeze; w chooses another layer"

    def _words(self) -> str:
        number = self.name.startswith("layer ")
        return "the output layer" if self.name == "output" else self.name if number else f"layer {self.name}"

    def change(self, value: Value, settings: Settings) -> dict[str, object]:
        """The override that freezes or thaws the layer: of a listed layer its own key, else all layers' list."""
        assert isinstance(settings, LaneSettings)
        learns = value == "no"
        if is_listed(settings):
            written = settings.layers[self.layer - 1].name
            called = written if written and "." not in written else str(self.layer)
            return {f"model.layers.{called}.trainable": learns}
        every = [learns if layer.index == self.layer else layer.trainable for layer in settings.layers]
        return {"model.trainable": learns if len(set(every)) == 1 else every}

    def back(self, first: Settings, now: Settings | None = None) -> dict[str, object]:
        """The override that gives the layer alone what it began with."""
        value = self.read(first)
        return {} if value is None else self.change(value, now or first)


def is_listed(settings: Settings) -> bool:
    """Whether the file lists the network's layers one by one."""
    model = settings.table.get("model", {})
    return isinstance(model, Mapping) and "layers" in model


def _hidden(settings: Settings) -> list[int]:
    assert isinstance(settings, LaneSettings)
    return [layer.units for layer in settings.layers[:-1]]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
