"""Momentum that rises from its start to its end."""

import numpy as np
import pytest

from nntui_engine.experiment import Experiment
from nntui_engine.scenario import scenario_from_dict


def race(**train) -> Experiment:
    return Experiment(
        scenario_from_dict(
            {
                "schema": 1,
                "scenario": {"title": "Rising momentum"},
                "surface": {"name": "bowl", "start": [1.0, -2.0]},
                "train": {"lr": 0.1, "steps": 40, **train},
            }
        )
    )


def test_it_follows_the_straight_line_and_then_stays():
    run = race(momentum=0.9, momentum_start=0.5, momentum_over=10)
    w, v = np.array([1.0, -2.0]), np.zeros(2)
    for t in range(1, 41):
        momentum = 0.5 + min(1.0, (t - 1) / 10) * 0.4
        v = w.copy() if t == 1 else momentum * v + w
        w = w - 0.1 * v
        run.advance(1)
        np.testing.assert_allclose(run.snapshot().lanes[0].surface.position, w, rtol=1e-12)


def test_zero_steps_mean_level_momentum():
    level, rising = race(momentum=0.9), race(momentum=0.9, momentum_start=0.1, momentum_over=0)
    level.advance(40)
    rising.advance(40)
    assert level.snapshot().lanes[0].surface.position == rising.snapshot().lanes[0].surface.position


def test_a_new_momentum_on_the_way_is_the_new_end():
    run = race(momentum=0.9, momentum_start=0.5, momentum_over=10)
    run.advance(20)
    run.tweak({"train.momentum": 0.0})
    before = run.snapshot().lanes[0]
    run.advance(1)
    after = run.snapshot().lanes[0]
    assert after.surface.position[0] == pytest.approx(0.9 * before.surface.position[0], rel=1e-12)
