"""``nntui.Recorder``: what it makes of arrays is what the engine says, and none of its mistakes ends a training."""

import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pseudo_terminal import environment
from watching.records import last

import nntui
from nntui.watching.run_log import NntuiWarning
from nntui.watching.table import STEP
from nntui_engine import Experiment
from nntui_engine.record.source import RecordSource
from nntui_engine.scenario import scenario_from_dict

LR = 0.1
DOCS = Path(__file__).parents[2] / "docs" / "watching.md"


def said(caught: list[warnings.WarningMessage]) -> list[str]:
    return [str(one.message) for one in caught if issubclass(one.category, NntuiWarning)]


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-z))


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


PHI = {"relu": lambda z: np.maximum(z, 0.0), "tanh": np.tanh, "sigmoid": sigmoid, "softmax": softmax}
SLOPE = {"relu": lambda _, a: a > 0.0, "tanh": lambda _, a: 1.0 - a * a, "sigmoid": lambda _, a: a * (1.0 - a)}


def test_it_says_what_the_engine_says_of_the_same_network(path):
    activations = ["relu", "tanh", "sigmoid", "softmax"]
    run = Experiment(
        scenario_from_dict(
            {
                "schema": 1,
                "scenario": {"title": "t"},
                "data": {"name": "moons", "samples": 80},
                "model": {"hidden": [7, 6, 5], "activation": activations[:3], "output": "softmax"},
                "train": {
                    "lr": LR, "optimizer": "sgd", "dtype": "float64", "batch_size": "full", "loss": "cross_entropy",
                    "shuffle": False, "steps": 6,
                },
            }
        )
    )  # fmt: skip
    x, t = run.lanes[0].data.x_train, run.lanes[0].data.t_train
    values = run.parameters(0)
    weights = [values[f"{number}.weights"].copy() for number in range(1, 5)]
    biases = [values[f"{number}.biases"].copy() for number in range(1, 5)]
    names = ["first", "second", "third", "last"]
    with nntui.Recorder(path, layers=dict(zip(names, activations, strict=True))) as recorder:
        for _ in range(6):
            z: list[np.ndarray] = []
            a: list[np.ndarray] = [x]
            for w, b, name in zip(weights, biases, activations, strict=True):
                z.append(a[-1] @ w + b)
                a.append(PHI[name](z[-1]))
            loss = -np.log((a[-1] * t).sum(axis=1)).mean()
            delta = [(a[-1] - t) / len(x)]
            for place in (2, 1, 0):
                slope = SLOPE[activations[place]](z[place], a[place + 1])
                delta.insert(0, (delta[0] @ weights[place + 1].T) * slope)
            gradients = [[a[i].T @ delta[i], delta[i].sum(axis=0)] for i in range(4)]
            for i in range(4):  # in place, as people do
                weights[i] -= LR * gradients[i][0]
                biases[i] -= LR * gradients[i][1]
            recorder.step(
                {"loss": loss, "lr": LR}
                | {
                    name: {
                        "pre_activation": z[i], "activation": a[i + 1], "backprop": delta[i],
                        "gradient": gradients[i], "weights": weights[i],
                    }
                    for i, name in enumerate(names)
                }
            )  # fmt: skip
    run.advance(6)
    own, theirs = run.full_snapshot(None).lanes[0], last(path)
    assert [layer.name for layer in theirs.layers] == names
    assert [(layer.inputs, layer.units, layer.activation) for layer in theirs.layers] == [
        (layer.inputs, layer.units, layer.activation) for layer in own.layers
    ]
    compared = 0
    for name in STEP:
        one, other = own.layer_history[name].mean, theirs.layer_history[name].mean
        if name.startswith("weight_") or name == "update_ratio":  # not known in the first step
            assert np.isnan(other[0]).all()
            one, other = one[1:], other[1:]
        if name.startswith("saturated"):  # the engine's softmax has a slope of its own
            one, other = one[:, :3], other[:, :3]
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12, err_msg=name)
        compared += one.size
    assert compared > 350
    for name in ("loss", "gradient_norm", "lr"):
        np.testing.assert_allclose(theirs.whole_history[name].mean, own.whole_history[name].mean, rtol=1e-9)


def test_what_is_already_known_is_taken_as_it_is(path):
    with nntui.Recorder(path, title="By hand", framework="A tool") as recorder:
        recorder.evaluated(validation_loss=3.0)  # before the first step
        recorder.step({"loss": 2.0, "gradient_norm": 3.0, "body": {"gradient_norm": 1.5, "update_ratio": 0.01}}, at=10)
        recorder.step({"loss": 1.0, "validation_loss": 1.25, "body": {"gradient_norm": 0.5}}, at=20)
        recorder.evaluated(validation_accuracy=0.75)
    lane = last(path)
    assert lane.whole_history["loss"].steps.tolist() == [10, 20]
    assert lane.whole_history["gradient_norm"].mean[:, 0].tolist() == [3.0, 0.5]
    assert lane.layer_history["gradient_norm"].mean[:, 0].tolist() == [1.5, 0.5]
    assert lane.layer_history["update_ratio"].mean[0, 0] == 0.01
    assert (lane.whole["validation_loss"], lane.whole["validation_accuracy"]) == (1.25, 0.75)
    assert lane.whole_history["validation_loss"].steps.tolist() == [20], "one row for what was told of one step"
    source = RecordSource(path)
    assert source.scenario.title == "By hand"
    assert "The run takes no orders." in source.scenario.lesson
    assert "module" not in source.scenario.lesson, "of PyTorch"
    source.close()


