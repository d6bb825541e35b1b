"""Changing tables by dotted keys: what a new choice keeps, what it drops, and what is refused."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntui_engine.errors import InputError
from nntui_engine.scenario import override, parse_assignment, parse_scenario

BASE: dict[str, Any] = {
    "data": {"name": "spirals", "samples": 100, "noise": 0.1, "classes": 3},
    "model": {"hidden": [8, 8], "activation": "leaky_relu", "alpha": 0.2, "init": "normal", "init_scale": 0.3},
    "train": {
        "optimizer": "sgd",
        "lr": 0.5,
        "momentum": 0.9,
        "nesterov": True,
        "weight_decay": 0.1,
        "loss": "huber",
        "huber_delta": 2.0,
        "schedule": {"kind": "exponential", "decay": 0.1},
        "steps": 100,
    },
}


def test_the_original_stays_as_it_is() -> None:
    before = copy.deepcopy(BASE)
    changed = override(BASE, {"train.lr": 0.1, "model.hidden": [4], "train.schedule.decay": 0.2})
    assert before == BASE
    changed["model"]["hidden"].append(99)
    assert before == BASE


@pytest.mark.parametrize(
    ("settings", "section", "expected"),
    [
        # a new optimizer keeps lr and what it has, and drops the rest
        ({"train.optimizer": "adam"}, "train", {"lr": 0.5, "weight_decay": 0.1, "momentum": None, "nesterov": None}),
        ({"train.optimizer": "rmsprop"}, "train", {"lr": 0.5, "momentum": 0.9, "nesterov": None}),
        ({"train.optimizer": "adam", "train.lr": 0.1, "train.beta1": 0.8}, "train", {"lr": 0.1, "beta1": 0.8}),
        ({"train.beta1": 0.8, "train.optimizer": "adam"}, "train", {"beta1": 0.8, "momentum": None}),
        ({"train.optimizer": "sgd"}, "train", {"momentum": 0.9, "nesterov": True}),
        # of steps and epochs the later wins
        ({"train.epochs": 5}, "train", {"epochs": 5, "steps": None}),
        ({"train.steps": 7}, "train", {"steps": 7, "epochs": None}),
        ({"train.loss": "mse"}, "train", {"loss": "mse", "huber_delta": None}),
        ({"train.loss": "huber"}, "train", {"huber_delta": 2.0}),
        # inner keys
        ({"train.schedule.decay": 0.2}, "train", {"schedule": {"kind": "exponential", "decay": 0.2}}),
        ({"train.schedule.kind": "inverse_time"}, "train", {"schedule": {"kind": "inverse_time", "decay": 0.1}}),
        ({"train.schedule.kind": "cosine"}, "train", {"schedule": {"kind": "cosine"}}),
        ({"train.schedule": "step", "train.schedule.every": 9}, "train", {"schedule": {"kind": "step", "every": 9}}),
        ({"train.schedule.every": 9, "train.schedule": "step"}, "train", {"schedule": {"kind": "step", "every": 9}}),
        ({"train.schedule": "constant"}, "train", {"schedule": "constant"}),
        ({"train.noise.inputs": 0.1}, "train", {"noise": {"inputs": 0.1}}),
        ({"train.early_stopping.patience": 3}, "train", {"early_stopping": {"patience": 3}}),
        ({"data.preprocess": "divide", "data.preprocess.by": 16}, "data", {"preprocess": {"kind": "divide", "by": 16}}),
        # a new activation and a new initializer bring their own parameter
        ({"model.activation": "relu"}, "model", {"activation": "relu", "alpha": None}),
        ({"model.activation": "elu"}, "model", {"activation": "elu", "alpha": None}),
        ({"model.activation": "elu", "model.alpha": 2.0}, "model", {"alpha": 2.0}),
        ({"model.activation": "leaky_relu"}, "model", {"alpha": 0.2}),
        ({"model.init": "he_normal"}, "model", {"init_scale": None}),
        ({"model.init": "normal"}, "model", {"init_scale": 0.3}),
        # data
        ({"data.name": "digits"}, "data", {"name": "digits", "samples": None, "noise": None, "classes": None}),
        ({"data.name": "xor"}, "data", {"samples": 100, "noise": 0.1, "classes": None}),
        ({"data.path": "x.csv"}, "data", {"path": "x.csv", "name": None, "samples": None}),
        # TOML reads an unquoted dotted key as a table in a table
        ({"train": {"lr": 0.1, "epochs": 2}}, "train", {"lr": 0.1, "epochs": 2, "steps": None}),
    ],
)
def test_what_is_kept_and_dropped(settings: dict[str, object], section: str, expected: dict[str, object]) -> None:
    table = override(BASE, settings)[section]
    for key, value in expected.items():
        if value is None:
            assert key not in table
        else:
            assert table[key] == value


def test_epochs_then_steps() -> None:
    tables = override(override(BASE, {"train.epochs": 5}), {"train.steps": 3})
    assert tables["train"]["steps"] == 3
    assert "epochs" not in tables["train"]


def test_defaults_of_one_optimizer_do_not_follow_into_the_next() -> None:
    """Filled-in defaults must not pin what differs by optimizer, such as lion's beta2 or adamw's weight decay."""
    lane = parse_scenario(
        'schema = 1\n[scenario]\ntitle = "t"\n[data]\nname = "xor"\n[train]\noptimizer = "adam"'
    ).lanes[0]
    table = override(lane.tables, {"train.optimizer": "adamw"})["train"]
    assert "weight_decay" not in table
    assert table["lr"] == 0.01


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        ({"train.optimizer": "adam", "train.momentum": 0.9}, ["--set: train.momentum", "adam", "it takes lr"]),
        ({"train.momentum": 0.9, "train.optimizer": "adam"}, ["--set: train.momentum", "adam"]),
        ({"train.steps": 1, "train.epochs": 2}, ["train.steps and train.epochs"]),
        ({"train.lr": -1}, ["--set: train.lr = -1", "at least 0"]),
        ({"train.lrr": 1}, ['unknown key "train.lrr"', 'did you mean "lr"']),
        ({"tran.lr": 1}, ['unknown key "tran.lr"', 'did you mean "train.lr"']),
        ({"hidden": [3]}, ['did you mean "model.hidden"']),
        ({"train": 3}, ['"train" is a whole table']),
        ({"scenario.title": "x"}, ['unknown key "scenario.title"']),
        ({"train.lr.x": 1}, ["train.lr has no keys of its own"]),
        ({"train.noise.x": 1}, ['unknown key "train.noise.x"']),
        ({"train.schedule.decay.x": 1}, ["no keys of its own"]),
        ({"model.init": "he_normal", "model.init_scale": 0.1}, ["model.init_scale", "he_normal"]),
        ({"model.activation": "relu", "model.alpha": 0.1}, ["model.alpha"]),
        ({"data.name": "digits", "data.samples": 10}, ["data.samples", "digits"]),
        ({"data.name": "digits", "data.path": "x.csv"}, ["name and path"]),
        ({"surface.name": "beale"}, ["[data] and [surface]"]),
    ],
)
def test_refused(settings: dict[str, object], parts: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        override(BASE, settings)
    for part in parts:
        assert part in str(caught.value)


@given(st.lists(st.sampled_from(["sgd", "adam", "adamw", "rmsprop", "lion", "adagrad"]), max_size=6))
def test_any_chain_of_optimizers_is_valid_and_keeps_lr(names: list[str]) -> None:
    tables: dict[str, Any] = BASE
    for name in names:
        tables = override(tables, {"train.optimizer": name})
    assert tables["train"]["lr"] == 0.5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("train.lr=0.1", (None, "train.lr", 0.1)),
        ("train.lr = 1e-3 ", (None, "train.lr", 1e-3)),
        ("train.lr=.5", (None, "train.lr", 0.5)),
        ("train.steps=100", (None, "train.steps", 100)),
        ("model.activation=relu", (None, "model.activation", "relu")),
        ('model.activation="relu"', (None, "model.activation", "relu")),
        ("model.activation=[relu, tanh]", (None, "model.activation", ["relu", "tanh"])),
        ("model.hidden=[64, 32]", (None, "model.hidden", [64, 32])),
        ("model.hidden=[]", (None, "model.hidden", [])),
        ("train.nesterov=true", (None, "train.nesterov", True)),
        ('train.schedule={kind="step", every=9}', (None, "train.schedule", {"kind": "step", "every": 9})),
        ("tanh:train.lr=0.1", ("tanh", "train.lr", 0.1)),
        ("ReLU + He: train.lr=0.1", ("ReLU + He", "train.lr", 0.1)),
        ("lr = 0.1:train.lr=0.5", ("lr = 0.1", "train.lr", 0.5)),
        ("data.path=C:/x.csv", (None, "data.path", "C:/x.csv")),
        ("data.path=a=b.csv", (None, "data.path", "a=b.csv")),
        ("data.path=2020-01-01", (None, "data.path", "2020-01-01")),
        ("data.path=a\nb = 1", (None, "data.path", "a\nb = 1")),
    ],
)
def test_parse_assignment(text: str, expected: tuple[str | None, str, object]) -> None:
    assert parse_assignment(text) == expected


@pytest.mark.parametrize("text", ["", "train.lr", "=1", "lr=1", "train.lr=", "a:b", "tanh:=3"])
def test_parse_assignment_refuses(text: str) -> None:
    with pytest.raises(InputError, match=r"train\.lr=|has no value"):
        parse_assignment(text)


@given(st.text(max_size=30))
def test_parse_assignment_never_fails_otherwise(text: str) -> None:
    try:
        parse_assignment(text)
    except InputError as error:
        message = str(error)
    else:
        message = ""
    assert "\n" not in message


NESTED: dict[str, dict[str, Any]] = {
    "data": {"name": "moons", "preprocess": {"kind": "divide", "by": 16}},
    "model": {"hidden": [8, 8]},
    "train": {
        "optimizer": "sgd",
        "momentum": 0.9,
        "schedule": {"kind": "exponential", "decay": 0.1},
        "noise": {"inputs": 0.1},
        "early_stopping": {"patience": 5},
        "epochs": 3,
    },
}


@pytest.mark.parametrize(
    "settings",
    [
        {"train.schedule.kind": "cosine"},  # drops the decay
        {"train.schedule.kind": "cosine", "train.schedule.over": 9},
        {"train.schedule.decay": 0.2},
        {"data.preprocess.kind": "standardize"},  # drops the divisor
        {"data.preprocess.by": 4},
        {"train.noise.weights": 0.2},
        {"train.early_stopping.patience": 1},
        {"train.optimizer": "adam"},  # drops the momentum
        {"train.steps": 9},  # drops the epochs
        {"data.name": "xor"},
        {},
    ],
)
def test_no_part_of_the_original_changes_or_is_shared(settings: dict[str, object]) -> None:
    before = copy.deepcopy(NESTED)
    changed = override(NESTED, settings)
    assert before == NESTED
    for section, table in changed.items():  # whoever writes into the result does not write into the original
        for key, value in table.items():
            if isinstance(value, dict):
                value["new"] = 1
            elif isinstance(value, list):
                value.append(1)
            assert before == NESTED, f"{section}.{key}"


def test_no_part_of_the_settings_is_shared() -> None:
    settings: dict[str, Any] = {"model.hidden": [4], "train.schedule": {"kind": "step", "every": 5}}
    changed = override(NESTED, settings)
    changed["model"]["hidden"].append(99)
    changed["train"]["schedule"]["every"] = 7
    assert settings == {"model.hidden": [4], "train.schedule": {"kind": "step", "every": 5}}
