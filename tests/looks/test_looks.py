"""What is seen of a network itself, against what it predicts; and how often it is looked at."""

import numpy as np
import pytest
from looks.looking import experiment, taken

from nntui.looks.regions import classified, decision_regions
from nntui.looks.request import SHORTEST_WAIT, LookRequest, Looks, LookSchedule
from nntui.looks.weights import unit_weights


def test_regions_are_what_the_network_predicts() -> None:
    run = experiment()
    run.advance(200)
    (found,) = taken(run, decision_regions)
    rows, columns = found.kind.shape
    (x0, x1), (y0, y1) = found.window
    for row, column in ((0, 0), (rows - 1, 0), (rows // 3, columns // 2), (rows - 1, columns - 1)):
        point = [x0 + (x1 - x0) * column / (columns - 1), y1 - (y1 - y0) * row / (rows - 1)]
        answer = run.predict(np.array([point]))[0, 0]
        assert found.kind[row, column] == int(answer > 0.5)
        assert found.sureness[row, column] == pytest.approx(min(1.0, abs(answer - 0.5) / 0.5), abs=1e-5)
    data = run.lanes[0].data
    np.testing.assert_array_equal(found.kinds[~found.held_out], (data.t_train[:, 0] > 0.5).astype(int))
    assert found.held_out.sum() == len(data.x_validation) > 0


def test_broken_answers_are_no_class() -> None:
    settings = experiment().lanes[0].settings
    kind, sureness = classified(np.array([[np.nan], [0.9], [0.2]]), np.array([[0.0], [1.0]]), settings)
    assert list(kind) == [-1, 1, 0]
    np.testing.assert_allclose(sureness, [0.0, 0.8, 0.6])
    kind, sureness = classified(np.array([[0.1, 0.7, 0.2], [np.inf, 0.0, 0.0]]), np.eye(3), settings)
    assert list(kind) == [1, -1]
    assert sureness[0] == pytest.approx(0.5)


def test_looks_keep_their_distance_while_it_trains() -> None:
    now = [0.0]
    run = experiment()
    schedule = LookSchedule(lambda: now[0])
    assert not schedule.due  # nothing is asked for
    schedule.ask(LookRequest((unit_weights,)))
    assert schedule.due
    schedule.take(run)
    assert not schedule.due
    schedule.changed()
    assert not schedule.due
    now[0] += SHORTEST_WAIT
    assert schedule.due
    assert schedule.newest is not None
    schedule.newest = Looks(schedule.request, 0, seconds=0.2)  # a dear look comes less often
    assert not schedule.due
    now[0] += 2.0
    assert schedule.due
