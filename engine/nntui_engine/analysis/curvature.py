"""Sharpness: extreme eigenvalues of the loss's Hessian, by Lanczos on exact Hessian-vector products.

H·v is the derivative of the gradient along v. A complex step takes it without truncation or cancellation:
H·v = Im ∇L(θ + i·h·v) / h for h as small as one likes (Squire & Trapp 1998), since ∇L is worked out here from functions
that are analytic wherever they are smooth; a kink (ReLU at 0) goes by the real part. All in float64, on the probe set
(``data/probe.py``), dropout and noise off. The loss is the one that training descends: batch norm takes the mean and
variance of these rows, and is differentiated through them.

Of any other network the products are centred differences of the engine's own gradient, in float64 (``replica.py``). On
plain chains they come within 2e-7 of the exact ones, in a third to a half of the time; but a float32 lane needs the
float64 kernels for them, half a minute of compiling, and a step may cross a kink. Then the two halves of the difference
disagree, and the smaller one is taken: a jump of the gradient, over the step, is large.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data.probe import probe_rows
from ..errors import InputError
from ..kernels.activation import SELU_ALPHA, SELU_SCALE
from ..kernels.batch_norm import EPSILON
from ..kernels.loss import CLIP
from ..scenario.settings import LaneSettings
from .inside import probe_set, probe_targets
from .replica import Replica
from .spectrum import Spectrum

if TYPE_CHECKING:
    from ..experiment import Experiment

Array = NDArray[Any]
Function = Callable[[Array, Any], Array]
Parameters = Mapping[str, Array]

_STEP = 1e-30
_DIFFERENCE = 1e-7
_KINK = 1e-3  # how far the two halves of a difference disagree at most where there is none, as a share


def sharpness(experiment: "Experiment", lane: int = 0) -> float:
    """The largest (signed) eigenvalue of ∂²(loss + penalty)/∂θ² of a lane as it stands; θ is what the lane trains.

    NaN where a parameter is not finite, nothing is trained, or Lanczos did not settle.
    """
    return largest_eigenvalue(hessian(experiment, lane))


def second_eigenvalue(experiment: "Experiment", lane: int = 0) -> float:
    """The second largest eigenvalue of the same matrix, equal to the first where that comes twice."""
    return _on_one_core(lambda: float(hessian(experiment, lane).largest(2)[1]))


def smallest_eigenvalue(experiment: "Experiment", lane: int = 0) -> float:
    """The smallest (signed) eigenvalue of the same matrix: negative wherever the loss bends down in some direction."""
    return _on_one_core(lambda: hessian(experiment, lane).smallest())


def largest_eigenvalue(matrix: Spectrum) -> float:
    """The largest (signed) eigenvalue of a Hessian, also while its lane trains on; NaN as of :func:`sharpness`."""
    return _on_one_core(lambda: float(matrix.largest(1)[0]))


def _on_one_core(read: Callable[[], float]) -> float:
    """What ``read`` finds: small products are fastest, and the same everywhere, on one core."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        return read()


def hessian(experiment: "Experiment", lane: int = 0) -> Spectrum:
    """∂²(loss + penalty)/∂θ² over what the lane trains, as a product with a vector; of the weights as they are now."""
    if not experiment.network.lanes[lane].settings.is_chain:
        return hessian_by_differences(experiment, lane)
    problem = Problem.of(experiment, lane)
    theta, trained = problem.flat(experiment.parameters(lane)), int(problem.trainable.sum())
    if not np.isfinite(theta).all():
        return Spectrum(lambda v: v * np.nan, trained)

    def product(v: Array) -> Array:
        direction = np.zeros(len(theta), complex)
        direction[problem.trainable] = 1j * _STEP * v
        with np.errstate(all="ignore"):
            return np.asarray(problem.gradient(theta + direction).imag[problem.trainable] / _STEP)

    return Spectrum(product, trained)


