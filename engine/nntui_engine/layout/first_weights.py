"""The weights and biases that a layer starts from."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..registry.initializer import draw_weights
from ..registry.layer_kind import Drawn
from ..scenario.settings import LayerSettings


def draw(
    layer: LayerSettings,
    parts: Sequence[Drawn],
    generator: np.random.Generator,
    weights: NDArray[Any],
    biases: NDArray[Any] | None,
) -> None:
    """Fill a layer's weights (rows, columns), part by part, and its biases."""
    for part in parts:
        rows, columns = part.shape
        place = weights[part.row : part.row + rows, part.column : part.column + columns]
        if part.recurrent:
            matrix = draw_weights(layer.options["recurrent_init"], generator, part.shape, None, part.fans)
            place[:] = with_radius(matrix, layer.options["spectral_radius"])
        else:
            place[:] = draw_weights(layer.init, generator, part.shape, layer.init_scale, part.fans)
    if biases is None:
        return
    if layer.bias == "normal":
        biases[:] = layer.bias_scale * generator.standard_normal(biases.size)
    else:
        biases[:] = layer.bias
    if "forget_bias" in layer.options:  # the second gate's
        biases[layer.units : 2 * layer.units] = layer.options["forget_bias"]


def with_radius(matrix: NDArray[np.float64], radius: float | None) -> NDArray[np.float64]:
    """A (units, units) matrix scaled so that its largest eigenvalue has magnitude ``radius`` (None: as it is)."""
    if radius is None:
        return matrix
    largest = float(np.abs(np.linalg.eigvals(matrix)).max())
    return matrix * (radius / largest) if largest > 0.0 else matrix
