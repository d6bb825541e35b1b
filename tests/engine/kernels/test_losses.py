"""Every loss on every output: its value from the formula in NumPy, and ∂L/∂z from centred differences of that."""

import numpy as np
import pytest
from engine.compiled import compiled

from nntui_engine.kernels import activation, loss
from nntui_engine.kernels.exponential import BLOCK
from nntui_engine.registry.activation import ACTIVATIONS
from nntui_engine.registry.loss import LOSSES

Z = np.array([[0.5, -1.2, 2.0], [-0.3, 0.7, 0.1], [1.4, 0.9, -0.6]])
TARGETS = {
    "one-hot": np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    "labels": np.array([[0.0, 1.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 1.0]]),
    "shares": np.array([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2], [0.0, 0.6, 0.4]]),
}
DELTA = 0.7  # of the Huber loss


def output(name: str, z: np.ndarray) -> np.ndarray:
    if name == "softmax":
        raised = np.exp(z - z.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)
    return {"sigmoid": 1.0 / (1.0 + np.exp(-z)), "softplus": np.log1p(np.exp(z)), "linear": z}[name]


def expected(name: str, a: np.ndarray, t: np.ndarray) -> float:
    error, side = a - t, np.where(t > 0.0, 1.0, -1.0)
    if name == "cross_entropy":
        return float(-(t * np.log(a / a.sum(axis=1, keepdims=True))).sum() / len(a))
    if name == "binary_cross_entropy":
        return float(-(t * np.log(a) + (1.0 - t) * np.log(1.0 - a)).mean())
    huber = np.where(abs(error) <= DELTA, 0.5 * error**2, DELTA * (abs(error) - 0.5 * DELTA))
    values = {"mse": error**2, "mae": abs(error), "huber": huber, "hinge": np.maximum(0.0, 1.0 - side * a)}
    return float(values[name].mean())


def outputs_of(name: str) -> tuple[str, ...]:
    """Those on which the formula is defined everywhere."""
    if name == "cross_entropy":
        return ("softmax", "sigmoid", "softplus")
    return ("softmax", "sigmoid") if name == "binary_cross_entropy" else ("softmax", "sigmoid", "softplus", "linear")


@pytest.mark.parametrize("targets", list(TARGETS))
@pytest.mark.parametrize(("name", "head"), [(name, head) for name in LOSSES for head in outputs_of(name)])
def test_value_and_derivative(name: str, head: str, targets: str) -> None:
    t, z, code = TARGETS[targets], Z.copy(), ACTIVATIONS[head].code
    a, slopes, delta, scratch = (np.empty_like(z), np.empty_like(z), np.empty_like(z), np.empty(BLOCK))
    if head == "softmax":
        compiled(activation.softmax)(z, a, a.reshape(-1), scratch)
    else:
        compiled(activation.activate)(code, 0.0, z.reshape(-1), a.reshape(-1), scratch)
    compiled(activation.derivative)(code, 0.0, z.reshape(-1), a.reshape(-1), slopes.reshape(-1), scratch)
    value = compiled(loss.loss_and_delta)(LOSSES[name].code, code, DELTA, z, a, t, len(z), slopes, delta)
    assert value == pytest.approx(expected(name, output(head, Z), t), rel=1e-12)
    for at in np.ndindex(Z.shape):
        ends = []
        for step in (1e-6, -1e-6):
            moved = Z.copy()
            moved[at] += step
            ends.append(expected(name, output(head, moved), t))
        assert delta[at] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6, abs=1e-9)
