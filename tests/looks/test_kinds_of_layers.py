"""Looks at networks that are no plain chain."""

from typing import Any

import numpy as np
import pytest
from looks.looking import taken

from nntui.lab.knob_rows import knobs_of
from nntui.looks.backward_pass import backward_pass
from nntui.looks.regions import decision_regions
from nntui.looks.request import LookRequest, take_looks
from nntui.looks.samples import products
from nntui.looks.weights import UnitWeights, coefficient_paths, unit_weights
from nntui.plotting.theme import Theme
from nntui.plotting.unit_weights import draw_weights
from nntui_engine import Experiment
from nntui_engine.scenario import scenario_from_dict

LAYERS = [
    {"kind": "dense", "units": 3, "name": "stem"},
    {"kind": "dense", "units": 3, "name": "a"},
    {"kind": "add", "from": ["a", "stem"]},
]


def residual(**train: Any) -> Experiment:
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "moons", "samples": 80},
        "model": {"layers": LAYERS, "activation": "tanh"},
        "train": {"lr": 0.5, "steps": 200, "batch_size": 8, **train},
    }
    return Experiment(scenario_from_dict(tables))


def weights_of(run: Experiment, layer: int) -> UnitWeights:
    found = take_looks(run, LookRequest((unit_weights,), layer=layer, unit=1)).of(unit_weights)
    assert found is not None
    return found


def test_weights_are_shown_of_layers_that_have_them_by_name() -> None:
    run = residual()
    found = weights_of(run, 2)
    assert (found.name, found.unit, found.missing) == ("a", 1, "")
    np.testing.assert_array_equal(found.weights, run.parameters(0)["a.weights"][:, 1])
    assert weights_of(run, 1).names == tuple(run.network.lanes[0].data.features)
    assert weights_of(run, 4).name == ""


def test_a_sum_says_that_it_has_none() -> None:
    found = weights_of(residual(), 3)
    assert found.missing == "A layer of kind add has no weights; w chooses the next layer."
    assert len(found.weights) == 0


def test_paths_of_a_layer_without_weights_are_none() -> None:
    found = take_looks(residual(), LookRequest((coefficient_paths,), layer=3)).of(coefficient_paths)
    assert found is not None
    assert found.weights == {}


def test_other_looks_work_or_are_not_there() -> None:
    run = residual()
    assert taken(run, backward_pass) is None
    assert taken(run, decision_regions) is not None
    assert products(run.network.lanes[0].settings) == 2 * 3 + 3 * 3 + 3 * 1


@pytest.mark.parametrize("model", [{"hidden": [3, 3], "layers": None}, {"layers": LAYERS, "hidden": None}])
def test_the_frozen_knob_freezes_one_layer_of_a_run_and_thaws_it(model: dict[str, Any]) -> None:
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "moons", "samples": 80},
        "model": {key: value for key, value in {**model, "activation": "tanh"}.items() if value},
        "train": {"lr": 0.5, "steps": 200, "batch_size": 8},
    }
    run = Experiment(scenario_from_dict(tables))
    run.advance(5)
    knob = next(knob for knob in knobs_of(run.lanes[0].settings, 2) if knob.label == "frozen")
    mark = run.tweak(knob.change("yes", run.lanes[0].settings))
    assert not mark.restarted
    assert knob.read(run.lanes[0].settings) == "yes"
    frozen, others = ("a.", "stem.") if model["layers"] else ("2.", "1.")
    before = run.parameters(0)
    run.advance(5)
    after = run.parameters(0)
    for name, values in before.items():
        same = np.array_equal(values, after[name])
        assert same == name.startswith(frozen), name
        assert not (name.startswith(others) and same)
    run.tweak(knob.change("no", run.lanes[0].settings))
    run.advance(5)
    assert not np.array_equal(after[f"{frozen}weights"], run.parameters(0)[f"{frozen}weights"])


@pytest.mark.parametrize(("kind", "part"), [("lstm", "input"), ("recurrent", "")])
def test_the_weights_of_a_recurrent_unit_are_those_of_its_first_gate(kind: str, part: str) -> None:
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "moons", "samples": 80, "shape": [2, 1]},
        "model": {"layers": [{"kind": kind, "units": 3, "name": "memory"}]},
        "train": {"lr": 0.5, "steps": 20, "batch_size": 8},
    }
    run = Experiment(scenario_from_dict(tables))
    found = weights_of(run, 1)
    assert (found.part, found.unit, found.units, found.names) == (part, 1, 3, ())
    np.testing.assert_array_equal(found.weights, run.parameters(0)["memory.weights"][:, 1])
    title = draw_weights(found, "", 70, 12, Theme()).lines()[0]
    assert f"unit 2 of 3{' (input gate)' if part else ''}, layer memory" in title
