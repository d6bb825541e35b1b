"""A race as a whole: same bits however it is divided, tweaks, what leaves the map."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from engine.compiled import needs_jit
from engine.tasks.surfaces.builders import digest, mixed, past, race, seen

from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment
from nntui_engine.tasks.surface import SAMPLES_A_LAUNCH

ROOT = Path(__file__).parents[4]
STEPS = 300


@pytest.fixture(scope="module")
def whole() -> str:
    run = mixed()
    assert run.advance(STEPS) == STEPS
    assert [lane.state for lane in seen(run).lanes] == ["finished"] * 7 + ["diverged"]
    return digest(run)


@needs_jit
@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_any_number_of_threads(threads: int, whole: str) -> None:
    path = os.pathsep.join(map(str, (ROOT / "tests", ROOT, ROOT / "engine")))
    environment = {**os.environ, "NUMBA_NUM_THREADS": str(threads), "PYTHONPATH": path}
    script = str(Path(__file__).with_name("builders.py"))
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.stdout.strip() == whole, done.stderr


@pytest.mark.parametrize("pieces", [[1] * STEPS, [7] * 50, [299, 1], [100, 1, 199]])
def test_any_division_into_calls(pieces: list[int], whole: str) -> None:
    run = mixed()
    for piece in pieces:
        run.advance(piece)
    assert digest(run) == whole


def test_a_lane_that_is_sampled_now_and_then_stands_where_the_others_do() -> None:
    often, seldom = mixed(), mixed(every=7)
    for run in (often, seldom):
        run.advance(10)
    for one, other in zip(seen(often).lanes[:7], seen(seldom).lanes[:7], strict=True):  # the last has diverged
        assert other.surface.steps.tolist() == [0, 7]
        assert other.surface.position == one.surface.position
        for name in ("x", "y", "value", "distance", "path_length"):
            assert other.whole[name] == one.whole[name]
        assert other.whole["gradient_norm"] == pytest.approx(one.whole["gradient_norm"], rel=1e-15)


def test_by_the_clock(whole: str) -> None:
    run = mixed()
    while not run.finished:
        assert run.advance_for(0.0) > 0
    assert digest(run) == whole


def test_a_run_longer_than_a_launch() -> None:
    steps = 2 * SAMPLES_A_LAUNCH + 10
    one, many = (race({"name": "noisy_moons"}, {"lr": 0.1, "steps": steps}) for _ in range(2))
    assert one.advance(10**9) == steps
    while not many.finished:
        many.advance(1000)
    assert digest(one) == digest(many)
    assert len(seen(one).lanes[0].surface.steps) == steps + 1


@pytest.mark.parametrize("every", [1, 7, 1000])
def test_rare_samples_change_nothing_but_themselves(every: int) -> None:
    """Between samples noisy_moons leaves out the value over all points: nothing may depend on it."""
    often, rare = mixed(), mixed(every=every)
    often.advance(STEPS)
    rare.advance(STEPS)
    for a, b in zip(seen(often).lanes, seen(rare).lanes, strict=True):
        assert (a.surface.position, a.whole["value"], a.whole["gradient_norm"], a.whole["path_length"]) == (
            b.surface.position,
            b.whole["value"],
            b.whole["gradient_norm"],
            b.whole["path_length"],
        )
        assert a.surface.diverged_at == b.surface.diverged_at
        kept = np.isin(a.surface.steps, b.surface.steps)
        assert (a.surface.path[kept] == b.surface.path).all()
        assert (past(a, "value")[kept] == past(b, "value")).all()
        expected = [s for s in range(a.step + 1) if s % every == 0 or s in (STEPS, a.surface.diverged_at)]
        assert b.surface.steps.tolist() == expected


def test_a_lane_alone_and_among_others() -> None:
    together = mixed()
    together.advance(STEPS)
    for i, lane in enumerate(seen(together).lanes):
        alone = mixed()
        del alone.surface.lanes[:i], alone.surface.lanes[1:]
        alone.restart()
        alone.advance(STEPS)
        assert seen(alone).lanes[0].surface.position == lane.surface.position


def test_another_seed_is_another_noise() -> None:
    paths = []
    for seed in (1, 1, 2):
        run = race({"name": "bowl", "noise": 0.5}, {"lr": 0.1, "steps": 50}, seed=seed)
        run.advance(50)
        paths.append(seen(run).lanes[0].surface.path)
    assert (paths[0] == paths[1]).all()
    assert np.abs(paths[0] - paths[2]).max() > 1e-3


def test_the_noise_is_normal_and_of_its_size() -> None:
    run = race({"name": "bowl", "noise": 0.7, "start": [0.0, 0.0]}, {"lr": 1e-9, "steps": 4000})
    run.advance(4000)
    noise = -np.diff(seen(run).lanes[0].surface.path, axis=0) / 1e-9
    assert np.abs(noise.mean(axis=0)).max() < 4 * 0.7 / math.sqrt(4000)
    assert noise.std(axis=0) == pytest.approx(0.7, rel=0.05)
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.06
    assert abs(np.corrcoef(noise[:-1, 0], noise[1:, 0])[0, 1]) < 0.06
    assert (np.abs(noise) < 0.7).mean() == pytest.approx(0.6827, abs=0.03)


def test_lanes_of_one_seed_share_their_noise() -> None:
    run = race({"name": "bowl", "noise": 1.0}, {"lr": 1e-9, "steps": 20}, [("a", {}), ("b", {"train.lr": 2e-9})])
    run.advance(20)
    a, b = (np.diff(lane.surface.path, axis=0) for lane in seen(run).lanes)
    assert b == pytest.approx(2.0 * a, rel=1e-4)


def test_saved_and_loaded(whole: str) -> None:
    run = mixed()
    run.advance(120)
    moment, then = run.save(), digest(run)
    run.advance(STEPS)
    assert digest(run) == whole
    run.tweak({"train.lr": 0.1})
    run.load(moment)
    assert digest(run) == then
    assert run.marks == []
    run.advance(STEPS)
    assert digest(run) == whole
    run.load(moment)  # the moment itself has not moved on
    assert digest(run) == then


def test_restart() -> None:
    run = mixed()
    run.advance(100)
    first = digest(run)
    run.restart()
    assert run.step == 0
    assert all(len(lane.surface.steps) == 1 for lane in seen(run).lanes)
    run.advance(100)
    assert digest(run) == first
    run.restart(seed=9)
    run.advance(100)
    assert run.seed == 9
    assert digest(run) != first


def test_what_a_snapshot_says() -> None:
    run = race({"name": "booth", "start": [-3.0, 7.0]}, {"lr": 0.05, "steps": 40})
    start = seen(run).lanes[0]
    assert (start.step, start.state, start.surface.position, start.whole["path_length"]) == (
        0,
        "running",
        (-3.0, 7.0),
        0.0,
    )
    assert start.whole["value"] == 32.0  # (−3 + 14 − 7)² + (−6 + 7 − 5)²
    run.advance(40)
    lane = seen(run).lanes[0]
    assert lane.state == "finished"
    assert lane.surface.steps.tolist() == list(range(41))
    steps = np.diff(lane.surface.path, axis=0)
    assert lane.whole["path_length"] == pytest.approx(np.hypot(*steps.T).sum(), rel=1e-12)
    assert lane.whole["distance"] == pytest.approx(math.dist(lane.surface.position, (1.0, 3.0)), rel=1e-12)
    assert lane.surface.curvatures == pytest.approx((2.0, 18.0))
    assert past(lane, "gradient_norm")[:-1] == pytest.approx(np.hypot(*steps.T) / 0.05, rel=1e-9)
    assert lane.whole["value"] == past(lane, "value")[-1]
    assert run.surface.values(np.array([1.0, 2.0]), np.array([3.0])).tolist() == [[0.0, 5.0]]


def test_a_rate_of_0_stands_still() -> None:
    run = race({"name": "beale"}, {"lr": 0.0, "steps": 50})
    run.advance(50)
    lane = seen(run).lanes[0]
    assert (lane.surface.path == lane.surface.path[0]).all()
    assert (lane.state, lane.whole["path_length"]) == ("finished", 0.0)


@pytest.mark.parametrize("name", ["beale", "rosenbrock", "rastrigin", "ackley", "cliff", "plateau", "noisy_moons"])
def test_a_huge_rate_diverges_and_says_when(name: str) -> None:
    run = race(
        {"name": name}, {"lr": 1e6, "steps": 2000, "momentum": 0.5}, [("wild", {}), ("calm", {"train.lr": 1e-5})]
    )
    with np.errstate(all="ignore"):
        run.advance(2000)
    wild, calm = seen(run).lanes
    assert calm.state == "finished"
    assert calm.step == 2000
    if name in ("plateau", "noisy_moons", "ackley", "cliff"):  # bounded slopes: it is thrown far out, or stays
        assert wild.state in ("diverged", "finished")
    else:
        assert wild.state == "diverged"
    if wild.state == "diverged":
        assert wild.surface.diverged_at == wild.step < 2000
        assert wild.surface.steps[-1] == wild.surface.diverged_at
        assert not np.hypot(*wild.surface.path[-1]) <= 1e6 or not math.isfinite(wild.whole["value"])
        assert (np.hypot(*wild.surface.path[:-1].T) <= 1e6).all()
    assert run.finished
    assert run.advance(10) == 0


def test_a_start_far_outside_diverges_at_once() -> None:
    run = race({"name": "beale", "start": [1e30, -1e30]}, {"lr": 0.01, "steps": 10})
    with np.errstate(all="ignore"):
        run.advance(10)
        lane = seen(run).lanes[0]
    assert lane.surface.diverged_at == 1
    assert lane.state == "diverged"


def test_a_lane_that_diverged_leaves_the_others_alone() -> None:
    both = race({"name": "beale"}, {"lr": 0.001, "steps": 100}, [("a", {}), ("b", {"train.lr": 100.0})])
    alone = race({"name": "beale"}, {"lr": 0.001, "steps": 100})
    both.advance(100)
    alone.advance(100)
    assert (seen(both).lanes[0].surface.path == seen(alone).lanes[0].surface.path).all()


LIVE = [
    {"train.lr": 0.002},
    {"train.momentum": 0.5},
    {"surface.noise": 0.2},
    {"train.clip_norm": 0.1},
    {"train.optimizer": "adam", "train.beta1": 0.5},
    {"train.schedule": {"kind": "inverse_time", "decay": 0.1}},
    {"surface.window": [[0.0, 1.0], [0.0, 2.0]]},
]
ANEW = [{"surface.start": [0.5, 0.5]}, {"surface.name": "booth"}, {"train.seed": 4}]


@pytest.mark.parametrize("change", LIVE)
def test_tweaks_that_go_on(change: dict[str, object]) -> None:
    run = race({"name": "beale"}, {"lr": 0.001, "steps": 100, "momentum": 0.8}, [("a", {}), ("b", {})])
    run.advance(30)
    before = seen(run)
    mark = run.tweak(change, lane="b")
    assert (mark.step, mark.lane, mark.restarted) == (30, "b", False)
    after = seen(run)
    assert after.lanes[1].surface.position == before.lanes[1].surface.position
    assert after.lanes[1].whole["value"] == before.lanes[1].whole["value"]
    assert after.lanes[1].whole["path_length"] == before.lanes[1].whole["path_length"]
    assert (after.lanes[1].surface.path == before.lanes[1].surface.path).all()
    run.advance(20)
    a, b = seen(run).lanes
    assert a.step == b.step == 50
    assert len(b.surface.steps) == 51
    assert (a.surface.position != b.surface.position) == ("surface.window" not in change)
    assert seen(run).marks == (mark,)


@pytest.mark.parametrize("change", ANEW)
def test_tweaks_that_begin_anew(change: dict[str, object]) -> None:
    run = race({"name": "beale"}, {"lr": 0.001, "steps": 100}, [("a", {}), ("b", {})])
    run.advance(30)
    assert run.tweak(change, lane="b").restarted
    a, b = seen(run).lanes
    assert (a.step, b.step) == (30, 0)
    assert len(b.surface.steps) == 1
    run.advance(10)
    a, b = seen(run).lanes
    assert (a.step, b.step) == (40, 10)
    fresh = race({"name": "beale"}, {"lr": 0.001, "steps": 100}, overrides=[(change, None)])
    fresh.advance(10)
    assert (seen(fresh).lanes[0].surface.path == b.surface.path).all()


def test_a_tweak_goes_on_as_if_it_had_been_so_from_the_start_of_the_step() -> None:
    """Momentum and moments are kept: two rates in a row equal a schedule with that step."""
    tweaked = race({"name": "himmelblau"}, {"optimizer": "adam", "lr": 0.1, "steps": 60})
    tweaked.advance(30)
    tweaked.tweak({"train.lr": 0.05})
    tweaked.advance(30)
    schedule = {"kind": "step", "every": 30, "factor": 0.5}
    scheduled = race({"name": "himmelblau"}, {"optimizer": "adam", "lr": 0.1, "steps": 59, "schedule": schedule})
    scheduled.advance(59)
    assert (seen(tweaked).lanes[0].surface.path[:60] == seen(scheduled).lanes[0].surface.path).all()


def test_a_refused_tweak_changes_nothing() -> None:
    run = mixed()
    run.advance(20)
    before = digest(run)
    for bad in ({"train.lr": -1.0}, {"surface.start": [math.nan, 0.0]}, {"surface.condition": 3.0}, {"train.ler": 1}):
        with pytest.raises(InputError):
            run.tweak(bad)
    with pytest.raises(InputError, match="unknown lane"):
        run.tweak({"train.lr": 0.1}, lane="nobody")
    assert digest(run) == before
    assert run.marks == []


def test_more_steps_make_a_finished_race_run_on() -> None:
    run = race({"name": "bowl"}, {"lr": 0.1, "steps": 10})
    run.advance(100)
    assert run.finished
    run.tweak({"train.steps": 25})
    assert not run.finished
    assert run.advance(100) == 15
    whole = race({"name": "bowl"}, {"lr": 0.1, "steps": 25})
    whole.advance(25)
    assert (seen(run).lanes[0].surface.path == seen(whole).lanes[0].surface.path).all()


def test_what_only_the_other_kind_of_run_has() -> None:
    with pytest.raises(InputError, match=r"digits: there is no \[surface\]"):
        _ = Experiment("digits", steps=1).surface
    with pytest.raises(InputError, match="beale: a surface has no network"):
        Experiment("beale").parameters()
