"""What a network answers on its rows: which are wrong, which class is taken for which, and rows laid flat."""

import numpy as np
import pytest
from looks.looking import experiment, taken

from nntui.looks.answers import answered_pictures, confusion
from nntui.looks.projected import principal_plane, projected_rows
from nntui.looks.regions import MOST_LANES, decision_regions
from nntui.looks.request import LookRequest, take_looks
from nntui_engine import Experiment


def guessing(data: str) -> Experiment:
    """A network that gives the last class whatever it reads."""
    run = experiment(data)
    layers = run.lanes[0].settings.layers
    biases = f"{layers[-1].label}.biases"
    for name, value in run.parameters().items():
        run.set_parameters(0, {name: np.zeros_like(value)})
    run.set_parameters(0, {biases: np.arange(float(layers[-1].units)) + 1.0})
    return run


def test_rows_are_wrong_where_the_answer_is_another_class() -> None:
    run = guessing("moons")
    (found,) = taken(run, decision_regions)
    data = run.lanes[0].data
    targets = np.concatenate([data.t_train[:, 0], data.t_validation[:, 0]])
    np.testing.assert_array_equal(found.wrong, targets == 0.0)
    assert 0 < found.wrong.sum() < len(found.wrong)


def test_nothing_is_wrong_where_nothing_is_classified() -> None:
    (found,) = taken(experiment("plane"), decision_regions)
    assert not found.wrong.any()


def test_every_lane_has_its_regions_and_its_own_wrong_rows() -> None:
    run = experiment(lanes=({"name": "one"}, {"name": "two", "set": {"model.hidden": [8]}}))
    run.advance(200)
    found = taken(run, decision_regions)
    assert [(one.lane, one.name) for one in found] == [(0, "one"), (1, "two")]
    for index, one in enumerate(found):
        answers = run.predict(one.points, index)[:, 0] > 0.5
        np.testing.assert_array_equal(one.wrong, answers != (one.kinds == 1))
    assert (found[0].kind != found[1].kind).any()


def test_of_very_many_lanes_the_chosen_one_is_among_those_looked_at() -> None:
    run = experiment(lanes=[{"name": f"lane {i}"} for i in range(MOST_LANES + 2)])
    last = MOST_LANES + 1
    found = take_looks(run, LookRequest((decision_regions,), lane=last)).of(decision_regions)
    assert found is not None
    assert [one.lane for one in found] == [*range(MOST_LANES - 1), last]


def test_a_confusion_matrix_counts_true_classes_in_lines_and_answers_in_columns() -> None:
    run = guessing("digits")
    found = taken(run, confusion)
    data = run.lanes[0].data
    counts = np.bincount(data.t_validation.argmax(axis=1), minlength=10)
    np.testing.assert_array_equal(found.counts[:, 9], counts)
    assert found.counts.sum() == len(data.x_validation) == found.looked_at == found.rows
    assert found.held_out
    assert found.broken == 0


def test_answers_that_are_not_finite_are_counted_apart() -> None:
    run = guessing("digits")
    run.set_parameters(0, {"2.biases": np.full(10, np.nan)})
    found = taken(run, confusion)
    assert found.counts.sum() == 0
    assert found.broken == found.looked_at


def test_wrong_pictures_come_first_and_are_the_images_as_they_were_given() -> None:
    run = guessing("digits")
    found = taken(run, answered_pictures)
    data = run.lanes[0].data
    true = data.t_validation.argmax(axis=1)
    assert found.wrong == (true != 9).sum()
    assert (found.true != 9).all()
    assert (found.answered == 9).all()
    row = np.flatnonzero(true != 9)[0]  # all are as sure: in the order of the rows
    np.testing.assert_allclose(found.pictures[0].ravel(), data.as_given(data.x_validation[[row]])[0])
    assert 0.0 <= found.pictures.min() < found.pictures.max() <= 16.0
    assert taken(experiment("moons"), answered_pictures) is None


def test_of_right_answers_the_least_sure_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nntui.looks.answers.MOST_PICTURES", 10_000)
    run = experiment("digits", model={"hidden": [16]})
    run.tweak({"train.optimizer": "adam", "train.lr": 0.01})
    run.advance(200)
    found = taken(run, answered_pictures)
    assert 0 < found.wrong < len(found.pictures)
    data = run.lanes[0].data
    outputs = np.sort(run.predict(data.x_validation), axis=1)
    margin = outputs[:, -1] - outputs[:, -2]
    right = run.predict(data.x_validation).argmax(axis=1) == data.t_validation.argmax(axis=1)
    first = int(np.flatnonzero(found.true == found.answered)[0])
    least = np.flatnonzero(right)[margin[right].argmin()]
    np.testing.assert_allclose(found.pictures[first].ravel(), data.as_given(data.x_validation[[least]])[0])


def test_the_plane_of_most_variation_is_found() -> None:
    generator = np.random.default_rng(0)
    along, across = np.array([3.0, 0.0, 4.0]) / 5, np.array([0.0, -1.0, 0.0])
    rows = 7.0 + np.outer(generator.standard_normal(400) * 10, along) + np.outer(generator.standard_normal(400), across)
    plane = principal_plane(rows)
    np.testing.assert_allclose(plane.directions, np.stack([along, -across], axis=1), atol=0.02)
    assert plane.share == pytest.approx(1.0)
    np.testing.assert_allclose(plane.of(rows).std(axis=0), [10.0, 1.0], rtol=0.1)


def test_rows_of_many_inputs_are_laid_flat_with_their_classes() -> None:
    run = guessing("digits")
    found = taken(run, projected_rows)
    data = run.lanes[0].data
    (one,) = found.lanes
    assert 0.1 < found.share < 0.4
    assert one.names == data.classes
    np.testing.assert_array_equal(one.kinds[one.held_out], data.t_validation.argmax(axis=1))
    np.testing.assert_array_equal(one.wrong, one.kinds != 9)
    first = principal_plane(data.x_train).of(data.x_train)[:, 0]
    assert abs(np.corrcoef(one.points[~one.held_out, 0], first)[0, 1]) > 0.8
    assert taken(experiment("moons"), projected_rows) is None
