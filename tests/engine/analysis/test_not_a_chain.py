"""What is worked out for plain chains of dense layers says so of any other network; names alone change nothing."""

from typing import Any

import numpy as np
import pytest

from nntui_engine import Experiment
from nntui_engine.analysis.curvature import sharpness
from nntui_engine.analysis.on_demand import backprop_error
from nntui_engine.analysis.trace import can_trace, trace
from nntui_engine.errors import InputError
from nntui_engine.scenario import scenario_from_dict

BLOCK = {"layers": [{"kind": "dense", "units": 2, "name": "a"}, {"kind": "add", "from": ["a", "block"]}]}


def experiment(model: dict[str, Any], **train: Any) -> Experiment:
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "xor", "samples": 12, "test_fraction": 0.0},
        "model": {"activation": "tanh", **model},
        "train": {"lr": 0.5, "steps": 60, "batch_size": 4, "dtype": "float64", **train},
    }
    run = Experiment(scenario_from_dict(tables))
    run.advance(5)
    return run


def residual() -> Experiment:
    return experiment({"layers": [{"kind": "dense", "units": 2, "name": "stem"}, BLOCK]})


def test_a_residual_network_has_no_trace_and_says_why() -> None:
    run = residual()
    assert not can_trace(run.network.lanes[0].settings)
    with pytest.raises(InputError, match="plain chains of dense layers") as caught:
        trace(run)
    assert "\n" not in str(caught.value)


def test_gradients_of_layers_with_names_are_held_against_differences() -> None:
    assert backprop_error(residual(), 0) < 1e-6


def test_a_chain_of_listed_layers_is_what_a_plain_chain_is() -> None:
    listed = [{"kind": "dense", "units": 3, "name": "first"}, {"kind": "dense", "units": 2}]
    plain, named = experiment({"hidden": [3, 2]}, l2=0.01), experiment({"layers": listed}, l2=0.01)
    assert can_trace(named.network.lanes[0].settings)
    assert trace(named) == trace(plain)
    assert sharpness(named) == sharpness(plain)
    assert np.isfinite(sharpness(plain))


def test_a_frozen_layer_with_a_name_is_no_part_of_the_hessian() -> None:
    listed = [{"kind": "dense", "units": 3, "name": "first", "trainable": False}, {"kind": "dense", "units": 2}]
    plain, named = experiment({"hidden": [3, 2], "trainable": [False, True, True]}), experiment({"layers": listed})
    assert sharpness(named) == sharpness(plain)
    assert sharpness(named) != sharpness(experiment({"hidden": [3, 2]}))
