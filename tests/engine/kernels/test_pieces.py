"""A step worked in pieces is the step worked whole, and threads that share the pieces change no bit."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.compiled import needs_jit

from nntui_engine import Experiment
from nntui_engine.kernels import columns as c
from nntui_engine.kernels.team import ROWS, TEAM, publish, report, take, wait_done, wait_ticket
from nntui_engine.scenario import scenario_from_dict

ROOT = Path(__file__).parents[3]
STEPS = 12
CHANGES: dict[str, dict[str, Any]] = {
    "plain": {},
    "full batch": {"train": {"batch_size": "full"}},
    "classes": {"data": {"name": "blobs", "samples": 90, "classes": 3}},
    "dropout": {"model": {"dropout": [0.3, 0.2], "input_dropout": 0.2}},
    "clipped norm": {"train": {"clip_norm": 0.05}},
    "clipped values": {"train": {"clip_value": 0.01}},
    "noise": {"train": {"noise": {"inputs": 0.1, "gradients": 0.05}}},
    "frozen": {"model": {"trainable": [False, True, True]}},
    "frozen and clipped": {"model": {"trainable": [True, False, True]}, "train": {"clip_norm": 0.05}},
    "penalties": {"train": {"l1": 0.002, "l2": 0.01}},
    "tanh": {"model": {"activation": "tanh"}},
    "wide": {"model": {"hidden": [90, 60]}},  # products by BLAS
    "fewer inputs than pieces": {"model": {"hidden": [2, 2]}},
    "momentum": {"train": {"optimizer": "sgd", "momentum": 0.9, "lr": 0.1}},
}
WHOLE_ONLY: dict[str, dict[str, Any]] = {
    "batch norm": {"model": {"batch_norm": "before"}},
    "batch norm of the inputs": {"model": {"batch_norm_inputs": True}},
    "prelu": {"model": {"activation": "prelu"}},
    "DropConnect": {"model": {"dropconnect": 0.2}},
    "noise on the weights": {"train": {"noise": {"weights": 0.1}}},
}


def experiment(change: dict[str, Any], dtype: str = "float64", **more: Any) -> Experiment:
    tables: dict[str, Any] = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "moons", "samples": 90, "noise": 0.1},
        "model": {"hidden": [7, 5], "activation": "relu", "init": "he_normal", "bias": 0.1},
        "train": {"optimizer": "adam", "lr": 0.01, "batch_size": 32, "steps": STEPS, "dtype": dtype},
    }
    for table, values in change.items():
        tables[table] = {**({} if table == "data" else tables[table]), **values}
    tables["train"].update(more)
    return Experiment(scenario_from_dict(tables))


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every step in three pieces, the last mini-batch of an epoch too."""
    monkeypatch.setattr("nntui_engine.layout.layout.PIECES", ((3, 0, 1),))
    return


@pytest.mark.parametrize("name", CHANGES)
def test_pieces_add_up_to_the_whole(name: str, request: pytest.FixtureRequest) -> None:
    whole = experiment(CHANGES[name])
    assert whole.network.arena.ints[0, c.I_ROW_PIECES] == 1
    request.getfixturevalue("in_pieces")
    cut = experiment(CHANGES[name])
    assert cut.network.arena.ints[0, c.I_ROW_PIECES] == 3
    for run in (whole, cut):
        run.gradients()  # a probe before and between the steps leaves no trace
    for _ in range(STEPS):
        whole.advance(1)
        cut.advance(1)
        expected, found = whole.lanes[0].statistics, cut.lanes[0].statistics
        for key, value in expected.items():
            if key != "layers":
                np.testing.assert_allclose(found[key], value, rtol=1e-9, atol=1e-14, err_msg=key)
        for key, values in expected["layers"].items():
            np.testing.assert_allclose(found["layers"][key], values, rtol=1e-8, atol=1e-14, err_msg=key)
    for key, values in whole.parameters().items():
        np.testing.assert_allclose(cut.parameters()[key], values, rtol=1e-9, atol=1e-13, err_msg=key)
    for key, values in whole.gradients().items():
        np.testing.assert_allclose(cut.gradients()[key], values, rtol=1e-8, atol=1e-13, err_msg=key)
    assert cut.loss() == pytest.approx(whole.loss(), rel=1e-12)


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("name", WHOLE_ONLY)
def test_what_looks_at_all_rows_stays_whole(name: str) -> None:
    assert experiment(WHOLE_ONLY[name]).network.arena.ints[0, c.I_ROW_PIECES] == 1


@pytest.mark.usefixtures("in_pieces")
def test_a_mini_batch_smaller_than_the_pieces() -> None:
    run = experiment({"data": {"name": "moons", "samples": 47, "test_fraction": 0.0}}, batch_size=15)
    run.advance(4)  # the fourth batch has two rows
    statistics = run.lanes[0].statistics
    assert np.isfinite(statistics["loss"])
    assert statistics["accuracy"] in (0.0, 0.5, 1.0)
    assert np.isfinite(statistics["layers"]["activation_variance"]).all()


def test_the_size_of_the_work_decides() -> None:
    small = experiment({"model": {"hidden": [8, 8]}})
    large = experiment({"data": {"name": "digits"}, "model": {"hidden": [256, 256]}}, batch_size=128)
    assert [run.network.arena.ints[0, c.I_ROW_PIECES] for run in (small, large)] == [1, 2]


SCRIPT = """
import hashlib, sys
from nntui_engine import Experiment
from nntui_engine.scenario import scenario_from_dict
run = Experiment(scenario_from_dict({
    "schema": 1, "scenario": {"title": "t"}, "data": {"name": "digits"},
    "model": {"hidden": [128, 64], "dropout": 0.2}, "train": {"optimizer": "adam", "batch_size": 64, "clip_norm": 0.5,
    "steps": 150},
}))
assert run.network.arena.ints[0, int(sys.argv[1])] == 2
run.advance(150)
digest = hashlib.sha256(run.network.arena.pool.tobytes())
for series in run.snapshot(layer_history=["gradient_norm", "activation_variance"]).lanes[0].layer_history.values():
    digest.update(series.mean.tobytes())
print(digest.hexdigest())
"""


@needs_jit
def test_threads_that_share_a_step_change_no_bit() -> None:
    found = set()
    for threads in (1, 2, 2, 4):
        environment = {**os.environ, "NUMBA_NUM_THREADS": str(threads)}
        environment["PYTHONPATH"] = os.pathsep.join(map(str, (ROOT, ROOT / "engine")))
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(c.I_ROW_PIECES)],
            env=environment, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found.add(done.stdout)
    assert len(found) == 1


def test_every_piece_is_taken_once_and_then_none() -> None:
    from engine.compiled import compiled

    team = np.zeros(TEAM, np.int64)
    for _ in range(3):  # tickets of an earlier phase do not count in the next
        compiled(publish)(team, ROWS, 4)
        taken = [compiled(take)(team) for _ in range(6)]
        assert taken == [(ROWS, 0), (ROWS, 1), (ROWS, 2), (ROWS, 3), (0, -1), (0, -1)]
        for _ in range(4):
            compiled(report)(team)
        compiled(wait_done)(team, 4)
    assert compiled(wait_ticket)(team) == (0, -1)
