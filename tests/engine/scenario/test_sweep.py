"""[sweep] makes lanes, data.folds deals out rows, average_over smooths an expectation."""

import numpy as np
import pytest

from nntui_engine.analysis.verify import verify
from nntui_engine.data.split import fold_rows
from nntui_engine.errors import InputError
from nntui_engine.scenario import scenario_from_dict
from nntui_engine.tasks.resolve import resolve_lane


def scenario(**more):
    return scenario_from_dict(
        {
            "schema": 1,
            "scenario": {"title": "A sweep"},
            "data": {"name": "moons", "samples": 60},
            "model": {"hidden": [3]},
            "train": {"lr": 0.1, "steps": 40, "batch_size": 4, "evaluate_every": 40},
            **more,
        }
    )


def test_one_lane_for_each_value():
    swept = scenario(sweep={"key": "model.hidden", "values": [[1], [4, 2]]})
    assert [lane.name for lane in swept.lanes] == ["hidden 1", "hidden 4-2"]
    assert [lane.tables["model"]["hidden"] for lane in swept.lanes] == [[1], [4, 2]]
    assert swept.sweep is not None
    assert dict(swept.sweep.groups) == {"": ("hidden 1", "hidden 4-2")}


def test_each_lane_for_each_value():
    lanes = [{"name": "slow", "set": {"train.lr": 0.01}}, {"name": "fast", "set": {"train.lr": 1.0}}]
    swept = scenario(lane=lanes, sweep={"key": "train.batch_size", "values": [2, 8]})
    got = [(lane.name, lane.tables["train"]["lr"], lane.tables["train"]["batch_size"]) for lane in swept.lanes]
    assert got == [
        ("slow, batch_size 2", 0.01, 2),
        ("slow, batch_size 8", 0.01, 8),
        ("fast, batch_size 2", 1.0, 2),
        ("fast, batch_size 8", 1.0, 8),
    ]


@pytest.mark.parametrize(
    ("sweep", "words"),
    [
        ({"key": "model.hidden", "values": [[1]]}, "sweep.values"),
        ({"key": "model.hiden", "values": [[1], [2]]}, "hidden"),
        ({"key": "train.lr", "values": [0.1, -1]}, "train.lr"),
        ({"key": "train.lr", "values": [0.1, 0.1]}, "taken"),
        ({"values": [1, 2]}, "key"),
    ],
)
def test_bad_sweeps_are_named(sweep, words):
    with pytest.raises(InputError, match=words):
        scenario(sweep=sweep)


def test_folds_hold_every_row_out_once_and_share_the_classes():
    index = np.repeat([0, 1, 2], [20, 30, 10])
    held = [fold_rows(60, index, 5, fold, 3, "data") for fold in range(1, 6)]
    assert sorted(np.concatenate([validation for _, validation in held])) == list(range(60))
    for training, validation in held:
        assert not set(training) & set(validation)
        np.testing.assert_array_equal(np.bincount(index[validation]), [4, 6, 2])
    other_seed = fold_rows(60, index, 5, 1, 4, "data")[1]
    assert set(other_seed) != set(held[0][1])


def test_folds_in_a_scenario():
    swept = scenario(data={"name": "moons", "samples": 60, "folds": 3}, sweep={"key": "data.fold", "values": [1, 2, 3]})
    data = [resolve_lane(lane.tables, lane.name).data for lane in swept.lanes]
    assert [len(d.x_validation) for d in data] == [20, 20, 20]
    assert len(np.unique(np.concatenate([d.x_validation for d in data]), axis=0)) == 60


@pytest.mark.parametrize(
    ("data", "words"),
    [({"folds": 1}, "at least 2"), ({"folds": 3, "fold": 4}, "at most"), ({"folds": 61}, "only 60 rows")],
)
def test_bad_folds_are_named(data, words):
    def resolved():
        return resolve_lane(scenario(data={"name": "moons", "samples": 60, **data}).lanes[0].tables)

    with pytest.raises(InputError, match=words):
        resolved()


def test_average_over_takes_the_mean_of_the_last_samples():
    plain = {"statistic": "loss", "above": 0.0}
    ends = [{"statistic": "loss", "step": step, "above": 0.0} for step in range(31, 41)]
    outcomes = verify(scenario(expect=[*ends, {**plain, "average_over": 10}, plain]))
    values = [outcome.measured for outcome in outcomes]
    assert values[-2] == pytest.approx(np.mean(values[:10]), rel=1e-12)
    assert values[-2] != values[-1]
