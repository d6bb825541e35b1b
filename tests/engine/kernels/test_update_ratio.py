"""‖ΔW‖ / ‖W‖ is of the change that was stored, not of the step that was meant."""

from typing import Any

import numpy as np
import pytest
from engine.build import Build

REGRESSION = {"task": "regression"}
# one step for all parameters at once, or layer by layer
SIZES = pytest.mark.parametrize("hidden", [[4], [60, 60]], ids=["together", "by layer"])
CASES = pytest.mark.parametrize(
    "train", [{}, {"clip_norm": 1e-3}, {"optimizer": "adam"}, {"l1": 1e-4, "l1_method": "proximal"}],
    ids=["sgd", "clipped", "adam", "proximal"],
)  # fmt: skip


@SIZES
@CASES
@pytest.mark.parametrize(("dtype", "lr"), [("float32", 1e-12), ("float64", 1e-25)])
def test_it_is_0_when_no_weight_changed(
    hidden: list[int], train: dict[str, Any], dtype: str, lr: float, build: Build
) -> None:
    experiment = build({"hidden": hidden, "init": "constant"}, {**train, "lr": lr, "dtype": dtype}, data=REGRESSION)
    before = experiment.parameters()
    experiment.advance(3)
    after = experiment.parameters()
    assert all(np.array_equal(after[name], before[name]) for name in after if "weights" in name)
    assert experiment.lanes[0].latest_layers["update_ratio"].tolist() == [0.0] * len(
        experiment.lanes[0].settings.layers
    )
    assert experiment.lanes[0].latest["gradient_norm"] > 0.0


@SIZES
@CASES
@pytest.mark.parametrize(("dtype", "lr"), [("float32", 3e-7), ("float64", 3e-16)])
def test_it_is_the_change_of_the_weights_as_they_are_stored(
    hidden: list[int], train: dict[str, Any], dtype: str, lr: float, build: Build
) -> None:
    """Steps about as small as the last digit: most of them are rounded a good deal."""
    experiment = build({"hidden": hidden}, {**train, "lr": lr, "dtype": dtype}, data=REGRESSION)
    for _ in range(3):
        before = experiment.parameters()
        experiment.advance(1)
        after = experiment.parameters()
        names = [f"{layer.index}.weights" for layer in experiment.lanes[0].settings.layers]
        changes = [
            np.linalg.norm(after[name].astype(float) - before[name]) / np.linalg.norm(before[name].astype(float))
            for name in names
        ]
        np.testing.assert_allclose(experiment.lanes[0].latest_layers["update_ratio"], changes, rtol=1e-6)
