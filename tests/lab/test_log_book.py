"""The log: a line for what happened, one for quick turns of a knob, none twice."""

from dataclasses import replace
from typing import Any

from builders import lane_settings, lane_snapshot
from lab.fakes import Clock, changed

from nntui.lab.log_book import MERGE_SECONDS, LogBook
from nntui_engine.run.lanes import settings_words
from nntui_engine.run.snapshot import LaneSnapshot, Mark, Snapshot


def with_settings(lane: LaneSnapshot, settings: Any) -> LaneSnapshot:
    return replace(lane, own=replace(lane.own, settings=settings))


class Run:
    """Two lanes whose settings change with every mark, and what the log says of it."""

    def __init__(self, *names: str) -> None:
        self.clock = Clock()
        self.book = LogBook(clock=self.clock)
        lanes = tuple(lane_snapshot(i, name, 10) for i, name in enumerate(names))
        self.now = Snapshot("fake", "Fake", 0, 10, 100, lanes, ())

    def tweak(
        self, settings: dict[str, object], lane: str | None = None, *, restarted: bool = False, step: int = 10
    ) -> None:
        mark = Mark(step, lane, settings, settings_words(settings), restarted)
        lanes = [
            with_settings(one, changed(one.settings, settings)) if lane in (None, one.name) else one
            for one in self.now.lanes
        ]
        before, self.now = self.now, replace(self.now, lanes=tuple(lanes), marks=(*self.now.marks, mark))
        self.book.read(before, self.now)

    @property
    def lines(self) -> list[tuple[str, int | None]]:
        return [(line.text, line.step) for line in self.book.lines]


def with_table(run: Run) -> Run:
    """The settings' tables say what the numbers are, as the engine's do."""
    table = {"train": {"lr": 0.1, "optimizer": "sgd", "momentum": 0.0}, "model": {"init": "he_normal"}}
    lanes = [with_settings(one, replace(lane_settings(one.name), table=table)) for one in run.now.lanes]
    run.now = replace(run.now, lanes=tuple(lanes))
    return run


def test_quick_turns_of_a_knob_are_one_line_from_first_to_last() -> None:
    run = with_table(Run(""))
    for step, rate in ((10, 0.2), (12, 0.3), (14, 0.5)):
        run.tweak({"train.lr": rate}, step=step)
        run.clock.now += MERGE_SECONDS / 2
    assert run.lines == [("lr 0.1 → 0.5", 14)]  # the value that it has, from the step on at which it has it


def test_a_later_turn_another_knob_and_another_lane_have_lines_of_their_own() -> None:
    run = with_table(Run("a", "b"))
    run.tweak({"train.lr": 0.2}, "a")
    run.tweak({"train.lr": 0.2}, "b")
    run.tweak({"train.momentum": 0.9}, "b")
    run.clock.now += MERGE_SECONDS + 0.1
    run.tweak({"train.momentum": 0.5}, "b")
    assert [text for text, _ in run.lines] == [
        "a: lr 0.1 → 0.2",
        "b: lr 0.1 → 0.2",
        "b: momentum 0 → 0.9",
        "b: momentum 0.9 → 0.5",
    ]


def test_there_and_back_are_two_lines() -> None:
    run = with_table(Run(""))
    for rate in (0.2, 0.4, 0.1):
        run.tweak({"train.lr": rate})
    assert [text for text, _ in run.lines] == ["lr 0.1 → 0.4", "lr 0.4 → 0.1"]


def test_undo_says_only_what_changed_back() -> None:
    run = with_table(Run(""))
    run.tweak({"train.optimizer": "adam"})
    back = {"train.optimizer": "sgd", "train.lr": 0.1, "train.momentum": 0.0, "train.nesterov": False}
    run.tweak(back)
    assert [text for text, _ in run.lines] == ["optimizer sgd → adam", "optimizer adam → sgd"]


def test_a_restart_is_told_once_and_never_merged() -> None:
    run = with_table(Run(""))
    run.book.note("init = zeros: the network started again from step 0.")
    run.tweak({"model.init": "zeros"}, restarted=True)
    run.tweak({"model.init": "uniform"}, restarted=True)
    assert [text for text, _ in run.lines] == [
        "init he_normal → zeros, started again",
        "init zeros → uniform, started again",
    ]


def test_notes_between_two_turns_part_them_but_not_those_of_the_turns_themselves() -> None:
    run = with_table(Run(""))
    run.tweak({"train.lr": 0.2})
    run.book.note("lr = 0.3: space trains on with it, r starts again.")
    run.tweak({"train.lr": 0.3})
    run.book.note("Saved a.svg")
    run.tweak({"train.lr": 0.4})
    assert [text for text, _ in run.lines] == ["lr 0.1 → 0.3", "Saved a.svg", "lr 0.3 → 0.4"]


def test_going_back_and_changing_again_tells_nothing_twice() -> None:
    run = with_table(Run(""))
    run.tweak({"train.lr": 0.2}, step=10)
    run.clock.now += 10
    run.tweak({"train.lr": 0.3}, step=20)
    past = replace(run.now, marks=run.now.marks[:1])
    run.book.read(run.now, past)
    run.now = past
    run.clock.now += 10
    run.tweak({"train.momentum": 0.9}, step=15)
    assert [step for _, step in run.lines] == [10, 20, 15]
    run.book.read(run.now, replace(run.now, marks=()))  # a restart
    assert len(run.lines) == 3


def test_a_change_for_lanes_that_differ_names_the_new_value_alone() -> None:
    run = with_table(Run("a", "b"))
    run.tweak({"train.lr": 0.2}, "a")
    run.tweak({"train.lr": 0.5})
    assert run.lines[-1][0] == "all lanes: lr = 0.5"
