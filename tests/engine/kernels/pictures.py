"""What the tests of convolution and pooling share: geometries, and both worked out number by number."""

from typing import NamedTuple

import numpy as np

from nntui_engine.registry.geometry import Geometry, geometry_of


class Case(NamedTuple):
    """What ``geometry_of`` is asked."""

    shape: tuple[int, ...]
    filters: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: str

    def geometry(self) -> Geometry:
        return geometry_of(*self)


CASES = [
    Case((5, 6, 1), 3, (3, 3), (1, 1), "same"),
    Case((5, 6, 2), 4, (2, 4), (1, 1), "same"),
    Case((6, 8, 1), 6, (3, 5), (1, 1), "valid"),
    Case((7, 5, 3), 2, (3, 2), (2, 1), "valid"),
    Case((8, 9, 4), 17, (4, 3), (3, 2), "same"),
    Case((6, 5, 5), 1, (2, 2), (3, 3), "same"),
    Case((4, 4, 2), 33, (4, 4), (1, 1), "valid"),
    Case((3, 3, 12), 50, (3, 3), (2, 2), "same"),
    Case((2, 3, 3), 2, (5, 5), (1, 1), "same"),
    Case((9, 3), 4, (3,), (1,), "same"),
    Case((10, 1), 5, (4,), (2,), "valid"),
    Case((4, 2), 3, (1,), (3,), "same"),
    Case((4, 10, 3), 8, (3, 2), (1, 2), "same"),
    Case((5, 8, 2), 7, (2, 3), (2, 3), "same"),
    Case((1, 20, 1), 2, (1, 3), (1, 1), "same"),
]
NAMES = ["-".join(map(str, (*c.shape, "to", c.filters, "by", *c.kernel, *c.stride, c.padding))) for c in CASES]


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def seen(g: Geometry, oy: int, ox: int) -> list[tuple[int, int, int, int]]:
    """(r, q, line, column) of what output (oy, ox) sees inside the picture."""
    found = []
    for r in range(g.kernel_height):
        for q in range(g.kernel_width):
            y, x = oy * g.stride_height + r - g.top, ox * g.stride_width + q - g.left
            if 0 <= y < g.height and 0 <= x < g.width:
                found.append((r, q, y, x))
    return found


def twin(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, g: Geometry, delta: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(z, ∂L/∂x, ∂L/∂w, ∂L/∂b), in the shapes of the kernels."""
    n = len(x)
    pictures = x.reshape(n, g.height, g.width, g.channels)
    kernel = w.reshape(g.kernel_height, g.kernel_width, g.channels, g.filters)
    slopes = delta.reshape(n, g.out_height, g.out_width, g.filters)
    z, dx, dw = np.tile(b, (n, g.out_height, g.out_width, 1)), np.zeros_like(pictures), np.zeros_like(kernel)
    for oy in range(g.out_height):
        for ox in range(g.out_width):
            for r, q, line, column in seen(g, oy, ox):
                z[:, oy, ox] += pictures[:, line, column] @ kernel[r, q]
                dx[:, line, column] += slopes[:, oy, ox] @ kernel[r, q].T
                dw[r, q] += pictures[:, line, column].T @ slopes[:, oy, ox]
    return z.reshape(n, -1), dx.reshape(n, -1), dw.reshape(w.shape), slopes.sum(axis=(0, 1, 2))
