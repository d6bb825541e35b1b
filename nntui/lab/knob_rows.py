"""The lab's knobs, a row each: those of networks, and those of runs on a surface."""

from collections.abc import Callable, Mapping
from typing import Any

from nntui_engine.registry.activation import ACTIVATIONS, HIDDEN_ACTIVATIONS
from nntui_engine.registry.initializer import INITIALIZERS
from nntui_engine.registry.layer_kinds import LAYER_KINDS
from nntui_engine.registry.optimizer import LR, OPTIMIZERS
from nntui_engine.registry.row import Parameter
from nntui_engine.registry.surface import SURFACES
from nntui_engine.scenario.settings import LaneSettings, Settings, SurfaceSettings

from .knobs import ChoiceKnob, FrozenKnob, HiddenKnob, Knob, NumberKnob, Value, is_listed


def ladder(low: int, high: int, *first: float) -> tuple[float, ...]:
    """1, 2, 5 × 10ᵏ for k from ``low`` to ``high``, after the values ``first``."""
    return (*first, *(float(f"{m}e{k}") for k in range(low, high + 1) for m in (1, 2, 5)))


def _learning_rate(highest: int) -> NumberKnob:
    return NumberKnob("train.lr", "lr", _of_optimizer("lr"), parameter=LR, ladder=ladder(-6, highest, 0.0))


def _share(name: str, optimizer: str, fine_step: float = 0.01) -> NumberKnob:
    """A parameter that some optimizers have, between 0 and 1; ``optimizer`` says what it means."""
    return NumberKnob(
        f"train.{name}",
        name,
        _of_optimizer(name),
        parameter=OPTIMIZERS[optimizer].parameter(name) or LR,
        ladder=(0.0, 0.5, 0.8, 0.9, 0.95, 0.99, *(() if name == "momentum" else (0.999, 0.9999))),
        fine_step=fine_step,
    )


def _of_optimizer(name: str) -> Callable[[Settings], list[Value]]:
    return lambda settings: _if_there(settings.optimizer_parameters.get(name))


def _of_surface(name: str) -> Callable[[SurfaceSettings], list[Value]]:
    return lambda settings: _if_there(settings.surface_parameters.get(name))


def _if_there(value: float | None) -> list[Value]:
    return [] if value is None else [value]


def _of_layers(name: str, *, output: bool) -> Callable[[LaneSettings], list[Value]]:
    """Of every layer, with the output layer or without; where the file lists them, of those that leave it to the
    model."""

    def values(settings: LaneSettings) -> list[Value]:
        if is_listed(settings):
            return _left_to_the_model(name, settings, output)
        return [getattr(layer, name) for layer in settings.layers[: None if output else -1]]

    return values


def _left_to_the_model(name: str, settings: LaneSettings, output: bool) -> list[Value]:
    section: Any = settings.table["train" if name == "l2" else "model"]
    left = output or any(_leaves(layer, name) for layer in settings.table["model"]["layers"])  # type: ignore[index]
    return [section[name]] if left else []


def _leaves(layer: Mapping[str, Any], name: str) -> bool:
    """Whether a layer of the file, or one in a block, takes ``name`` and does not say it."""
    if "layers" in layer:
        return any(_leaves(inner, name) for inner in layer["layers"])
    kind = LAYER_KINDS[layer["kind"]]
    follows = not kind.activation if name == "activation" else "init" in kind.takes
    return name not in layer and name in kind.takes and follows


def _if_chain(values: Callable[[LaneSettings], list[Value]]) -> Callable[[LaneSettings], list[Value]]:
    """None where the file lists the layers."""
    return lambda settings: [] if is_listed(settings) else values(settings)


def _frozen(layer: int) -> Callable[[LaneSettings], list[Value]]:
    """Whether a layer (1-based) keeps its weights; none where it cannot be said of that layer alone."""

    def values(settings: LaneSettings) -> list[Value]:
        layers = settings.layers
        listed_output = layer == len(layers) and is_listed(settings)
        if layer > len(layers) or listed_output or "trainable" not in LAYER_KINDS[layers[layer - 1].kind].takes:
            return []
        return ["no" if layers[layer - 1].trainable else "yes"]

    return values


def _number(name: str, default: float, summary: str, high: float, **more: Any) -> Parameter:
    return Parameter(name, default, summary, high=high, **{"low": 0.0, **more})


