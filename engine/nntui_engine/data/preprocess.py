"""Preprocessing of inputs: fitted on the training rows alone, in float64, then applied to both parts in place."""

from dataclasses import dataclass

import numpy as np

from .dataset import Array

_FLAT = 1e-12  # of the largest variance: what is less is rounding
MOST_WHITENED = 3000  # of rows or of columns, whichever are fewer: eigenvectors of 3000 take a core 5 s, of 5000 25
MOST_WHITENED_COLUMNS = 5000


@dataclass(frozen=True, slots=True, eq=False)
class Reflections:
    """An orthogonal (features, features) matrix as LAPACK's geqrf leaves it: a product of Householder reflections.

    ``below`` (features, k) holds their vectors below its diagonal, ``factors`` (k,) their factors.
    """

    below: Array
    factors: Array

    def rotate(self, x: Array) -> Array:
        """``x`` (rows, features) times the matrix."""
        return self._times("N", x)

    def rotate_back(self, x: Array) -> Array:
        """``x`` (rows, features) times the matrix's transpose."""
        return self._times("T", x)

    def _times(self, way: str, x: Array) -> Array:
        from scipy.linalg import lapack

        size = int(lapack.dormqr("R", way, self.below, self.factors, x, -1)[1][0])
        return np.asarray(lapack.dormqr("R", way, self.below, self.factors, x, size)[0])


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """x ↦ ((x − shift) @ rotation) / scale; ``rotation`` None stands for the identity.

    ``shift`` has shape (features,), ``scale`` too, ``rotation`` (features, features).
    """

    shift: Array
    scale: Array
    rotation: Array | Reflections | None = None

    def apply(self, x: Array) -> Array:
        """``x`` (rows, features) transformed; without a rotation this overwrites ``x``."""
        x -= self.shift
        if isinstance(self.rotation, Reflections):
            x = self.rotation.rotate(x)
        elif self.rotation is not None:
            x = x @ self.rotation
        x /= self.scale
        return np.ascontiguousarray(x)

    def undo(self, x: Array) -> Array:
        """What :meth:`apply` made ``x`` (rows, features) of."""
        x = x * self.scale
        if isinstance(self.rotation, Reflections):
            x = self.rotation.rotate_back(x)
        elif self.rotation is not None:
            x = x @ self.rotation.T
        return np.asarray(x + self.shift)


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
        with np.errstate(over="ignore", invalid="ignore"):
            return _whiten(x - mean, mean)
    return Fit(mean, scale)


def _whiten(centred: Array, mean: Array) -> Fit:
    rows, features = centred.shape
    if rows < features:
        return _whiten_few(centred, mean)
    covariance = centred.T @ centred / rows
    if not np.isfinite(covariance).all():
        return Fit(mean, np.full(features, np.nan))  # numbers too large to square: no axes can be found
    variances, axes = np.linalg.eigh(covariance)
    variances, axes = variances[::-1], axes[:, ::-1]  # largest first
    axes = axes * _signs(axes)
    flat = variances <= _FLAT * max(variances[0], 0.0)
    return Fit(mean, np.where(flat, 1.0, np.sqrt(np.where(flat, 1.0, variances))), np.ascontiguousarray(axes))


def _whiten_few(centred: Array, mean: Array) -> Fit:
    """As above with fewer rows than features: XᵀX/n has the variances of the small XXᵀ/n, with axes Xᵀu.

    The other directions, in which the training rows do not vary, are any that stand at right angles to these.
    """
    from scipy.linalg import lapack

    rows, features = centred.shape
    small = centred @ centred.T / rows
    if not np.isfinite(small).all():
        return Fit(mean, np.full(features, np.nan))
    variances, u = np.linalg.eigh(small)
    varies = variances > _FLAT * max(variances[-1], 0.0)
    if not varies.any():
        return Fit(mean, np.ones(features))
    variances, u = variances[varies][::-1], u[:, varies][:, ::-1]
    axes = centred.T @ u / np.sqrt(rows * variances)
    below, factors, *_ = lapack.dgeqrf(axes)
    scale = np.ones(features)
    scale[: len(variances)] = np.sqrt(variances) * np.sign(np.diagonal(below)) * _signs(axes)  # axes = matrix · (±1)
    return Fit(mean, scale, Reflections(below, factors))


def _signs(axes: Array) -> Array:
    """±1 for each axis (column): it has no sign of its own, so its largest entry is made positive."""
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    return np.where(largest < 0.0, -1.0, 1.0)
