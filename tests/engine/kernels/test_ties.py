"""Which class counts where several outputs are the largest: the first of them, as with NumPy's argmax."""

import numpy as np
import pytest
from engine.build import Build
from engine.compiled import compiled

from nntui_engine.kernels.codes import ACCURACY_ARGMAX, ACCURACY_THRESHOLD
from nntui_engine.kernels.loss import count_correct

OUTPUTS = [
    [0.25, 0.25, 0.25, 0.25],
    [0.1, 0.4, 0.4, 0.1],
    [0.1, 0.2, 0.3, 0.4],
    [0.3, 0.3, 0.2, 0.2],
    [0.3, 0.2, 0.2, 0.3],
]


def right(kind: int, a: list[list[float]], t: np.ndarray) -> float:
    return float(compiled(count_correct)(kind, 0.5, np.array(a), t))


@pytest.mark.parametrize("row", OUTPUTS)
@pytest.mark.parametrize("goal", range(4))
def test_equal_outputs_mean_the_first_of_them(row: list[float], goal: int) -> None:
    assert right(ACCURACY_ARGMAX, [row], np.eye(4)[[goal]]) == float(np.argmax(row) == goal)


@pytest.mark.parametrize("goal", range(3))
def test_equal_targets_mean_the_first_of_them(goal: int) -> None:
    outputs = np.full((1, 3), 0.1)
    outputs[0, goal] = 0.8
    for targets in ([1 / 3, 1 / 3, 1 / 3], [0.2, 0.4, 0.4]):
        assert right(ACCURACY_ARGMAX, outputs.tolist(), np.array([targets])) == float(np.argmax(targets) == goal)


def test_an_output_on_the_threshold_is_not_above_it() -> None:
    half = [[0.5, 0.5]]
    assert right(ACCURACY_THRESHOLD, half, np.array([[0.0, 0.0]])) == 1.0
    assert right(ACCURACY_THRESHOLD, half, np.array([[1.0, 0.0]])) == 0.5
    assert right(ACCURACY_THRESHOLD, half, np.array([[1.0, 1.0]])) == 0.0


def test_a_softmax_that_knows_nothing_is_right_about_the_first_class_only(build: Build) -> None:
    """All weights 0: every class gets 1/3, and 5 of 9 rows are of the first class."""
    t = np.eye(3)[[0, 1, 0, 2, 0, 1, 0, 2, 0]]
    experiment = build({"init": "zeros"}, {"lr": 0.0, "evaluate_every": 1}, x=np.ones((9, 2)), t=t)
    experiment.advance(1)
    latest = experiment.lanes[0].latest
    assert experiment.lanes[0].settings.layers[-1].activation == "softmax"
    assert latest["accuracy"] == pytest.approx(5 / 9, rel=1e-12)
    assert latest["train_accuracy"] == pytest.approx(5 / 9, rel=1e-12)
