"""Knobs: what they read, how they turn, what may be typed."""

from dataclasses import replace

import pytest
from builders import lane_settings, lane_snapshot, layer, race_settings

from nntui.lab import knob_rows
from nntui.lab.changes import earlier_settings
from nntui.lab.knob_rack import KnobRack
from nntui.lab.knob_rows import NETWORK_KNOBS
from nntui.lab.knobs import MIXED, Knob, NumberKnob
from nntui_engine.errors import InputError
from nntui_engine.registry.row import Parameter
from nntui_engine.registry.surface import SURFACES
from nntui_engine.run.snapshot import LaneSnapshot


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
    monkeypatch.setattr(knob_rows, "NETWORK_KNOBS", (*NETWORK_KNOBS, row))
    lane = lane_snapshot(settings=lane_settings(clip_value=5.0))
    rack = KnobRack(knobs=knob_rows.knobs_of(lane.settings))
    rack.choose(-2)  # the last one is the chosen layer's
    assert (rack.rows([lane], {})[-2].label, rack.rows([lane], {})[-2].value) == ("clip", "5")
    assert rack.explanation([lane]) == "No part of a gradient is longer."
    assert rack.turned([lane], -1, False)[0].settings == {"train.clip_value": 1.0}
    assert rack.back([lane], {"": lane_settings()})[0].settings == {"train.clip_value": 0.0}


EVERY_KNOB = [*NETWORK_KNOBS, *(k for name in SURFACES for k in knob_rows.knobs_of(race_settings(surface=name)))]


@pytest.mark.parametrize("knob", [knob for knob in EVERY_KNOB if isinstance(knob, NumberKnob)], ids=lambda k: k.key)
def test_a_ladder_rises_within_what_may_be_typed(knob: NumberKnob) -> None:
    assert list(knob.ladder) == sorted(set(knob.ladder))
    assert [value for value in knob.ladder if knob.parameter.problem(value)] == []
