"""The facts of data: each against what is known of rows made for it."""

import numpy as np
import pytest

from nntui_engine.data.dataset import LaneData
from nntui_engine.data.facts import NEIGHBOURS, facts_of

G = np.random.default_rng(5)


def data(x: np.ndarray, t: np.ndarray, task: str = "binary", held_out: int = 0) -> LaneData:
    cut = len(x) - held_out
    return LaneData(
        "k",
        task,  # type: ignore[arg-type]
        ("f",) * x.shape[1],
        ("a", "b"),
        x[:cut],
        t[:cut],
        x[cut:],
        t[cut:],
        (x.shape[1],),
        np.copy,
    )


def column(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, dtype=np.float64)[:, None]


def test_sizes_spreads_and_offsets_are_those_of_the_rows() -> None:
    x = np.stack([np.tile([3.0, 5.0], 50), np.tile([-0.1, 0.1], 50), np.full(100, 7.0)], axis=1)
    found = facts_of(data(x, column(np.tile([0.0, 1.0], 50)), held_out=20))
    assert (found.rows, found.validation_rows, found.features) == (80, 20, 3)
    assert found.input_size == pytest.approx(np.sqrt((9 + 25 + 0.02 + 98) / 6))
    assert found.spreads == pytest.approx((0.1, 1.0))
    assert found.offset == pytest.approx(4.0)
    assert found.constant_features == 1


def test_targets_in_numbers() -> None:
    t = column(np.tile([10.0, 30.0], 50))
    found = facts_of(data(G.normal(size=(100, 2)), t, "regression"))
    assert (found.target_range, found.target_mean, found.target_spread) == ((10.0, 30.0), 20.0, 10.0)
    assert (found.chance, found.classes, found.rarest) == (0.0, 0, 0.0)


@pytest.mark.parametrize("coding", ["label", "one_hot", "plus_minus"])
def test_how_often_guessing_is_right(coding: str) -> None:
    index = np.repeat([0, 1], [70, 30])
    t = {"label": column(index), "one_hot": np.eye(2)[index], "plus_minus": column(2.0 * index - 1.0)}[coding]
    found = facts_of(data(G.normal(size=(100, 2)), t, "classes" if coding == "one_hot" else "binary"))
    assert found.chance == pytest.approx(0.7)
    assert found.classes == 2
    assert found.rarest == pytest.approx(0.3)


def test_classes_in_one_column_are_as_many_as_its_values() -> None:
    x, index = G.normal(size=(300, 1)), np.repeat([0, 1, 2], [150, 90, 60])
    found = facts_of(data(x + 10.0 * column(index), column(index), "classes"))
    assert (found.classes, found.chance, found.rarest) == (3, 0.5, pytest.approx(0.2))
    assert found.attainable > 0.95


@pytest.mark.parametrize("coding", ["label", "one_hot"])
def test_rows_held_out_of_other_classes_are_seen(coding: str) -> None:
    index = np.repeat([0, 1, 2], [50, 30, 20])  # the last 40 rows: half of class 1, half of class 2
    t = column(index) if coding == "label" else np.eye(3)[index]
    x = G.normal(size=(100, 2))
    assert facts_of(data(x, t, "classes", held_out=40)).apart == pytest.approx(50 / 60)
    even = np.tile([0, 1], 50)
    assert facts_of(data(x, column(even), "classes", held_out=40)).apart == 0.0
    assert facts_of(data(x, column(index), "regression", held_out=40)).apart == 0.0


def test_lanes_with_the_same_rows_share_their_facts() -> None:
    rows = data(G.normal(size=(40, 2)), column(np.tile([0, 1], 20)))
    assert facts_of(rows) is facts_of(rows)
    assert facts_of(rows) is not facts_of(data(rows.x_train, rows.t_train))


def test_one_class_is_seen() -> None:
    found = facts_of(data(G.normal(size=(40, 2)), column(np.zeros(40))))
    assert (found.classes, found.chance) == (1, 1.0)


def test_a_line_finds_what_is_a_line_and_products_of_two_inputs() -> None:
    x = G.normal(size=(400, 3))
    straight, checkers, noise = x[:, 0] - x[:, 1] > 0, (x[:, 0] > 0) ^ (x[:, 1] > 0), G.uniform(size=400) > 0.5
    assert facts_of(data(x, column(straight))).simpler.scores[0] > 0.95
    assert facts_of(data(x, column(checkers))).simpler.scores[0] > 0.8
    assert facts_of(data(x, column(noise))).simpler.scores[0] < 0.6
    y = column(2.0 * x[:, 0] + 5.0)
    assert facts_of(data(x, y, "regression")).simpler.scores[0] > 0.99


def test_many_inputs_are_not_learned_by_heart() -> None:
    x, noise = G.normal(size=(60, 50)), G.uniform(size=60) > 0.5
    assert facts_of(data(x, column(noise))).simpler.scores[0] < 0.75


def test_neighbours_find_what_is_no_line() -> None:
    angle, ring = G.uniform(0.0, 6.28, 400), np.tile([0, 1, 2, 3], 100)
    x = np.stack([(1 + ring) * np.cos(angle), (1 + ring) * np.sin(angle)], axis=1)
    found = facts_of(data(x, column(ring % 2)))
    assert found.simpler.scores[1] > 0.9
    assert found.simpler.scores[0] < 0.7
    assert found.attainable == found.simpler.scores[1]


def test_what_cannot_be_worked_out_is_not_a_number() -> None:
    assert np.isnan(facts_of(data(G.normal(size=(NEIGHBOURS, 2)), column(np.zeros(NEIGHBOURS)))).attainable)
    x = G.normal(size=(40, 2))
    x[3] = np.inf
    assert np.isnan(facts_of(data(x, column(np.tile([0, 1], 20)))).attainable)
    assert np.isnan(facts_of(data(np.ones((40, 2)), column(np.tile([0, 1], 20)))).attainable)
