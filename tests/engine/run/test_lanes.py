"""Lanes that are added, dropped and renamed while a run goes on: no other lane notices."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from engine.run.test_seek import KINDS, experiment, kinds

from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment
from nntui_engine.registry.statistic import EVALUATION_BY_NAME, LAYER_BY_NAME, SURFACE_BY_NAME, WHOLE_BY_NAME
from nntui_engine.scenario import scenario_from_dict

pytestmark = pytest.mark.slow
HIGHER = {"train.lr": 0.02}


def lane_bits(run: Experiment, name: str) -> str:
    """A hash of all that a lane shows but its place."""
    surface = run.scenario.is_surface
    names = SURFACE_BY_NAME if surface else {**WHOLE_BY_NAME, **EVALUATION_BY_NAME}
    lane = run.snapshot(() if surface else LAYER_BY_NAME, names, points=None).lanes[run.index(name)]
    found = hashlib.sha256(repr((lane.step, lane.state, lane.whole)).encode())
    for series in (*lane.whole_history.values(), *lane.layer_history.values()):
        for part in (series.steps, series.low, series.mean, series.high):
            found.update(part.tobytes())
    for value in [] if surface else run.parameters(name).values():
        found.update(value.tobytes())
    return found.hexdigest()


def all_bits(run: Experiment) -> dict[str, str]:
    return {lane.name: lane_bits(run, lane.name) for lane in run.lanes}


@kinds
def test_no_lane_notices_that_others_come_and_go(kind: str) -> None:
    alone, run = experiment(kind), experiment(kind)
    alone.advance(100)
    run.advance(40)
    run.add_lane("new", "plain", HIGHER)
    run.advance(20)
    run.add_lane("branch", "plain", HIGHER, fresh=False)
    run.advance(20)
    run.drop_lane("new")
    run.advance(20)
    expected = all_bits(alone)
    assert {name: bits for name, bits in all_bits(run).items() if name != "branch"} == expected


@kinds
def test_a_fresh_lane_is_what_it_would_have_been_from_the_start(kind: str) -> None:
    run = experiment(kind)
    run.advance(40)
    assert run.add_lane("new", "plain", HIGHER) is True
    assert run.step_of("new") == 0
    run.advance(60)
    tables = {**KINDS[kind], "lane": [{"name": "new", "set": HIGHER}]}
    alone = Experiment(scenario_from_dict(tables))
    alone.advance(60)
    assert run.step_of("plain") == 100
    assert lane_bits(run, "new") == lane_bits(alone, "new")


@kinds
def test_a_branch_goes_on_from_where_the_other_stands(kind: str) -> None:
    run, tweaked = experiment(kind), experiment(kind)
    run.advance(40)
    tweaked.advance(40)
    assert run.add_lane("branch", "plain", HIGHER, fresh=False) is False
    tweaked.tweak(HIGHER, "plain")
    assert run.step_of("branch") == 40
    run.advance(30)
    tweaked.advance(30)
    assert lane_bits(run, "branch") == lane_bits(tweaked, "plain")
    assert lane_bits(run, "plain") != lane_bits(tweaked, "plain")


def test_a_branch_that_needs_another_shape_begins_at_its_start() -> None:
    run = experiment("network")
    run.advance(40)
    assert run.add_lane("wide", "plain", {"model.hidden": [9, 4]}, fresh=False) is True
    assert (run.step_of("wide"), run.step_of("plain")) == (0, 40)


def test_a_new_lane_gives_a_finished_run_steps_to_make() -> None:
    run = experiment("network", steps=50)
    run.advance(50)
    assert run.finished
    run.add_lane("new", "plain", HIGHER)
    assert not run.finished
    assert run.advance(1000) == 50
    assert [run.step_of(lane.name) for lane in run.lanes] == [50, 50, 50, 50]


@kinds
def test_a_renamed_lane_is_the_same_lane(kind: str) -> None:
    run, other = experiment(kind), experiment(kind)
    for one in (run, other):
        one.advance(40)
        one.tweak(HIGHER, "plain")
    run.rename_lane("plain", "higher")
    for one in (run, other):
        one.advance(30)
    assert next(lane.name for lane in run.lanes) == "higher"
    assert lane_bits(run, "higher") == lane_bits(other, "plain")
    assert [mark.lane for mark in run.marks] == ["higher"]


@kinds
@pytest.mark.parametrize("memory", [0, 10**9])
def test_going_back_and_forward_past_lanes_that_came_and_went(kind: str, memory: int) -> None:
    run = experiment(kind, rewind_memory=memory)
    seen: dict[int, dict[str, str]] = {}
    deeds: list[Callable[[], Any]] = [
        lambda: run.add_lane("new", "plain", HIGHER),
        lambda: run.add_lane("branch", "new", {}, fresh=False),
        lambda: run.rename_lane("new", "newer"),
        lambda: run.tweak(HIGHER, "newer"),
        lambda: run.drop_lane("branch"),
    ]
    for deed in deeds:
        run.advance(10)
        deed()
        run.advance(5)
        seen[run.position] = all_bits(run)
    for at in (*reversed(seen), *seen):
        assert run.seek(at) == at
        assert all_bits(run) == seen[at], at


def test_marks_of_a_dropped_lane_are_gone() -> None:
    run = experiment("network")
    run.advance(3)
    run.tweak(HIGHER, "plain")
    run.tweak(HIGHER, "stops")
    run.drop_lane("plain")
    assert [mark.lane for mark in run.marks] == ["stops"]


def test_a_mark_stands_at_its_own_lanes_step() -> None:
    run = experiment("network")
    run.advance(30)
    run.add_lane("new", "plain", {})
    run.advance(10)
    assert run.tweak(HIGHER, "new").step == 10
    assert run.tweak(HIGHER, "plain").step == 40
    assert run.tweak(HIGHER).at == {lane.name: run.step_of(lane.name) for lane in run.lanes}
    assert run.marks[-1].at["new"] == 10


def test_a_lane_that_goes_on_from_another_has_the_changes_of_its_past() -> None:
    run = experiment("network")
    run.advance(5)
    run.tweak(HIGHER, "plain")
    run.advance(5)
    run.add_lane("branch", "plain", HIGHER, fresh=False)
    run.add_lane("new", "plain", HIGHER)
    assert run.marks[0].at == {"plain": 5, "branch": 5}
    run.rename_lane("plain", "first")
    run.drop_lane("branch")
    assert run.marks[0].at == {"first": 5}


@pytest.mark.parametrize(
    ("deed", "says"),
    [
        (lambda run: run.add_lane("plain", "short", {}), 'add_lane: "plain" is not allowed'),
        (lambda run: run.add_lane(" ", "short", {}), 'add_lane: " " is not allowed'),
        (lambda run: run.add_lane("new", "none", {}), 'unknown lane "none"'),
        (lambda run: run.add_lane("new", "plain", {"train.lr": -1}), "train.lr = -1"),
        (lambda run: run.drop_lane("none"), 'unknown lane "none"'),
        (lambda run: run.rename_lane("plain", "short"), 'rename_lane: "short" is not allowed'),
        (lambda run: run.rename_lane("none", "new"), 'unknown lane "none"'),
    ],
)
def test_what_is_refused_changes_nothing(deed: Callable[[Experiment], Any], says: str) -> None:
    run = experiment("network")
    run.advance(10)
    before = all_bits(run)
    with pytest.raises(InputError) as refused:
        deed(run)
    assert says in str(refused.value)
    assert all_bits(run) == before


def test_the_last_lane_stays() -> None:
    run = experiment("network")
    run.drop_lane("plain")
    run.drop_lane("short")
    with pytest.raises(InputError, match="the last lane stays"):
        run.drop_lane("stops")
