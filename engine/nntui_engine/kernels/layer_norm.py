"""Layer normalisation (Ba, Kiros & Hinton 2016): y = γ·(x − μ) / √(σ² + ε) + β, row by row.

μ and σ² (population variance) are over the units of one row, so training and evaluation are the same.
"""

import math

from .policy import kernel, leaf_kernel

EPSILON = 1e-5


@leaf_kernel
def total(x):
    """Σ x."""
    result = x.dtype.type(0.0)
    for j in range(x.size):
        result += x[j]
    return result


@leaf_kernel
def squares_about(x, mean):
    """Σ (x − mean)²."""
    result = x.dtype.type(0.0)
    for j in range(x.size):
        off = x[j] - mean
        result += off * off
    return result


@leaf_kernel
def standardise(x, mean, inverse, out):
    """out = (x − mean)·inverse."""
    for j in range(x.size):
        out[j] = (x[j] - mean) * inverse


@leaf_kernel
def scale(normalised, gamma, beta, y):
    """y = γ·normalised + β."""
    for j in range(y.size):
        y[j] = gamma[j] * normalised[j] + beta[j]


@leaf_kernel
def gather_gradients(delta, normalised, d_gamma, d_beta):
    """Add one row's part to d_gamma and d_beta."""
    for j in range(delta.size):
        d_gamma[j] += delta[j] * normalised[j]
        d_beta[j] += delta[j]


@leaf_kernel
def dot_3(x, y, z):
    """Σ x·y·z."""
    result = x.dtype.type(0.0)
    for j in range(x.size):
        result += x[j] * y[j] * z[j]
    return result


@leaf_kernel
def dot(x, y):
    """Σ x·y."""
    result = x.dtype.type(0.0)
    for j in range(x.size):
        result += x[j] * y[j]
    return result


@leaf_kernel
def scale_back(delta, gamma, normalised, inverse, mean, along, add, dx):
    """dx = inverse·(γ·δ − mean − normalised·along), or with ``add`` added to dx."""
    if add:
        for j in range(delta.size):
            dx[j] += inverse * (gamma[j] * delta[j] - mean - normalised[j] * along)
    else:
        for j in range(delta.size):
            dx[j] = inverse * (gamma[j] * delta[j] - mean - normalised[j] * along)


@kernel
def layer_norm(x, gamma, beta, epsilon, normalised, inverse, y):
    """Fills normalised, inverse = 1/√(σ² + ε) of every row, y (may be x). x, normalised, y (rows, units), gamma, beta
    (units), inverse (rows)."""
    kind = x.dtype.type
    units = kind(x.shape[1])
    for i in range(x.shape[0]):
        mean = total(x[i]) / units
        variance = squares_about(x[i], mean) / units
        inverse[i] = kind(1.0) / kind(math.sqrt(variance + kind(epsilon)))
        standardise(x[i], mean, inverse[i], normalised[i])
        scale(normalised[i], gamma, beta, y[i])


@kernel
def layer_norm_backward(delta, gamma, normalised, inverse, add, dx, d_gamma, d_beta):
    """From delta (rows, units) = ∂L/∂y: dx (rows, units) is written, or with ``add`` added to; d_gamma
    and d_beta (units) are overwritten with these rows' part."""
    units = delta.dtype.type(delta.shape[1])
    d_gamma[:] = d_gamma.dtype.type(0.0)
    d_beta[:] = d_beta.dtype.type(0.0)
    for i in range(delta.shape[0]):
        gather_gradients(delta[i], normalised[i], d_gamma, d_beta)
        mean = dot(delta[i], gamma) / units
        along = dot_3(delta[i], gamma, normalised[i]) / units
        scale_back(delta[i], gamma, normalised[i], inverse[i], mean, along, add, dx[i])
