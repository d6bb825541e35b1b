"""Extreme eigenvalues of a symmetric matrix that is known only by its product with a vector.

A small matrix is written out. A large one goes to Lanczos' method (ARPACK), which finds either end of a spectrum,
whatever its sign. Power iteration finds the largest magnitude, and where λ and −λ both have it, anything in between.
"""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Product = Callable[[Array], Array]

WRITTEN_OUT = 64  # rows up to which a matrix is: Lanczos takes as many products
TOLERANCES = (1e-6, 1e-4)  # relative to the largest magnitude of all; the second where the first is not reached
_RESTARTS = 50
_POWER_STEPS = 10


@dataclass(frozen=True)
class Spectrum:
    """The eigenvalues of a symmetric ``size`` × ``size`` matrix A; ``product`` is v ↦ A·v.

    NaN stands for one that is not there: A is not finite or too small to have it, or Lanczos did not settle.
    """

    product: Product
    size: int

    def largest(self, count: int = 1) -> Array:
        """The ``count`` largest eigenvalues (signed), falling; one that occurs twice stands there twice."""
        found = np.full(count, np.nan)
        if self.size <= WRITTEN_OUT:
            values = self._written_out()[::-1][:count]
            found[: len(values)] = values
            return found
        magnitude, product = self._magnitude(), self.product
        for i in range(count):
            # One start shows one direction of an eigenvalue that has several: each further one looks beside those found
            found[i], vector = _end("LA", product, self.size, magnitude, i)
            if np.isnan(found[i]):
                break
            product = _moved(product, vector, -3.0 * magnitude)
        return found

    def smallest(self) -> float:
        """The smallest eigenvalue (signed)."""
        if self.size <= WRITTEN_OUT:
            return float(self._written_out()[0]) if self.size else float("nan")
        return _end("SA", self.product, self.size, self._magnitude())[0]

    def _written_out(self) -> Array:
        """All eigenvalues, rising; all NaN where the matrix is not finite."""
        matrix = np.array([self.product(v) for v in np.eye(self.size)]).reshape(self.size, self.size)
        if not np.isfinite(matrix).all():
            return np.full(self.size, np.nan)
        return np.asarray(np.linalg.eigvalsh((matrix + matrix.T) / 2.0))

    def _magnitude(self) -> float:
        """About the largest magnitude of an eigenvalue, from below; 0 only for A = 0, NaN where A is not finite."""
        v, length = _start(self.size), 1.0
        for _ in range(_POWER_STEPS):
            v = self.product(v / np.linalg.norm(v))
            length = float(np.linalg.norm(v))
            if length == 0.0 or not np.isfinite(length):
                return length if length == 0.0 else float("nan")
        return length


def _start(size: int, number: int = 0) -> Array:
    return np.random.default_rng(number).standard_normal(size)


def _moved(product: Product, vector: Array, by: float) -> Product:
    """The matrix whose eigenvalue at the unit eigenvector ``vector`` is moved by ``by``."""
    return lambda v: product(v) + by * vector * (vector @ v)


def _end(
    which: Literal["LA", "SA"], product: Product, size: int, magnitude: float, start: int = 0
) -> tuple[float, Array]:
    """The largest ("LA") or smallest ("SA") eigenvalue and its unit eigenvector, by Lanczos.

    The spectrum is first moved away from 0, to that end's side: ARPACK's tolerance is relative to the eigenvalue, and
    one that is 0, as where weights do not matter, it would pass by and return another.
    """
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

    nowhere = float("nan"), np.zeros(size)
    if magnitude == 0.0:
        return 0.0, np.zeros(size)
    if not np.isfinite(magnitude):
        return nowhere
    shift = magnitude if which == "LA" else -magnitude

    def shifted(v: Array) -> Array:
        turned = product(v.ravel()) + shift * v.ravel()
        if not np.isfinite(turned).all():
            raise FloatingPointError
        return turned

    matrix = LinearOperator((size, size), matvec=shifted, dtype=np.float64)
    # Where a space is exhausted, newer ARPACK draws a fresh start: from 0 instead of from the system
    drawn: dict[str, Any] = {"rng": 0} if "rng" in signature(eigsh).parameters else {}
    for tolerance in TOLERANCES:
        try:
            values, vectors = eigsh(
                matrix, 1, which=which, v0=_start(size, start), maxiter=_RESTARTS, tol=tolerance, **drawn
            )
        except ArpackError:
            continue
        except FloatingPointError:
            break
        return float(values[0]) - shift, vectors[:, 0]
    return nowhere