def test_arrays_of_any_number_type_and_such_that_cannot_be_written(path):
    weights = np.arange(6.0, dtype=np.float16).reshape(2, 3)
    later = (weights * 2).astype(np.float16)
    for array in (weights, later):
        array.flags.writeable = False
    with nntui.Recorder(path) as recorder:
        for w in (weights, later):
            recorder.step({"loss": 1, "body": {"weights": w, "gradient": [[3, 4], np.zeros(2, np.int8)]}})
    lane = last(path)
    assert lane.per_layer["weight_norm"][0] == pytest.approx(np.sqrt(55.0), rel=1e-6)
    assert lane.per_layer["update_ratio"][0] == pytest.approx(1.0, rel=1e-6)
    assert lane.per_layer["gradient_norm"][0] == 5.0


def test_the_first_number_that_is_none_is_named_with_its_layer(path):
    with nntui.Recorder(path, layers=["body", "head"]) as recorder:
        for step in range(30):
            bad = np.nan if step == 20 else 0.1
            recorder.step({"loss": 1.0, "body": {"gradient": np.ones(3)}, "head": {"gradient": np.array([1.0, bad])}})
    source = RecordSource(path)
    (finding,) = [one for one in source.findings() if one.rule == "non_finite"]
    source.close()
    assert finding.message == "NaN or infinity since step 21, first in layer head."
    assert "optimizer.param_groups" not in str(finding.fixes), "this is no PyTorch"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"los": 1.0}, 'unknown statistic "los"; allowed: loss, accuracy'),
        (
            {"loss": 1.0, "body": {"gradients": np.ones(2)}},
            'layer "body": unknown "gradients"; allowed: pre_activation',
        ),
        ({"loss": "much"}, "loss: must be a number; got str"),
        ({"loss": 1.0, "body": {"gradient": "steep"}}, 'layer "body": gradient: must be an array of numbers; got str'),
        ({"loss": 1.0, "body": {"activation": np.ones((2, 5))}}, 'layer "body": activation: it has 3 units'),
        ({"loss": 1.0, "tail": {"gradient_norm": 1.0}}, 'layer "tail" is left out: the first step had none'),
        (3.0, "must be given a mapping of names to values; got float"),
    ],
)
def test_what_cannot_be_recorded_is_one_warning_and_the_rest_goes_on(values: Any, words: str, path: Path) -> None:
    good = {"loss": 0.5, "body": {"activation": np.ones((4, 3))}}
    with nntui.Recorder(path) as recorder:
        recorder.step(good)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(3):
                recorder.step(values)
        recorder.step(good)
    assert len(said(caught)) == 1, said(caught)
    assert words in said(caught)[0]
    lane = last(path)
    assert lane.whole["loss"] == 0.5
    assert lane.per_layer["activation_mean"][0] == 1.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"layers": {"body": "swoosh"}}, 'layers: unknown activation "swoosh" of "body"; allowed: linear'),
        ({"record": "/nowhere/at/all.nntui"}, "there is no folder /nowhere/at"),
    ],
)
def test_where_nothing_can_be_recorded_the_training_goes_on(options, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        recorder = nntui.Recorder(**options)
        recorder.step({"loss": 1.0})
        recorder.evaluated(validation_loss=1.0)
        recorder.close()
    assert len(said(caught)) == 1
    assert words in said(caught)[0]
    assert said(caught)[0].endswith("The training goes on unrecorded.")
    assert recorder.path is None
    assert list(tmp_path.iterdir()) == []


def test_steps_go_forward(path):
    with nntui.Recorder(path) as recorder, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        recorder.step({"loss": 1.0}, at=5)
        recorder.step({"loss": 2.0}, at=5)
        recorder.step({"loss": 3.0})
    assert last(path).whole_history["loss"].steps.tolist() == [5, 6]
    assert "at must be a whole number above 5; got 5" in said(caught)[0]


def test_a_script_that_ends_without_a_word_leaves_a_whole_record_and_needs_no_pytorch(tmp_path):
    code = (
        "import sys; sys.modules['torch'] = None\nimport nntui\nrecorder = nntui.Recorder()\n"
        "for i in range(50): recorder.step({'loss': 1 / (i + 1)})\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, env=environment(NNTUI_RECORD="here.nntui"))
    lane = last(tmp_path / "here.nntui")
    assert (lane.step, lane.state) == (50, "finished")


@pytest.mark.parametrize("heading", ["NumPy", "scikit-learn", "JAX"])
def test_the_examples_of_the_docs_are_right(heading, tmp_path, monkeypatch):
    if heading == "JAX":
        pytest.importorskip("jax", reason="JAX is no dependency: its example runs where it is installed")
    found = re.search(rf"### {heading}\n.*?```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    monkeypatch.chdir(tmp_path)
    exec(compile(found[1], heading, "exec"), {"__name__": "example"})
    (path,) = tmp_path.glob("*.nntui")
    lane = last(path)
    assert lane.step >= 100
    assert lane.whole_history["loss"].mean[-1, 0] < 0.5 * lane.whole_history["loss"].mean[0, 0]
    assert np.isfinite(lane.per_layer["gradient_norm" if heading != "scikit-learn" else "update_ratio"]).all()
