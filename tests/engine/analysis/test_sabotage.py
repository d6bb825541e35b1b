"""Sabotage: a lane whose expectations would not notice a swap survives it, and the file must say why."""

from typing import Any

import numpy as np
import pytest

from nntui_engine.analysis import sabotage as tool
from nntui_engine.analysis.sabotage import Sabotage, sabotage
from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import Scenario, scenario_from_dict

# On the bowl ½(x² + y²) plain SGD multiplies the position by 1 − lr in each step
WEAK = {"name": "weak", "expect": [{"step": 5, "statistic": "value", "below": 2.0}]}
STRONG = {
    "name": "strong",
    "set": {"train.lr": 0.25},
    "expect": [{"step": 5, "statistic": "y", "equals": -2.0 * 0.75**5, "rtol": 1e-9}],
}
BOWL: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "A bowl"},
    "surface": {"name": "bowl", "start": [1.0, -2.0]},
    "train": {"lr": 0.5, "steps": 10},
}
NET: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "A small net"},
    "data": {"name": "plane", "samples": 60},
    "model": {"hidden": [4, 3], "activation": "tanh"},
    "train": {"lr": 0.05, "steps": 12, "batch_size": 10},
}


def scenario(*lanes: dict[str, Any], tables: dict[str, Any] = BOWL, **more: Any) -> Scenario:
    return scenario_from_dict({**tables, "lane": list(lanes), **more}, name="test")


def survived(found: Sabotage, lane: str) -> list[str]:
    return [survivor.text for survivor in found.survivors if survivor.lane == lane]


def test_a_weak_lane_survives_and_a_strong_one_does_not() -> None:
    found = sabotage(scenario(WEAK, STRONG))
    # after 5 steps the value is 2.5·(1 − lr)^10: 0.14 at lr 0.25, 1.5 at 0.05, and 2.6 million at 5
    assert {"strong", "train.lr = 0.05"} <= set(survived(found, "weak"))
    assert "train.lr = 5" not in survived(found, "weak")
    assert survived(found, "strong") == []
    assert found.unmet == found.stale == ()
    assert not found.passed


def test_every_swap_is_made() -> None:
    found = sabotage(scenario({**WEAK, "expect": [{"step": 5, "statistic": "path_length", "above": 0.0}]}, STRONG))
    assert survived(found, "weak") == [
        "strong",
        'train.optimizer = "adam"',
        "train.lr = 5",
        "train.lr = 0.05",
        "train.momentum = 0.9",
    ]
    assert found.swaps == 2 * 5
    net = {"train.l2": 0.1, "train.early_stopping": {"patience": 9}, "model.dropout": 0.5, "data.preprocess": "minmax"}
    lane = {"name": "a", "set": net, "expect": [{"statistic": "loss", "above": 0.0}]}
    assert survived(sabotage(scenario(lane, tables=NET)), "a") == [
        'model.activation = "relu"',
        'model.init = "he_normal"',
        'model.batch_norm = "before"',
        'train.optimizer = "adam"',
        "train.lr = 0.5",
        "train.lr = 0.005",
        "model.dropout = 0",
        "train.l2 = 0",
        'train.early_stopping = "none"',
        'data.preprocess = "none"',
    ]


def test_a_swap_that_changes_nothing_or_cannot_be_made_is_none() -> None:
    same = {"name": "same", "set": {"train.lr": 0.25, "train.momentum": 0.0}, "expect": STRONG["expect"]}
    found = sabotage(scenario(STRONG, same))
    assert (found.swaps, survived(found, "strong")) == (8, [])
    adam = {**WEAK, "set": {"train.optimizer": "adam"}}  # it has no momentum to switch
    assert [text for text in survived(sabotage(scenario(adam)), "weak") if "momentum" in text] == []
    lists = {
        "name": "a",
        "expect": [{"step": 1, "statistic": "loss", "above": -1.0}],
        "set": {"model.init": ["zeros"] * 3},
    }
    assert 'model.init = "xavier_normal"' in survived(sabotage(scenario(lists, tables=NET)), "a")


