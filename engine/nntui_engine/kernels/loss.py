"""Losses and their gradients at the output layer.

a = outputs, t = targets, both (n, k); z = pre-activations of the outputs; δ = ∂L/∂z.

``cross_entropy`` and ``binary_cross_entropy`` take the outputs as probabilities. Where the outputs are a softmax
or a sigmoid the equal form on z is used, which neither overflows nor loses digits:

* cross_entropy on softmax: L = −Σ t·(z − log Σeᶻ), δ = (p·Σt − t) / n
* cross_entropy on sigmoid: pₖ = σ(zₖ) / Σσ(zⱼ), through log σ(z) = −softplus(−z)
* binary_cross_entropy on sigmoid: L = mean(max(z, 0) − z·t + log(1 + e^−|z|)), δ = (a − t) / (n·k)

Everywhere else (the unsuitable pairs included) probabilities are clipped to [1e-7, 1 − 1e-7], with gradient 0 where
clipped, and the chain rule runs through φ'.
"""

import math

from ..registry.loss import LOSSES
from .activation import SIGMOID, SOFTMAX
from .codes import ACCURACY_ARGMAX
from .policy import kernel

CROSS_ENTROPY, BINARY_CROSS_ENTROPY, MSE, MAE, HUBER, HINGE = LOSSES.codes(
    "cross_entropy", "binary_cross_entropy", "mse", "mae", "huber", "hinge"
)

CLIP = 1e-7


@kernel
def _softplus(v):
    return math.log1p(math.exp(-abs(v))) + (0.0 if v <= 0.0 else v)


@kernel
def _cross_entropy_on_softmax(z, a, t, rows, delta):
    n, k = z.shape
    total = 0.0
    for i in range(n):
        top = z[i, 0]
        for j in range(1, k):
            if z[i, j] > top:
                top = z[i, j]
        weight = 0.0
        spread = 0.0
        dot = 0.0
        for j in range(k):
            shifted = float(z[i, j]) - float(top)
            spread += math.exp(shifted)
            weight += t[i, j]
            if t[i, j] != 0.0:
                dot += t[i, j] * shifted
        total += weight * math.log(spread) - dot
        for j in range(k):
            delta[i, j] = (a[i, j] * weight - t[i, j]) / rows
    return total / rows


@kernel
def _cross_entropy_on_sigmoid(z, t, rows, delta):
    n, k = z.shape
    total = 0.0
    for i in range(n):
        top = -_softplus(-float(z[i, 0]))
        for j in range(1, k):
            log_a = -_softplus(-float(z[i, j]))
            if log_a > top:
                top = log_a
        weight = 0.0
        spread = 0.0
        dot = 0.0
        for j in range(k):
            shifted = -_softplus(-float(z[i, j])) - top
            spread += math.exp(shifted)
            weight += t[i, j]
            if t[i, j] != 0.0:
                dot += t[i, j] * shifted
        total += weight * math.log(spread) - dot
        for j in range(k):
            log_a = -_softplus(-float(z[i, j]))
            share = math.exp(log_a - top) / spread
            off = math.exp(-_softplus(float(z[i, j])))  # 1 − σ(z)
            delta[i, j] = (share * weight - t[i, j]) * off / rows
    return total / rows


@kernel
def _binary_cross_entropy_on_sigmoid(z, a, t, rows, delta):
    n, k = z.shape
    total = 0.0
    for i in range(n):
        for j in range(k):
            v = float(z[i, j])
            total += _softplus(v) - (v * t[i, j] if t[i, j] != 0.0 else 0.0)
            delta[i, j] = (a[i, j] - t[i, j]) / (rows * k)
    return total / (rows * k)


@kernel
def _clipped(p):
    """(clipped p, whether it was inside). NaN counts as inside and stays."""
    if p < CLIP:
        return CLIP, False
    if p > 1.0 - CLIP:
        return 1.0 - CLIP, False
    return p, True


@kernel
def _cross_entropy(a, t, rows, delta):
    """General form: q = a / Σa, clipped; delta receives ∂L/∂a."""
    n, k = a.shape
    total = 0.0
    for i in range(n):
        whole = 0.0
        for j in range(k):
            whole += a[i, j]
        shared = 0.0  # Σ ∂L/∂q·q, through the shared divisor
        for j in range(k):
            share = a[i, j] / whole
            q, inside = _clipped(float(share))
            if t[i, j] != 0.0 or q != q:
                total -= t[i, j] * math.log(q)
                if inside:
                    shared -= t[i, j]
        for j in range(k):
            share = a[i, j] / whole
            q, inside = _clipped(float(share))
            direct = -t[i, j] / q if inside and t[i, j] != 0.0 else 0.0
            delta[i, j] = (direct - shared) / whole / rows
    return total / rows