def hessian_by_differences(experiment: "Experiment", lane: int = 0) -> Spectrum:
    """The same of any network: H·v = (∇L(θ + h·v) − ∇L(θ − h·v)) / 2h, ‖h·v‖ = 1e-7."""
    rows = probe_set(experiment, lane), probe_targets(experiment, lane)
    replica = Replica.of(experiment, lane, *rows, dtype="float64")
    theta, trainable = replica.theta.copy(), replica.trainable
    if not np.isfinite(theta).all():
        return Spectrum(lambda v: v * np.nan, int(trainable.sum()))

    def product(v: Array) -> Array:
        length = float(np.linalg.norm(v))
        if length == 0.0:
            return np.zeros(len(v))
        halves = []
        for side in (_DIFFERENCE, -_DIFFERENCE):
            replica.theta[:] = theta
            replica.theta[trainable] += side / length * v
            halves.append((replica.run()[trainable] - middle) * (length / side))
        sizes = [float(np.linalg.norm(half)) for half in halves]
        if np.linalg.norm(halves[0] - halves[1]) > _KINK * max(sizes):
            return np.asarray(halves[int(sizes[1] < sizes[0])])
        return np.asarray((halves[0] + halves[1]) / 2.0)

    middle = replica.run()[trainable]
    return Spectrum(product, int(trainable.sum()))