def test_a_lane_with_fewer_layers_does_not_have_the_layer_asked_for() -> None:
    deep = {"name": "deep", "expect": [{"step": 1, "statistic": "gradient_norm", "layer": 3, "above": 0.0}]}
    mean = {"step": 3, "statistic": "gradient_norm", "layer": 3, "above": 0.0, "average_over": 2}
    flat = {"name": "flat", "set": {"model.hidden": [4]}}
    for expect in (deep["expect"], [mean]):
        found = sabotage(scenario({**deep, "expect": expect}, flat, tables=NET))
        assert "flat" not in survived(found, "deep")
        assert 'model.init = "he_normal"' in survived(found, "deep")


def test_a_lane_without_the_layer_that_is_asked_for_by_name() -> None:
    named = {
        "name": "named",
        "set": {"model.layers": [{"kind": "dense", "name": "one", "units": 4}, {"kind": "dense", "units": 3}]},
        "expect": [{"step": 1, "statistic": "activation_variance", "layer": "one", "above": 0.0}],
    }
    plain = {"name": "plain", "expect": [{"step": 1, "statistic": "loss", "above": 0.0}]}
    found = sabotage(scenario(named, plain, tables=NET))
    assert "plain" not in survived(found, "named")
    assert "named" in survived(found, "plain")


def test_what_sets_a_lane_over_another_is_expected_of_both() -> None:
    # 0.75^5 over 0.5^5 is 7.6
    ratio = {"step": 5, "statistic": "y", "over": {"lane": "other"}, "between": [7.0, 8.0]}
    other = {"name": "other"}
    found = sabotage(scenario({**STRONG, "expect": [ratio]}, other))
    assert survived(found, "strong") == survived(found, "other") == []
    loose = sabotage(scenario({**STRONG, "expect": [{**ratio, "between": [0.5, 9.0]}]}, other))
    assert survived(loose, "strong") == ["other"]
    assert survived(loose, "other") == ["strong"]


def test_what_is_expected_of_all_lanes_is_expected_of_each() -> None:
    found = sabotage(scenario({"name": "a"}, {"name": "b"}, tables=NET, expect=[{"no_finding": "no_such_rule"}]))
    assert 'train.optimizer = "adam"' in survived(found, "a")
    assert "any" not in survived(found, "a") + survived(found, "b")


def test_the_only_lane_needs_no_name() -> None:
    found = sabotage(scenario(expect=[{"step": 5, "statistic": "value", "below": 2.0}]))
    assert "train.lr = 0.05" in survived(found, "")
    assert sabotage(scenario(expect=STRONG["expect"], train={"lr": 0.25, "steps": 10})).passed


def test_a_lane_that_nothing_is_expected_of() -> None:
    found = sabotage(scenario(STRONG, {"name": "silent"}))
    assert survived(found, "silent") == ["any"]
    assert not found.passed
    said = sabotage(scenario(STRONG, {"name": "silent", "survives": {"any": "drawn to compare"}}))
    assert said.survivors[-1].reason == "drawn to compare"
    assert said.passed
    strong = sabotage(scenario({**STRONG, "survives": {"any": "no: it does expect something"}}))
    assert [reason.swap for reason in strong.stale] == ["any"]


def test_reasons() -> None:
    reasons = {"strong": "a lane", "train.lr = 0.05": "one value", "train.optimizer": "a key"}
    every = {"train.momentum": "for all lanes"}
    found = sabotage(scenario({**WEAK, "survives": reasons}, STRONG, survives=every))
    assert [(survivor.text, survivor.reason) for survivor in found.survivors] == [
        ("strong", "a lane"),
        ('train.optimizer = "adam"', "a key"),
        ("train.lr = 0.05", "one value"),
        ("train.momentum = 0.9", "for all lanes"),
    ]
    assert found.passed
    for swap in reasons:
        less = {key: why for key, why in reasons.items() if key != swap}
        assert not sabotage(scenario({**WEAK, "survives": less}, STRONG, survives=every)).passed
    assert not sabotage(scenario({**WEAK, "survives": reasons}, STRONG)).passed