@kernel
def _binary_cross_entropy(a, t, rows, delta):
    n, k = a.shape
    total = 0.0
    for i in range(n):
        for j in range(k):
            p, inside = _clipped(float(a[i, j]))
            total -= t[i, j] * math.log(p) + (1.0 - t[i, j]) * math.log(1.0 - p)
            delta[i, j] = (p - t[i, j]) / (p * (1.0 - p)) / (rows * k) if inside else 0.0
    return total / (rows * k)


@kernel
def _distance(code, huber_delta, a, t, rows, delta):
    """mse, mae, huber and hinge: means over rows and outputs; delta receives ∂L/∂a."""
    n, k = a.shape
    count = rows * k
    total = 0.0
    for i in range(n):
        for j in range(k):
            error = float(a[i, j]) - float(t[i, j])
            if code == MSE:
                total += error * error
                delta[i, j] = 2.0 * error / count
            elif code == MAE:
                total += abs(error)
                delta[i, j] = (1.0 if error > 0.0 else (-1.0 if error < 0.0 else error)) / count
            elif code == HUBER:
                if abs(error) <= huber_delta:
                    total += 0.5 * error * error
                    delta[i, j] = error / count
                else:
                    total += huber_delta * (abs(error) - 0.5 * huber_delta)
                    delta[i, j] = (huber_delta if error > 0.0 else (-huber_delta if error < 0.0 else error)) / count
            elif code == HINGE:
                side = 1.0 if t[i, j] > 0.0 else -1.0
                margin = 1.0 - side * float(a[i, j])
                total += 0.0 if margin <= 0.0 else margin
                delta[i, j] = 0.0 if margin <= 0.0 else -side / count + 0.0 * margin
    return total / count


@kernel
def loss_and_delta(code, output_code, huber_delta, z, a, t, rows, slopes, delta):
    """What a block of rows adds to the mean loss of ``rows`` rows; ``delta`` (n, k) receives ∂L/∂z.

    ``slopes`` holds φ'(z) of the output activation (any content for softmax). Returns the loss in float64.
    """
    if code == CROSS_ENTROPY and output_code == SOFTMAX:
        return _cross_entropy_on_softmax(z, a, t, rows, delta)
    if code == CROSS_ENTROPY and output_code == SIGMOID:
        return _cross_entropy_on_sigmoid(z, t, rows, delta)
    if code == BINARY_CROSS_ENTROPY and output_code == SIGMOID:
        return _binary_cross_entropy_on_sigmoid(z, a, t, rows, delta)
    if code == CROSS_ENTROPY:
        loss = _cross_entropy(a, t, rows, delta)
    elif code == BINARY_CROSS_ENTROPY:
        loss = _binary_cross_entropy(a, t, rows, delta)
    else:
        loss = _distance(code, huber_delta, a, t, rows, delta)
    n, k = a.shape
    if output_code == SOFTMAX:
        for i in range(n):
            dot = 0.0
            for j in range(k):
                dot += delta[i, j] * a[i, j]
            for j in range(k):
                delta[i, j] = a[i, j] * (delta[i, j] - dot)
    else:
        for i in range(n):
            for j in range(k):
                delta[i, j] = delta[i, j] * slopes[i, j]
    return loss


@kernel
def count_correct(kind, threshold, a, t):
    """How many rows of ``a`` (n, k) agree with ``t``; with a threshold, each entry counts 1/k. NaN is never right."""
    n, k = a.shape
    right = 0.0
    for i in range(n):
        if kind == ACCURACY_ARGMAX:
            best = 0
            goal = 0
            broken = a[i, 0] != a[i, 0]
            for j in range(1, k):
                if a[i, j] != a[i, j]:
                    broken = True
                if a[i, j] > a[i, best]:
                    best = j
                if t[i, j] > t[i, goal]:
                    goal = j
            if best == goal and not broken:
                right += 1.0
        else:
            for j in range(k):
                value = a[i, j]
                if value == value and (value > threshold) == (t[i, j] > threshold):
                    right += 1.0 / k
    return right
