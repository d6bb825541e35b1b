"""The changes made to a run, and what takes them back: also from a moment in its past."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nntui_engine.registry.optimizer import OPTIMIZERS
from nntui_engine.scenario.settings import LaneSettings, Settings, SurfaceSettings

from .new_lanes import NewLane

Tweaks = tuple[tuple[Mapping[str, object], str | None], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A tweak that was made, and what takes it back: (settings, lane) pairs."""

    forward: Tweaks
    back: Tweaks


@dataclass(frozen=True, slots=True)
class Added:
    """Lanes that were added; what takes them back is to drop them."""

    lanes: tuple[NewLane, ...]


class Changes:
    """What can be undone and redone now, and what could be at which position of the run."""

    def __init__(self) -> None:
        self.done: list[Change | Added] = []
        self.undone: list[Change | Added] = []
        self._log: list[tuple[int, tuple[Change | Added, ...]]] = []  # what could be undone from which position on

    def note(self, position: int) -> None:
        """What can be undone from here on; what once came later no longer can."""
        self._log = [entry for entry in self._log if entry[0] < position] + [(position, tuple(self.done))]

    def read(self, position: int) -> None:
        """What could be undone when the run was here for the first time."""
        past = [done for at, done in self._log if at <= position]
        if past and past[-1] != tuple(self.done):
            self.done, self.undone = list(past[-1]), []

    def forget(self) -> None:
        """Nothing of what was done can be undone."""
        self.done, self.undone, self._log = [], [], []

    def forget_past(self) -> None:
        """The run begins anew."""
        self._log = []


def merged(back: Tweaks, lanes: int) -> Tweaks:
    """One change for all lanes where every lane goes back to the same values, so that one mark is left."""
    if len(back) == lanes and all(dict(settings) == dict(back[0][0]) for settings, _ in back):
        return ((back[0][0], None),)
    return back


def earlier_settings(keys: Iterable[str], before: Settings) -> dict[str, object]:
    """The override that takes a change of ``keys`` back, read from the lane's tables before it."""
    found: dict[str, object] = {}
    for key in keys:
        if isinstance(before, SurfaceSettings):  # its tables lack what the surface decides
            if key == "surface.start":
                found[key] = list(before.start)
                continue
            if key.removeprefix("surface.") in before.surface_parameters:
                found[key] = before.surface_parameters[key.removeprefix("surface.")]
                continue
        if key.startswith("model.layers.") and not isinstance(before, SurfaceSettings):
            found |= _earlier_layer(key, before)
            continue
        value: object = before.table
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            found[key] = value
    if "train.optimizer" in found:  # another optimizer's own parameters were dropped by the change
        row = OPTIMIZERS[before.optimizer]
        for parameter in row.parameters:
            number = before.optimizer_parameters[parameter.name]
            found[f"train.{parameter.name}"] = bool(number) if parameter.flag else number
    return found


def _earlier_layer(key: str, before: Settings) -> dict[str, object]:
    """The override that takes a change of one listed layer back: of whether it learns alone, else of the whole list."""
    called, _, what = key.removeprefix("model.layers.").partition(".")
    if isinstance(before, LaneSettings) and what == "trainable":
        for layer in before.layers:
            if called in (str(layer.index), layer.name.partition(".")[0]):
                return {key: layer.trainable}
    model = before.table.get("model")
    return {"model.layers": model["layers"]} if isinstance(model, Mapping) and "layers" in model else {}
