"""Run the kernels of a recurrent layer on what a twin holds; their flat arrays come back in the twin's shapes."""

from typing import Any

import numpy as np

from nntui_engine.kernels.activation import largest_slope
from nntui_engine.kernels.recurrence import elman, gru, lstm
from nntui_engine.kernels.recurrence.common import ADD_INPUT_GRADIENT, NO_INPUT_GRADIENT, WRITE_INPUT_GRADIENT
from nntui_engine.registry.activation import ACTIVATIONS
from nntui_engine.registry.recurrence import bias_count, gates, memory_size, scratch_size

from .compiled import compiled
from .twin_recurrence import Recurrence

Array = np.ndarray
MODULES: dict[str, Any] = {"recurrent": elman, "lstm": lstm, "gru": gru}
PADDING = 64  # entries behind every array that must stay as they are


class Arrays:
    """The arrays of one layer, each with untouched numbers behind it."""

    def __init__(self, layer: Recurrence, dtype: Any) -> None:
        self.layer, self.dtype = layer, np.dtype(dtype)
        self.n, self.time, self.features = layer.x.shape
        self.kind, self.units, self.columns = layer.kind, layer.units, gates(layer.kind) * layer.units
        n, time, units = self.n, self.time, self.units
        assert layer.b.size == bias_count(self.kind, units)
        self.whole: dict[str, Array] = {}
        self.x = self.given("x", layer.x)
        self.weights = self.given("weights", np.vstack([layer.w, layer.u]))
        self.biases = self.given("biases", layer.b)
        self.masked = int(layer.mask is not None)
        self.mask = self.given("mask", np.ones(1) if layer.mask is None else layer.mask)
        self.states = self.blank("states", n * (time + 1) * units)
        self.states.reshape(n, time + 1, units)[:, 0] = layer.h0
        self.memory = self.blank("memory", memory_size(self.kind, n, time, units))
        if self.kind == "lstm":
            self.memory.reshape(n, time + 1, units)[:, 0] = layer.c0
        self.z = self.blank("z", n * time * self.columns)
        self.gates = self.blank("gates", n * time * self.columns)
        self.scratch = self.blank("scratch", scratch_size(self.kind, n, time, self.features, units, bool(self.masked)))
        self.delta = self.blank("delta", n * time * self.columns)
        self.dx = self.blank("dx", n * time * self.features)
        self.d_weights = self.blank("d_weights", self.weights.size)
        self.d_biases = self.blank("d_biases", self.biases.size)
        self.time_norms = np.full(time, 7.0)
        self.codes: tuple[Any, ...] = (ACTIVATIONS[layer.activation].code, layer.alpha)
        if self.kind != "recurrent":
            self.codes += (ACTIVATIONS[layer.recurrent_activation].code, layer.recurrent_alpha)

    def blank(self, name: str, size: int) -> Array:
        self.whole[name] = np.full(size + PADDING, 7.0, self.dtype)
        return self.whole[name][:size]

    def given(self, name: str, values: Array) -> Array:
        array = self.blank(name, values.size)
        array[:] = values.reshape(-1)
        return array

    def kept(self) -> tuple[Array, ...]:
        if self.kind == "recurrent":
            return self.states, self.z
        return self.states, self.memory, self.z, self.gates

    def sizes(self) -> tuple[int, ...]:
        return self.n, self.time, self.features, self.units

    def forward(self) -> dict[str, Array]:
        compiled(MODULES[self.kind].forward)(
            self.x, self.weights, self.biases, self.mask, self.masked, *self.kept(), self.scratch, *self.sizes(),
            *self.codes,
        )  # fmt: skip
        n, time, units = self.n, self.time, self.units
        found = {"states": self.states.reshape(n, time + 1, units), "z": self.z.reshape(n, time, -1)}
        if self.kind != "recurrent":
            found["gates"] = self.gates.reshape(n, time, -1)
            found["memory"] = self.memory.reshape(n, -1, units)
        return found

    def backward(self, d_out: Array, every: bool, to_inputs: int = WRITE_INPUT_GRADIENT) -> dict[str, Array]:
        compiled(MODULES[self.kind].backward)(
            self.x, self.weights, self.mask, self.masked, *self.kept(), d_out.astype(self.dtype).reshape(-1),
            int(every), self.layer.truncate, self.scratch, self.delta, to_inputs, self.dx, self.d_weights,
            self.d_biases, 1, self.time_norms, *self.sizes(), *self.codes,
        )  # fmt: skip
        return {
            "delta": self.delta.reshape(self.n, self.time, -1),
            "dx": self.dx.reshape(self.n, self.time, -1),
            "d_weights": self.d_weights.reshape(-1, self.columns),
            "d_biases": self.d_biases,
            "time_norms": self.time_norms,
        }

    def statistics(self) -> Array:
        out = np.full((gates(self.kind), 2), 7.0)
        n, time, _, units = self.sizes()
        slopes = [largest_slope(*self.codes[i : i + 2]) for i in range(0, len(self.codes), 2)]
        codes = [part for i, top in enumerate(slopes) for part in (*self.codes[2 * i : 2 * i + 2], top)]
        values = self.states if self.kind == "recurrent" else self.gates
        given = (values, self.z) if self.kind == "recurrent" else (self.z, values)
        compiled(MODULES[self.kind].statistics)(*given, out, self.scratch, n, time, units, *codes)
        return out

    def check_padding(self) -> None:
        for name, array in self.whole.items():
            assert (array[-PADDING:] == 7.0).all(), name


def twin_forward(layer: Recurrence) -> dict[str, Array]:
    """The same arrays, from the twin."""
    layer.forward()
    found = {"states": np.stack(layer.states, 1), "z": np.stack(layer.z, 1)}
    if layer.kind != "recurrent":
        found["gates"] = np.stack(layer.gates, 1)
        found["memory"] = np.stack(layer.cells if layer.kind == "lstm" else layer.inner, 1)
    return found


def spread(d_out: Array, every: bool, time: int) -> Array:
    """∂L/∂h of every step, from ∂L/∂ what the layer passes on."""
    if every:
        return d_out
    all_steps = np.zeros((d_out.shape[0], time, d_out.shape[1]))
    all_steps[:, -1] = d_out
    return all_steps


__all__ = ["ADD_INPUT_GRADIENT", "NO_INPUT_GRADIENT", "WRITE_INPUT_GRADIENT", "Arrays", "spread", "twin_forward"]
