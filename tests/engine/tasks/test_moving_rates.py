"""Every optimizer under every schedule that moves: what a rate multiplies (the decay, too) moves with it.

PyTorch says the same in ``test_lockstep_torch.py``, where it is installed.
"""

from typing import Any

import numpy as np
import pytest
from engine.build import Build
from engine.cases import MOVING_SCHEDULES, OPTIMIZER_CASES
from engine.twin_network import TwinLane

from nntui_engine.registry.optimizer import OPTIMIZERS
from nntui_engine.registry.schedule import SCHEDULES

STEPS = 8


def test_no_optimizer_and_no_schedule_is_missing() -> None:
    assert {name for name, _ in OPTIMIZER_CASES.values()} == set(OPTIMIZERS)
    # plateau follows the loss, not the step: test_schedules.py holds it
    assert {schedule["kind"] for schedule in MOVING_SCHEDULES} == set(SCHEDULES) - {"constant", "plateau"}


@pytest.mark.parametrize("name", OPTIMIZER_CASES)
@pytest.mark.parametrize("schedule", MOVING_SCHEDULES, ids=lambda schedule: schedule["kind"])
def test_an_optimizer_under_a_schedule_equals_the_twin(schedule: dict[str, Any], name: str, build: Build) -> None:
    optimizer, options = OPTIMIZER_CASES[name]
    experiment = build({}, {"optimizer": optimizer, **options, "schedule": schedule}, data={"task": "regression"})
    lane = experiment.lanes[0]
    twin = TwinLane(lane.settings, lane.data, experiment.parameters())
    rates = set()
    for step in range(STEPS):
        twin.step()
        experiment.advance(1)
        rates.add(lane.latest["lr"])
        for key, value in experiment.parameters().items():
            np.testing.assert_allclose(
                value, twin.values[key], rtol=1e-9, atol=1e-12, err_msg=f"{key} after step {step + 1}"
            )
    assert len(rates) >= 3
