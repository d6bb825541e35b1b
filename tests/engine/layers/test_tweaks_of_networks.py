"""Networks of any kinds of layer, changed while they train, stopped early, and started from weights learned before."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.layers.nets import SEQUENCE, conv, experiment, rnn

from nntui_engine.experiment import Experiment
from nntui_engine.layout.arena import memory_views

LAYERS = [
    conv(name="a", batch_norm="before", dropout=0.2),
    conv(name="b", kernel=2, bias=0.0),
    {"kind": "layer_norm", "name": "n"},
    {"kind": "dense", "units": 4, "name": "d"},
]
RECURRENT = [
    rnn("gru", name="a", return_sequence=True),
    rnn("lstm", name="b", dropout=0.2),
    {"kind": "dense", "units": 3},
]


def same(one: dict[str, Any], other: dict[str, Any], names: Any = None) -> bool:
    return all(np.array_equal(one[name], other[name]) for name in (names or one))


def learned(run: Experiment) -> dict[str, Any]:
    return {name: value for name, value in run.parameters().items() if "running" not in name}


def memories(run: Experiment, place: int) -> list[Any]:
    views = memory_views(run.network.arena, 0)
    return [view.copy() for one in views for name, view in one.items() if name.startswith(f"{place}.")]


@pytest.mark.parametrize("change", ["train.lr", "train.l2", "model.layers.b.l2", "model.layers.a.dropout"])
def test_a_change_takes_hold_at_the_next_step_and_nothing_else_changes(change: str, tmp_path: Path) -> None:
    run = experiment(tmp_path, LAYERS, {"optimizer": "sgd"})
    run.advance(3)
    before, gradient, running = learned(run), run.gradients(), run.parameters()
    run.tweak({change: 0.3})
    assert run.step == 3
    assert same(run.parameters(), running)
    found, lr = run.gradients(), 0.05
    if change == "train.lr":
        assert same(found, gradient)
        lr = 0.3
    elif change.endswith("l2"):
        for name, g in found.items():
            is_penalised = name.endswith("weights") and (change == "train.l2" or name.startswith("b."))
            expected = gradient[name] + 0.3 * before[name] * is_penalised
            np.testing.assert_allclose(g, expected, rtol=1e-9, atol=1e-12)
    else:
        assert not same(found, gradient)
    run.advance(1)
    for name, value in learned(run).items():
        np.testing.assert_allclose(value, before[name] - lr * found[name], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", ["recurrent", "lstm", "gru"])
def test_a_carried_state_outlives_a_change(kind: str, tmp_path: Path) -> None:
    layers = [rnn(kind, name="a", carry=True, return_sequence=True), rnn(kind, carry=True)]
    run, other = (experiment(tmp_path, layers, {"optimizer": "sgd"}, shape=SEQUENCE) for _ in range(2))
    run.advance(3)
    gradient = run.gradients()
    run.tweak({"train.lr": 0.3})
    assert same(run.gradients(), gradient)
    run.tweak({"train.lr": 0.05})
    run.advance(4)
    other.advance(7)
    assert same(run.parameters(), other.parameters())


@pytest.mark.parametrize(("layers", "shape"), [(LAYERS, (5, 6, 2)), (RECURRENT, SEQUENCE)], ids=["images", "sequences"])
@pytest.mark.parametrize("name", ["a", "b"])
def test_a_layer_is_frozen_and_thawed(name: str, layers: Any, shape: Any, tmp_path: Path) -> None:
    run = experiment(tmp_path, layers, {"optimizer": "adam", "clip_norm": 0.5, "l1": 0.01}, shape=shape)
    run.advance(3)
    place = "ab".index(name) + 1
    run.tweak({f"model.layers.{name}.trainable": False})
    before, kept = learned(run), memories(run, place)
    assert any(memory.any() for memory in kept)
    run.advance(4)
    after = learned(run)
    for key in before:
        assert np.array_equal(before[key], after[key]) == key.startswith(f"{name}."), key
    assert all(np.array_equal(one, other) for one, other in zip(kept, memories(run, place), strict=True))
    assert run.lanes[0].latest_layers["update_ratio"][place - 1] == 0.0
    run.tweak({f"model.layers.{name}.trainable": True})
    run.advance(1)
    assert not same(learned(run), after, [f"{name}.weights"])
    assert run.step == 8


@pytest.mark.parametrize(
    ("key", "value"),
    [("a.filters", 4), ("b.kernel", 3), ("b.padding", "same"), ("b.stride", 2), ("a.init", "zeros"), ("b.bias", 0.5)],
)
def test_another_shape_or_start_begins_again(key: str, value: Any, tmp_path: Path) -> None:
    run = experiment(tmp_path, LAYERS)
    run.advance(3)
    run.tweak({f"model.layers.{key}": value})
    changed = [dict(layer) for layer in LAYERS]
    name, _, what = key.partition(".")
    changed["ab".index(name)][what] = value
    fresh = experiment(tmp_path, changed)
    assert same(run.parameters(), fresh.parameters())
    run.advance(2)
    fresh.advance(2)
    assert same(run.parameters(), fresh.parameters())


@pytest.mark.parametrize(("layers", "shape"), [(LAYERS, (5, 6, 2)), (RECURRENT, SEQUENCE)], ids=["images", "sequences"])
def test_early_stopping_brings_the_best_back(layers: Any, shape: Any, tmp_path: Path) -> None:
    train = {"lr": 0.2, "evaluate_every": 2, "early_stopping": {"patience": 4}}
    run = experiment(tmp_path, layers, train, shape=shape, rows=16, more={"test_fraction": 0.4})
    losses, seen = {0: np.inf}, {}
    for step in range(2, 101, 2):
        run.advance(2)
        if run.lanes[0].latest["validation_loss"] is not None and run.step == step:
            losses[step], seen[step] = run.lanes[0].latest["validation_loss"], run.parameters()
        if run.network.ended[0]:
            break
    assert run.network.ended[0]
    final = run.parameters()
    best = [step for step, values in seen.items() if same(values, final)]
    others = [loss for step, loss in losses.items() if step not in best]
    assert best
    assert losses[best[0]] <= min(others)
    assert run.lanes[0].latest["validation_loss"] == losses[best[0]]


@pytest.mark.parametrize("chosen", [["a"], ["b", "n"], ["a", "d", "5"], None])
def test_transfer_takes_what_is_named(chosen: list[str] | None, tmp_path: Path) -> None:
    teacher = experiment(tmp_path, LAYERS)
    teacher.advance(5)
    learned_before, path = teacher.parameters(), tmp_path / "w.npz"
    np.savez(path, **learned_before)
    drawn = experiment(tmp_path, LAYERS, {"seed": 3}).parameters()
    start = {"weights": str(path), **({"layers": chosen} if chosen else {})}
    run = experiment(tmp_path, LAYERS, {"seed": 3}, {"start": start})
    found = run.parameters()
    assert set(found) == set(learned_before)
    differs = 0
    for name, value in found.items():
        is_taken = chosen is None or name.split(".")[0] in chosen
        assert np.array_equal(value, (learned_before if is_taken else drawn)[name]), name
        differs += not np.array_equal(learned_before[name], drawn[name])
    assert differs > 6
    run.advance(2)
    run.restart(seed=4)
    assert same(run.parameters(), found, [name for name in found if chosen is None or name.split(".")[0] in chosen])


def test_transfer_of_recurrent_layers(tmp_path: Path) -> None:
    teacher = experiment(tmp_path, RECURRENT, shape=SEQUENCE)
    teacher.advance(5)
    np.savez(tmp_path / "w.npz", **teacher.parameters())
    start = {"start": {"weights": str(tmp_path / "w.npz")}}
    run = experiment(tmp_path, RECURRENT, {"dtype": "float64"}, start, shape=SEQUENCE)
    x = teacher.lanes[0].data.x_train
    assert np.array_equal(run.predict(x), teacher.predict(x))
