"""Networks of all kinds of layer give the same bits however the work is divided; in pieces, but for rounding."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.compiled import JIT, needs_jit
from engine.layers import layer_runs as own
from engine.layers.nets import NETS, experiment

from nntui_engine.kernels import columns as c
from nntui_engine.layout import layout

ROOT = Path(__file__).parents[3]
STEPS = 23 if JIT else 5
FAMILIES = pytest.mark.parametrize("family", ["images", "times"])


def in_a_process(*arguments: object, **variables: str) -> str:
    environment = {**os.environ, **variables}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, (ROOT, ROOT / "engine")))
    command = [sys.executable, str(Path(own.__file__)), *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_jit
def test_any_number_of_threads(tmp_path: Path) -> None:
    one, *others = (in_a_process("bits", tmp_path, STEPS, NUMBA_NUM_THREADS=str(threads)) for threads in (1, 2, 3))
    assert len(set(one.split())) == 10
    assert others == [one, one]


@FAMILIES
def test_any_cut_of_the_launches(family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = own.lanes_of(family, tmp_path, "float64")
    whole.advance(STEPS)
    monkeypatch.setattr("nntui_engine.tasks.network.LAUNCH_SECONDS", 0.0)
    monkeypatch.setattr("nntui_engine.tasks.network_lane.SAMPLES_A_LAUNCH", 2)
    monkeypatch.setattr("nntui_engine.tasks.network_lane.EVALUATIONS_A_LAUNCH", 1)
    small = own.lanes_of(family, tmp_path, "float64")
    small.advance(STEPS)
    single = own.lanes_of(family, tmp_path, "float64")
    for _ in range(STEPS):
        single.advance(1)
        single.gradients()  # a probe between the steps leaves no trace
        single.predict(single.lanes[0].data.x_train, 0, 3)
    assert own.digest(small) == own.digest(whole) == own.digest(single)


@FAMILIES
def test_a_lane_alone_and_among_others(family: str, tmp_path: Path) -> None:
    together = own.lanes_of(family, tmp_path, "float64")
    together.advance(STEPS)
    for i, name in enumerate(own.IMAGES if family == "images" else own.TIMES):
        alone = own.lanes_of(family, tmp_path, "float64", [name])
        alone.advance(STEPS)
        assert own.digest(alone, 0) == own.digest(together, i), name


@FAMILIES
def test_saved_and_loaded(family: str, tmp_path: Path) -> None:
    run = own.lanes_of(family, tmp_path, "float64")
    run.advance(4)
    moment, then = run.save(), own.digest(run)
    run.advance(STEPS)
    expected = own.digest(run)
    for _ in range(2):
        run.load(moment)
        assert own.digest(run) == then
        run.advance(STEPS)
        assert own.digest(run) == expected


@FAMILIES
@pytest.mark.parametrize("memory", [0, 10**9])
def test_back_and_forward(family: str, memory: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nntui_engine.run.run.KEEP_SECONDS", -1.0)
    run = own.lanes_of(family, tmp_path, "float64", rewind_memory=memory)
    seen = {}
    for part in (3, 2, 4, 1, 6):
        run.advance(part)
        seen[run.position] = own.digest(run)
        if run.position == 5:
            run.tweak({"train.lr": 0.02})
        if run.position == 9:
            run.tweak({"train.l2": 0.01})
    for position in (3, 16, 9, 10, 3, 5, 16):
        if position in (5, 9):  # the tweaks stand there, too
            continue
        run.seek(position)
        assert own.digest(run) == seen[position], position


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETS)
def test_pieces_add_up_to_the_whole(name: str, dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statistics and parameters, through the last mini-batches of an epoch too, of 1 row: two pieces are empty."""
    train = {"dtype": dtype, "batch_size": 6, "evaluate_every": 3, "lr": 0.01, "l2": 0.01}
    made = []
    for pieces in (layout.PIECES, own.PIECES):
        monkeypatch.setattr(layout, "PIECES", pieces)
        made.append(experiment(tmp_path, name, train, rows=13))
    whole, cut = made
    if cut.network.arena.ints[0, c.I_ROW_PIECES] == 1:  # batch norm and prelu look at all rows
        assert any(layer.batch_norm != "none" or layer.activation == "prelu" for layer in cut.lanes[0].settings.layers)
        return
    close = {"rtol": 1e-9, "atol": 1e-12} if dtype == "float64" else {"rtol": 2e-3, "atol": 1e-4}
    for step in range(1, 8 if JIT else 4):
        whole.advance(1)
        cut.advance(1)
        expected, found = whole.lanes[0], cut.lanes[0]
        for key, value in expected.latest.items():
            np.testing.assert_allclose(found.latest[key], value, **close, err_msg=f"{key}, step {step}")
        for key, value in expected.latest_layers.items():
            np.testing.assert_allclose(found.latest_layers[key], value, **close, err_msg=f"{key}, step {step}")
        np.testing.assert_allclose(found.latest_sequence, expected.latest_sequence, **close, err_msg=f"step {step}")
        for key, value in whole.parameters().items():
            np.testing.assert_allclose(cut.parameters()[key], value, **close, err_msg=f"{key}, step {step}")


@needs_jit
def test_plain_python_is_the_same_but_for_rounding(tmp_path: Path) -> None:
    found: list[Any] = []
    for number, variables in enumerate(({}, {"NUMBA_DISABLE_JIT": "1"})):
        path = tmp_path / f"{number}.npz"
        in_a_process("values", tmp_path, 3, path, **variables)
        with np.load(path) as archive:
            found.append(dict(archive))
    assert set(found[0]) == set(found[1])
    for name, value in found[0].items():
        if name.endswith("gradient_zero_fraction"):
            continue  # a bias in front of batch norm has none but for rounding
        np.testing.assert_allclose(found[1][name], value, rtol=1e-8, atol=1e-11, err_msg=name)
