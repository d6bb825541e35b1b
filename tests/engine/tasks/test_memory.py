"""The bound on a run's memory: counted from what is laid out, and enforced before anything is allocated."""

import time
import tracemalloc
from typing import Any

import numpy as np
import pytest

from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment
from nntui_engine.layout.layout import Layout
from nntui_engine.run.history import History
from nntui_engine.scenario import scenario_from_dict
from nntui_engine.tasks import memory
from nntui_engine.tasks.memory import bytes_of_run, lay_out, size_in_words
from nntui_engine.tasks.resolve import resolve_lane

SHAPES: dict[str, list[dict[str, Any]]] = {
    "plain": [{}],
    "two lanes of other depths": [{"model.hidden": [3]}, {"model.hidden": [7, 5, 4]}],
    "everything": [
        {
            "model.batch_norm": "before",
            "model.batch_norm_inputs": True,
            "model.dropout": 0.5,
            "model.dropconnect": 0.5,
            "model.input_dropout": 0.1,
            "model.activation": "prelu",
            "train.early_stopping": {"patience": 3},
        }
    ],
    "two sets of data": [{"data.noise": 0.1}, {"data.noise": 0.2}, {"data.noise": 0.1}],
    "float64": [{"train.dtype": "float64"}],
    "wide": [{"model.hidden": [3000], "train.batch_size": 200}],
}


def scenario(lanes: list[dict[str, Any]], name: str = "s", **model: Any) -> Any:
    return scenario_from_dict(
        {
            "schema": 1,
            "scenario": {"title": "t"},
            "data": {"name": "moons", "samples": 400},
            "model": {"hidden": [8, 8], **model},
            "train": {"steps": 40, "batch_size": 16},
            "lane": [{"name": f"lane {i}", "set": changes} for i, changes in enumerate(lanes)],
        },
        name=name,
    )


def bytes_of(history: History) -> int:
    return sum(value.nbytes for value in vars(history).values() if isinstance(value, np.ndarray))


@pytest.mark.parametrize("lanes", SHAPES.values(), ids=SHAPES)
def test_what_is_counted_is_what_is_allocated(lanes: list[dict[str, Any]]) -> None:
    experiment = Experiment(scenario(lanes))
    arena = experiment.network.arena
    allocated = sum(
        part.nbytes for part in (arena.data, arena.pool, arena.order, arena.sums, *experiment.network._written())
    )
    allocated += sum(bytes_of(lane.step_history) + bytes_of(lane.evaluation_history) for lane in experiment.lanes)
    data = {lane.data.key: lane.data for lane in experiment.lanes}.values()
    allocated += sum(d.x_train.nbytes + d.t_train.nbytes + d.x_validation.nbytes + d.t_validation.nbytes for d in data)
    counted = bytes_of_run(lay_out(((lane.settings, lane.data) for lane in experiment.lanes), "s"))
    assert counted == allocated


def test_thirty_lanes_of_a_million_units_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Layout, "allocate", lambda _: pytest.fail("it was allocated"))
    wide = scenario([{"train.lr": 0.001 * (i + 1)} for i in range(30)], hidden=[1_000_000])
    resolve_lane(wide.lanes[0].tables)  # the data, once
    tracemalloc.start()
    try:
        start = time.process_time()
        with pytest.raises(InputError, match=r"^s: the first \d+ lanes need .* GB of memory; a run may take 8 GB: "):
            Experiment(wide)
        assert time.process_time() - start < 1.0
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


def test_lanes_after_the_one_too_many_are_not_even_read() -> None:
    wide = [resolve_lane(lane.tables) for lane in scenario([{}], hidden=[2_000_000 // 4, 100]).lanes]
    taken = 0

    def lanes() -> Any:
        nonlocal taken
        for _ in range(64):
            taken += 1
            yield wide[0].settings, wide[0].data

    with pytest.raises(InputError, match="the first"):
        lay_out(lanes(), "s")
    assert taken < 16


def test_the_limit_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    small = scenario([{}])
    resolved = resolve_lane(small.lanes[0].tables)
    needed = bytes_of_run(lay_out([(resolved.settings, resolved.data)], "s"))
    monkeypatch.setattr(memory, "LARGEST_RUN", needed)
    Experiment(small)
    monkeypatch.setattr(memory, "LARGEST_RUN", needed - 1)
    with pytest.raises(InputError, match="the network needs"):
        Experiment(small)


def test_a_tweak_that_needs_too_much_is_refused_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed, disturbed = Experiment(scenario([{}, {}])), Experiment(scenario([{}, {}]))
    for experiment in (undisturbed, disturbed):
        experiment.advance(10)
    monkeypatch.setattr(memory, "LARGEST_RUN", 50_000_000)
    with pytest.raises(InputError, match="a run may take 50 MB"):
        disturbed.tweak({"model.hidden": [100_000]}, "lane 1")
    assert disturbed.marks == []
    for experiment in (undisturbed, disturbed):
        experiment.advance(10)
    assert disturbed.step == 20
    for name, values in undisturbed.parameters("lane 1").items():
        np.testing.assert_array_equal(disturbed.parameters("lane 1")[name], values)


def test_a_machine_with_less_memory_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_left(_: Layout) -> None:
        raise MemoryError

    experiment = Experiment(scenario([{}]))
    monkeypatch.setattr(Layout, "allocate", nothing_left)
    with pytest.raises(InputError, match=r"s: this machine does not have .* MB of memory to give"):
        experiment.tweak({"model.hidden": [9]})
    assert experiment.advance(1) == 1


def test_lanes_must_agree_on_the_dtype() -> None:
    with pytest.raises(InputError, match=r"s: train\.dtype: all lanes of an experiment must have the same one"):
        Experiment(scenario([{}, {"train.dtype": "float64"}]))


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 MB"), (12_000_001, "13 MB"), (1_540_000_000, "1.54 GB"), (8 * 10**9, "8 GB")]
)
def test_size_in_words(count: int, words: str) -> None:
    assert size_in_words(count) == words
