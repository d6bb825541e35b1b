"""The map of what trains: each point is the run that an experiment makes of it."""

from typing import Any

import numpy as np
import pytest

from nntui_engine import Experiment
from nntui_engine.analysis.sweeps import trainability_map
from nntui_engine.errors import InputError
from nntui_engine.scenario import Scenario, scenario_from_dict


def scenario(dtype: str = "float64", **train: Any) -> Scenario:
    return scenario_from_dict(
        {
            "schema": 1,
            "scenario": {"title": "t"},
            "data": {"name": "moons", "samples": 40, "test_fraction": 0.25},
            "model": {"hidden": [5], "activation": "tanh", "output": "linear", "bias": 0.1},
            "train": {"lr": 0.1, "batch_size": 8, "steps": 12, "loss": "mse", "dtype": dtype, **train},
        }
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_point_is_a_run_of_its_own(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nntui_engine.analysis.sweeps._LANES_AT_ONCE", 4)  # six points: a whole group and a part of one
    rates, scales = (0.01, 0.3, 500.0), (0.5, 2.0)
    found = trainability_map(scenario(dtype), rates, scales)
    assert found.shape == (2, 3)
    for i, scale in enumerate(scales):
        for j, rate in enumerate(rates):
            run = Experiment(scenario(dtype, lr=rate))
            run.set_parameters(0, {name: (value * scale).astype(dtype) for name, value in run.parameters().items()})
            run.advance(12)
            np.testing.assert_array_equal(found[i, j], run.lanes[0].statistics["train_loss"])
    assert found[0, 1] < found[0, 0]
    assert not found[1, 2] < 1e3  # diverged


def test_a_surface_has_no_weights() -> None:
    with pytest.raises(InputError, match="no weights to scale"):
        trainability_map("beale", [0.1], [1.0])
