"""The line above everything: true of every lane, and the important parts of it at any width."""

from dataclasses import replace

import pytest
from builders import race, racer, snapshot

from nntui.plotting.header import Status, Tab, draw_header
from nntui.plotting.theme import Theme
from nntui_engine.run.snapshot import Snapshot

THEME = Theme()


def line(shown: Snapshot | None, status: Status, width: int = 160) -> str:
    return draw_header(shown, status, width, THEME).lines()[0]


def apart() -> Snapshot:
    """A lane at the end, one that began again."""
    found = snapshot("old", "new", "last", step=3000, steps=3000)
    first, second, third = found.lanes
    ended = replace(first, state="finished"), replace(second, step=250), replace(third, state="finished")
    return replace(found, lanes=ended)


def test_steps_are_those_of_the_lanes() -> None:
    assert "step 250–3 000 / 3 000" in line(apart(), Status("Lanes"))
    assert "step 300 / 3 000" in line(snapshot("a", "b", step=300, steps=3000), Status("Lanes"))


def test_what_runs_is_said_to_run() -> None:
    assert "▶ 1 of 3 running" in line(apart(), Status("Lanes"))
    assert "▶ running" in line(snapshot("a", "b"), Status("Lanes"))
    for state in ("paused", "finished"):
        assert "running" not in line(apart(), Status("Lanes", state, rate=99.0))


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("state", ["running", "paused", "finished"])
def test_step_state_and_findings_are_there_at_any_width(width: int, state: str) -> None:
    status = Status("A title of a great many words, as some are", state, 18249.0, 20000.0, ("warning", "critical"))
    words = line(snapshot("a", "b", step=3000, steps=3000), status, width)
    assert "step 3 000 / 3 000" in words
    assert state in words
    assert "× 2 findings" in words
    assert words.endswith(" ")


def test_what_matters_least_goes_first() -> None:
    status = Status("Vanishing gradients", "running", 18249.0, 20000.0, ("warning",))
    shown = snapshot("a", "b", step=3000, steps=3000)
    seen = {width: line(shown, status, width) for width in (140, 115, 100, 88, 80, 70, 62)}
    parts = ("■ b", "(limit 20k)", "nntui", "steps/s", "seed 0", "18.2k", "gradients", "Vanishing", "! 1 finding")
    assert {width: [part in words for part in parts].count(True) for width, words in seen.items()} == {
        140: 9, 115: 8, 100: 6, 88: 5, 80: 4, 70: 3, 62: 2,
    }  # fmt: skip
    for words in seen.values():
        there = [part in words for part in parts]
        assert there == sorted(there)  # each goes only after all that matter less


def test_a_title_that_is_cut_says_so() -> None:
    assert " Vanishing…   step" in line(snapshot("a"), Status("Vanishing gradients"), 50)


def test_healthy_is_said_where_it_is_known_and_no_findings_yet_while_some_may_come() -> None:
    def words(state: str, watching: bool = True, healthy: bool = False) -> str:
        lanes = tuple(replace(lane, state=state) for lane in snapshot("a", "b").lanes)
        status = Status("x", "finished", watching=watching, healthy=healthy)
        return line(replace(snapshot("a", "b"), lanes=lanes), status)

    for state in ("running", "finished"):
        assert "✓ healthy" in words(state, healthy=True)
        assert "findings" not in words(state, healthy=True)
        assert "findings" not in words(state, watching=False)
    assert "no findings yet" in words("running")
    assert "no findings" in words("finished")
    assert "no findings yet" not in words("finished")


def test_findings_are_counted_and_signed_by_the_worst() -> None:
    shown = snapshot("a")
    assert "i 1 finding " in line(shown, Status("x", severities=("info",)))
    assert "! 2 findings" in line(shown, Status("x", severities=("info", "warning")))


def test_of_a_race_the_lanes_that_diverged_are_counted() -> None:
    shown = race(racer(0), racer(1, state="diverged", diverged_at=9))
    assert "× 1 diverged" in line(shown, Status("x"))
    assert "diverged" not in line(race(racer(0)), Status("x", watching=True))


@pytest.mark.parametrize("width", [10, 20, 40])
def test_before_there_is_anything_the_header_says_so(width: int) -> None:
    assert "… preparing" in line(None, Status("A title", "preparing"), max(width, 13))


@pytest.mark.parametrize("width", range(40, 200))
def test_views_stand_at_the_right_end_whole_or_not_at_all(width: int) -> None:
    tabs = tuple(Tab(str(i), name, f"view('{name}')", i == 2) for i, name in enumerate(("one", "two", "three")))
    grid = draw_header(snapshot("sgd"), Status("A title", "paused", tabs=tabs), width, Theme())
    row = grid.lines()[0]
    spots = [spot for spot in grid.spots if spot.what == "call"]
    assert len(spots) in (0, 3)
    assert all(row[spot.column] == tab.key for spot, tab in zip(spots, tabs, strict=False))
    if spots:
        words = row[spots[0].column :].split("  ")
        assert [word.strip() for word in words if word.strip()] in (
            ["0 one", "1 two", "2 three"], ["0", "1", "2 three"], ["0", "1", "2"],
        )  # fmt: skip
    limited = draw_header(snapshot("sgd"), Status("A title", "paused", speed=5.0, tabs=tabs), width, Theme())
    if "limit" in limited.lines()[0]:
        assert len(limited.spots) == 3  # the views are worth more than the limit
