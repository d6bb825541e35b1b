"""What a knob is: what it reads from a lane's settings, how it turns, and what may be typed into it."""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nntui.plotting.numbers import setting
from nntui_engine.errors import InputError, allowed_names
from nntui_engine.registry.optimizer import LR, OPTIMIZERS
from nntui_engine.registry.row import Parameter, Registry
from nntui_engine.scenario.settings import Settings, SurfaceSettings

Value = float | int | str | tuple["Value", ...]  # a tuple has one for each layer
MIXED = "mixed"
SAY_THEMSELVES = frozenset({"train.optimizer", "model.activation", "model.init", "train.loss", "surface.name"})
_THOUSANDS_APART = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_COMMA_AND_SPACE = re.compile(r",\s")


@dataclass(frozen=True)
class Knob(ABC):
    """One setting a person can turn while it trains. ``key`` is its place in a scenario file; ``values`` gives a lane's
    value, or one for each layer it applies to: none when the lane has no such setting."""

    key: str
    label: str
    values: Callable[[Any], list[Value]]
    restarts: bool = False
    group: str = ""
    per_layer: bool = False  # a list may be typed, with one value for each layer

    @property
    def shown_label(self) -> str:
        """The label as it stands among the knobs."""
        return self.label

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

    def words(self, value: Value) -> str:
        """The value in few words, as part of a lane's name: "lr 0.1"; of an activation the name is enough."""
        return str(value) if self.key in SAY_THEMSELVES else f"{self.label} {self.plain(value)}"

    def written(self, settings: Settings) -> str:
        """The lane's value as it may be typed: all layers' values where they differ."""
        values = self.values(settings)
        return ", ".join(map(self.plain, values)) if len(set(values)) > 1 else self.plain(self.read(settings))

    def plain(self, value: Value | None) -> str:
        """One value as it may be typed."""
        return self.show(value)

    def typed(self, text: str) -> Value:
        """What was typed: one value, or one for each layer. Raises InputError with one line that says what is
        allowed."""
        words = self._split(text.strip()) if self.per_layer else []
        return tuple(self.parse(word) for word in words) if len(words) > 1 else self.parse(text)

    def _split(self, text: str) -> list[str]:
        return [word for word in re.split(r"[,;]", text) if word.strip()]

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
        if isinstance(value, tuple):
            return ", ".join(map(self.show, value))
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
        return {self.key: list(value) if isinstance(value, tuple) else value}

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
        number = float(str(value))
        if fine:
            turned = self._tidy(self._fine(number, direction))
            return value if self.parameter.problem(turned) else turned
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
        """A typed number, with a comma or a point, and with thousands apart or not. Raises InputError for what is no
        number or out of range."""
        words = text.strip()
        try:
            number = float(_THOUSANDS_APART.sub("", words).replace(",", "."))
        except ValueError:
            raise InputError(f'{self.label}: "{words}" is not a number; {self._allowed()}') from None
        problem = self.parameter.problem(number)
        if problem:
            raise InputError(f"{self.label}: {words} {problem}")
        return int(number) if self.parameter.whole else number

    def _split(self, text: str) -> list[str]:
        if not self.parameter.whole and text.count(",") == 1 and "." not in text and not _COMMA_AND_SPACE.search(text):
            return [text]  # one number with a decimal comma
        return [word for word in re.split(r"[,;\s]+", text) if word]

    def hint(self) -> str:
        """What the number means and the range that may be typed."""
        whole = "a whole number" if self.parameter.whole else "a number"
        several = (
            f" Several, one a layer: {'64, 32' if self.parameter.whole else '0.1, 0.2'}." if self.per_layer else ""
        )
        return f"{sentence(self.parameter.summary)} Type {whole}, {self.parameter.range_text()}.{several}"

    def _allowed(self) -> str:
        words = self.parameter.range_text()
        return f"it must be {words}" if words.startswith(("at", "above", "below")) else f"allowed: {words}"

    def explain(self, value: Value | None) -> str:  # noqa: ARG002
        """What the number means, at whatever value."""
        return sentence(self.parameter.summary)


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
class YesNoKnob(Knob):
    """A setting that is true or false; ``means`` says what for."""

    means: str = ""

    def turn(self, value: Value, direction: int, fine: bool) -> Value:  # noqa: ARG002
        """The other one."""
        return "no" if value == "yes" else "yes"

    def words(self, value: Value) -> str:
        """What holds now."""
        return self.label if value == "yes" else f"no {self.label}"

    def parse(self, text: str) -> Value:
        """Yes or no, or the beginning of one. Raises InputError for anything else."""
        word = text.partition(",")[0].strip().lower()
        found = [answer for answer in ("yes", "no") if word and answer.startswith(word)]
        if len(found) != 1:
            raise InputError(f'{self.label}: "{text.strip()}" is not yes or no')
        return found[0]

    def hint(self) -> str:
        """What may be typed."""
        return f"{sentence(self.means)} Type yes or no."

    def explain(self, value: Value | None) -> str:  # noqa: ARG002
        """What it is for."""
        return sentence(self.means)

    def change(self, value: Value, settings: Settings) -> dict[str, object]:  # noqa: ARG002
        """The override that gives a lane the answer."""
        return {self.key: value == "yes"}

    def back(self, first: Settings, now: Settings | None = None) -> dict[str, object]:
        """The override that gives a lane the answer it began with."""
        value = self.read(first)
        return {} if value is None else self.change(value, now or first)


def is_listed(settings: Settings) -> bool:
    """Whether the file lists the network's layers one by one."""
    model = settings.table.get("model", {})
    return isinstance(model, Mapping) and "layers" in model


def sentence(text: str) -> str:
    """Words with a capital letter and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
