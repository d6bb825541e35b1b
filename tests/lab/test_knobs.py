"""Knobs: what they read, how they turn, what may be typed."""

from dataclasses import replace

import pytest
from builders import RESIDUAL, lane_settings, lane_snapshot, layer, race_settings, residual_settings

from nntui.lab import knob_rows, network_knobs
from nntui.lab.changes import earlier_settings
from nntui.lab.knob_rack import KnobRack
from nntui.lab.knobs import MIXED, Knob, NumberKnob
from nntui.lab.network_knobs import NETWORK_KNOBS
from nntui_engine.errors import InputError
from nntui_engine.registry.row import Parameter
from nntui_engine.registry.surface import SURFACES
from nntui_engine.run.snapshot import LaneSnapshot
from nntui_engine.scenario.settings import LaneSettings


def knob_named(key: str) -> Knob:
    return next(knob for knob in NETWORK_KNOBS if knob.key == key)


@pytest.mark.parametrize(
    ("key", "value", "direction", "fine", "expected"),
    [
        ("train.lr", 0.1, 1, False, 0.2),
        ("train.lr", 0.1, -1, False, 0.05),
        ("train.lr", 0.3, 1, False, 0.5),
        ("train.lr", 0.1, 1, True, 0.11),
        ("train.lr", 0.1, -1, True, 0.099),
        ("train.lr", 0.0, -1, False, 0.0),
        ("train.lr", 1e5, 1, False, 1e5),
        ("train.momentum", 0.9, 1, False, 0.95),
        ("train.momentum", 0.99, 1, False, 0.99),
        ("train.momentum", 0.9, -1, True, 0.89),
        ("train.batch_size", 32, 1, False, 64),
        ("train.batch_size", 1, -1, True, 1),
        ("model.dropout", 0.5, -1, False, 0.4),
        ("train.l2", 0.0, 1, False, 1e-6),
        ("train.optimizer", "sgd", -1, False, "lion"),
        ("model.activation", "relu", 1, False, "leaky_relu"),
        ("width", 32, 1, False, 64),
        ("depth", 2, 1, False, 3),
    ],
)
def test_turning(key: str, value: object, direction: int, fine: bool, expected: object) -> None:
    turned = knob_named(key).turn(value, direction, fine)  # type: ignore[arg-type]
    assert turned == pytest.approx(expected) if isinstance(expected, float) else turned == expected