def test_stale_reasons() -> None:
    lane = {**WEAK, "survives": {"train.lr = 5": "no longer", "train.lr": "yes", "strong": "yes"}}
    strong = {**STRONG, "survives": {"weak": "no longer"}}
    found = sabotage(scenario(lane, strong, survives={"model.init": "there is no model"}))
    assert [(reason.place, reason.swap) for reason in found.stale] == [
        ('lane "weak": survives', "train.lr = 5"),
        ('lane "strong": survives', "weak"),
        ("[survives]", "model.init"),
    ]
    assert not found.passed


def test_nothing_is_said_of_a_lane_whose_expectations_do_not_hold() -> None:
    broken = {"name": "broken", "expect": [{"step": 5, "statistic": "value", "above": 2.0}], "survives": {"weak": "?"}}
    found = sabotage(scenario(WEAK, broken))
    assert found.unmet == ("broken",)
    assert survived(found, "broken") == []
    assert found.stale == ()
    assert not found.passed


def test_a_reason_must_name_something() -> None:
    for swap, says in (
        ("stron", 'did you mean "strong"?'),
        ("train.lrr", 'did you mean "lr"?'),
        ("nothing", "neither a lane nor a setting"),
        ("tain.lr", "unknown key"),
    ):
        with pytest.raises(InputError, match="survives") as error:
            scenario({**WEAK, "survives": {swap: "because"}}, STRONG)
        assert says in str(error.value), swap
    with pytest.raises(InputError, match="at least 1 character"):
        scenario({**WEAK, "survives": {"train.lr": ""}})


def test_a_sweep_hands_a_lane_s_reasons_to_all_it_makes_of_it() -> None:
    lane = {"name": "a", "survives": {"any": "drawn to compare"}}
    made = scenario(lane, tables=NET, sweep={"key": "train.lr", "values": [0.1, 0.2]}, expect=[])
    assert sabotage(made).passed
    assert [reason.lanes for reason in made.reasons] == [("a, lr 0.1", "a, lr 0.2")]


def test_the_order_of_lanes_and_the_number_at_once_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    lanes = [{"name": name, "set": {"model.activation": name}} for name in ("relu", "tanh", "sigmoid")]
    expect = [{"lane": lane["name"], "step": 9, "statistic": "loss", "below": 0.7} for lane in lanes]
    noisy = {**NET, "train": {**NET["train"], "noise": {"gradients": 0.1}}, "model": {"hidden": [4], "dropout": 0.2}}
    at_once = sabotage(scenario(*lanes, tables=noisy, expect=expect))
    monkeypatch.setattr(tool, "_LANES_AT_ONCE", 1)
    assert sabotage(scenario(*lanes, tables=noisy, expect=expect)) == at_once
    assert 0 < len(at_once.survivors) < at_once.swaps


def test_a_lane_trains_alike_whatever_trains_beside_it() -> None:
    lane = {"name": "a", "set": {"model.dropout": 0.3, "train.noise.inputs": 0.1}}
    others = [{"name": str(n), "set": {"train.lr": 0.1 * n, "model.hidden": [n] * n}} for n in range(1, 9)]
    alone, beside = Experiment(scenario(lane, tables=NET)), Experiment(scenario(*others, lane, tables=NET))
    for run in (alone, beside):
        run.advance(12)
    for name, values in alone.parameters("a").items():
        assert np.array_equal(values, beside.parameters("a")[name])


