"""What ``--over`` and ``--measure`` may say."""

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nntui.sweep.axes import MOST_VALUES, Axis, axis_of
from nntui.sweep.measure import Measure, measure_of
from nntui_engine.errors import InputError


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("train.lr=log:1e-4:10:6", (0.0001, 0.001, 0.01, 0.1, 1.0, 10.0)),
        ("train.lr=log:1:0.01:3", (1.0, 0.1, 0.01)),
        ("model.dropout=linear:0:0.5:3", (0.0, 0.25, 0.5)),
        ("train.lr=linear:-1:1:3", (-1.0, 0.0, 1.0)),
        ("train.lr=log:0.5:2:1", (0.5,)),
        ("model.depth=1..4", (1, 2, 3, 4)),
        ("train.batch_size=8..8", (8,)),
        ("train.batch_size=8,16, 32", (8, 16, 32)),
        ("train.batch_size=[8, 16]", (8, 16)),
        ("train.batch_size=8,full", (8, "full")),
        ("model.hidden=[8], [16, 8]", ([8], [16, 8])),
        ("model.hidden=[[8], [16, 8]]", ([8], [16, 8])),
        ("train.optimizer=sgd,adam", ("sgd", "adam")),
        ("model.batch_norm=true,false", (True, False)),
    ],
)
def test_forms_of_a_range(text: str, values: tuple[object, ...]) -> None:
    assert axis_of(text) == Axis(text.partition("=")[0], values)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("train.lr", "write KEY=RANGE"),
        ("train.lr=", "write KEY=RANGE"),
        ("=1,2", "write KEY=RANGE"),
        ("train.lr=log:0:1:3", "from above 0"),
        ("train.lr=log:-1:1:3", "from above 0"),
        ("train.lr=log:1:2:0", "0 values; must be 1 to 10000"),
        ("train.lr=log:1:2:99999", "99999 values"),
        ("train.lr=log:1:2", "is not a range"),
        ("train.lr=log:a:b:3", "is not a range"),
        ("train.lr=linear:1e999:2:3", "must be finite"),
        ("model.depth=4..1", "is empty"),
        ("model.depth=1..99999", "99999 values"),
        ("train.lr=0.1,0.1", "0.1 is there twice"),
        ("train.lr=log:1:1:3", "1.0 is there twice"),
        ("train.lr=[]", "0 values"),
    ],
)
def test_what_is_no_range(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words.replace("[", r"\[")):
        axis_of(text)


@given(st.text(max_size=30), st.text(max_size=40))
def test_any_text_is_an_axis_or_one_line(key: str, text: str) -> None:
    said = ""
    try:
        axis = axis_of(f"{key}={text}")
    except InputError as error:
        said = str(error)
    assert "\n" not in said
    assert said or 1 <= len(axis.values) <= MOST_VALUES


@given(
    st.sampled_from(["log", "linear"]),
    st.floats(1e-9, 1e9),
    st.floats(1e-9, 1e9),
    st.integers(2, 50),
)
def test_a_range_goes_from_end_to_end_in_equal_steps(kind: str, low: float, high: float, count: int) -> None:
    assume(max(low, high) > 1.01 * min(low, high))  # else six digits are too few to tell the values apart
    values = axis_of(f"train.lr={kind}:{low!r}:{high!r}:{count}").values
    assert len(values) == count
    assert math.isclose(values[0], low, rel_tol=1e-5)
    assert math.isclose(values[-1], high, rel_tol=1e-5)
    scale = [math.log(value) if kind == "log" else value for value in values]
    step = (scale[-1] - scale[0]) / (count - 1)
    slack = 1e-5 * (1.0 if kind == "log" else max(map(abs, scale)))
    assert all(abs(after - before - step) <= slack for before, after in pairwise(scale))


def test_depth_and_width_repeat_the_first_layer() -> None:
    tables = {"model": {"hidden": [8, 4]}}
    assert Axis("model.depth", (1, 3)).settings(1, tables) == {"model.hidden": [8, 8, 8]}
    assert Axis("model.width", (5,)).settings(0, tables) == {"model.hidden": [5, 5]}
    assert Axis("train.lr", (0.1,)).settings(0, tables) == {"train.lr": 0.1}
    with pytest.raises(InputError, match=r"no model\.hidden"):
        Axis("model.depth", (2,)).settings(0, {"model": {}})
    with pytest.raises(InputError, match="whole number"):
        Axis("model.depth", (0,)).settings(0, tables)


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("loss", Measure("loss", "loss")),
        ("gradient_norm:1", Measure("gradient_norm:1", "gradient_norm", 1)),
        ("gradient_norm:-1@20", Measure("gradient_norm:-1@20", "gradient_norm", -1, step=20)),
        ("activation_variance:output", Measure("activation_variance:output", "activation_variance", "output")),
        ("finding:dead_relu@7", Measure("finding:dead_relu@7", finding="dead_relu", step=7)),
    ],
)
def test_forms_of_a_measure(text: str, measure: Measure) -> None:
    assert measure_of(text) == measure


@pytest.mark.parametrize("text", ["", "loss@", "loss@x", "finding:", "finding:dead_relu:1", "a b", "LOSS"])
def test_what_is_no_measure(text: str) -> None:
    with pytest.raises(InputError, match="--measure"):
        measure_of(text)


def test_an_unknown_rule_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r'unknown rule "dead_rel".*dead_relu'):
        measure_of("finding:dead_rel")
