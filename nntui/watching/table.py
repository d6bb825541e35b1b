"""The numbers of one step of a network, layer by layer, gathered from arrays while those are there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui_engine.kernels import watched as k
from nntui_engine.kernels.activation import largest_slope
from nntui_engine.registry.activation import ACTIVATIONS
from nntui_engine.registry.statistic import LAYER_STATISTICS
from nntui_engine.run.snapshot import Node, NonFinite

Array = NDArray[np.float64]
Z, A, DELTA, WEIGHTS = range(4)  # what moments are taken of
STEP = [row.name for row in LAYER_STATISTICS if row.cadence == "step"]
COLUMN = {name: place for place, name in enumerate(STEP)}
DEAD_AFTER = 100  # measured steps without a sign
_UNKNOWN = float("nan")


@dataclass(slots=True, kw_only=True)
class Units:
    """A layer's units and their activation, whose parameter is ``alpha``.

    ``active`` (units,): which were not 0 on some row of the step; ``silent`` (units,): for how many steps each was.
    """

    units: int
    activation: str = "linear"
    alpha: float = 0.0
    steepest: float = 1.0
    active: NDArray[Any] = field(default_factory=lambda: np.zeros(0))
    silent: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        self.activate(self.activation, self.alpha)
        self.active, self.silent = np.zeros(self.units), np.zeros(self.units, np.int64)

    def activate(self, activation: str, alpha: float) -> None:
        """Gives them their activation."""
        self.activation, self.alpha = activation, alpha
        self.steepest = largest_slope(ACTIVATIONS[activation].code, alpha)

    @property
    def falls_silent(self) -> bool:
        """Whether a unit can be 0 on all rows, as far as is seen."""
        return ACTIVATIONS[self.activation].falls_silent


class StepTable:
    """The numbers of the step that is being made, of ``layers``.

    Arrays that are taken may have any shape; those of one step are added up: its micro-batches, the uses of a layer,
    the parts of its parameters. Nothing of them is kept.
    """

    def __init__(self) -> None:
        self.layers: list[Units] = []
        self._moments = np.zeros((0, 4, 5))
        self._gradients = np.zeros((0, 7))
        self._scratch: dict[Any, NDArray[Any]] = {}

    def add(self, layer: Units) -> None:
        """One more layer."""
        self.layers.append(layer)
        self._moments = np.concatenate([self._moments, np.zeros((1, 4, 5))])
        self._gradients = np.concatenate([self._gradients, np.zeros((1, 7))])

    # -- what is taken ----------------------------------------------------------------------------------------------

    def take_z(self, place: int, z: NDArray[Any]) -> None:
        """What a layer has worked out before its activation, in any shape."""
        k.take_moments(z.reshape(-1), self._moments[place, Z])

    def take_a(self, place: int, z: NDArray[Any], a: NDArray[Any], channels_first: bool) -> None:
        """What it passes on, in the shape of z; units along the last axis, or ``channels_first`` along the second."""
        layer = self.layers[place]
        scratch = self._scratch.get(a.dtype)
        if scratch is None:
            scratch = self._scratch[a.dtype] = np.zeros(2 * k.BLOCK, a.dtype)
        code = ACTIVATIONS[layer.activation].code
        into = self._moments[place, A]
        k.take_activation(code, layer.alpha, layer.steepest, z.reshape(-1), a.reshape(-1), scratch, into)
        if layer.falls_silent:
            if layer.active.dtype != a.dtype:
                layer.active = layer.active.astype(a.dtype)
            if channels_first and a.ndim > 2:
                k.take_active_channels(a.reshape(a.shape[0], a.shape[1], -1), layer.active)
            else:
                k.take_active(a.reshape(-1, layer.units), layer.active)

    def take_delta(self, place: int, delta: NDArray[Any]) -> None:
        """The gradient of the loss by z, in any shape."""
        k.take_moments(delta.reshape(-1), self._moments[place, DELTA])

    def take_gradient(self, place: int, gradient: NDArray[Any]) -> None:
        """… by parameters, in their shape."""
        k.take_gradient(gradient.reshape(-1), self._gradients[place])

    def take_weights(self, place: int, weights: NDArray[Any], before: NDArray[Any]) -> None:
        """Weights of any shape as the step begins from them; they are kept in ``before``, which is 1-D."""
        k.take_weights(weights.reshape(-1), before, self._moments[place, WEIGHTS])

    def take_step(self, place: int, weights: NDArray[Any], before: NDArray[Any]) -> None:
        """Weights, in their shape, that the step has made of ``before`` (1-D)."""
        k.take_step(weights.reshape(-1), before, self._gradients[place])

    # -- what they tell ---------------------------------------------------------------------------------------------

    def gradient_norm(self) -> float:
        """Of the whole gradient that was taken."""
        return float(np.sqrt(self._gradients[:, k.SQUARES].sum()))

    def row(self) -> Array:
        """(layers, STEP_STATISTICS) of the step."""
        m, g = self._moments, self._gradients
        count = m[:, :, k.COUNT]
        mean, variance = (np.where(count > 0.0, m[:, :, column], np.nan) for column in (k.MEAN, k.VARIANCE))
        bare = count[:, A] == 0.0  # no activation was seen: what it passes on is what it is
        table = np.empty((len(self.layers), len(STEP)))

        def put(name: str, values: Any) -> None:
            table[:, COLUMN[name]] = values

        with np.errstate(all="ignore"):
            put("pre_activation_mean", mean[:, Z])
            put("pre_activation_variance", variance[:, Z])
            put("activation_mean", np.where(bare, mean[:, Z], mean[:, A]))
            put("activation_variance", np.where(bare, variance[:, Z], variance[:, A]))
            put("backprop_variance", variance[:, DELTA])
            entries = np.where(g[:, k.ENTRIES] > 0.0, g[:, k.ENTRIES], np.nan)
            put("gradient_norm", np.sqrt(g[:, k.SQUARES]) + 0.0 * entries)
            put("gradient_max", g[:, k.LARGEST] + 0.0 * entries)
            put("gradient_mean_abs", g[:, k.MAGNITUDES] / entries)
            put("gradient_zero_fraction", g[:, k.ZEROS] / entries)
            norm = np.sqrt((variance[:, WEIGHTS] + mean[:, WEIGHTS] ** 2) * count[:, WEIGHTS])
            put("weight_norm", norm)
            put("weight_mean", mean[:, WEIGHTS])
            put("weight_variance", variance[:, WEIGHTS])
            put("update_ratio", np.sqrt(g[:, k.STEP_SQUARES]) / norm)
            put("inactive_units", [_inactive(layer) for layer in self.layers])
            put("saturated_fraction", np.where(bare, 0.0, m[:, A, k.BELOW] / count[:, A]))
            put("non_finite", m[:, :, k.BROKEN].sum(axis=1) + g[:, k.GRADIENT_BROKEN])
        return table

    def dead(self) -> NDArray[np.int64]:
        """Units (layers,) that were 0 on all rows of so many steps."""
        return np.array([int((layer.silent >= DEAD_AFTER).sum()) for layer in self.layers])

    def broken(self, step: int, rate: float) -> NonFinite | None:
        """Where the step has a NaN or an infinity: the first layer of the first node that has."""
        places: tuple[tuple[Node, Array], ...] = (
            ("z", self._moments[:, Z, k.BROKEN]),
            ("a", self._moments[:, A, k.BROKEN]),
            ("delta", self._moments[::-1, DELTA, k.BROKEN]),
            ("gradient", self._gradients[::-1, k.GRADIENT_BROKEN]),
            ("weights", self._moments[:, WEIGHTS, k.BROKEN]),
        )
        for node, found in places:
            if found.any():
                first = int(found.argmax())
                place = len(found) - 1 - first if node in ("delta", "gradient") else first
                return NonFinite(step, place + 1, node, _UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN, rate)
        return None

    def clear(self, used: bool) -> None:
        """The next step begins; ``used``: whether activations were seen in this one."""
        for layer in self.layers:
            if layer.falls_silent and used:
                layer.silent = np.where(layer.active == 0.0, layer.silent + 1, 0)
            layer.active[:] = 0.0
        self._moments[:] = 0.0
        self._gradients[:] = 0.0


def norm_of(gradients: Sequence[NDArray[Any]]) -> float:
    """Of several arrays, of any shape, together."""
    found = np.zeros(7)
    for gradient in gradients:
        k.take_gradient(gradient.reshape(-1), found)
    return float(np.sqrt(found[k.SQUARES]))


def unscaled(table: Array, clipped: float, scale: float) -> Array:
    """The same (layers, STEP_STATISTICS) as if gradients had not been made ``clipped`` times smaller, nor the loss
    ``scale`` times larger."""
    if clipped != 1.0:
        for name in ("gradient_norm", "gradient_max", "gradient_mean_abs"):
            table[:, COLUMN[name]] *= clipped
    if scale != 1.0:
        table[:, COLUMN["backprop_variance"]] /= scale * scale
    return table


def _inactive(layer: Units) -> int:
    return int((layer.active == 0.0).sum()) if layer.falls_silent else 0