def test_before_the_first_step_nothing_depends_on_how_a_step_is_made() -> None:
    changes: dict[str, Any] = {
        "train.optimizer": "adam",
        "train.lr": 7.0,
        "train.momentum": 0.9,
        "train.weight_decay": 0.5,
        "train.schedule": {"kind": "exponential", "decay": 0.5},
        "train.early_stopping": {"patience": 0},
    }
    assert set(changes) == set(tool._MOVES)
    tables = {**NET, "train": {**NET["train"], "evaluate_every": 1}}
    lanes = [{"name": "plain"}, *({"name": key, "set": {key: value}} for key, value in changes.items())]
    run = Experiment(scenario(*lanes, tables=tables))
    start = [lane.statistics for lane in run.lanes]
    for other in start[1:]:
        np.testing.assert_equal(other, start[0])
    run.advance(1)
    plain, *changed = run.lanes
    measured = [name for name in tool._AT_STEP if name not in tool._READ_MOVES]
    assert len(measured) >= 19
    for lane in changed:
        for name in measured:
            if name in plain.latest:
                assert lane.latest[name] == plain.latest[name], (lane.name, name)
            if name in plain.latest_layers:
                np.testing.assert_array_equal(lane.latest_layers[name], plain.latest_layers[name])


def test_no_swap_of_what_cannot_be_read() -> None:
    def tried(*expect: dict[str, Any], tables: dict[str, Any] = NET) -> set[str]:
        single = scenario(tables=tables, expect=list(expect))
        return {swap.key for swap in tool._tried(single, single.lanes[0], 0)} - {""}

    start = {"model.activation", "model.init", "model.batch_norm"}
    assert tried({"step": 0, "statistic": "train_loss", "above": 0.0}) == start
    assert tried({"step": 1, "statistic": "gradient_norm", "above": 0.0}) == start
    everything = {*start, "train.optimizer", "train.lr"}
    assert tried({"step": 1, "statistic": "train_loss", "above": 0.0}) == everything
    assert tried({"step": 1, "statistic": "lr", "above": 0.0}) == everything
    assert tried({"step": 0, "statistic": "lr_sharpness", "above": 0.0}) == everything
    assert tried({"step": 2, "statistic": "loss", "above": 0.0}) == everything
    assert tried({"statistic": "loss", "above": 0.0}) == everything
    assert tried({"step": 1, "statistic": "loss", "over": {"step": 2}, "above": 0.0}) == everything
    assert tried({"step": 0, "no_finding": "any"}) == everything
    assert tried({"step": 0, "statistic": "operations_forward", "above": 0.0}) == set()
    assert tried({"step": 0, "statistic": "value", "above": 0.0}, tables=BOWL) == set()
    moves = {"train.optimizer", "train.lr", "train.momentum"}
    assert tried({"step": 1, "statistic": "gradient_norm", "above": 0.0}, tables=BOWL) == moves


def test_over_seeds() -> None:
    noisy = {**BOWL, "surface": {"name": "bowl", "start": [1.0, -2.0], "noise": 1.0}}
    claim = {"step": 5, "statistic": "y", "above": 0.0, "seeds": 20}
    half = sabotage(scenario(tables=noisy, expect=[{**claim, "at_least": 5}]))
    assert half.unmet == ()
    assert "train.lr = 0.05" not in survived(half, "")  # y stays near −2 on every seed
    assert sabotage(scenario(tables=noisy, expect=[{**claim, "at_least": 20}])).unmet == ("",)


def test_the_reason_of_one_lane_does_not_excuse_another() -> None:
    again = {**WEAK, "name": "again", "set": {"train.lr": 0.4}}
    found = sabotage(scenario({**WEAK, "survives": {"train.lr": "only here"}}, again))
    said = {(survivor.lane, survivor.reason) for survivor in found.survivors if survivor.swap == "train.lr"}
    assert said == {("weak", "only here"), ("again", "")}
    assert found.stale == ()
