"""What was found stands in a record as events: when it began, changed and ended, also of runs that branch and go on."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from nntui_engine import Experiment
from nntui_engine.record import moment
from nntui_engine.record import recorder as recording
from nntui_engine.record.branch import branched
from nntui_engine.record.late import record_late
from nntui_engine.record.noticed import FIX, FindingEvent, FixEvent, Noticed, changes
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.resume import resumed
from nntui_engine.record.several import SeveralRecords
from nntui_engine.record.source import RecordSource
from nntui_engine.run.finding import Finding
from nntui_engine.scenario import scenario_from_dict

SCENARIO = {
    "schema": 1,
    "scenario": {"title": "Noticed"},
    "data": {"name": "moons", "samples": 60},
    "model": {"hidden": [4], "activation": "tanh"},
    "train": {"lr": 0.1, "batch_size": 16, "steps": 400},
}


def found(
    rule: str, severity: Any = "warning", lane: str = "", layers: tuple[int, ...] = (1,), step: int = 3
) -> Finding:
    return Finding(rule, severity, lane, layers, step, {}, f"{rule} hurts")


class Sick(Experiment):
    """A run in which is found what ``wrong`` says at its position, for its lane or those named there."""

    wrong: Mapping[int, list[Finding]] = MappingProxyType({})

    def findings(self) -> list[Finding]:
        there = {lane.name for lane in self.lanes}
        known = [at for at in self.wrong if at <= self.position]
        return [one for one in self.wrong[max(known)] if one.lane in there] if known else []


@pytest.fixture(autouse=True)
def look_always(monkeypatch):
    monkeypatch.setattr(recording, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(recording, "LOOK_SHARE", 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.nntui"


def recorded(path: Path, wrong: dict[int, list[Finding]], lanes: Any = None, **options: Any) -> tuple[Sick, Recorder]:
    recorder = Recorder(path)
    run = Sick(scenario_from_dict({**SCENARIO, **({"lane": lanes} if lanes else {})}), listener=recorder, **options)
    run.wrong = wrong
    return run, recorder


def told(path: Path, at: int | None = None) -> list[tuple[Any, ...]]:
    """What is said of findings where a record is looked at: position, state, lane, rule, severity, since."""
    source = RecordSource(path)
    if at is not None:
        source.seek(at)
    happened = [(one.at, one.event) for one in source.happened()]
    source.close()
    return [(at, e.state, e.lane, e.rule, e.severity, e.since) for at, e in happened if isinstance(e, FindingEvent)]


def to(run: Experiment, *positions: int) -> None:
    for position in positions:
        while run.position < position and run.advance(position - run.position):
            pass


WRONG = {
    10: [found("slow")],
    20: [found("slow", "critical"), found("dead")],
    30: [found("dead", layers=(1, 2))],
}


def test_a_finding_that_begins_changes_and_ends_is_an_event(path):
    run, recorder = recorded(path, WRONG)
    to(run, 10, 15, 20, 30, 40)
    recorder.close()
    assert told(path) == [
        (10, "began", "", "slow", "warning", 3),
        (20, "changed", "", "slow", "critical", 3),
        (20, "began", "", "dead", "warning", 3),
        (30, "ended", "", "slow", "critical", 3),
    ]  # and layers alone are no change


def test_where_it_is_looked_at_is_said_what_was_known_then(path):
    run, recorder = recorded(path, WRONG)
    to(run, 10, 20, 30, 40)
    recorder.close()
    assert [one[:2] for one in told(path, 15)] == [(10, "began")]
    assert told(path, 9) == []


def test_the_row_says_lane_step_rule_severity_layers_and_message(path):
    run, recorder = recorded(path, {10: [found("slow")]})
    to(run, 10)
    recorder.close()
    (event,) = sqlite3.connect(path).execute(
        "SELECT at, what, json_extract(detail, '$.lane'), json_extract(detail, '$.step'), "
        "json_extract(detail, '$.rule'), json_extract(detail, '$.severity'), json_extract(detail, '$.layers'), "
        "json_extract(detail, '$.message'), json_extract(detail, '$.arrangement') FROM event"
    )
    assert event == (10, "finding", "", 10, "slow", "warning", "[1]", "slow hurts", 1)


def test_a_future_that_was_given_up_says_nothing_of_the_new_one(path):
    run, recorder = recorded(path, WRONG, rewind_memory=10**8)
    to(run, 10, 20)
    run.seek(15)
    run.tweak({"train.lr": 0.2})
    run.wrong = {0: [found("slow")], 18: []}
    to(run, 17, 25)
    recorder.close()
    assert [one[:4] for one in told(path)] == [(10, "began", "", "slow"), (25, "ended", "", "slow")]


def test_going_back_and_forward_again_says_nothing_twice(path):
    run, recorder = recorded(path, WRONG, rewind_memory=10**8)
    to(run, 10, 20, 30)
    run.seek(5)
    to(run, 12, 25, 35)
    recorder.close()
    assert [one[0] for one in told(path)] == [10, 20, 20, 30]


def test_a_lane_that_is_renamed_or_copied_takes_what_was_found_along_and_one_that_begins_anew_does_not(path):
    run, recorder = recorded(path, {5: [found("slow", lane=name) for name in ("", "original", "copy", "fresh")]})
    to(run, 10)
    run.rename_lane("", "original")
    run.add_lane("copy", "original", {}, fresh=False)
    run.add_lane("fresh", "original", {}, fresh=True)
    to(run, 12)
    recorder.close()
    assert [(at, state, lane) for at, state, lane, *_ in told(path)] == [(10, "began", ""), (10, "began", "fresh")]


def test_a_restart_begins_with_nothing_found(path):
    run, recorder = recorded(path, {10: [found("slow")]})
    to(run, 12)
    run.restart()
    to(run, 5, 15)
    recorder.close()
    assert [one[:2] for one in told(path)] == [(15, "began")]


def test_a_run_that_goes_on_knows_what_was_found(path):
    run, recorder = recorded(path, WRONG)
    to(run, 10, 25)
    recorder.close()
    run, recorder = resumed(path)
    recorder.close()
    ended = [one for one in told(path) if one[1] == "ended"]
    assert [(one[0], one[3]) for one in ended] == [(run.position, "slow"), (run.position, "dead")]


def test_a_branch_has_what_was_found_until_it_began(path, tmp_path, monkeypatch):
    monkeypatch.setattr(recording, "FIRST_CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(recording, "BYTES_A_SECOND", 1e18)
    monkeypatch.setattr(moment, "MOMENTS_WITH_NUMBERS", 100)
    run, recorder = recorded(path, {**WRONG, 40: [found("late")]})
    to(run, 10, 20, 30, 40)
    recorder.noted(run, FIX, {"state": "tried", "lane": "b", "origin": "", "rule": "slow", "set": {"train.lr": 1.0}})
    recorder.close()
    into = tmp_path / "branch.nntui"
    branch = branched(path, 30, into)
    branch.recorder.close()
    before = [one for one in told(path) if one[0] <= 30]
    assert len(before) == 4
    assert told(into)[:4] == before
    assert {one[0] for one in told(into)[4:]} <= {30}  # as Sick is no part of the branch, what stood ends there
    assert len(RecordSource(into).happened()) == len(told(into))


def test_what_a_late_record_finds_begins_where_it_does(path):
    run = Sick(scenario_from_dict(SCENARIO))
    run.wrong = {5: [found("slow")]}
    to(run, 20)
    record_late(run, recorder := Recorder(path))
    to(run, 30)
    recorder.close()
    assert told(path) == [(30, "began", "", "slow", "warning", 3)]


def test_a_fix_that_was_tried_is_an_event(path):
    run, recorder = recorded(path, {})
    to(run, 10)
    run.note(FIX, {"state": "tried", "lane": "b", "origin": "original", "rule": "slow", "set": {"train.lr": 0.5}})
    recorder.close()
    (one,) = RecordSource(path).happened()
    assert (one.at, one.event) == (10, FixEvent("tried", 1, "b", "original", "slow", {"train.lr": 0.5}))


def test_kinds_that_are_not_known_are_passed_over(path):
    run, recorder = recorded(path, {10: [found("slow")]})
    to(run, 10)
    run.note("thunder", {"loud": True})
    recorder.close()
    assert [one[1] for one in told(path)] == ["began"]
    run, recorder = resumed(path)
    run.advance(5)
    recorder.close()


def test_several_records_say_what_each_found_by_the_names_of_its_lanes(path, tmp_path):
    other = tmp_path / "other.nntui"
    for one in (path, other):
        run, recorder = recorded(one, {10: [found("slow")]})
        to(run, 10)
        recorder.close()
    assert [one.event.lane for one in SeveralRecords([path, other]).happened()] == ["run", "other"]


def test_findings_are_told_apart_by_lane_and_rule_alone():
    one = changes({}, [found("slow", lane="a")], 1, {"a": 7})
    standing = Noticed(events=[(7, one[0])]).standing(7)
    assert changes(standing, [found("slow", lane="a", layers=(2, 3), step=99)], 1, {"a": 8}) == []
    assert [(e.state, e.lane) for e in changes(standing, [found("slow", lane="b")], 1, {"a": 8, "b": 2})] == [
        ("began", "b"),
        ("ended", "a"),
    ]
