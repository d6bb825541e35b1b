"""Deciding every "auto", and the limits that need the data."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui_engine.errors import InputError
from nntui_engine.registry.activation import ACTIVATIONS, HIDDEN_ACTIVATIONS
from nntui_engine.registry.initializer import INITIALIZERS
from nntui_engine.registry.loss import LOSSES
from nntui_engine.registry.optimizer import OPTIMIZERS
from nntui_engine.registry.schedule import SCHEDULES
from nntui_engine.scenario import load_scenario, override, parse_scenario, scenario_paths
from nntui_engine.scenario.settings import EarlyStopping
from nntui_engine.tasks.resolve import ResolvedLane, resolve_lane, resolve_surface


def resolve(**overrides: Any) -> ResolvedLane:
    """Resolve xor (400 rows, 280 for training) with overrides; ``model__init=…`` stands for ``model.init``."""
    tables = override({"data": {"name": "xor"}}, {key.replace("__", "."): value for key, value in overrides.items()})
    return resolve_lane(tables, "lane")


REGRESSION, BINARY, CLASSES = {"data__name": "sine"}, {"data__name": "moons"}, {"data__name": "blobs"}


@pytest.mark.parametrize(
    ("given", "output", "outputs", "loss", "coding"),
    [
        (REGRESSION, "linear", 1, "mse", "as_is"),
        (REGRESSION | {"train__loss": "mae"}, "linear", 1, "mae", "as_is"),
        (REGRESSION | {"train__loss": "binary_cross_entropy"}, "sigmoid", 1, "binary_cross_entropy", "as_is"),
        (REGRESSION | {"model__output": "tanh"}, "tanh", 1, "mse", "as_is"),
        (BINARY, "sigmoid", 1, "binary_cross_entropy", "label"),
        (BINARY | {"train__loss": "cross_entropy"}, "softmax", 2, "cross_entropy", "one_hot"),
        (BINARY | {"model__output": "softmax"}, "softmax", 2, "cross_entropy", "one_hot"),
        (BINARY | {"model__outputs": 2}, "softmax", 2, "cross_entropy", "one_hot"),
        (BINARY | {"data__target_coding": "one_hot"}, "softmax", 2, "cross_entropy", "one_hot"),
        (BINARY | {"model__output": "softmax", "model__outputs": 1}, "softmax", 1, "cross_entropy", "label"),
        (BINARY | {"train__loss": "mse"}, "sigmoid", 1, "mse", "label"),
        (BINARY | {"train__loss": "hinge"}, "linear", 1, "hinge", "plus_minus"),
        (BINARY | {"model__output": "tanh"}, "tanh", 1, "mse", "plus_minus"),
        (BINARY | {"model__output": "tanh", "data__target_coding": "label"}, "tanh", 1, "mse", "label"),
        (BINARY | {"model__output": "relu", "train__loss": "cross_entropy"}, "relu", 2, "cross_entropy", "one_hot"),
        (BINARY | {"model__output": "linear"}, "linear", 1, "mse", "label"),
        (BINARY | {"data__task": "classes"}, "softmax", 2, "cross_entropy", "one_hot"),
        (CLASSES, "softmax", 3, "cross_entropy", "one_hot"),
        (CLASSES | {"train__loss": "mse"}, "sigmoid", 3, "mse", "one_hot"),
        (CLASSES | {"train__loss": "binary_cross_entropy"}, "sigmoid", 3, "binary_cross_entropy", "one_hot"),
        (CLASSES | {"model__output": "sigmoid"}, "sigmoid", 3, "binary_cross_entropy", "one_hot"),
        (CLASSES | {"model__output": "softmax", "train__loss": "mse"}, "softmax", 3, "mse", "one_hot"),
        (CLASSES | {"train__loss": "hinge"}, "linear", 3, "hinge", "plus_minus"),
        (CLASSES | {"model__outputs": 1, "model__output": "linear"}, "linear", 1, "mse", "label"),
        (CLASSES | {"data__target_coding": "label", "train__loss": "mse"}, "sigmoid", 1, "mse", "label"),
    ],
)
def test_head(given: dict[str, Any], output: str, outputs: int, loss: str, coding: str) -> None:
    lane = resolve(**given)
    last = lane.settings.layers[-1]
    found = (last.activation, last.units, lane.settings.loss, lane.settings.table["data"]["target_coding"])  # type: ignore[index]
    assert found == (output, outputs, loss, coding)
    assert lane.data.t_train.shape[1] == outputs


@pytest.mark.parametrize(
    ("given", "accuracy", "threshold"),
    [
        (REGRESSION, "none", 0.0),
        (BINARY, "threshold", 0.5),
        (BINARY | {"train__loss": "mse"}, "threshold", 0.5),
        (BINARY | {"train__loss": "hinge"}, "threshold", 0.0),
        (BINARY | {"train__loss": "hinge", "data__target_coding": "label"}, "threshold", 0.5),
        (BINARY | {"model__output": "tanh"}, "threshold", 0.0),
        (BINARY | {"model__output": "tanh", "data__target_coding": "label"}, "threshold", 0.5),
        (BINARY | {"data__target_coding": "plus_minus"}, "threshold", 0.0),
        (BINARY | {"train__loss": "cross_entropy"}, "argmax", 0.0),
        (CLASSES, "argmax", 0.0),
        (CLASSES | {"train__loss": "hinge"}, "argmax", 0.0),
        (CLASSES | {"model__outputs": 1}, "none", 0.0),
    ],
)
def test_accuracy(given: dict[str, Any], accuracy: str, threshold: float) -> None:
    lane = resolve(**given).settings
    assert (lane.accuracy, lane.accuracy_threshold) == (accuracy, threshold)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "hinge"])
@pytest.mark.parametrize("output", ["tanh", "linear", "sigmoid", "relu"])
@pytest.mark.parametrize(("coding", "cut"), [("label", 0.5), ("as_is", 0.5), ("plus_minus", 0.0)])
def test_the_targets_alone_decide_where_accuracy_is_cut(loss: str, output: str, coding: str, cut: float) -> None:
    given = BINARY | {"train__loss": loss, "model__output": output, "data__target_coding": coding}
    assert resolve(**given).settings.accuracy_threshold == cut


@pytest.mark.parametrize(("values", "cut"), [((-1, 1), 0.0), ((0, 1), 0.5), ((1, 2), 1.5), ((-4, 2), -1.0)])
def test_class_numbers_as_they_are_are_cut_midway(tmp_path: Path, values: tuple[int, int], cut: float) -> None:
    """The last training rows are of one class only: the whole file says which two there are."""
    file = tmp_path / "x.csv"
    file.write_text("x,y\n" + "\n".join(f"{i},{values[i < 10]}" for i in range(40)))
    given = {"data__path": str(file), "data__target_coding": "as_is", "data__split": "last", "train__batch_size": 4}
    lane = resolve(**given, data__test_fraction=0.7)
    assert (lane.settings.accuracy, lane.settings.accuracy_threshold) == ("threshold", cut)


def test_several_labels_are_counted_entry_by_entry(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("x,a,b\n" + "\n".join(f"{i},{i % 2},{i // 2 % 2}" for i in range(40)))
    lane = resolve(data__path=str(file), data__target=["a", "b"], train__batch_size=4)
    assert lane.data.task == "multilabel"
    assert (lane.settings.accuracy, lane.settings.accuracy_threshold) == ("threshold", 0.5)
    assert (lane.settings.layers[-1].activation, lane.settings.loss) == ("sigmoid", "binary_cross_entropy")
    hinge = resolve(data__path=str(file), data__target=["a", "b"], train__batch_size=4, train__loss="hinge")
    assert set(np.unique(hinge.data.t_train)) == {-1.0, 1.0}
    assert hinge.settings.accuracy_threshold == 0.0
    file.write_text("x,a,b\n" + "\n".join(f"{i},{i % 2 * 2 - 1},{i // 2 % 2 * 2 - 1}" for i in range(40)))
    signs = resolve(data__path=str(file), data__target=["a", "b"], data__task="multilabel", train__batch_size=4)
    assert signs.settings.accuracy_threshold == 0.0


def test_lists_reach_their_layers() -> None:
    lane = resolve(
        model__hidden=[3, 5],
        model__activation=["leaky_relu", "tanh"],
        model__alpha=[0.3, 0.0],
        model__init=["normal", "uniform", "zeros"],
        model__init_scale=[0.1, 0.2, 0.0],
        model__bias=[-1.0, "normal", 0.5],
        model__bias_scale=0.7,
        model__batch_norm="after",
        model__dropout=[0.1, 0.2],
        model__trainable=[True, False, True],
        train__l1=[1.0, 2.0, 3.0],
        train__l2=0.5,
    ).settings
    first, second, last = lane.layers
    assert (first.index, first.units, first.activation, first.alpha) == (1, 3, "leaky_relu", 0.3)
    assert (second.activation, second.alpha, second.dropout) == ("tanh", 0.0, 0.2)
    assert [layer.init_scale for layer in lane.layers] == [0.1, 0.2, None]
    assert [layer.bias for layer in lane.layers] == [-1.0, "normal", 0.5]
    assert [layer.batch_norm for layer in lane.layers] == ["after", "after", "none"]
    assert [layer.trainable for layer in lane.layers] == [True, False, True]
    assert [(layer.l1, layer.l2) for layer in lane.layers] == [(1.0, 0.5), (2.0, 0.5), (3.0, 0.5)]
    assert last.dropout == 0.0
    assert last.bias_scale == 0.7


def test_alpha_defaults_come_from_the_activation() -> None:
    lane = resolve(
        model__hidden=[2, 2, 2], model__activation=["leaky_relu", "prelu", "relu"], model__output="elu"
    ).settings
    assert [layer.alpha for layer in lane.layers] == [0.01, 0.25, 0.0, 1.0]


def test_optimizer_and_schedule_parameters_are_complete() -> None:
    lane = resolve(train__optimizer="sgd", train__nesterov=True, train__lr=0.2, train__schedule="step").settings
    assert lane.optimizer_parameters == {
        "lr": 0.2, "momentum": 0.0, "dampening": 0.0, "nesterov": 1.0, "weight_decay": 0.0,
        "momentum_start": 0.5, "momentum_over": 0.0,
    }  # fmt: skip
    assert lane.schedule_parameters == {"every": 1000.0, "factor": 0.5}


@pytest.mark.parametrize(
    ("given", "batch", "steps", "every"),
    [
        ({"train__steps": 50}, 32, 50, 10),  # 280 rows: an epoch of 9 batches, but at least 10 steps
        ({"train__epochs": 3}, 32, 27, 10),
        ({"train__epochs": 3, "train__batch_size": "full"}, 280, 3, 10),
        ({"train__epochs": 2, "train__batch_size": 1}, 1, 560, 280),
        ({"train__batch_size": 280, "train__evaluate_every": 7}, 280, 3000, 7),
    ],
)
def test_steps(given: dict[str, Any], batch: int, steps: int, every: int) -> None:
    lane = resolve(**given).settings
    assert (lane.batch_size, lane.steps, lane.evaluate_every) == (batch, steps, every)


def test_early_stopping_and_noise() -> None:
    lane = resolve(train__early_stopping={"patience": 3, "restore_best": False}, train__noise={"weights": 0.5}).settings
    assert lane.early_stopping == EarlyStopping(3, 0.0, False)
    assert (lane.noise_inputs, lane.noise_weights, lane.noise_gradients) == (0.0, 0.5, 0.0)
    assert resolve(train__early_stopping="none").settings.early_stopping is None


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ({"train__batch_size": 281}, ["train.batch_size = 281", "280 rows", '1 to 280, or "full"']),
        (CLASSES | {"model__outputs": 2}, ["model.outputs = 2", '"one_hot"', "allowed: 3"]),
        (BINARY | {"model__outputs": 3}, ["model.outputs = 3", "allowed: 1"]),
        (REGRESSION | {"model__outputs": 2}, ["model.outputs = 2", "allowed: 1"]),
        (REGRESSION | {"data__target_coding": "one_hot"}, ['"one_hot"', "regression", "as_is"]),
        (REGRESSION | {"data__label_noise": 0.1}, ["data.label_noise = 0.1", "regression"]),
        (REGRESSION | {"data__task": "binary"}, ["binary", "300 classes"]),
        (BINARY | {"data__target_scale": "minmax"}, ["data.target_scale", "binary"]),
        (CLASSES | {"data__task": "binary"}, ["binary", "3 classes"]),
        (CLASSES | {"data__task": "multilabel"}, ["multilabel"]),
        ({"data__samples": 1}, ["1 row is too few"]),
        ({"data__name": "sine", "data__samples": 1}, ["1 row is too few"]),
        ({"data__samples": 10**7, "data__name": "gauss", "data__features": 10**5}, ["250 million"]),
        ({"model__hidden": [10**6, 150, 10**6]}, ["model.hidden", "200 million"]),
        (
            {"model__hidden": [10**6], "data__samples": 10**4, "train__batch_size": "full"},
            ["activations", "500 million"],
        ),
        ({"train__epochs": 10**12}, ["train.epochs"]),
    ],
)
def test_refused(given: dict[str, Any], parts: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        resolve(**given)
    text = str(caught.value)
    assert text.startswith('lane "lane": ')
    assert "\n" not in text
    for part in parts:
        assert part in text


def test_surface_cannot_be_trained_yet() -> None:
    lane = parse_scenario('schema = 1\n[scenario]\ntitle = "t"\n[surface]\nname = "beale"').lanes[0]
    with pytest.raises(InputError, match="surface"):
        resolve_lane(lane.tables)


class TestSharing:
    def test_lanes_share_arrays(self) -> None:
        one, two = resolve(), resolve(train__lr=0.5, model__hidden=[3])
        assert one.data is two.data

    def test_another_coding_shares_the_inputs(self) -> None:
        one, two = resolve(), resolve(train__loss="cross_entropy")
        assert one.data.key != two.data.key
        assert one.data.x_train is two.data.x_train

    @pytest.mark.parametrize(
        "given",
        [{"train__seed": 1}, {"data__noise": 0.2}, {"data__preprocess": "minmax"}, {"data__test_fraction": 0.2}],
    )
    def test_another_table_or_seed_does_not(self, given: dict[str, Any]) -> None:
        one, two = resolve(), resolve(**given)
        assert one.data.key != two.data.key

    def test_a_changed_file_is_read_again(self, tmp_path: Path) -> None:
        file = tmp_path / "x.csv"
        file.write_text("x,y\n" + "\n".join(f"{i},{i / 3}" for i in range(50)))
        before = resolve(data__path=str(file)).data
        file.write_text("x,y\n" + "\n".join(f"{i},{i / 7}" for i in range(60)))
        assert resolve(data__path=str(file)).data.key != before.key


class TestTable:
    @pytest.mark.parametrize("name", sorted(scenario_paths()))
    def test_built_in_scenarios_read_their_own_table(self, name: str) -> None:
        scenario = load_scenario(name)
        for lane in scenario.lanes:
            if scenario.is_surface:
                race = resolve_surface(lane.tables, lane.name)
                assert resolve_surface(race.table, lane.name) == race  # type: ignore[arg-type]
                continue
            first = resolve_lane(lane.tables, lane.name)
            again = resolve_lane(first.settings.table, lane.name)
            assert again.settings == first.settings
            assert again.settings.table == first.settings.table
            np.testing.assert_array_equal(again.data.t_train, first.data.t_train)

    @settings(max_examples=40, deadline=None)
    @given(st.data())
    def test_table_gives_the_same_lane_again(self, data: st.DataObject) -> None:
        activations = data.draw(st.lists(st.sampled_from(HIDDEN_ACTIVATIONS), min_size=1, max_size=3))
        optimizer = data.draw(st.sampled_from(list(OPTIMIZERS)))
        lane = resolve(
            model__hidden=[4] * len(activations),
            model__activation=activations,
            model__init=data.draw(st.lists(st.sampled_from(list(INITIALIZERS)), min_size=len(activations) + 1,
                                           max_size=len(activations) + 1)),
            model__output=data.draw(st.sampled_from(["auto", *ACTIVATIONS])),
            train__loss=data.draw(st.sampled_from(["auto", *LOSSES])),
            train__optimizer=optimizer,
            train__schedule=data.draw(st.sampled_from(list(SCHEDULES))),
            train__epochs=data.draw(st.integers(1, 5)),
            train__batch_size=data.draw(st.sampled_from(["full", 1, 7])),
        )  # fmt: skip
        again = resolve_lane(lane.settings.table, "lane")
        assert again.settings == lane.settings
        assert again.settings.table == lane.settings.table
        assert again.data is lane.data

    def test_folders_do_not_show(self, tmp_path: Path) -> None:
        file = tmp_path / "x.csv"
        file.write_text("x,y\n" + "\n".join(f"{i},{i / 3}" for i in range(50)))
        assert resolve(data__path=str(file)).settings.table["data"]["path"] == "x.csv"  # type: ignore[index]
