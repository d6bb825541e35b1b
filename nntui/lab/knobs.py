"""The knobs of the lab: what each reads from a lane's settings, how it turns, and what may be typed into it."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from nntui_engine.activations import ACTIVATIONS, HIDDEN_ACTIVATIONS
from nntui_engine.errors import InputError
from nntui_engine.initializers import INITIALIZERS
from nntui_engine.optimizers import LR, OPTIMIZERS
from nntui_engine.registry import Parameter, allowed_names
from nntui_engine.settings import LaneSettings, Settings

Value = float | int | str
MIXED = "mixed"


@dataclass(frozen=True)
class Knob(ABC):
    """One setting a person can turn while it trains. ``key`` is its place in a scenario file."""

    key: str
    label: str
    restarts: bool = False

    @abstractmethod
    def values(self, settings: Settings) -> list[Value]:
        """The lane's value, or one for each layer it applies to; empty when the lane has no such setting."""

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
        return value if isinstance(value, str) else short_number(value)

    def missing(self, settings: Settings) -> str:  # noqa: ARG002
        """Why the lane has no such setting."""
        return f"this lane has no {self.label}"


@dataclass(frozen=True)
class NumberKnob(Knob):
    """A number turned along a ladder of round values; fine turns change its second digit, or
    change it by ``fine_step``."""

    parameter: Parameter = LR
    ladder: tuple[float, ...] = ()
    fine_step: float = 0.0

    def values(self, settings: Settings) -> list[Value]:
        """The lane's number, or one for each layer it applies to; of momentum none where the optimizer has none."""
        return _numbers(self.key, settings)

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

    def missing(self, settings: Settings) -> str:
        """Why the lane has no such setting; of momentum, which optimizer has none."""
        if self.key == "train.momentum":
            return f"{settings.optimizer} has no momentum setting"
        return super().missing(settings)


@dataclass(frozen=True)
class ChoiceKnob(Knob):
    """One of a list of names."""

    choices: tuple[str, ...] = ()
    kind: str = ""
    summaries: Mapping[str, str] | None = None

    def values(self, settings: Settings) -> list[Value]:
        """The lane's optimizer, or the activation of each hidden layer, or the initializer of each layer."""
        if self.key == "train.optimizer":
            return [settings.optimizer]
        assert isinstance(settings, LaneSettings)
        if self.key == "model.activation":
            return [layer.activation for layer in settings.layers[:-1]]
        return [layer.init for layer in settings.layers]

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
            raise InputError(f'unknown {self.kind} "{text.strip()}"; {allowed_names(name, list(self.choices))}')
        return name

    def hint(self) -> str:
        """All names, in a line."""
        return f"One of: {', '.join(self.choices)}."

    def explain(self, value: Value | None) -> str:
        """The summary of the chosen name; of no name, that the layers differ."""
        return (self.summaries or {}).get(str(value), "The layers differ; turning sets them all alike.")


def ladder(low: int, high: int, *first: float) -> tuple[float, ...]:
    """1, 2, 5 × 10ᵏ for k from ``low`` to ``high``, after the values ``first``."""
    return (*first, *(float(f"{m}e{k}") for k in range(low, high + 1) for m in (1, 2, 5)))


def optimizer_knob() -> ChoiceKnob:
    """The choice of the optimizer."""
    return ChoiceKnob(
        "train.optimizer",
        "optimizer",
        choices=tuple(OPTIMIZERS),
        kind="optimizer",
        summaries={row.name: row.summary for row in OPTIMIZERS.values()},
    )


