"""Preprocessing of inputs: fitted on the training rows alone, in float64, then applied to both parts in place."""

from dataclasses import dataclass

import numpy as np

from .dataset import Array


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """x ↦ ((x − shift) @ rotation) / scale; ``rotation`` None stands for the identity.

    ``shift`` has shape (features,), ``scale`` too, ``rotation`` (features, features).
    """

    shift: Array
    scale: Array
    rotation: Array | None = None

    def apply(self, x: Array) -> Array:
        """``x`` (rows, features) transformed; without a rotation this overwrites ``x``."""
        x -= self.shift
        if self.rotation is not None:
            x = x @ self.rotation
        x /= self.scale
        return np.ascontiguousarray(x)


def fit(kind: str, x: Array, by: float = 1.0) -> Fit:
    """Fit preprocessing ``kind`` on training inputs ``x`` (rows, features).

    none · center: mean 0 · standardize: mean 0 and population variance 1 · minmax: training rows to [0, 1] ·
    whiten: uncorrelated columns of variance 1, along the principal axes · divide: by ``by``.
    A column (or, for whiten, a direction) that is constant over the training rows is centred and not divided.
    """
    features = x.shape[1]
    shift, scale = np.zeros(features), np.ones(features)
    if kind == "none":
        return Fit(shift, scale)
    if kind == "divide":
        return Fit(shift, np.full(features, float(by)))
    low, high = x.min(axis=0), x.max(axis=0)
    constant = low == high  # a rounded mean would leave a constant column with a tiny spread to divide by
    mean = np.where(constant, low, x.mean(axis=0))
    if kind == "minmax":
        return Fit(low, np.where(constant, 1.0, high - low))
    if kind == "standardize":
        scale = np.sqrt(((x - mean) ** 2).mean(axis=0))
        return Fit(mean, np.where(constant | (scale == 0.0), 1.0, scale))
    if kind == "whiten":
        return _whiten(x - mean, mean)
    return Fit(mean, scale)


def _whiten(centred: Array, mean: Array) -> Fit:
    variances, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    variances, axes = variances[::-1], axes[:, ::-1]  # largest first
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    axes = axes * np.where(largest < 0.0, -1.0, 1.0)  # an axis has no sign of its own: fix one
    flat = variances <= 1e-12 * max(variances[0], 0.0)
    return Fit(mean, np.where(flat, 1.0, np.sqrt(np.where(flat, 1.0, variances))), np.ascontiguousarray(axes))
