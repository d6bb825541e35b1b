"""Records side by side: each lane is what its own record says of it, to the bit, at every position."""

from dataclasses import fields, replace
from pathlib import Path

import pytest
from engine.record.test_races import PAIR, race
from engine.record.test_source import TINY, recorded, same, tiny

from nntui_engine.errors import InputError
from nntui_engine.record import several
from nntui_engine.record.several import SeveralRecords, different
from nntui_engine.record.source import RecordSource
from nntui_engine.run.snapshot import LaneSnapshot
from nntui_engine.scenario import scenario_from_dict


def alone(**train: object):
    return scenario_from_dict({**TINY, "scenario": {"title": "alone"}, "train": {**TINY["train"], **train}, "lane": []})


def made(path: Path, scenario, steps: int = 60, tweak: bool = False) -> Path:
    run, recorder = recorded(path, scenario)
    run.advance(steps // 2)
    if tweak:
        run.tweak({"train.lr": 0.03})
    run.advance(steps - steps // 2)
    recorder.close()
    return path


def assert_lane(shown: LaneSnapshot, own: LaneSnapshot, place: int, name: str) -> None:
    """All but its place and its name are the record's own."""
    assert (shown.index, shown.name) == (place, name)
    expected = replace(own, index=place, name=name, own=replace(own.own, settings=replace(own.settings, name=name)))
    for field in fields(LaneSnapshot):
        assert same(getattr(shown, field.name), getattr(expected, field.name)), field.name


def test_the_lanes_of_all_at_any_position_and_their_changes(tmp_path):
    paths = made(tmp_path / "two.nntui", tiny(), 60, tweak=True), made(tmp_path / "one.nntui", alone(lr=0.2), 90)
    both = SeveralRecords(paths)
    assert (both.end, both.position, both.step, both.steps) == (90, 90, 90, 400)
    assert both.scenario.title == "tiny, alone"
    for position in (90, 60, 45, 0, 70):
        assert both.seek(position) == position
        shown, read = both.full_snapshot(None), []
        for path in paths:
            source = RecordSource(path)
            source.seek(position)
            read += source.full_snapshot(None).lanes
        names = ["plain · two", "relu · two", "one"]
        for place, (lane, own, name) in enumerate(zip(shown.lanes, read, names, strict=True)):
            assert_lane(lane, own, place, name)
        marks = [(mark.lane, mark.step, dict(mark.at)) for mark in shown.marks]
        assert marks == ([(name, 30, {name: 30}) for name in names[:2]] if position >= 45 else [])
    assert both.seek(1000) == 90
    assert {one.lane for one in both.unchecked()} <= set(names)


def test_they_grow_while_they_are_looked_at(tmp_path):
    first = made(tmp_path / "a.nntui", alone(), 20)
    run, recorder = recorded(tmp_path / "b.nntui", alone())
    run.advance(30)
    recorder.writer.close()
    both = SeveralRecords([first, tmp_path / "b.nntui"])
    assert both.end == 30
    assert not both.refresh()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(both.sources[1], "refresh", lambda: True)
        patch.setattr(type(both.sources[1]), "end", property(lambda one: 20 if one is both.sources[0] else 25))
        assert both.refresh()  # at the end, that is where it is looked at
        assert both.position == 25


def test_races_on_one_surface(tmp_path):
    paths = [
        made(tmp_path / f"{name}.nntui", race(lanes=PAIR, lr=lr), 40) for name, lr in (("slow", 0.001), ("fast", 0.01))
    ]
    both = SeveralRecords(paths)
    names = ["plain · slow", "Adam · slow", "plain · fast", "Adam · fast"]
    assert [lane.name for lane in both.full_snapshot().lanes] == names
    own = [lane for path in paths for lane in RecordSource(path).full_snapshot(None).lanes]
    for place, lane in enumerate(both.full_snapshot(None).lanes):
        assert_lane(lane, own[place], place, names[place])
    assert [lane.name for lane in both.surface.lanes] == names


def test_what_no_plot_has_together_is_refused(tmp_path, monkeypatch):
    network, beale = made(tmp_path / "n.nntui", alone(), 10), made(tmp_path / "r.nntui", race(lanes=PAIR), 10)
    saddle = made(tmp_path / "s.nntui", race("saddle", lanes=PAIR), 10)
    for paths, words in (
        ([network, beale], "n.nntui is of networks and .*r.nntui of a race on a surface"),
        ([beale, saddle], "different surfaces"),
        ([network, tmp_path / "none.nntui"], "no such file"),
    ):
        with pytest.raises(InputError, match=words):
            SeveralRecords(paths)
    monkeypatch.setattr(several, "MOST_LANES", 1)
    with pytest.raises(InputError, match="2 lanes together; at most 1"):
        SeveralRecords([network, network])


def test_equal_names_are_numbered():
    assert different(["a", "b", "a", "a 2", "a"]) == ["a", "b", "a 2", "a 2 2", "a 3"]
