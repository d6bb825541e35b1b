"""What knobs read from a lane's settings, and the ladders they turn along."""

from collections.abc import Callable, Mapping
from typing import Any

from nntui_engine.registry.layer_kinds import LAYER_KINDS
from nntui_engine.scenario.settings import LaneSettings, Settings, SurfaceSettings

from .knobs import Value, is_listed


def ladder(low: int, high: int, *first: float) -> tuple[float, ...]:
    """1, 2, 5 × 10ᵏ for k from ``low`` to ``high``, after the values ``first``."""
    return (*first, *(float(f"{m}e{k}") for k in range(low, high + 1) for m in (1, 2, 5)))


def of_optimizer(name: str) -> Callable[[Settings], list[Value]]:
    """A parameter of the lane's optimizer; none where it has no such."""
    return lambda settings: _if_there(settings.optimizer_parameters.get(name))


def of_surface(name: str) -> Callable[[SurfaceSettings], list[Value]]:
    """A parameter of the lane's surface."""
    return lambda settings: _if_there(settings.surface_parameters.get(name))


def _if_there(value: float | None) -> list[Value]:
    return [] if value is None else [value]


def of_layers(name: str, *, output: bool) -> Callable[[LaneSettings], list[Value]]:
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


def if_chain(values: Callable[[LaneSettings], list[Value]]) -> Callable[[LaneSettings], list[Value]]:
    """None where the file lists the layers."""
    return lambda settings: [] if is_listed(settings) else values(settings)


def frozen(layer: int) -> Callable[[LaneSettings], list[Value]]:
    """Whether a layer (1-based) keeps its weights; none where it cannot be said of that layer alone."""

    def values(settings: LaneSettings) -> list[Value]:
        layers = settings.layers
        if layer > len(layers) or "trainable" not in LAYER_KINDS[layers[layer - 1].kind].takes:
            return []
        return ["no" if layers[layer - 1].trainable else "yes"]

    return values


def in_table(key: str) -> Callable[[Settings], list[Value]]:
    """What stands in the lane's tables at a dotted ``key``, of a table its ``kind``; none where nothing does."""

    def values(settings: Settings) -> list[Value]:
        found: Any = settings.table
        for part in key.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping):
            found = found.get("kind")
        return [] if found is None else list(found) if isinstance(found, list) else [found]

    return values


def answer_in_table(key: str) -> Callable[[Settings], list[Value]]:
    """Whether true or false stands in the lane's tables, as yes or no."""
    values = in_table(key)
    return lambda settings: ["yes" if value else "no" for value in values(settings)]
