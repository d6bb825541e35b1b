"""What a scenario trains, in a few words."""

import pytest

from nntui.lab.scenario_words import lane_lines, network, trained
from nntui.scenario import load_scenario
from nntui_engine.scenario import scenario_paths


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "digits",
            [
                "Network: hidden layers of 64, 32, relu",
                "Data: digits, inputs: standardize",
                "Training: adam, lr 0.003, batches of 32, 1500 steps",
            ],
        ),
        ("beale", ["Surface: beale from (1, 1.5)", "Descent: sgd, lr 0.03, 150 steps"]),
        (
            "forget-gate",
            ["Network: lstm 16", "Data: adding, 2000 rows", "Training: adam, lr 0.01, batches of 32, 400 steps"],
        ),
    ],
)
def test_what_is_trained(name: str, lines: list[str]) -> None:
    assert trained(load_scenario(name)) == lines


def test_networks() -> None:
    assert network({"hidden": [], "activation": "relu"}) == "no hidden layer"
    assert network({"hidden": [8], "activation": "tanh"}) == "1 hidden layer of 8, tanh"
    assert network({"hidden": [8, 8], "activation": ["tanh", "relu"]}) == "2 hidden layers of 8, tanh, relu"
    block = {"repeat": 24, "layers": [{"kind": "dense", "units": 16}, {"kind": "dense", "units": 16}, {"kind": "add"}]}
    assert network({"layers": [{"kind": "max_pool"}, block]}) == "max pool, 24 × (2 × dense 16, add)"


def test_lanes_are_named_by_what_they_change() -> None:
    assert lane_lines(load_scenario("digits")) == []
    lanes = dict(lane_lines(load_scenario("depth-limit")))
    assert lanes["10 layers"] == ""
    assert lanes["6 layers"] == "hidden 6 × 30"
    assert lanes["10 layers of tanh"] == "tanh, lr 0.05"


@pytest.mark.parametrize("name", list(scenario_paths()))
def test_every_built_in_scenario_can_be_said(name: str) -> None:
    scenario = load_scenario(name)
    assert all(trained(scenario))
    assert all(name for name, _ in lane_lines(scenario))
