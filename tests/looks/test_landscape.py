"""The landscape as the lab sees it: a little at a time, finer in the end, anew where that is asked for."""

from typing import Any

import numpy as np
import pytest
from looks.looking import TWO_LANES

from nntui.lab.training import Training
from nntui.looks import landscape as looks
from nntui.looks.landscape import GRIDS, landscape
from nntui.looks.request import LookRequest, LookSchedule
from nntui.looks.walk import MOST_POINTS, walk_of
from nntui_engine.analysis.landscape import parameters_of
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import scenario_from_dict

pytestmark = pytest.mark.slow
REQUEST = LookRequest((landscape,))


def walked(steps: int = 100, every: int = 5) -> Experiment:
    run = Experiment(scenario_from_dict(TWO_LANES))
    walk_of(run).note(run)
    for _ in range(steps // every):
        run.advance(every)
        walk_of(run).note(run)
    return run


def finished(run: Experiment, request: LookRequest = REQUEST) -> Any:
    for _ in range(200):
        found = landscape(run, request)
        if found is not None and found.complete:
            return found
    raise AssertionError("never complete")


def test_it_comes_row_by_row_and_finer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "SECONDS", 0.0)  # one row a look at most
    monkeypatch.setattr(looks.time, "perf_counter", iter(range(10**6)).__next__)
    run = walked()
    monkeypatch.setattr(looks, "SECONDS", 1.5)
    sides, known = [], []
    for _ in range(sum(GRIDS) + 2):
        found = landscape(run, REQUEST)
        assert found is not None
        sides.append(len(found.values))
        known.append(int((~np.isnan(found.values)).sum()))
    assert sides[0] == GRIDS[0]
    assert sides[-1] == GRIDS[-1]
    assert known == sorted(known)
    assert known[0] == GRIDS[0]
    assert found.complete


def test_the_values_are_the_losses_of_the_places() -> None:
    run = walked()
    found = finished(run)
    (x0, x1), (y0, y1) = found.window
    survey = looks._SURVEYS[run]
    row, column = 30, 7
    x, y = x0 + (x1 - x0) * (column + 0.5) / 48, y0 + (y1 - y0) * (row + 0.5) / 48
    assert found.values[row, column] == survey.landscape.loss(x, y)


def test_the_path_runs_through_the_plane_to_where_the_lane_is() -> None:
    run = walked()
    found = finished(run)
    assert found.along_path
    assert 0.8 < found.share <= 1.0
    assert found.steps.tolist()[0] == 0
    assert found.steps.tolist()[-1] == 100
    np.testing.assert_allclose(found.path[-1], 0.0, atol=1e-6)
    (x0, x1), (y0, y1) = found.window
    assert (found.path > [x0, y0]).all()
    assert (found.path < [x1, y1]).all()


def test_it_begins_anew_for_another_plane_another_lane_and_when_asked() -> None:
    run = walked()
    first = finished(run)
    assert finished(run).values.tolist() == first.values.tolist()
    for other in (
        LookRequest((landscape,), plane=1),
        LookRequest((landscape,), lane=1),
        LookRequest((landscape,), again=1),
    ):
        finished(run)
        found = landscape(run, other)
        assert found is not None
        assert not found.complete or len(found.values) == GRIDS[-1]
        assert looks._SURVEYS[run].asked[2:] == (other.plane, other.again)


def test_a_path_that_leaves_its_window_gets_a_new_one() -> None:
    run = walked(20)
    before = finished(run).window
    for _ in range(60):
        run.advance(10)
        walk_of(run).note(run)
    found = finished(run)
    assert found.window != before
    (x0, x1), (y0, y1) = found.window
    assert x0 <= found.path[-1][0] <= x1
    assert y0 <= found.path[-1][1] <= y1


def test_weights_that_are_not_finite_have_none() -> None:
    run = walked()
    run.set_parameters(0, {"1.biases": np.full(4, np.nan)})
    run.advance(5)
    walk_of(run).note(run)
    assert landscape(run, REQUEST) is None


def test_looking_changes_no_bit_of_the_run() -> None:
    run, other = walked(), walked()
    finished(run)
    for one in (run, other):
        one.advance(50)
    np.testing.assert_array_equal(parameters_of(run, 0), parameters_of(other, 0))


def test_a_walk_keeps_its_ends_and_not_too_much() -> None:
    run = walked(1000, every=1)
    steps, thetas = walk_of(run).of("a")  # type: ignore[misc]
    assert (steps[0], steps[-1]) == (0, 1000)
    assert MOST_POINTS // 3 < len(steps) <= MOST_POINTS + 1
    assert (np.diff(steps) > 0).all()
    np.testing.assert_array_equal(thetas[-1], parameters_of(run, 0))


def test_a_walk_that_was_gone_back_on_ends_there() -> None:
    run = walked(100)
    run.seek(50)
    walk_of(run).note(run)
    steps, _ = walk_of(run).of("a")  # type: ignore[misc]
    assert steps[-1] == 50


def training() -> Training:
    found = Training(
        lambda: Experiment(scenario_from_dict(TWO_LANES), rewind_memory=10**8),
        lambda _: None,
        float("inf"),
        paused=False,
    )
    found.build()
    found.launch(40)
    return found


@pytest.mark.parametrize("how", ["another seed", "other first weights"])
def test_a_lane_that_begins_anew_has_a_way_from_there(how: str) -> None:
    one = training()
    if how == "another seed":
        one.restart(7)
    else:
        one.tweak({"model.init": "he_normal"}, "a")
    one.launch(40)
    _, thetas = walk_of(one.run).of("a")  # type: ignore[misc]
    settings = {"train.seed": 7} if how == "another seed" else {"model.init": "he_normal"}
    start = Experiment(scenario_from_dict(TWO_LANES), overrides=[(settings, "a")])
    np.testing.assert_array_equal(thetas[0], parameters_of(start, 0))
    other = walk_of(one.run).of("b")
    assert other is not None
    assert other[0][0] == 0


def test_a_lane_that_stands_still_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    monkeypatch.setattr("nntui.looks.walk.histograms_of", lambda _, lane: taken.append(lane) or ())
    run = Experiment(scenario_from_dict(TWO_LANES))
    for _ in range(5):
        walk_of(run).note(run)
    assert taken == [0, 1]


def test_what_is_unfinished_is_looked_at_again_while_the_run_stands() -> None:
    run = walked()
    schedule = LookSchedule(clock=iter(range(10**6)).__next__)
    schedule.ask(REQUEST)
    schedule.take(run)
    found = schedule.newest.of(landscape)  # type: ignore[union-attr]
    assert found is not None
    for _ in range(500):
        if schedule.newest.of(landscape).complete:  # type: ignore[union-attr]
            break
        if schedule.due:
            schedule.take(run)
    else:
        raise AssertionError("never complete")
    assert not schedule.due
