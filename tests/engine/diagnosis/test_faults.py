"""Every rule of what is set and what data are like: what it finds beside a control, and which settings mend it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui_engine import Experiment
from nntui_engine.diagnosis.verdict import RULES
from nntui_engine.run.finding import Finding
from nntui_engine.scenario import scenario_from_dict

pytestmark = pytest.mark.slow  # they train whole networks
RELU = {"hidden": [16, 16], "activation": "relu", "init": "he_normal"}
ADAM = {"optimizer": "adam", "lr": 0.01}


def rows(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """(x, y) of 300 rows: two rings, or a wave over the first of two inputs, or a few of a second class;
    "shuffled": rings with the classes of other rows."""
    g = np.random.default_rng(3)
    if kind == "wave":
        x = g.uniform(-1.7, 1.7, (300, 2))
        return x, np.sin(2.0 * x[:, 0]) + g.normal(0.0, 0.05, 300)
    angle, y = g.uniform(0.0, 2.0 * np.pi, 300), (np.arange(300) % 20 == 0 if kind == "few" else np.arange(300) % 2)
    radius = 0.5 + y + g.normal(0.0, 0.08, 300)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return x, (g.permutation(y) if kind == "shuffled" else y).astype(np.int64)


def trained(
    folder: Path,
    kind: str = "rings",
    *,
    x: float | tuple[float, float] = 1.0,
    y: float = 1.0,
    model: Any = None,
    train: Any = None,
    data: Any = None,
) -> Experiment:
    """A run on ``rows``, its inputs and targets multiplied by ``x`` and ``y``."""
    inputs, targets = rows(kind)
    if data:  # held out are the last rows: all of the second class
        inputs, targets = inputs[np.argsort(targets)], np.sort(targets)
    np.savez(folder / "rows.npz", x=inputs * np.array(x), y=targets * y if kind == "wave" else targets)
    of_rows = {"task": "regression" if kind == "wave" else "binary", **(data or {})}
    return trained_on(folder, of_rows, {**RELU, **(model or {})}, {"steps": 400, "batch_size": 32, **(train or {})})


def trained_on(folder: Path, data: dict[str, Any], model: Any = RELU, train: Any = None) -> Experiment:
    """A run on the rows in ``folder``."""
    settings = {"steps": 300, "evaluate_every": 20, **ADAM, **(train or {})}
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"path": str(folder / "rows.npz"), **data},
        "model": model,
        "train": settings,
    }
    run = Experiment(scenario_from_dict(tables))
    run.advance(settings["steps"])
    return run


def alarms(run: Experiment) -> list[Finding]:
    return [one for one in run.findings() if one.severity != "info"]


FAULTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # (the root, the fault, the first fix as it is in the same words)
    ("input_scale", {"x": 3000.0, "train": {"optimizer": "sgd", "lr": 0.05}}, {"data.preprocess": "standardize"}),
    ("input_scale", {"x": 300.0, "model": {"activation": "tanh"}}, {"data.preprocess": "standardize"}),
    ("input_scale", {"x": 0.001, "train": {"optimizer": "sgd", "lr": 0.05}}, {"data.preprocess": "standardize"}),
    ("target_scale", {"kind": "wave", "y": 1e-4, "train": {"steps": 150}}, {"data.target_scale": "standardize"}),
    ("feature_scale_spread", {"x": (1.0, 0.002)}, {"data.preprocess": "standardize"}),
    ("target_scale", {"kind": "wave", "y": 3000.0}, {"data.target_scale": "standardize"}),
    ("input_scale", {"kind": "wave", "x": 300.0, "y": 3000.0, "model": {"activation": "tanh"}},
     {"data.preprocess": "standardize", "data.target_scale": "standardize"}),
    ("poor_initialization", {"model": {"hidden": [16] * 8, "init": "normal", "init_scale": 0.01}},
     {"model.init": "he_normal"}),
    ("lr_too_high", {"train": {"lr": 10.0}}, {"train.lr": 0.01}),
    ("lr_too_low", {"train": {"lr": 1e-6}}, {"train.lr": 1e-3}),
    ("lr_too_low", {"train": {"lr": 3e-5}}, {"train.lr": 3e-3}),
    ("no_nonlinearity", {"model": {"activation": "linear"}}, {"model.activation": "relu", "model.init": "he_normal"}),
    ("penalty_too_strong", {"train": {"l2": 0.3}}, {"train.l2": 0.0}),
    ("penalty_too_strong", {"train": {"optimizer": "adamw", "weight_decay": 20.0}}, {"train.weight_decay": 0.0}),
    ("dropout_too_high", {"model": {"dropout": 0.95}}, {"model.dropout": 0.1}),
    ("dropout_too_high", {"kind": "wave", "model": {"hidden": [8, 8], "dropout": 0.5}}, {"model.dropout": 0.0}),
    ("lr_too_low", {"train": {"schedule": {"kind": "exponential", "decay": 0.1}, "lr": 0.003}},
     {"train.schedule": "constant"}),
    ("lr_too_low", {"train": {"schedule": {"kind": "warmup", "over": 1_000_000}}}, {"train.schedule": "constant"}),
    ("too_few_steps", {"train": {"steps": 30, "lr": 0.001}}, {"train.steps": 1000}),
    ("too_few_steps", {"train": {"steps": 30, "batch_size": "full", "lr": 0.001}},
     {"train.batch_size": 32, "train.steps": 1000}),
    ("too_few_steps",
     {"train": {"evaluate_every": 5, "early_stopping": {"patience": 4, "min_delta": 1.0}, "optimizer": "sgd"}},
     {"train.early_stopping": "none"}),
    ("unchanged_weights", {"model": {"trainable": False}}, {"model.trainable": True, "model.output_trainable": True}),
    ("batch_norm_small_batch", {"model": {"batch_norm": "before"}, "train": {"batch_size": 1}},
     {"train.batch_size": 32}),
    ("underfitting", {"model": {"hidden": [1]}},
     {"model.hidden": [32, 32], "model.activation": "relu", "model.init": "he_normal"}),
    ("unchanged_weights", {"train": {"lr": 0.0}}, {"train.lr": 0.01}),
    ("class_imbalance", {"kind": "few", "train": {"lr": 1e-4}}, {"train.lr": 3e-4}),
    ("class_imbalance", {"kind": "few", "train": {"optimizer": "sgd", "lr": 1e-3}},
     {"train.optimizer": "adam", "train.lr": 0.003}),
    ("output_mismatch", {"kind": "wave", "model": {"output": "sigmoid"}}, {"model.output": "linear"}),
    ("output_mismatch", {"model": {"output": "relu", "bias": -2.0}},
     {"model.output": "sigmoid", "train.loss": "binary_cross_entropy"}),
    ("dead_relu", {"model": {"bias": [-9.0, -9.0, 0.0]}}, {"model.init": "he_normal", "model.bias": 0.0}),
]  # fmt: skip


def names(faults: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> list[str]:
    return [f"{rule}-{i}" for i, (rule, _, _) in enumerate(faults)]


@pytest.mark.parametrize("kind", ["rings", "wave"])
def test_a_healthy_run_is_told_nothing(kind: str, tmp_path: Path) -> None:
    assert alarms(trained(tmp_path, kind)) == []


@pytest.mark.parametrize("name", ["digits", "dropout", "nesterov", "batch-size"])
def test_a_healthy_run_raises_no_alarm_on_its_way(name: str) -> None:
    """What only the end of a run can tell is not told while it goes on."""
    run = Experiment(name)
    while run.step < run.steps:
        run.advance(max(5, run.steps // 25))
        assert alarms(run) == [], run.step


def test_token_numbers_are_no_sizes() -> None:
    run = Experiment("word-order")
    run.advance(30)
    scaled = {one.lane for one in run.findings() if one.rule == "input_scale"}
    assert scaled == {"numbers"}  # the lane that multiplies them


def test_what_follows_from_an_alarm_is_one_too(tmp_path: Path) -> None:
    """Though the loss falls from its highest, which stood at the beginning."""
    run = trained(tmp_path, train={"lr": 10.0, "steps": 100})
    again = {one.rule: (one.severity, one.because) for one in run.findings()}
    assert again["lr_too_high"] == ("warning", "")
    assert again["dead_relu"] == ("warning", "lr_too_high")


@pytest.mark.parametrize(("root", "fault", "fix"), FAULTS, ids=names(FAULTS))
def test_the_root_of_a_fault_is_named_first_and_a_fix_for_it(
    root: str, fault: dict[str, Any], fix: dict[str, Any], tmp_path: Path
) -> None:
    found = alarms(trained(tmp_path, **fault))
    assert [one.rule for one in found][:1] == [root]
    first = found[0].fixes[0].set
    assert {key: pytest.approx(value) if isinstance(value, float) else value for key, value in first.items()} == fix
    assert found[0].because == ""


def test_numbers_that_overflow_follow_from_data_out_of_scale(tmp_path: Path) -> None:
    found = alarms(trained(tmp_path, x=3000.0, train={"optimizer": "sgd", "lr": 0.05}))
    root = "input_scale"
    told = [(one.rule, one.because) for one in found]
    assert told == [(root, ""), ("lr_too_high", root), ("non_finite", root)]


def test_a_rate_that_makes_numbers_overflow_is_named_before_them(tmp_path: Path) -> None:
    found = alarms(trained(tmp_path, "wave", train={"optimizer": "sgd", "lr": 30.0}))
    assert [(one.rule, one.because) for one in found] == [("lr_too_high", ""), ("non_finite", "lr_too_high")]


def test_what_is_set_wrong_is_named_beside_numbers_that_overflow(tmp_path: Path) -> None:
    both = {"dropout": 0.9, "batch_norm": "none"}
    found = alarms(trained(tmp_path, "wave", y=1e4, model=both, train={"optimizer": "sgd", "lr": 1.0}))
    rules = [one.rule for one in found]
    assert rules[0] == "target_scale"
    assert {"dropout_too_high", "non_finite"} <= set(rules)
    assert found[0].fixes[0].set == {"data.target_scale": "standardize", "model.dropout": 0.1}


def test_several_roots_are_mended_together(tmp_path: Path) -> None:
    run = trained(tmp_path, x=3000.0, model={"output": "relu", "bias": -2.0}, train={"optimizer": "sgd"})
    roots = [one for one in alarms(run) if not one.because]
    assert [one.rule for one in roots[:2]] == ["output_mismatch", "input_scale"]
    assert roots[0].fixes[0].set == {**roots[0].fixes[1].set, **roots[1].fixes[0].set}


def test_rows_known_by_heart_are_told_of_where_no_simpler_method_does_better(tmp_path: Path) -> None:
    g = np.random.default_rng(3)
    x = g.normal(0.0, 1.0, (300, 60))
    np.savez(tmp_path / "rows.npz", x=x, y=(x[:, :3].sum(axis=1) > 0.0).astype(np.int64))
    (found,) = alarms(trained_on(tmp_path, {"task": "binary", "train_rows": 40}))
    assert found.rule == "overfitting"
    assert found.evidence["train"] - found.evidence["validation"] > 0.25
    assert found.fixes[0].set == {"train.l1": 0.01}  # more inputs than rows


def test_rows_held_out_that_are_scaled_in_another_way_are_said_to_be_so(tmp_path: Path) -> None:
    x, y = rows("wave")
    np.savez(tmp_path / "rows.npz", x=x[:200], y=y[:200])
    np.savez(tmp_path / "others.npz", x=x[200:] * 255.0, y=y[200:])
    others = str(tmp_path / "others.npz")
    (found,) = alarms(trained_on(tmp_path, {"test_path": others, "task": "regression"}))
    assert found.rule == "split_problem"
    assert found.evidence["size_ratio"] == pytest.approx(255.0, rel=0.1)


@pytest.mark.parametrize("steps", [60, 120, 400])
def test_a_rate_is_never_too_high_and_too_low(steps: int, tmp_path: Path) -> None:
    found = [one.rule for one in trained(tmp_path, train={"lr": 10.0, "steps": steps}).findings()]
    assert "lr_too_high" in found
    assert "lr_too_low" not in found


def test_what_follows_from_a_root_names_it(tmp_path: Path) -> None:
    found = {one.rule: one.because for one in alarms(trained(tmp_path, train={"lr": 10.0}))}
    assert found["lr_too_high"] == ""
    assert found["dead_relu"] == "lr_too_high"


def test_rows_of_one_class_are_a_finding_and_no_refusal(tmp_path: Path) -> None:
    assert [one.rule for one in alarms(trained(tmp_path, data={"split": "last", "test_fraction": 0.5}))] == [
        "one_class"
    ]


def test_targets_that_inputs_do_not_tell_are_said_to_be_so(tmp_path: Path) -> None:
    (found,) = alarms(trained(tmp_path, "shuffled"))
    assert found.rule == "label_problem"
    assert found.evidence["unseen"] < found.evidence["below"]


def test_rows_held_out_that_are_of_other_classes_are_to_be_drawn(tmp_path: Path) -> None:
    y = np.repeat(np.arange(3), 100)
    middles = np.array([[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]])
    np.savez(tmp_path / "rows.npz", x=middles[y] + np.random.default_rng(3).normal(0.0, 0.5, (300, 2)), y=y)
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"path": str(tmp_path / "rows.npz"), "task": "classes", "split": "last", "test_fraction": 0.4},
        "model": RELU,
        "train": {"steps": 300, "evaluate_every": 20, **ADAM},
    }
    run = Experiment(scenario_from_dict(tables))
    run.advance(300)
    (found,) = alarms(run)
    assert found.rule == "split_problem"
    assert [fix.set for fix in found.fixes] == [{"data.split": "random"}]


@pytest.mark.parametrize(("kind", "told"), [("recurrent", ["vanishing_gradient"]), ("gru", [])])
def test_a_gradient_that_vanishes_through_time_is_told_of_a_plain_recurrent_layer(kind: str, told: list[str]) -> None:
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"name": "adding", "samples": 800, "length": 60},
        "model": {"layers": [{"kind": kind, "units": 16}]},
        "train": {"steps": 400, "clip_norm": 1.0, **ADAM},
    }
    run = Experiment(scenario_from_dict(tables))
    run.advance(400)
    found = alarms(run)
    assert [one.rule for one in found] == told
    assert [one.fixes[0].set for one in found] == [{"model.layers.1.kind": "gru"} for _ in told]


def test_a_run_that_only_has_not_come_to_its_end_says_how_long_it_will_take(tmp_path: Path) -> None:
    slow = {"optimizer": "sgd", "lr": 0.003, "steps": 100}
    (found,) = [one for one in trained(tmp_path, train=slow).findings() if one.rule == "slow_convergence"]
    assert found.evidence["loss"] < found.evidence["loss_before"]
    needed = int(found.evidence["projected_steps"])
    assert needed > 100
    assert f"about {needed:,} steps".replace(",", " ") in found.message


@pytest.mark.parametrize("lr", [0.003, 0.0005])
def test_a_run_that_has_learned_nothing_is_never_told_nothing(lr: float, tmp_path: Path) -> None:
    assert alarms(trained(tmp_path, train={"optimizer": "sgd", "lr": lr, "steps": 300}))


def test_every_rule_is_tried_by_some_test() -> None:
    here = {rule for rule, _, _ in FAULTS} | {
        "one_class",
        "constant_inputs",
        "slow_convergence",
        "label_problem",
        "overfitting",
        "split_problem",
        "unshuffled_rows",
    }
    files = [Path(__file__).with_name(f"test_{name}.py") for name in ("rules", "losses")]
    there = "".join(file.read_text(encoding="utf-8") for file in files)
    untried = [rule.name for rule in RULES if rule.name not in here and f'"{rule.name}"' not in there]
    assert untried == ["loss_not_decreasing"]
