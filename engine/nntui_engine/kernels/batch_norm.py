"""Batch normalisation (Ioffe & Szegedy 2015): y = γ·(x − μ) / √(σ² + 1e-5) + β, unit by unit.

In training μ and σ² are the mini-batch's (population variance). The running statistics move by ``momentum`` towards the
mini-batch's mean and its sample variance (n − 1), as in PyTorch; Keras' momentum is 1 minus this one.
"""

import math

from .policy import kernel

EPSILON = 1e-5


@kernel
def normalise(x, gamma, beta, running_mean, running_variance, momentum, normalised, inverse, y):
    """Training: fills normalised, inverse = 1/√(σ² + ε), y (may be x); moves the running ones. x, y (n, units)."""
    n, units = x.shape
    for j in range(units):
        mean = 0.0
        for i in range(n):
            mean += x[i, j]
        mean /= n
        variance = 0.0
        for i in range(n):
            off = x[i, j] - mean
            variance += off * off
        variance /= n
        inverse[j] = 1.0 / math.sqrt(variance + EPSILON)
        for i in range(n):
            normalised[i, j] = (x[i, j] - mean) * inverse[j]
            y[i, j] = gamma[j] * normalised[i, j] + beta[j]
        if momentum > 0.0:
            sample = variance * n / (n - 1.0) if n > 1 else variance
            running_mean[j] += momentum * (mean - running_mean[j])
            running_variance[j] += momentum * (sample - running_variance[j])


@kernel
def normalise_fixed(x, gamma, beta, running_mean, running_variance, y):
    """Evaluation: the running statistics in place of the mini-batch's. x, y (n, units); y may be x."""
    for j in range(x.shape[1]):
        factor = gamma[j] / math.sqrt(running_variance[j] + EPSILON)
        for i in range(x.shape[0]):
            y[i, j] = (x[i, j] - running_mean[j]) * factor + beta[j]


@kernel
def normalise_backward(delta, gamma, normalised, inverse, gamma_gradient, beta_gradient):
    """delta (n, units): ∂L/∂y in, ∂L/∂x out; fills the gradients of γ and β."""
    n, units = delta.shape
    for j in range(units):
        total = 0.0
        dot = 0.0
        for i in range(n):
            total += delta[i, j]
            dot += delta[i, j] * normalised[i, j]
        gamma_gradient[j] = dot
        beta_gradient[j] = total
        factor = gamma[j] * inverse[j] / n
        for i in range(n):
            delta[i, j] = factor * (n * delta[i, j] - total - normalised[i, j] * dot)
