"""One lane's settings with every "auto" decided: what the engine builds a network from.

``tasks/resolve.py`` makes these from a scenario file and its data; everything here is plain and final.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

BatchNorm = Literal["none", "before", "after"]
L1Method = Literal["subgradient", "proximal"]
Flip = Literal["none", "horizontal", "vertical"]
UNKNOWN_SEED = -1  # of a run that another framework makes
TURNED = "watch"  # the table of what is turned from outside in a run that a script makes: {"lr": a factor, …}


@dataclass(frozen=True, slots=True)
class LayerSettings:
    """One layer; ``index`` is 1-based, the output layer comes last.

    ``init_scale`` is the standard deviation (normal), half-width (uniform) or value (constant); None elsewhere.
    ``bias`` is the constant all biases start from, or "normal" with standard deviation ``bias_scale``.
    ``alpha`` is the activation's own parameter (0.0 where it has none).
    ``dropout`` acts on this layer's output; always 0.0 on the output layer. ``sources`` are the indices of the layers
    it reads (0: the data), ``options`` what its kind (registry LAYER_KINDS) takes, all of it.
    """

    index: int
    units: int
    activation: str
    alpha: float
    init: str
    init_scale: float | None
    bias: float | Literal["normal"]
    bias_scale: float
    batch_norm: BatchNorm
    dropout: float
    l1: float
    l2: float
    trainable: bool
    kind: str = "dense"
    name: str = ""
    sources: tuple[int, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What it is called: the name it was given, or its number."""
        return self.name or str(self.index)


@dataclass(frozen=True, slots=True)
class Augment:
    """How much the rows of a mini-batch are changed before each step, as ``kernels/augment.py`` says.

    ``shift`` (pixels), ``rotate`` (degrees), ``flip`` and ``contrast`` are for images, ``jitter`` (steps) for all other
    rows; what is not for them is 0. ``scale`` enlarges an image and multiplies anything else.
    """

    shift: float = 0.0
    rotate: float = 0.0
    scale: float = 0.0
    flip: Flip = "none"
    noise: float = 0.0
    contrast: float = 0.0
    jitter: int = 0


@dataclass(frozen=True, slots=True)
class EarlyStopping:
    """Stop after ``patience`` evaluations without a loss lower by more than ``min_delta``."""

    patience: int
    min_delta: float
    restore_best: bool


@dataclass(frozen=True, slots=True)
class Start:
    """Weights learned before: in the file ``weights``, or by ``scenario`` ("" for neither) with ``seed`` (None: its
    own). ``layers``: those that take them; empty: all."""

    weights: str
    scenario: str
    seed: int | None
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What every lane has, whatever it moves.

    ``optimizer_parameters`` holds every parameter of the optimizer's registry row, ``lr`` included, and
    ``schedule_parameters`` every one of the schedule's (flags as 1.0 / 0.0). ``steps`` is the lane's last step.
    ``table`` is the lane's scenario tables after its overrides, as nested plain values, for display.
    """

    name: str
    optimizer: str
    optimizer_parameters: Mapping[str, float]
    schedule: str
    schedule_parameters: Mapping[str, float]
    steps: int
    clip_norm: float
    clip_value: float
    seed: int
    table: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSettings(Settings):
    """Everything one lane trains a network with.

    ``shape`` is that of a row of ``inputs`` numbers: (inputs,), (time, features) or (height, width, channels).
    ``batch_size`` is a number of rows ("full" already replaced) and ``evaluate_every`` the steps between two
    evaluations on the whole sets. ``l1_method``: whether the layers' ``l1`` acts as λ·sign(W) in the gradient, or as a
    soft threshold of the weights after every step.
    """

    inputs: int
    shape: tuple[int, ...]
    layers: tuple[LayerSettings, ...]
    batch_norm_inputs: bool
    batch_norm_momentum: float
    input_dropout: float
    dropconnect: float
    loss: str
    huber_delta: float
    accuracy: Literal["none", "argmax", "threshold"]
    accuracy_threshold: float
    batch_size: int
    evaluate_every: int
    early_stopping: EarlyStopping | None
    noise_inputs: float
    noise_weights: float
    noise_gradients: float
    dtype: Literal["float32", "float64"]
    l1_method: L1Method = "subgradient"
    start: Start | None = None
    augment: Augment | None = None
    shuffle: bool = True

    @property
    def is_chain(self) -> bool:
        """Whether every layer is dense and reads the one above it, the first the data."""
        return all(layer.kind == "dense" and layer.sources == (layer.index - 1,) for layer in self.layers)

    @property
    def is_plain(self) -> bool:
        """Whether it is a chain whose layers have no names, as ``model.hidden`` says it."""
        return self.is_chain and not any(layer.name for layer in self.layers)

    @property
    def outputs(self) -> int:
        """Units of the output layer."""
        return self.layers[-1].units


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceSettings(Settings):
    """Everything one lane descends a surface with.

    ``window`` is ((x0, x1), (y0, y1)); ``noise`` the standard deviation added to each part of the gradient.
    """

    surface: str
    surface_parameters: Mapping[str, float]
    start: tuple[float, float]
    window: tuple[tuple[float, float], tuple[float, float]]
    noise: float
