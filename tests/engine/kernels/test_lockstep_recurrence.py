"""Recurrent layers beside PyTorch's in float64: states and every gradient, whole and truncated."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is no dependency; the twin in NumPy is what runs without it")

from engine.recurrence_kernels import Arrays  # noqa: E402
from engine.twin_recurrence import Recurrence, random_recurrence  # noqa: E402
from torch import nn  # noqa: E402

Array = np.ndarray
ALLOWED = 1e-11
CASES = [("recurrent", "tanh"), ("recurrent", "relu"), ("lstm", "tanh"), ("gru", "tanh")]
SIZES = [(3, 5, 2, 4), (8, 50, 2, 64), (1, 1, 1, 1), (9, 6, 3, 17)]


def torch_layer(layer: Recurrence) -> Any:
    features, units = layer.x.shape[2], layer.units
    options: dict[str, Any] = {"batch_first": True, "dtype": torch.float64}
    if layer.kind == "recurrent":
        cell = nn.RNN(features, units, nonlinearity=layer.activation, **options)
    else:
        cell = (nn.LSTM if layer.kind == "lstm" else nn.GRU)(features, units, **options)
    columns = layer.w.shape[1]
    recurrent = np.zeros(columns)
    if layer.kind == "gru":
        recurrent[-units:] = layer.b[columns:]
    with torch.no_grad():
        cell.weight_ih_l0.copy_(torch.tensor(layer.w.T))
        cell.weight_hh_l0.copy_(torch.tensor(layer.u.T))
        cell.bias_ih_l0.copy_(torch.tensor(layer.b[:columns]))
        cell.bias_hh_l0.copy_(torch.tensor(recurrent))
    return cell


def run_torch(layer: Recurrence, cell: Any, x: Any) -> list[Any]:
    """The states of all steps, the state detached every ``truncate`` steps."""
    h, c = torch.tensor(layer.h0)[None], torch.tensor(layer.c0)[None]
    states = []
    for t in range(layer.time):
        if layer.truncate and t % layer.truncate == 0:
            h, c = h.detach(), c.detach()
        if layer.kind == "lstm":
            _, (h, c) = cell(x[:, t : t + 1], (h, c))
        else:
            _, h = cell(x[:, t : t + 1], h)
        states.append(h[0])
        states[-1].retain_grad()
        h = states[-1][None]
    return states


@pytest.mark.parametrize("truncate", [0, 3])
@pytest.mark.parametrize("every", [False, True], ids=["last", "all"])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("kind", "activation"), CASES)
def test_equals_torch(kind: str, activation: str, size: tuple[int, int, int, int], every: bool, truncate: int) -> None:
    layer = random_recurrence(kind, *size, activation=activation, truncate=truncate)
    n, time, _, units = size
    pull = np.random.default_rng(2).standard_normal((n, time, units) if every else (n, units))
    cell, x = torch_layer(layer), torch.tensor(layer.x, requires_grad=True)
    states = run_torch(layer, cell, x)
    passed_on = torch.stack(states, 1) if every else states[-1]
    (passed_on * torch.tensor(pull)).sum().backward()

    arrays = Arrays(layer, np.float64)
    found = arrays.forward() | arrays.backward(pull, every)
    gradients = np.vstack([cell.weight_ih_l0.grad.numpy().T, cell.weight_hh_l0.grad.numpy().T])
    biases = cell.bias_ih_l0.grad.numpy()
    if kind == "gru":
        biases = np.concatenate([biases, cell.bias_hh_l0.grad.numpy()[-units:]])
    norms = [0.0 if h.grad is None else float(h.grad.norm(dim=1).sum()) for h in states]
    wanted = {
        "states": np.stack([layer.h0, *(h.detach().numpy() for h in states)], 1),
        "dx": x.grad.numpy(),
        "d_weights": gradients,
        "d_biases": biases,
        "time_norms": np.array(norms),
    }
    for name, value in wanted.items():
        scale = max(float(np.abs(value).max()), 1e-300)
        np.testing.assert_allclose(found[name] / scale, value / scale, rtol=0, atol=ALLOWED, err_msg=name)
