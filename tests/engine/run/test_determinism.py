"""The same scenario, seed and tweaks give the same bits, however the work is divided."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.compiled import JIT, needs_jit

from engine import runs
from nntui_engine.kernels import columns as c

ROOT = Path(__file__).parents[3]
STEPS = 45 if JIT else 16
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


@pytest.fixture(scope="module")
def path(data_file: Any) -> Path:
    return data_file(100, 5, 3, "one_hot")  # type: ignore[no-any-return]


def in_a_process(path: Path, threads: int, piece: int, *more: str, **variables: str) -> str:
    script = Path(__file__).parents[1] / "runs.py"
    environment = {**os.environ, **variables, "NUMBA_NUM_THREADS": str(threads)}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, (ROOT, ROOT / "engine")))
    command = [sys.executable, str(script), str(path), str(STEPS), str(piece), *more]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_jit
def test_any_number_of_threads(path: Path) -> None:
    in_a_process(path, 1, STEPS)  # fills the cache of compiled kernels
    one = in_a_process(path, 1, STEPS)
    assert one.startswith("float32 ")
    for threads, piece in ((2, 7), (3, STEPS), (8, 20)):
        assert in_a_process(path, threads, piece) == one


@needs_jit
@pytest.mark.slow
def test_the_first_start_gives_the_bits_of_later_ones(path: Path, tmp_path: Path) -> None:
    first, second = (in_a_process(path, 1, STEPS, "float64", NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2))
    assert first == second


@DTYPES
def test_any_division_into_calls(path: Path, dtype: str) -> None:
    whole = runs.experiment(path, dtype)
    whole.advance(STEPS)
    expected, expected_samples = runs.digest(whole), runs.samples(whole)
    for pieces in ([1] * STEPS, [10, 1, STEPS], [7] * 7):
        run = runs.experiment(path, dtype)
        for piece in pieces:
            run.advance(min(piece, STEPS - run.step))
        assert runs.digest(run) == expected
        assert runs.samples(run) == expected_samples


@DTYPES
def test_any_cut_of_the_launches(path: Path, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = runs.experiment(path, dtype)
    whole.advance(STEPS)
    monkeypatch.setattr("nntui_engine.tasks.network.LAUNCH_SECONDS", 0.0)  # the smallest launches there are …
    monkeypatch.setattr("nntui_engine.tasks.network_lane.SAMPLES_A_LAUNCH", 2)  # … and the smallest outputs
    monkeypatch.setattr("nntui_engine.tasks.network_lane.EVALUATIONS_A_LAUNCH", 1)
    small = runs.experiment(path, dtype)
    small.advance(STEPS)
    assert runs.digest(small) == runs.digest(whole)
    assert runs.samples(small) == runs.samples(whole)


@DTYPES
@pytest.mark.parametrize("index", range(len(runs.LANES)))
def test_a_lane_alone_and_among_others(path: Path, dtype: str, index: int) -> None:
    together = runs.experiment(path, dtype)
    together.advance(STEPS)
    alone = runs.experiment(path, dtype, [runs.LANES[index]])
    alone.advance(STEPS)
    assert runs.digest(alone, 0) == runs.digest(together, index)


@DTYPES
def test_saved_and_loaded(path: Path, dtype: str) -> None:
    run = runs.experiment(path, dtype)
    run.advance(10)
    moment, then = run.save(), runs.digest(run)
    run.advance(20)
    expected = runs.digest(run)
    for _ in range(2):  # a saved moment can be returned to more than once
        run.load(moment)
        assert run.step == 10
        assert runs.digest(run) == then
        run.advance(20)
        assert runs.digest(run) == expected


def test_a_saved_moment_does_not_know_what_comes_after(path: Path) -> None:
    run = runs.experiment(path, "float64")
    run.advance(10)
    then, moment = runs.digest(run), run.save()
    run.tweak({"train.lr": 0.5, "model.hidden": [3]}, "plain")
    run.advance(5)
    run.load(moment)
    assert runs.digest(run) == then
    assert run.marks == []
    assert run.lanes[0].settings.layers[0].units == 8


@DTYPES
def test_a_tweak_at_the_same_step(path: Path, dtype: str) -> None:
    digests = set()
    for pieces in ([20], [1] * 20, [13, 7]):
        run = runs.experiment(path, dtype)
        for piece in pieces:
            run.advance(piece)
        run.tweak({"train.lr": 0.2, "train.batch_size": 9})
        run.tweak({"model.dropout": 0.5}, "nadam")
        run.advance(20)
        digests.add(runs.digest(run))
    assert len(digests) == 1


def test_a_tweak_to_what_is_already_set_changes_nothing(path: Path) -> None:
    run, other = runs.experiment(path, "float64"), runs.experiment(path, "float64")
    for each in (run, other):
        each.advance(20)
    run.tweak({"train.lr": 0.05})
    for each in (run, other):
        each.advance(20)
    assert runs.digest(run) == runs.digest(other)


def test_lanes_see_the_same_batches_and_masks(path: Path) -> None:
    """Two lanes that differ only in name, and one that differs in width: same rows, same input noise."""
    lanes = [("a", {}), ("b", {}), ("wide", {"model.hidden": [9, 6]})]
    run = runs.experiment(path, "float64", lanes)
    run.tweak({"model.dropout": 0.4, "train.noise.inputs": 0.1})
    run.advance(20)
    assert runs.digest(run, 0) == runs.digest(run, 1)
    first, wide = run.network.arena.ints[0], run.network.arena.ints[2]
    size = int(first[c.I_BATCH] * first[c.I_INPUTS])
    pool = run.network.arena.pool
    assert np.array_equal(pool[first[c.I_XB] :][:size], pool[wide[c.I_XB] :][:size])


def test_another_seed_gives_another_run(path: Path) -> None:
    first, other = runs.experiment(path, "float32"), runs.experiment(path, "float32")
    other.restart(seed=1)
    assert other.seed == 1
    assert runs.digest(first) != runs.digest(other)
    other.restart(seed=0)
    assert runs.digest(first) == runs.digest(other)
