"""The three matrix products behind layers of weights, and sums over the rows.

Small products are plain loops (a BLAS call costs more than it saves); larger ones call SciPy's BLAS.
"""

from .blas import gemm
from .policy import kernel

BLAS_FROM = 16384  # multiply-adds; below it the loop is faster


@kernel
def affine(x, w, b, out):
    """out = x·w + b; x (n, inputs), w (inputs, units), b (units), out (n, units)."""
    n, inputs = x.shape
    units = w.shape[1]
    if units == 1:  # the general loops would turn once for each number
        for i in range(n):
            total = b[0]
            for k in range(inputs):
                total += x[i, k] * w[k, 0]
            out[i, 0] = total
        return
    for i in range(n):
        for j in range(units):
            out[i, j] = b[j]
    if n * inputs * units >= BLAS_FROM:
        gemm(0, 0, n, units, inputs, x, 0, inputs, w, 0, units, 1, out, 0, units)
        return
    for i in range(n):
        for k in range(inputs):
            value = x[i, k]
            for j in range(units):
                out[i, j] += value * w[k, j]


@kernel
def weight_gradient(x, first, delta, add, out):
    """out = xᵀ·δ for the inputs ``first``, first + 1, …, or with ``add`` out += xᵀ·δ.

    x (n, inputs), δ (n, units), out (some inputs, units).
    """
    n, inputs = x.shape
    some, units = out.shape
    if n * some * units >= BLAS_FROM:
        gemm(1, 0, some, units, n, x, first, inputs, delta, 0, units, add, out, 0, units)
        return
    if add == 0:
        out[:] = out.dtype.type(0.0)
    if units == 1:
        for i in range(n):
            value = delta[i, 0]
            for k in range(some):
                out[k, 0] += x[i, first + k] * value
        return
    for i in range(n):
        for k in range(some):
            value = x[i, first + k]
            for j in range(units):
                out[k, j] += value * delta[i, j]


@kernel
def input_gradient(delta, w, add, out):
    """out = δ·wᵀ, or with ``add`` out += δ·wᵀ; δ (n, units), w (inputs, units), out (n, inputs)."""
    n, units = delta.shape
    inputs = w.shape[0]
    if n * inputs * units >= BLAS_FROM:
        gemm(0, 1, n, inputs, units, delta, 0, units, w, 0, units, add, out, 0, inputs)
        return
    if units == 1 and add == 0:
        for i in range(n):
            value = delta[i, 0]
            for k in range(inputs):
                out[i, k] = value * w[k, 0]
        return
    for i in range(n):
        for k in range(inputs):
            total = out[i, k] if add else out.dtype.type(0.0)
            for j in range(units):
                total += delta[i, j] * w[k, j]
            out[i, k] = total


@kernel
def column_sums(delta, add, out):
    """out[j] = Σᵢ δ[i, j], or with ``add`` out[j] += Σᵢ δ[i, j]."""
    if add == 0:
        out[:] = out.dtype.type(0.0)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            out[j] += delta[i, j]