@dataclass(frozen=True)
class Problem:
    """The loss of one lane on its probe set, as a function of all its parameters in one vector.

    ``x`` (rows, inputs), ``t`` (rows, outputs); ``trainable`` (parameters): whether training changes them.
    """

    settings: LaneSettings
    x: Array
    t: Array
    shapes: Mapping[str, tuple[int, ...]]
    trainable: NDArray[np.bool_]

    @classmethod
    def of(cls, experiment: "Experiment", lane: int) -> "Problem":
        """The problem of a lane as its settings are now. Raises InputError for a network that is no chain."""
        one = experiment.network.lanes[lane]
        if not one.settings.is_chain:
            raise InputError("the Hessian (sharpness) is worked out for plain chains of dense layers only")
        values = experiment.parameters(lane)
        shapes = {name: v.shape for name, v in values.items() if "running" not in name}
        learns = {layer.label: layer.trainable for layer in one.settings.layers}
        parts = [np.full(int(np.prod(s)), learns.get(n.rpartition(".")[0], True)) for n, s in shapes.items()]
        rows = probe_rows(len(one.data.x_train), one.settings.seed)
        x, t = np.asarray(one.data.x_train[rows], np.float64), np.asarray(one.data.t_train[rows], np.float64)
        return cls(one.settings, x, t, shapes, np.concatenate(parts))

    def flat(self, values: Parameters) -> Array:
        """The parameters in one float64 vector (parameters,)."""
        return np.concatenate([np.asarray(values[name], np.float64).ravel() for name in self.shapes])

    def gradient(self, theta: Array) -> Array:
        """∂(loss + penalty)/∂θ at ``theta``, each (parameters,), real or complex; 0 for what is not trainable."""
        values, at = {}, 0
        for name, shape in self.shapes.items():
            size = int(np.prod(shape))
            values[name] = theta[at : at + size].reshape(shape)
            at += size
        found = self._backward(values)
        return np.concatenate([np.asarray(found[name]).ravel() for name in self.shapes]) * self.trainable

    def _backward(self, values: Parameters) -> dict[str, Array]:
        found: dict[str, Array] = {}
        below, passed = self.x, []
        if self.settings.batch_norm_inputs:
            normalised, _ = _normalised(below)
            passed_inputs = normalised
            below = normalised * values["inputs.gamma"] + values["inputs.beta"]
        for layer in self.settings.layers:
            name = layer.label
            z = below @ values[f"{name}.weights"] + values[f"{name}.biases"]
            normalised, inverse = z, np.ones(1)
            if layer.batch_norm == "before":
                normalised, inverse = _normalised(z)
                z = normalised * values[f"{name}.gamma"] + values[f"{name}.beta"]
            alpha: Any = values[f"{name}.alpha"][0] if layer.activation == "prelu" else layer.alpha
            a = _softmax(z) if layer.activation == "softmax" else VALUES[layer.activation](z, alpha)
            out = a
            if layer.batch_norm == "after":
                normalised, inverse = _normalised(a)
                out = normalised * values[f"{name}.gamma"] + values[f"{name}.beta"]
            passed.append((below, z, a, normalised, inverse, alpha))
            below = out
        upstream = np.zeros_like(below)
        for layer in reversed(self.settings.layers):
            name, last = layer.label, layer.index == len(self.settings.layers)
            below, z, a, normalised, inverse, alpha = passed.pop()
            if last:
                delta, upstream_a = self._output_delta(z, a, alpha)
            else:
                if layer.batch_norm == "after":
                    found[f"{name}.gamma"], found[f"{name}.beta"] = (upstream * normalised).sum(0), upstream.sum(0)
                    upstream = _through_normalised(upstream * values[f"{name}.gamma"], normalised, inverse)
                upstream_a = upstream
                delta = upstream * DERIVATIVES[layer.activation](z, alpha)
            if layer.activation == "prelu":
                found[f"{name}.alpha"] = np.array([(upstream_a * np.where(z.real > 0.0, 0.0, z)).sum()])
            if layer.batch_norm == "before":
                found[f"{name}.gamma"], found[f"{name}.beta"] = (delta * normalised).sum(0), delta.sum(0)
                delta = _through_normalised(delta * values[f"{name}.gamma"], normalised, inverse)
            weights = values[f"{name}.weights"]
            penalty = layer.l2 * weights + layer.l1 * np.sign(weights.real)
            found[f"{name}.weights"], found[f"{name}.biases"] = below.T @ delta + penalty, delta.sum(0)
            upstream = delta @ weights.T
        if self.settings.batch_norm_inputs:
            found["inputs.gamma"], found["inputs.beta"] = (upstream * passed_inputs).sum(0), upstream.sum(0)
        return found

    def _output_delta(self, z: Array, a: Array, alpha: Any) -> tuple[Array, Array]:
        """(∂L/∂z, ∂L/∂a) of the outputs; the second only where there is a use for it."""
        n, t, output = len(z), self.t, self.settings.layers[-1].activation
        loss = self.settings.loss
        if loss == "cross_entropy" and output == "softmax":
            return (a * t.sum(1, keepdims=True) - t) / n, a
        if loss == "binary_cross_entropy" and output == "sigmoid":
            return (a - t) / t.size, a
        if loss == "cross_entropy" and output == "sigmoid":
            share = _softmax(-_softplus(-z))  # a / Σa
            return (share * t.sum(1, keepdims=True) - t) * _sigmoid(-z) / n, a
        upstream = self._loss_slope(a)
        if output == "softmax":
            return a * (upstream - (upstream * a).sum(1, keepdims=True)), upstream
        return upstream * DERIVATIVES[output](z, alpha), upstream

    def _loss_slope(self, a: Array) -> Array:
        """∂L/∂a."""
        t, loss = self.t, self.settings.loss
        n, count = len(a), t.size
        if loss == "cross_entropy":
            whole = a.sum(1, keepdims=True)
            share = a / whole
            inside = (share.real >= CLIP) & (share.real <= 1.0 - CLIP)
            direct = np.where(inside, -t / np.where(inside, share, 1.0), 0.0)
            return np.asarray((direct - (direct * share).sum(1, keepdims=True)) / whole / n)
        if loss == "binary_cross_entropy":
            inside = (a.real >= CLIP) & (a.real <= 1.0 - CLIP)
            p = np.where(inside, a, 0.5)
            return np.where(inside, (p - t) / (p * (1.0 - p)) / count, 0.0)
        error = a - t
        if loss == "mse":
            return np.asarray(2.0 * error / count)
        if loss == "mae":
            return np.asarray(np.sign(error.real) / count)
        if loss == "huber":
            delta = self.settings.huber_delta
            return np.where(abs(error.real) <= delta, error, delta * np.sign(error.real)) / count
        side = np.where(t > 0.0, 1.0, -1.0)  # hinge
        return np.where((1.0 - side * a).real <= 0.0, 0.0, -side / count)


