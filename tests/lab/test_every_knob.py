"""Every knob on a real network of every task: each turn is taken, says what it will do, and one undo takes it back."""

from typing import Any

import pytest

from nntui.lab.changes import earlier_settings
from nntui.lab.knob_rows import knobs_of
from nntui.lab.knobs import MIXED, ChoiceKnob, Knob, YesNoKnob
from nntui.lab.network_knobs import network_knobs
from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import scenario_from_dict

pytestmark = pytest.mark.slow
TASKS: dict[str, dict[str, Any]] = {
    "binary": {"name": "moons", "samples": 100, "test_fraction": 0.2},
    "multiclass": {"name": "blobs", "samples": 100, "test_fraction": 0.2},
    "regression": {"name": "sine", "samples": 100, "test_fraction": 0.2},
}
OPTIMIZERS = ("sgd", "adamw", "nadam", "rmsprop", "adadelta")


def run(task: str, optimizer: str = "sgd") -> Experiment:
    tables = {
        "schema": 1,
        "scenario": {"title": task},
        "data": TASKS[task],
        "model": {"hidden": [5, 5], "init": "normal", "dropout": 0.1},
        "train": {"optimizer": optimizer, "lr": 0.01, "batch_size": 16, "steps": 1000},
    }
    return Experiment(scenario_from_dict(tables))


def values(knob: Knob, now: Any) -> list[Any]:
    if isinstance(knob, ChoiceKnob):
        return list(knob.choices)
    if isinstance(knob, YesNoKnob):
        return ["yes", "no"]
    return [knob.turn(now, direction, fine) for direction in (1, -1) for fine in (False, True)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("task", TASKS)
def test_every_turn_is_taken_and_taken_back(task: str, optimizer: str) -> None:
    experiment = run(task, optimizer)
    experiment.advance(20)
    lane = experiment.lanes[0]
    turned = 0
    for knob in knobs_of(lane.settings, 1):
        now = knob.read(lane.settings)
        if now is None:
            continue
        assert now != MIXED, knob.key
        for value in values(knob, now):
            before = experiment.lanes[0].settings
            change = knob.change(value, before)
            mark = experiment.tweak(change)
            after = experiment.lanes[0].settings
            assert knob.read(after) == pytest.approx(value), (knob.key, value)
            assert not mark.restarted or knob.restarts, f"{knob.key} = {value} restarts, and does not say so before"
            experiment.tweak(earlier_settings(change, before))
            assert experiment.lanes[0].settings == before, (knob.key, value)
            turned += 1
    assert turned > 100


def test_what_restarts_is_what_says_so() -> None:
    """No knob says that it restarts where it does not."""
    for knob in network_knobs(run("multiclass").lanes[0].settings, 1):
        experiment = run("multiclass")
        experiment.advance(5)
        settings = experiment.lanes[0].settings
        now = knob.read(settings)
        if now is not None and knob.restarts:
            other = next(value for value in values(knob, now) if value != now)
            assert experiment.tweak(knob.change(other, settings)).restarted, knob.key


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("width", "32,16,8", (32, 16, 8)),
        ("width", "32 16", (32, 16)),
        ("width", "64, 32", (64, 32)),
        ("width", "8", 8),
        ("model.dropout", "0,1", 0.1),
        ("model.dropout", "0.1, 0.2", (0.1, 0.2)),
        ("model.dropout", "0.1 0.2", (0.1, 0.2)),
        ("model.activation", "relu, tanh", ("relu", "tanh")),
        ("model.activation", "he", None),
        ("train.steps", "10 000", 10_000),
        ("train.steps", "32 16", None),
        ("train.steps", "1 00", None),
        ("train.lr", "0,03", 0.03),
    ],
)
def test_typing_lists_and_numbers(key: str, text: str, value: Any) -> None:
    knob = next(knob for knob in knobs_of(run("binary").lanes[0].settings) if knob.key == key)
    if value is None:
        with pytest.raises(InputError):
            knob.typed(text)
    else:
        assert knob.typed(text) == value


def test_a_list_that_was_typed_is_a_setting_for_each_layer() -> None:
    experiment = run("binary")
    settings = experiment.lanes[0].settings
    knobs = {knob.key: knob for knob in knobs_of(settings)}
    for key, typed in (
        ("width", (7, 6, 5)),
        ("model.dropout", (0.2, 0.3, 0.4)),
        ("model.activation", ("tanh", "relu", "elu")),
    ):
        experiment.tweak(knobs[key].change(typed, experiment.lanes[0].settings))
    layers = experiment.lanes[0].settings.layers[:-1]
    assert [layer.units for layer in layers] == [7, 6, 5]
    assert [layer.dropout for layer in layers] == [0.2, 0.3, 0.4]
    assert [layer.activation for layer in layers] == ["tanh", "relu", "elu"]
    now = experiment.lanes[0].settings
    assert knobs["width"].written(now) == "7, 6, 5"
    assert knobs["width"].typed(knobs["width"].written(now)) == (7, 6, 5)
