"""What the engine hands out: immutable views of a running experiment. Screens and reports draw from these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..data.dataset import Task
from ..data.facts import DataFacts
from ..registry.statistic import OF_WEIGHTS
from ..scenario.settings import LaneSettings, SurfaceSettings

Array = NDArray[np.float64]
LaneState = Literal["running", "finished", "stopped early", "diverged"]


@dataclass(frozen=True, slots=True)
class Series:
    """One statistic over time, in bounded memory.

    ``steps`` has shape (m,): the last step of each bucket. ``low``, ``mean`` and ``high`` have shape (m, k): the
    smallest, average and largest finite value in the bucket, for k layers (k = 1 for a whole-network statistic).
    A full-resolution point has low = mean = high. A bucket that held a NaN or an infinity has it in ``mean``;
    a bucket in which a layer had no value at all has NaN in all three.
    """

    steps: Array
    low: Array
    mean: Array
    high: Array


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A layer's place and shape.

    ``index`` is 1-based and ``name`` is "1", "2", …, "output", or what the file calls it; ``inputs``: numbers of a row
    that it reads, ``shape``: of the row that it passes on, ``sources``: indices of the layers it reads (0: the data);
    ``parameters``: numbers that it learns; ``multiply_adds``: of one row forward.
    """

    index: int
    name: str
    inputs: int
    units: int
    activation: str
    kind: str = "dense"
    shape: tuple[int, ...] = ()
    sources: tuple[int, ...] = ()
    parameters: int = 0
    multiply_adds: int = 0
    has_weights: bool = True

    def has(self, statistic: str) -> bool:
        """Whether a per-layer statistic says anything of it; else it is NaN."""
        return self.has_weights or statistic not in OF_WEIGHTS


@dataclass(frozen=True, slots=True)
class Mark:
    """A change made during the run: ``lane`` is None when it was for all lanes.

    ``at`` says at which step of its own each lane stood that it was for.
    """

    step: int
    lane: str | None
    settings: Mapping[str, object]
    text: str
    restarted: bool = False
    at: Mapping[str, int] = field(default_factory=dict)


Node = Literal["inputs", "weights", "z", "a", "batch_norm", "targets", "loss", "delta", "gradient", "update"]


@dataclass(frozen=True, slots=True)
class NonFinite:
    """Where a lane first had a NaN or an infinity: the first node, in the order in which a step works.

    ``step`` is the first step, however often statistics are sampled, and ``layer`` is 1-based (of the loss the last,
    of the inputs the first). The inputs are the mini-batch as the first layer gets it, the weights those a layer had
    before the step, δ = ∂L/∂z, the gradient ∂L/∂(a layer's parameters), the update a layer's parameters after the step.

    The largest finite magnitudes then: ``largest_into`` of what went into the node (z: the layer's input, a: z, batch
    norm: a, loss: the outputs, δ: the δ above or the outputs, the gradient: δ, the update: the gradient),
    ``largest_weight`` of the layers up to a z, a or loss, or of all layers, ``largest_input`` and ``largest_target`` of
    the mini-batch. ``lr`` is the rate of that step.
    """

    step: int
    layer: int
    node: Node
    largest_into: float
    largest_weight: float
    largest_input: float
    largest_target: float
    lr: float


@dataclass(frozen=True, slots=True)
class NetworkPart:
    """What only a lane that trains a network has.

    ``own_data``: whether it does not share the first lane's rows. ``first_non_finite`` is where the first NaN or
    infinity was, or None. ``facts``: what its data are like.
    """

    settings: LaneSettings
    task: Task
    parameters: int
    own_data: bool
    first_non_finite: NonFinite | None = None
    facts: DataFacts = field(default_factory=DataFacts)


@dataclass(frozen=True, slots=True)
class SurfacePart:
    """What only a lane on a surface has.

    ``path`` (m, 2) and ``steps`` (m,) are where it was and when, the start first; far back only every so many steps
    are kept. ``curvatures`` are the two eigenvalues of the Hessian where it stands, smallest first. ``minima`` (k, 2)
    are those of its surface and ``lowest`` the value there (0.0 when none is known). ``diverged_at`` is the step at
    which it left every bound, or None.
    """

    settings: SurfaceSettings
    position: tuple[float, float]
    curvatures: tuple[float, float]
    steps: Array
    path: Array
    minima: Array
    lowest: float
    diverged_at: int | None = None


@dataclass(frozen=True, slots=True)
class LaneSnapshot:
    """One lane at one moment.

    ``step`` counts the lane's own steps (a restarted lane begins again at 0). ``whole`` maps every statistic of the
    whole lane that applies to its newest value, ``per_layer`` every per-layer statistic to a (layers,) array; a surface
    has no layers. ``sequences`` maps what recurrent layers have several numbers of (registry SEQUENCE_STATISTICS) to
    those of each layer, by its index: (time steps,) or (gates,). The histories hold the series asked for. ``own`` is
    what only one kind of lane has.
    """

    index: int
    name: str
    step: int
    state: LaneState
    own: NetworkPart | SurfacePart
    whole: Mapping[str, float]
    layers: tuple[LayerInfo, ...] = ()
    per_layer: Mapping[str, Array] = field(default_factory=dict)
    whole_history: Mapping[str, Series] = field(default_factory=dict)
    layer_history: Mapping[str, Series] = field(default_factory=dict)
    sequences: Mapping[str, Mapping[int, Array]] = field(default_factory=dict)
    sequence_history: Mapping[str, Mapping[int, Series]] = field(default_factory=dict)

    @property
    def settings(self) -> LaneSettings | SurfaceSettings:
        """What the lane runs with now."""
        return self.own.settings

    @property
    def layer_names(self) -> Mapping[int, str]:
        """What sentences call the layers (1-based) where that is no number: of a plain chain the last, of any other
        network all."""
        plain = not isinstance(self.own, NetworkPart) or self.own.settings.is_plain
        named = self.layers[-1:] if plain else self.layers
        return {layer.index: layer.name for layer in named}

    def layer_name(self, index: int) -> str:
        """What sentences call a layer (1-based): its name, or its number."""
        return self.layer_names.get(index, str(index))

    @property
    def network(self) -> NetworkPart:
        """What only a network's lane has. Raises TypeError for one on a surface."""
        if not isinstance(self.own, NetworkPart):
            raise TypeError(f"lane {self.name!r} is no network")
        return self.own

    @property
    def surface(self) -> SurfacePart:
        """What only a lane on a surface has. Raises TypeError for a network's."""
        if not isinstance(self.own, SurfacePart):
            raise TypeError(f"lane {self.name!r} is on no surface")
        return self.own


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run at one moment: all lanes stand at the same number of steps since each began."""

    scenario: str
    title: str
    seed: int
    step: int
    steps: int
    lanes: tuple[LaneSnapshot, ...]
    marks: tuple[Mark, ...] = ()

    @property
    def on_surface(self) -> bool:
        """Whether its lanes descend a surface; else they train networks."""
        return isinstance(self.lanes[0].own, SurfacePart)