_OPTIMIZER = ChoiceKnob(
    "train.optimizer", "optimizer", lambda settings: [settings.optimizer], choices=tuple(OPTIMIZERS), rows=OPTIMIZERS
)
_MOMENTUM = _share("momentum", "sgd")
NETWORK_KNOBS: tuple[Knob, ...] = (
    _learning_rate(1),
    _OPTIMIZER,
    _MOMENTUM,
    ChoiceKnob(
        "model.activation",
        "activation",
        _of_layers("activation", output=False),
        choices=HIDDEN_ACTIVATIONS,
        rows=ACTIVATIONS,
    ),
    ChoiceKnob(
        "model.init",
        "init",
        _of_layers("init", output=True),
        restarts=True,
        choices=tuple(INITIALIZERS),
        rows=INITIALIZERS,
    ),
    NumberKnob(
        "train.batch_size",
        "batch size",
        lambda settings: [settings.batch_size],
        parameter=_number("batch_size", 32, "rows a step learns from", 1e9, low=1, whole=True),
        ladder=tuple(float(2**k) for k in range(17)),
        fine_step=1.0,
    ),
    NumberKnob(
        "model.dropout",
        "dropout",
        _of_layers("dropout", output=False),
        parameter=_number("dropout", 0.0, "share of units switched off at random each step", 1.0, exclusive_high=True),
        ladder=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        fine_step=0.01,
    ),
    NumberKnob(
        "train.l2",
        "L2",
        _of_layers("l2", output=True),
        parameter=_number("l2", 0.0, "pull of the weights towards 0", 1e6),
        ladder=ladder(-6, 0, 0.0),
    ),
    HiddenKnob(
        "width",
        "width",
        _if_chain(_of_layers("units", output=False)),
        restarts=True,
        parameter=_number("width", 32, "units in each hidden layer", 4096, low=1, whole=True),
        ladder=tuple(float(2**k) for k in range(11)),
        fine_step=1.0,
        resize=lambda hidden, width: [width] * max(1, len(hidden)),
    ),
    HiddenKnob(
        "depth",
        "depth",
        _if_chain(lambda settings: [len(settings.layers) - 1]),
        restarts=True,
        parameter=_number("depth", 2, "number of hidden layers", 64, low=0, whole=True),
        ladder=tuple(float(k) for k in range(65)),
        fine_step=1.0,
        resize=lambda hidden, depth: (hidden + (hidden[-1:] or [16]) * depth)[:depth],
    ),
)
_SURFACE_KNOBS: tuple[Knob, ...] = (
    _learning_rate(2),
    _OPTIMIZER,
    _MOMENTUM,
    _share("beta1", "adam"),
    _share("beta2", "adam", 0.001),
    _share("rho", "adadelta"),
    NumberKnob(
        "surface.noise",
        "noise",
        lambda settings: [settings.noise],
        parameter=_number("noise", 0.0, "standard deviation of the noise on the gradient", 1e9),
        ladder=ladder(-3, 3, 0.0),
    ),
    NumberKnob(
        "train.clip_norm",
        "clip norm",
        lambda settings: [settings.clip_norm],
        parameter=_number("clip_norm", 0.0, "longer gradients are cut to this length; 0 is off", 1e9),
        ladder=ladder(-3, 3, 0.0),
    ),
)


def knobs_of(settings: Settings, layer: int = 1) -> tuple[Knob, ...]:
    """The knobs for a lane: one is for a ``layer`` (1-based); on a surface its own parameters come last."""
    if isinstance(settings, LaneSettings):
        layer = min(layer, len(settings.layers))
        one = settings.layers[layer - 1]
        name = one.name or ("output" if layer == len(settings.layers) else f"layer {layer}")
        return (*NETWORK_KNOBS, FrozenKnob(f"frozen.{layer}", "frozen", _frozen(layer), layer=layer, name=name))
    assert isinstance(settings, SurfaceSettings)
    own = tuple(
        NumberKnob(
            f"surface.{parameter.name}",
            parameter.name.replace("_", " "),
            _of_surface(parameter.name),
            restarts=True,
            parameter=parameter,
            ladder=tuple(value for value in ladder(0, 4) if parameter.low <= value <= parameter.high),
            fine_step=1.0 if parameter.whole else 0.0,
        )
        for parameter in SURFACES[settings.surface].parameters
    )
    return _SURFACE_KNOBS + own
