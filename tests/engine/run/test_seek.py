"""Going back and forward in a run: the same bits, whatever was kept on the way and however it was gone."""

import hashlib
import random
from typing import Any

import numpy as np
import pytest

from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment
from nntui_engine.registry.statistic import EVALUATION_BY_NAME, LAYER_BY_NAME, SURFACE_BY_NAME, WHOLE_BY_NAME
from nntui_engine.run.run import Run
from nntui_engine.scenario import scenario_from_dict

pytestmark = pytest.mark.slow

NETWORK: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "Two networks"},
    "data": {"name": "moons", "samples": 60},
    "model": {"hidden": [6, 4], "activation": "tanh", "batch_norm": "before", "dropout": 0.1},
    "train": {"optimizer": "adam", "lr": 0.01, "batch_size": 16, "steps": 20_000, "evaluate_every": 7},
    "lane": [
        {"name": "plain"},
        {"name": "short", "set": {"train.steps": 130, "train.noise": {"gradients": 0.01}}},
        {"name": "stops", "set": {"train.early_stopping": {"patience": 3}, "train.lr": 0.5}},
    ],
}
SURFACE: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "Optimizers on a surface"},
    "surface": {"name": "beale", "noise": 0.1},
    "train": {"lr": 0.001, "steps": 20_000},
    "lane": [
        {"name": "plain"},
        {"name": "short", "set": {"train.steps": 130}},
        {"name": "adam", "set": {"train.optimizer": "adam", "train.schedule": {"kind": "exponential", "decay": 0.001}}},
        {"name": "moons", "set": {"surface.name": "noisy_moons", "surface.batch_size": 2}},
        {"name": "lost", "set": {"train.lr": 10.0}},
    ],
}
KINDS = {"network": NETWORK, "surface": SURFACE}
kinds = pytest.mark.parametrize("kind", list(KINDS))
memories = pytest.mark.parametrize("memory", [0, 2_000_000, 10**9])


def experiment(kind: str, **options: Any) -> Experiment:
    return Experiment(scenario_from_dict(KINDS[kind]), **options)


def bits(run: Run) -> str:
    """A hash of all that a run shows: every lane's numbers, its whole past, its settings, the marks."""
    names = SURFACE_BY_NAME if run.scenario.is_surface else {**WHOLE_BY_NAME, **EVALUATION_BY_NAME}
    layers = () if run.scenario.is_surface else LAYER_BY_NAME
    found = hashlib.sha256(repr(run.marks).encode())
    for lane in run.snapshot(layers, names, points=None).lanes:
        found.update(repr((lane.step, lane.state, lane.settings, lane.whole)).encode())
        for series in (*lane.whole_history.values(), *lane.layer_history.values()):
            for part in (series.steps, series.low, series.mean, series.high):
                found.update(part.tobytes())
        if run.scenario.is_surface:
            found.update(np.array(lane.surface.position).tobytes())
        else:
            for value in run.network.parameters(lane.index).values():
                found.update(value.tobytes())
    return found.hexdigest()


