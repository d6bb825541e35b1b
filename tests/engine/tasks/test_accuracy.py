"""Where a single output's accuracy is cut, in a run: by the targets, not by the output's activation."""

import pytest

from nntui_engine import Experiment
from nntui_engine.scenario import scenario_from_dict


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "hinge"])
@pytest.mark.parametrize(("coding", "cut"), [("label", 0.5), ("plus_minus", 0.0)])
def test_accuracy_of_a_tanh_output(coding: str, cut: float, loss: str) -> None:
    run = Experiment(
        scenario_from_dict(
            {
                "schema": 1,
                "scenario": {"title": "t"},
                "data": {"name": "moons", "samples": 300, "target_coding": coding},
                "model": {"hidden": [16], "activation": "tanh", "output": "tanh"},
                "train": {"loss": loss, "optimizer": "adam", "lr": 0.02, "steps": 300, "batch_size": 32},
            }
        )
    )
    run.advance(300)
    lane = run.lanes[0]
    assert lane.latest["train_accuracy"] > 0.9
    for part, x, t in (
        ("train", lane.data.x_train, lane.data.t_train),
        ("validation", lane.data.x_validation, lane.data.t_validation),
    ):
        right = ((run.predict(x) > cut) == (t > cut)).mean()
        assert lane.latest[f"{part}_accuracy"] == pytest.approx(right, rel=1e-12)
