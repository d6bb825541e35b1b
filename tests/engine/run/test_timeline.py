"""A run's timeline by itself: what was done, and which moments are kept on the way."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nntui_engine.run.timeline import MOST_KEPT, Timeline, Tweaked


@dataclass
class Moment:
    nbytes: int = 10


def line_of(memory: int, steps: int, every: int = 1) -> Timeline:
    """A line that kept a moment every so many steps."""
    line, moment = Timeline(memory), Moment()
    for _ in range(0, steps, every):
        line.moved(every)
        keep: Any = moment
        line.keep(keep)
    return line


def test_within_the_memory_all_moments_are_kept_and_the_nearest_before_is_found() -> None:
    line = line_of(memory=100, steps=50, every=10)
    assert [one.at for one in line.kept] == [10, 20, 30, 40, 50]
    found = [line.nearest(at) for at in (9, 10, 39, 1000)]
    assert [one and one.at for one in found] == [None, 10, 30, 50]


def test_small_moments_are_not_many_either() -> None:
    line = line_of(memory=10**9, steps=100_000, every=10)
    places = [0, *(one.at for one in line.kept)]
    assert (len(places), places[-1]) == (1 + MOST_KEPT, 100_000)
    gaps = [(after - before) / (1 + 100_000 - before) for before, after in pairwise(places)]
    assert max(gaps[:-4]) < 0.5  # of the way back to each, but for the very last ones


def test_where_memory_is_short_the_far_past_is_thinned_most() -> None:
    line = line_of(memory=80, steps=1024)
    kept = [one.at for one in line.kept]
    assert len(kept) == 8
    assert kept[-1] == 1024
    back = [1 + 1024 - at for at in kept]
    gaps = [before - after for before, after in zip([1025, *back], back, strict=False)]
    assert gaps == sorted(gaps, reverse=True)
    assert max(gap / way for gap, way in zip(gaps, [1025, *back], strict=False)) < 0.75


def test_something_new_ends_the_old_future() -> None:
    line = line_of(memory=100, steps=50, every=10)
    line.happened(Tweaked(50, {"train.lr": 1}, None))
    line.at, line.done = 25, 0
    assert line.next == Tweaked(50, {"train.lr": 1}, None)
    line.happened(Tweaked(25, {"train.lr": 2}, "a"))
    assert [one.at for one in line.kept] == [10, 20]
    assert (line.events, line.next, line.end) == ([Tweaked(25, {"train.lr": 2}, "a")], None, 25)