_MOMENTUM = OPTIMIZERS["sgd"].parameter("momentum") or LR
KNOBS: tuple[Knob, ...] = (
    NumberKnob("train.lr", "lr", parameter=LR, ladder=ladder(-6, 1, 0.0)),
    optimizer_knob(),
    NumberKnob(
        "train.momentum",
        "momentum",
        parameter=_MOMENTUM,
        ladder=(0.0, 0.5, 0.8, 0.9, 0.95, 0.99),
        fine_step=0.01,
    ),
    ChoiceKnob(
        "model.activation",
        "activation",
        choices=HIDDEN_ACTIVATIONS,
        kind="activation",
        summaries={row.name: row.summary for row in ACTIVATIONS.values()},
    ),
    ChoiceKnob(
        "model.init",
        "init",
        restarts=True,
        choices=tuple(INITIALIZERS),
        kind="initializer",
        summaries={row.name: row.summary for row in INITIALIZERS.values()},
    ),
    NumberKnob(
        "train.batch_size",
        "batch size",
        parameter=Parameter("batch_size", 32, "rows a step learns from", low=1, high=1e9, whole=True),
        ladder=tuple(float(2**k) for k in range(17)),
        fine_step=1.0,
    ),
    NumberKnob(
        "model.dropout",
        "dropout",
        parameter=Parameter(
            "dropout", 0.0, "share of units switched off at random each step", low=0.0, high=1.0, exclusive_high=True
        ),
        ladder=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        fine_step=0.01,
    ),
    NumberKnob(
        "train.l2",
        "L2",
        parameter=Parameter("l2", 0.0, "pull of the weights towards 0", low=0.0, high=1e6),
        ladder=ladder(-6, 0, 0.0),
    ),
    NumberKnob(
        "width",
        "width",
        restarts=True,
        parameter=Parameter("width", 32, "units in each hidden layer", low=1, high=4096, whole=True),
        ladder=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0),
        fine_step=1.0,
    ),
    NumberKnob(
        "depth",
        "depth",
        restarts=True,
        parameter=Parameter("depth", 2, "number of hidden layers", low=0, high=64, whole=True),
        ladder=tuple(float(k) for k in range(65)),
        fine_step=1.0,
    ),
)


def knob_settings(knob: Knob, value: Value, settings: Settings) -> dict[str, object]:
    """The override that gives a lane the knob's value, as scenario keys and values."""
    if not isinstance(settings, LaneSettings):
        return {knob.key: value}
    hidden = [layer.units for layer in settings.layers[:-1]]
    if knob.key == "width":
        return {"model.hidden": [int(value)] * max(1, len(hidden))}
    if knob.key == "depth":
        width = hidden[-1] if hidden else 16
        return {"model.hidden": (hidden + [width] * int(value))[: int(value)]}
    return {knob.key: value}


def first_settings(knob: Knob, first: Settings) -> dict[str, object]:
    """The override that puts a knob back to what a lane began with, layer by layer where its layers differed."""
    if isinstance(first, LaneSettings) and knob.key in ("width", "depth"):
        return {"model.hidden": [layer.units for layer in first.layers[:-1]]}
    value = knob.read(first)
    if value != MIXED:
        return {} if value is None else {knob.key: value}
    return {knob.key: knob.values(first)}


def knob_named(key: str) -> Knob:
    """The network knob whose scenario key is ``key``. Raises StopIteration if there is none."""
    return next(knob for knob in KNOBS if knob.key == key)


def short_number(value: float) -> str:
    """A number in few characters and no needless digits: 0.1, 32, 1e-05 → 1e-5."""
    return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def _numbers(key: str, settings: Settings) -> list[Value]:
    assert isinstance(settings, LaneSettings)
    hidden = settings.layers[:-1]
    if key == "train.momentum":
        momentum = settings.optimizer_parameters.get("momentum")
        return [] if momentum is None else [momentum]
    found: dict[str, list[Value]] = {
        "train.lr": [settings.optimizer_parameters["lr"]],
        "train.batch_size": [settings.batch_size],
        "model.dropout": [layer.dropout for layer in hidden],
        "train.l2": [layer.l2 for layer in settings.layers],
        "width": [layer.units for layer in hidden],
        "depth": [len(hidden)],
    }
    return found[key]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
