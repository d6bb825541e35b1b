"""Cells are runs like any other: what comes of one depends on neither its neighbours nor the machine's processes."""

from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import pytest

from nntui.sweep.batch import run_batch
from nntui.sweep.crew import batches, work
from nntui.sweep.plan import Plan, default_measure, plan_of
from nntui.sweep.workers import LocalCrew
from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import Scenario, parse_scenario

MOONS = """\
schema = 1
[scenario]
title = "Two moons"
summary = "A small net."
lesson = "Watch."
[data]
name = "moons"
samples = 80
[model]
hidden = [4]
activation = "tanh"
[train]
optimizer = "sgd"
lr = 0.1
batch_size = 10
steps = 20
seed = 5
[[lane]]
name = "tanh"
[[lane]]
name = "relu"
set = { "model.activation" = "relu" }
[[change]]
step = 10
lane = "relu"
set = { "train.lr" = 0.01 }
"""
BOWL = """\
schema = 1
[scenario]
title = "A bowl"
summary = "A race."
lesson = "Watch."
[surface]
name = "bowl"
start = [1.0, -2.0]
[train]
lr = 0.5
steps = 10
"""


def moons() -> Scenario:
    return parse_scenario(MOONS, "moons")


def plan(*over: str, measure: str = "validation_loss", **options: Any) -> Plan:
    return plan_of(moons(), over, measure=measure, **options)


class Here(LocalCrew):
    """A thread of this process."""

    def start(self) -> Executor:
        return ThreadPoolExecutor(1)

    def end(self, executor: Executor) -> None:
        executor.shutdown()


def test_cells_are_numbered_with_seeds_innermost() -> None:
    one = plan("train.lr=0.1,0.2,0.3", "model.depth=1..2", seeds=2)
    assert one.shape == (2, 3, 2, 2)
    cells = [one.cell(number) for number in range(one.count)]
    assert [cell.number for cell in cells] == list(range(24))
    assert [(cell.lane, cell.places, cell.seed) for cell in cells[:5]] == [
        ("tanh", (0, 0), 5), ("tanh", (0, 0), 6), ("tanh", (0, 1), 5), ("tanh", (0, 1), 6), ("tanh", (1, 0), 5),
    ]  # fmt: skip
    assert cells[-1].lane == "relu"
    assert one.settings(cells[-1]) == {"train.lr": 0.3, "model.hidden": [4, 4]}
    assert [axis.key for axis in one.shown_axes] == ["lane", "train.lr", "model.depth"]


@pytest.mark.slow
def test_a_cell_is_the_run_that_one_would_start_by_hand() -> None:
    one = plan("train.lr=0.1,0.3", "model.depth=1..2", seeds=2)
    found = run_batch(one, range(one.count))
    for result in found:
        cell = one.cell(result.cell)
        run = Experiment(moons(), seed=cell.seed, overrides=[(one.settings(cell), None)])
        run.advance(20)
        lane = next(lane for lane in run.lanes if lane.name == cell.lane)
        assert result.value == lane.statistics["validation_loss"]
        assert (result.state, result.step) == ("finished", 20)
    assert len({result.value for result in found}) == len(found)


@pytest.mark.slow
@pytest.mark.parametrize("measure", ["validation_loss", "loss", "gradient_norm:1@7", "finding:lr_too_low"])
def test_neighbours_change_nothing(measure: str) -> None:
    one = plan("train.lr=0.0001,0.1,30", measure=measure)
    together = run_batch(one, range(one.count))
    assert [run_batch(one, [number])[0] for number in range(one.count)] == together
    if "@" in measure:
        assert {result.step for result in together} == {7}
    if measure.startswith("finding"):
        assert {result.value for result in together} == {0.0, 1.0}


@pytest.mark.slow
def test_what_a_layer_has_not_is_nothing() -> None:
    one = plan("model.depth=1..2", measure="gradient_norm:3@5")
    values = [result.value for result in run_batch(one, range(one.count))]
    assert [value is None for value in values] == [True, False, True, False]


@pytest.mark.slow
def test_a_surface_too() -> None:
    one = plan_of(parse_scenario(BOWL, "bowl"), ["train.lr=0.1,0.9"], measure="value")
    values = [result.value for result in run_batch(one, [0, 1])]
    run = Experiment(parse_scenario(BOWL, "bowl"), overrides=[({"train.lr": 0.9}, None)])
    run.advance(10)
    assert values[1] == run.lanes[0].statistics["value"]
    assert values[0] != values[1]


@pytest.mark.slow
def test_all_cells_come_back_in_whatever_batches() -> None:
    one = plan("train.lr=log:0.001:1:5", seeds=3)
    alone = {result.cell: result for result in run_batch(one, range(one.count))}
    found = {}
    for done in work(one, [range(one.count)], Here(2)):
        found |= {result.cell: result for result in done.results}
    assert found == alone


@pytest.mark.parametrize(("count", "workers"), [(1, 1), (7, 2), (64, 2), (1000, 3), (5, 16)])
def test_batches_hold_every_cell_once(count: int, workers: int) -> None:
    cells = list(range(100, 100 + count))
    found = batches(cells, workers)
    assert [cell for batch in found for cell in batch] == cells
    assert max(map(len, found)) <= 8
    assert len(found) >= min(count, 4 * workers)


@pytest.mark.parametrize(
    ("over", "options", "words"),
    [
        (["train.lrr=1,2"], {}, 'unknown key "train.lrr"'),
        (["train.lr=-1,2"], {}, "lr"),
        (["model.activation=tanh,tahn"], {}, "tahn"),
        (["train.optimizer=sgd,adam", "train.momentum=0.5,0.9"], {}, "momentum"),
        (["train.seed=1..3"], {}, "seeds are no axis"),
        (["train.lr=1,2", "train.lr=3,4"], {}, "it is there twice"),
        (["train.lr=linear:1:2:1000", "train.batch_size=1..1000", "model.depth=1..2"], {}, "at most 1000000"),
        (["train.lr=1,2"], {"measure": "nonsense"}, "nonsense"),
        (["train.lr=1,2"], {"measure": "gradient_norm:9"}, "more than 2 layers"),
        (["train.lr=1,2"], {"measure": "loss@21"}, "21"),
        (["train.lr=1,2"], {"measure": "gradient_norm:-1", "steps": 10**13}, "steps"),
    ],
)
def test_what_cannot_be_swept(over: list[str], options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as found:
        plan(*over, **options)
    assert "\n" not in str(found.value)


def test_what_is_read_where_nobody_says() -> None:
    assert default_measure(moons()) == "validation_loss"
    assert default_measure(parse_scenario(BOWL, "bowl")) == "value"
    no_rows_kept_out = MOONS.replace("samples = 80", "samples = 80\ntest_fraction = 0.0")
    assert default_measure(parse_scenario(no_rows_kept_out, "moons")) == "train_loss"
