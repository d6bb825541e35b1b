"""What a closer look at a network finds; the panels that show it are in close_panels.py."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .projection import Window

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Answers over a window of two inputs: ``kind`` (rows, columns) the class, −1 where not finite, top row first, and
    ``sureness`` from 0 to 1; rows of data ``points`` (n, 2), their ``kinds`` and whether they are ``held_out`` (n,)."""

    window: Window
    kind: NDArray[np.int64]
    sureness: Floats
    points: Floats
    kinds: NDArray[np.int64]
    held_out: NDArray[np.bool_]
    names: tuple[str, ...]
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """One lane's answers (m,); ``low`` and ``high`` lie a standard deviation off where dropout makes them vary."""

    lane: int
    name: str
    low: Floats
    middle: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Answers along one input ``xs`` (m,), and the rows (n, 2): input and target."""

    xs: Floats
    bands: tuple[Band, ...]
    train: Floats
    held_out: Floats
    feature: str


@dataclass(frozen=True, slots=True, eq=False)
class UnitWeights:
    """The weights (inputs,) into unit ``unit`` (0-based, of ``units``) of layer ``layer`` (1-based, of ``layers``)."""

    layer: int
    layers: int
    unit: int
    units: int
    weights: Floats
    bias: float
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviation of a lane's outputs over passes with dropout: at its data, and three times as far out."""

    lane: int
    name: str
    at_data: float
    away: float


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """The weights (inputs,) into one unit of a layer, of each lane by its name; ``names`` of the inputs, if known."""

    layer: int
    layers: int
    unit: int
    weights: Mapping[str, Floats]
    names: tuple[str, ...]
