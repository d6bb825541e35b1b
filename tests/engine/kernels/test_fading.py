"""Optimizers where nothing learns any more: their memories fade, and never become numbers slow to compute with."""

import numpy as np
import pytest
from engine.compiled import compiled

from nntui_engine.kernels import columns, optimizer
from nntui_engine.kernels.optimizer import BETA1, BETA2, EPSILON, MOMENTUM, NESTEROV, RHO
from nntui_engine.registry.optimizer import HYPERPARAMETERS, OPTIMIZERS

WITH_MEMORY = [(name, momentum, nesterov) for name in OPTIMIZERS for momentum in (0.0, 0.5) for nesterov in (0.0, 1.0)]


def subnormal(values: np.ndarray) -> np.ndarray:
    return (values != 0) & (np.abs(values) < np.finfo(values.dtype).tiny)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "momentum", "nesterov"), WITH_MEMORY)
def test_no_memory_becomes_subnormal(name: str, momentum: float, nesterov: float, dtype: type) -> None:
    hyper = np.zeros(columns.HYPER)
    for parameter in OPTIMIZERS[name].parameters:
        hyper[HYPERPARAMETERS.index(parameter.name)] = parameter.default
    hyper[[BETA1, BETA2, RHO]] = 0.5
    hyper[MOMENTUM], hyper[NESTEROV], hyper[EPSILON] = momentum, nesterov, 0.0
    w, g, u, memories = np.ones(2, dtype), np.array([1e-3, -1e-3], dtype), np.zeros(2, dtype), np.zeros(4, dtype)
    step = compiled(optimizer.step_into)
    for t in range(1, 2500):
        step(OPTIMIZERS[name].code, hyper, 0.1, t, 0.45, w, g, memories, 0, 2, u)
        assert not subnormal(memories).any()
        assert np.isfinite(u).all()
        g[:] = 0.0
