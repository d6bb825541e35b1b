"""A lane's network rebuilt on rows of one's own, to be run forward and back without a step.

Dropout and noise are off and nothing is augmented; batch norm takes the mean and variance of these rows, as training
does of its mini-batches. Whatever training has learned stands in the same order, so that it is one vector here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..compiling.ahead import compile_ahead
from ..compiling.parts import parts_of
from ..kernels import columns as c
from ..kernels.team import PROBER
from ..kernels.train import train_lanes
from ..layout.arena import Arena
from ..layout.layout import Layout
from ..run.launch import launching
from ..scenario.settings import LaneSettings, LayerSettings
from ..tasks.network_lane import probed_loss, tables_written

if TYPE_CHECKING:
    from ..experiment import Experiment

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tap:
    """A place where ∂L/∂ of what layer ``source`` (0: the data) passes on is read: on its way to all that read it, and
    with ``reader`` on its way to that layer alone."""

    source: int
    reader: int = 0


@dataclass(slots=True)
class Replica:
    """``arena`` holds one lane: the network on its rows; ``node_of`` says where each layer stands in it (0: the data),
    ``taps`` where the two sums stand that the tap added, for all readers and for the one."""

    arena: Arena
    node_of: Sequence[int]
    taps: tuple[int, int] = (0, 0)

    @classmethod
    def of(
        cls,
        experiment: "Experiment",
        lane: int,
        x: NDArray[Any],
        t: NDArray[Any],
        *,
        dtype: Literal["float32", "float64"] | None = None,
        tap: Tap | None = None,
        linear: bool = False,
    ) -> "Replica":
        """The network of a lane as it stands, for x (rows, inputs) and t (rows, outputs).

        ``dtype``: left out, the lane's. ``linear``: the outputs are their pre-activations, the loss is mse.
        """
        one = experiment.network.lanes[lane]
        settings = _still(one.settings, len(x), dtype or one.settings.dtype, linear)
        layers, node_of, taps = _tapped(settings.layers, tap)
        settings = replace(settings, layers=layers)
        none = np.zeros((0, x.shape[1])), np.zeros((0, t.shape[1]))
        data = replace(one.data, key="rows", x_train=x, t_train=t, x_validation=none[0], t_validation=none[1])
        if settings.dtype != one.settings.dtype:  # else they are there already
            compile_ahead(parts_of(settings.dtype, {layer.kind for layer in layers}, augmented=False))
        layout = Layout(settings.dtype)
        layout.add(settings, data)
        found = cls(layout.allocate(), node_of, taps)
        theirs = experiment.network.arena
        at, count = int(theirs.ints[lane, c.I_THETA]), int(theirs.ints[lane, c.I_PARAMETERS])
        found.theta[:] = theirs.pool[at : at + count]
        return found

    @property
    def theta(self) -> NDArray[Any]:
        """All that the network learns, (parameters,), to be read and written."""
        at, count = int(self.arena.ints[0, c.I_THETA]), int(self.arena.ints[0, c.I_PARAMETERS])
        return self.arena.pool[at : at + count]

    @property
    def trainable(self) -> NDArray[np.bool_]:
        """Whether training changes them, (parameters,)."""
        found = np.zeros(len(self.theta), np.bool_)
        for node in self.arena.nodes[0]:
            found[node[c.N_START] : node[c.N_END]] = node[c.N_TRAINABLE] == 1
        return found

    def targets(self, t: NDArray[Any]) -> None:
        """Put other targets (rows, outputs) in place of those it has."""
        at = int(self.arena.ints[0, c.I_T])
        self.arena.data[at : at + t.size] = t.ravel()

    def _pass(self) -> None:
        nodes = self.arena.nodes.shape[1]
        more = int(self.arena.nodes[:, :, c.N_MORE_COUNT].clip(0).sum())
        with launching():
            train_lanes(PROBER, self.arena.tables_of(0), tables_written(1, nodes - 1, more))

    def loss(self) -> float:
        """The data loss on all rows."""
        self._pass()
        return probed_loss(self.arena, 0)

    def run(self) -> Array:
        """Forward and back on all rows: ∂(loss + penalty)/∂θ, (parameters,)."""
        self._pass()
        at = int(self.arena.ints[0, c.I_GRADIENT])
        return np.array(self.arena.pool[at : at + len(self.theta)], dtype=np.float64)

    def passed_on(self, layer: int) -> Array:
        """What a layer (0: the data) passed on in the last run, (rows, …) flat."""
        if layer == 0:
            numbers, at = self.arena.first_row(0)
            return self._rows(numbers, at, 0)
        node = self.node_of[layer]
        return self._rows(self.arena.pool, int(self.arena.nodes[0, node, c.N_OUT]), node)

    def tapped(self, alone: bool = False) -> Array:
        """∂L/∂ of what the tapped layer passes on, (rows, …) flat: all of it, or what came from the one reader."""
        node = self.taps[alone]
        return self._rows(self.arena.pool, int(self.arena.nodes[0, node, c.N_DELTA]), node)

    def _rows(self, numbers: NDArray[Any], at: int, node: int) -> Array:
        rows, width = int(self.arena.ints[0, c.I_ROWS]), int(self.arena.nodes[0, node, c.N_WIDTH])
        return np.array(numbers[at : at + rows * width], dtype=np.float64).reshape(rows, width)


def _still(settings: LaneSettings, rows: int, dtype: Literal["float32", "float64"], linear: bool) -> LaneSettings:
    """The settings without all that makes two passes differ, for one batch of ``rows``."""
    layers = [
        replace(
            layer,
            dropout=0.0,
            options={k: 0.0 if k == "recurrent_dropout" else v for k, v in layer.options.items()},
        )
        for layer in settings.layers
    ]
    if linear:
        layers[-1] = replace(layers[-1], activation="linear", alpha=0.0)
    return replace(
        settings,
        layers=tuple(layers),
        loss="mse" if linear else settings.loss,
        input_dropout=0.0,
        dropconnect=0.0,
        noise_inputs=0.0,
        noise_weights=0.0,
        noise_gradients=0.0,
        augment=None,
        early_stopping=None,
        batch_size=rows,
        dtype=dtype,
    )


def _tapped(
    layers: Sequence[LayerSettings], tap: Tap | None
) -> tuple[tuple[LayerSettings, ...], list[int], tuple[int, int]]:
    """The layers with sums of one source behind the tapped one; where each layer stands then, and where the sums."""
    found: list[LayerSettings] = []
    node_of, taps = [0], (0, 0)

    def add_taps() -> tuple[int, int]:
        first = len(found) + 1
        last = first + 1 if tap is not None and tap.reader else first
        for number in range(first, last + 1):
            source = node_of[-1] if number == first else first
            found.append(
                replace(
                    layers[0],
                    index=number,
                    name="",
                    kind="add",
                    sources=(source,),
                    options={},
                    activation="linear",
                    alpha=0.0,
                    batch_norm="none",
                    dropout=0.0,
                    l1=0.0,
                    l2=0.0,
                    trainable=True,
                )
            )
        return first, last

    if tap is not None and tap.source == 0:
        taps = add_taps()
    for layer in layers:
        sources = tuple(
            node_of[source] if tap is None or source != tap.source else taps[layer.index == tap.reader]
            for source in layer.sources
        )
        node_of.append(len(found) + 1)
        found.append(replace(layer, index=node_of[-1], sources=sources))
        if tap is not None and layer.index == tap.source:
            taps = add_taps()
    return tuple(found), node_of, taps