def _normalised(y: Array) -> tuple[Array, Array]:
    """(y − μ) / √(σ² + ε) with the rows' own mean and variance, column by column, and one over the root.

    Squares, not magnitudes squared, so that it stays analytic in a complex y.
    """
    off = y - y.mean(0)
    inverse = 1.0 / np.sqrt((off * off).mean(0) + EPSILON)
    return off * inverse, inverse


def _through_normalised(upstream: Array, normalised: Array, inverse: Array) -> Array:
    """∂L/∂y of ``_normalised`` from ∂L/∂normalised: through y, and through its mean and variance."""
    return np.asarray((upstream - upstream.mean(0) - normalised * (upstream * normalised).mean(0)) * inverse)


def _softmax(z: Array) -> Array:
    raised = np.exp(z - z.real.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True))


def _sigmoid(z: Array) -> Array:
    fading = np.exp(np.where(z.real < 0.0, z, -z))
    return np.where(z.real < 0.0, fading / (1.0 + fading), 1.0 / (1.0 + fading))


def _erf_part(z: Array) -> Array:
    """Φ(z), the normal distribution's share below z."""
    from scipy.special import erf

    return np.asarray(0.5 * (1.0 + erf(z / np.sqrt(2.0))))


def _bell(z: Array) -> Array:
    return np.asarray(np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi))


def _exponential(z: Array, alpha: float, scale: float) -> Array:
    return np.where(z.real > 0.0, scale * z, scale * alpha * (np.exp(np.where(z.real > 0.0, 0.0, z)) - 1.0))


def _exponential_slope(z: Array, alpha: float, scale: float) -> Array:
    return np.where(z.real > 0.0, scale, scale * alpha * np.exp(np.where(z.real > 0.0, 0.0, z)))


def _softplus(z: Array) -> Array:
    return np.asarray(np.where(z.real > 0.0, z, 0.0) + np.log(1.0 + np.exp(np.where(z.real > 0.0, -z, z))))


# φ(z) and φ'(z) for real or complex z, by the names of ``registry/activation.py``; the second argument is the parameter
VALUES: dict[str, Function] = {
    "linear": lambda z, _: z,
    "sigmoid": lambda z, _: _sigmoid(z),
    "tanh": lambda z, _: np.tanh(z),
    "relu": lambda z, _: np.where(z.real > 0.0, z, 0.0),
    "leaky_relu": lambda z, alpha: np.where(z.real > 0.0, z, alpha * z),
    "prelu": lambda z, alpha: np.where(z.real > 0.0, z, alpha * z),
    "elu": lambda z, alpha: _exponential(z, alpha, 1.0),
    "selu": lambda z, _: _exponential(z, SELU_ALPHA, SELU_SCALE),
    "gelu": lambda z, _: z * _erf_part(z),
    "silu": lambda z, _: z * _sigmoid(z),
    "softplus": lambda z, _: _softplus(z),
    "threshold": lambda z, _: np.where(z.real >= 0.0, 1.0, 0.0),
}
DERIVATIVES: dict[str, Function] = {
    "linear": lambda z, _: np.ones_like(z),
    "sigmoid": lambda z, _: _sigmoid(z) * (1.0 - _sigmoid(z)),
    "tanh": lambda z, _: 1.0 - np.tanh(z) ** 2,
    "relu": lambda z, _: np.where(z.real > 0.0, 1.0, 0.0),
    "leaky_relu": lambda z, alpha: np.where(z.real > 0.0, 1.0, alpha),
    "prelu": lambda z, alpha: np.where(z.real > 0.0, 1.0, alpha),
    "elu": lambda z, alpha: _exponential_slope(z, alpha, 1.0),
    "selu": lambda z, _: _exponential_slope(z, SELU_ALPHA, SELU_SCALE),
    "gelu": lambda z, _: _erf_part(z) + z * _bell(z),
    "silu": lambda z, _: _sigmoid(z) * (1.0 + z * (1.0 - _sigmoid(z))),
    "softplus": lambda z, _: _sigmoid(z),
    "threshold": lambda z, _: np.ones_like(z),
}
