"""Where an activation is flat, so that hardly any gradient comes through it."""

import numpy as np
from numpy.typing import NDArray

from ..kernels.activation import largest_slope
from ..kernels.backward import SATURATED_BELOW
from ..registry.activation import ACTIVATIONS
from ..scenario.settings import LayerSettings
from .curvature import DERIVATIVES


def where_flat(layer: LayerSettings, z: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a layer's activation is flat at ``z``, in its shape, as the statistic "saturated_fraction" counts it."""
    steepest = largest_slope(ACTIVATIONS[layer.activation].code, layer.alpha)
    return np.asarray(np.abs(DERIVATIVES[layer.activation](z, layer.alpha)) < SATURATED_BELOW * steepest)