def test_every_turn_gives_a_value_that_may_be_typed() -> None:
    for knob in NETWORK_KNOBS:
        for value in knob.values(lane_settings()):
            for _ in range(70):
                value = knob.turn(value, 1, False)
            assert knob.parse(str(value)) == value


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("train.lr", " 0,05 ", 0.05),
        ("train.lr", "1e-3", 0.001),
        ("train.batch_size", "64", 64),
        ("train.optimizer", "Adam", "adam"),
        ("train.optimizer", "rms", "rmsprop"),
        ("model.init", "he normal", "he_normal"),
    ],
)
def test_typing(key: str, text: str, value: object) -> None:
    assert knob_named(key).parse(text) == value


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("train.lr", "fast", 'lr: "fast" is not a number; it must be at least 0 and at most 1 000 000'),
        ("train.lr", "-1", "lr: -1 must be at least 0"),
        ("train.lr", "nan", "must be a finite number"),
        ("train.momentum", "1", "momentum: 1 must be at least 0 and below 1"),
        ("train.batch_size", "1.5", "must be a whole number"),
        ("train.optimizer", "adma", 'unknown optimizer "adma"; did you mean "adamax"?'),
        ("model.activation", "softmax", 'unknown activation "softmax"'),
        ("model.dropout", "1", "below 1"),
    ],
)
def test_typing_something_wrong_is_one_clear_line(key: str, text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        knob_named(key).parse(text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_layers_that_differ_are_mixed_and_go_back_one_by_one() -> None:
    mixed = replace(lane_settings(), layers=(layer(1, 8), layer(2, 16, "tanh"), layer(3, 3, "softmax")))
    knob = knob_named("model.activation")
    assert knob.read(mixed) == MIXED
    assert knob.back(mixed) == {"model.activation": ["relu", "tanh"]}
    assert knob_named("width").back(mixed) == {"model.hidden": [8, 16]}
    assert knob_named("width").show_lane(mixed) == "8, 16"


def test_width_and_depth_become_the_list_of_hidden_layers() -> None:
    assert knob_named("width").change(64, lane_settings()) == {"model.hidden": [64, 64]}
    assert knob_named("depth").change(3, lane_settings()) == {"model.hidden": [16, 16, 16]}
    assert knob_named("depth").change(1, lane_settings()) == {"model.hidden": [16]}


def test_taking_back_another_optimizer_brings_its_own_parameters_back() -> None:
    before = lane_settings(optimizer="adam", lr=0.01)
    back = earlier_settings(["train.optimizer"], before)
    assert back["train.optimizer"] == "adam"
    assert back["train.beta1"] == 0.9
    assert back["train.bias_correction"] is True


def lanes() -> list[LaneSnapshot]:
    return [lane_snapshot(0, "a"), lane_snapshot(1, "b", settings=lane_settings("b", lr=0.5))]


def test_turning_twice_between_two_frames_counts_twice() -> None:
    rack = KnobRack()
    first = rack.turned(lanes()[:1], 1, False)
    rack.wait_for(first[0], 1)
    assert rack.turned(lanes()[:1], 1, False)[0].value == 0.5
    rack.settle(1)
    assert rack.turned(lanes()[:1], 1, False)[0].value == 0.2


def test_rows_show_changes_mixes_and_what_is_missing() -> None:
    rack = KnobRack()
    begun = {"a": lane_settings("a", lr=0.2), "b": lane_settings("b", lr=0.5)}
    one = rack.rows(lanes()[:1], begun)
    assert (one[0].label, one[0].value, one[0].was) == ("lr", "0.1", "0.2")
    assert rack.rows(lanes(), begun)[0].value == MIXED
    adam = [lane_snapshot(settings=lane_settings(optimizer="adam"))]
    momentum = next(row for row in rack.rows(adam, {}) if row.label == "momentum")
    assert momentum.missing
    rack.chosen = 2
    assert rack.explanation(adam) == "Adam has no momentum setting."
    assert rack.turned(adam, 1, False) == []


def test_back_to_the_first_value() -> None:
    rack = KnobRack()
    begun = {"a": lane_settings("a", lr=0.2), "b": lane_settings("b", lr=0.5)}
    turns = rack.back(lanes(), begun)
    assert [(turn.lane, turn.settings) for turn in turns] == [("a", {"train.lr": 0.2})]


def test_one_row_is_all_a_knob_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = Parameter("clip_value", 0.0, "no part of a gradient is longer", low=0.0, high=10.0)
    row = NumberKnob("train.clip_value", "clip", lambda lane: [lane.clip_value], parameter=clip, ladder=(0.0, 1.0, 5.0))
    monkeypatch.setattr(network_knobs, "MORE_KNOBS", (*network_knobs.MORE_KNOBS, row))
    lane = lane_snapshot(settings=lane_settings(clip_value=5.0))
    rack = KnobRack(knobs=knob_rows.knobs_of(lane.settings))
    rack.choose(-1)
    assert (rack.rows([lane], {})[-1].label, rack.rows([lane], {})[-1].value) == ("clip", "5")
    assert rack.explanation([lane]) == "No part of a gradient is longer."
    assert rack.turned([lane], -1, False)[0].settings == {"train.clip_value": 1.0}
    assert rack.back([lane], {"": lane_settings()})[0].settings == {"train.clip_value": 0.0}


EVERY_KNOB = [*NETWORK_KNOBS, *(k for name in SURFACES for k in knob_rows.knobs_of(race_settings(surface=name)))]


@pytest.mark.parametrize("knob", [knob for knob in EVERY_KNOB if isinstance(knob, NumberKnob)], ids=lambda k: k.key)
def test_a_ladder_rises_within_what_may_be_typed(knob: NumberKnob) -> None:
    assert list(knob.ladder) == sorted(set(knob.ladder))
    assert [value for value in knob.ladder if knob.parameter.problem(value)] == []


def frozen_knob(settings: LaneSettings, layer: int) -> Knob:
    return next(knob for knob in knob_rows.knobs_of(settings, layer) if knob.label == "frozen")


def test_a_chain_s_layer_is_frozen_in_the_list_of_all_layers() -> None:
    settings = lane_settings()
    knob = frozen_knob(settings, 2)
    assert (knob.label, knob.read(settings), knob.show("no")) == ("frozen", "no", "no, layer 2")
    assert knob.turn("no", 1, fine=False) == knob.turn("no", -1, fine=True) == "yes"
    assert knob.change("yes", settings) == {"model.trainable": [True, False, True]}
    frozen = replace(settings, layers=tuple(replace(x, trainable=x.index != 2) for x in settings.layers))
    assert knob.read(frozen) == "yes"
    assert knob.change("no", frozen) == {"model.trainable": True}
    assert frozen_knob(frozen, 3).change("yes", frozen) == {"model.output_trainable": False}


def test_a_listed_layer_is_frozen_by_its_own_key() -> None:
    settings = residual_settings()
    assert frozen_knob(settings, 1).change("yes", settings) == {"model.layers.stem.trainable": False}
    assert frozen_knob(settings, 5).change("no", settings) == {"model.layers.5.trainable": True}
    assert frozen_knob(settings, 8).change("yes", settings) == {"model.output_trainable": False}
    assert frozen_knob(settings, 8).read(settings) == "no"
    assert frozen_knob(settings, 5).show("yes") == "yes, a.2"
    assert frozen_knob(settings, 5).explain("yes").startswith("Layer a.2 keeps the weights it has.")


def test_what_cannot_be_frozen_by_itself_says_why() -> None:
    settings = residual_settings()
    why = {4: "layer 4 has no weights to freeze"}
    for place, words in why.items():
        knob = frozen_knob(settings, place)
        assert knob.read(settings) is None
        assert knob.missing(settings).startswith(words)
    assert frozen_knob(lane_settings(), 3).read(lane_settings()) == "no"
    assert frozen_knob(lane_settings(), 99).show("no") == "no, output"


@pytest.mark.parametrize(("text", "value"), [("yes", "yes"), (" N ", "no"), ("no, layer 2", "no"), ("y", "yes")])
def test_yes_and_no_may_be_typed(text: str, value: str) -> None:
    assert frozen_knob(lane_settings(), 2).parse(text) == value


@pytest.mark.parametrize("text", ["", "maybe", "yess", ", no"])
def test_anything_else_is_no_answer(text: str) -> None:
    with pytest.raises(InputError, match="is not yes or no"):
        frozen_knob(lane_settings(), 2).parse(text)


def test_putting_it_back_leaves_the_other_layers_alone() -> None:
    first = lane_settings()
    now = replace(first, layers=tuple(replace(x, trainable=x.index == 3) for x in first.layers))
    lane = lane_snapshot(settings=now)
    rack = KnobRack(knobs=knob_rows.knobs_of(now, 2))
    rack.chosen = [knob.label for knob in rack.knobs].index("frozen")
    (turn,) = rack.back([lane], {"": first})
    assert turn.settings == {"model.trainable": [False, True, True]}


def test_undoing_a_frozen_layer_gives_back_what_it_was() -> None:
    settings = residual_settings()
    frozen = replace(settings, layers=tuple(replace(x, trainable=x.name != "stem") for x in settings.layers))
    assert earlier_settings(["model.layers.stem.trainable"], settings) == {"model.layers.stem.trainable": True}
    assert earlier_settings(["model.layers.stem.trainable"], frozen) == {"model.layers.stem.trainable": False}
    assert earlier_settings(["model.layers.5.trainable"], frozen) == {"model.layers.5.trainable": True}
    assert earlier_settings(["model.layers.stem.units"], settings) == {"model.layers": RESIDUAL}


def test_width_and_depth_are_not_offered_where_the_file_lists_the_layers() -> None:
    settings = residual_settings()
    for key in ("width", "depth"):
        assert knob_named(key).read(settings) is None
        assert knob_named(key).missing(settings).startswith("the file lists this network's layers")
    assert knob_named("width").read(lane_settings(units=(8, 8, 3))) == 8


def test_knobs_of_the_model_show_what_layers_leave_to_it() -> None:
    settings = residual_settings()
    assert knob_named("model.activation").read(settings) == "relu"  # b is linear by itself, and a sum always
    assert knob_named("model.init").read(settings) == "he_normal"
    assert knob_named("train.l2").read(settings) == 0.0
    assert knob_named("model.dropout").read(settings) == 0.0
    own = {**RESIDUAL[0], "activation": "tanh"}
    alone = {**settings.table, "model": {**settings.table["model"], "layers": [own]}}  # type: ignore[dict-item]
    assert knob_named("model.activation").read(replace(settings, table=alone)) is None
    assert knob_named("model.activation").missing(replace(settings, table=alone)) == (
        "every layer in the file says its own activation"
    )


def test_every_knob_has_a_group_and_groups_stand_together() -> None:
    for settings in (lane_settings(), *(race_settings(surface=name) for name in SURFACES)):
        groups = [knob.group for knob in knob_rows.knobs_of(settings)]
        assert all(groups)
        runs = [group for place, group in enumerate(groups) if place == 0 or groups[place - 1] != group]
        assert len(runs) == len(set(groups))