@pytest.fixture
def keeps_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment is kept after every call of ``advance``."""
    monkeypatch.setattr("nntui_engine.run.run.KEEP_SECONDS", -1.0)


@kinds
@memories
@pytest.mark.usefixtures("keeps_all")
def test_any_step_back_and_forward_has_the_bits_it_had(kind: str, memory: int) -> None:
    run = experiment(kind, rewind_memory=memory)
    seen = {0: bits(run)}
    for count in (1, 9, 30, 60, 100, 300):
        run.advance(count)
        seen[run.position] = bits(run)
    run.tweak({"train.lr": 0.002})
    run.tweak({"train.steps": 900}, "short")
    seen[run.position] = bits(run)
    run.advance(100)
    seen[run.position] = bits(run)
    run.tweak({"train.optimizer": "rmsprop"}, "plain")
    seen[run.position] = bits(run)
    run.advance(50)
    if kind == "network":
        run.tweak({"model.hidden": [3]}, "plain")  # starts this lane again
        run.set_parameters("plain", {"1.biases": np.array([1.0, 2.0, 3.0])})
    else:
        run.tweak({"surface.start": [0.5, 0.5]}, "plain")
    seen[run.position] = bits(run)
    run.advance(70)
    seen[run.position] = bits(run)
    assert (run.position, run.end) == (720, 720)
    chance = random.Random(0)
    for _ in range(25):
        place = chance.choice(list(seen))
        assert run.seek(place) == run.position == place
        assert bits(run) == seen[place], place
        assert run.end == 720
    run.seek(3)
    for place in (10, 40, 100, 200, 500, 600, 650, 720):  # not by seeking, but going on
        run.advance(place - run.position)
        assert bits(run) == seen[place], place


@kinds
def test_ten_thousand_steps(kind: str) -> None:
    run = experiment(kind, rewind_memory=20_000_000)
    run.advance(500)
    first = bits(run)
    run.advance(10_000)
    last = bits(run)
    run.seek(500)
    assert bits(run) == first
    run.advance(10_000)
    assert bits(run) == last


@kinds
@memories
@pytest.mark.usefixtures("keeps_all")
def test_a_change_in_the_past_is_a_new_future(kind: str, memory: int) -> None:
    run = experiment(kind, rewind_memory=memory)
    run.advance(20)
    run.tweak({"train.lr": 0.02})
    run.advance(20)
    run.seek(10)
    run.tweak({"train.lr": 0.003})
    assert (run.position, run.end) == (10, 10)
    run.advance(30)
    straight = experiment(kind)
    straight.advance(10)
    straight.tweak({"train.lr": 0.003})
    straight.advance(12)
    later = bits(straight)
    straight.advance(18)
    assert bits(run) == bits(straight)
    run.seek(22)  # there, a moment of the former future was kept at 20
    assert bits(run) == later
    run.seek(5)
    assert run.seek(100) == 40
    assert bits(run) == bits(straight)


@kinds
def test_bad_input_in_the_past_leaves_the_future(kind: str) -> None:
    run = experiment(kind)
    run.advance(30)
    end = bits(run)
    run.seek(10)
    with pytest.raises(InputError):
        run.tweak({"train.lr": -1.0})
    assert run.end == 30
    run.seek(30)
    assert bits(run) == end


@kinds
def test_another_beginning(kind: str) -> None:
    """``restart`` and ``load`` begin a timeline of their own."""
    run = experiment(kind)
    run.advance(30)
    kept, there = run.save(), bits(run)
    run.advance(30)
    run.load(kept)
    assert (run.position, run.end, bits(run)) == (0, 0, there)
    run.advance(10)
    ten = bits(run)
    run.advance(10)
    run.seek(0)
    assert bits(run) == there
    run.seek(10)
    assert bits(run) == ten
    run.tweak({"train.lr": 0.5})
    run.restart(seed=3)
    first = bits(run)
    run.advance(12)
    run.seek(0)
    assert bits(run) == first
    assert run.lanes[0].settings.optimizer_parameters["lr"] == 0.5
    assert run.seed == 3


@kinds
def test_rows_are_handed_over_once(kind: str) -> None:
    run = experiment(kind, keep_samples=1)
    run.advance(20)
    first = list(run.samples())
    run.seek(10)
    run.seek(20)
    assert list(run.samples()) == []
    run.advance(5)
    straight = experiment(kind, keep_samples=1)
    straight.advance(25)
    assert repr(first + list(run.samples())) == repr(list(straight.samples()))


@pytest.mark.usefixtures("keeps_all")
def test_moments_thin_out_with_their_distance_and_stay_within_the_memory() -> None:
    run = experiment("surface")
    one = run.save().nbytes
    run = experiment("surface", rewind_memory=12 * one)
    for _ in range(300):
        run.advance(10)
    places = [moment.at for moment in run._timeline.kept]
    assert 8 <= len(places) <= 12
    assert places[-1] == 3000
    gaps = np.diff([0, *places])
    assert (gaps[:-1] >= gaps[1:]).mean() > 0.6  # wider further back
    ways = 3000 - np.array([0, *places[:-1]])
    assert (gaps < np.maximum(0.6 * ways, 21)).all()  # what is done again is shorter than the way back


@pytest.mark.parametrize("memory", [0, 1000])
@pytest.mark.usefixtures("keeps_all")
def test_a_moment_that_does_not_fit_is_not_even_copied(memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run = experiment("network", rewind_memory=memory)
    monkeypatch.setattr(Run, "save", lambda *_: pytest.fail("copied"))
    run.advance(100)
    run.seek(50)
    assert run.position == 50
