"""Several --set options in one run."""

import pytest

from nntui.headless.sets import parse_sets
from nntui_engine.errors import InputError

LANES = ["sigmoid", "ReLU + He"]


def test_all_keys_of_a_lane_go_into_one_override():
    texts = ["train.beta1=0.8", "ReLU + He:train.lr=1", "train.optimizer=adam"]
    assert parse_sets(texts, LANES) == [
        ({"train.beta1": 0.8, "train.optimizer": "adam"}, None),
        ({"train.lr": 1}, "ReLU + He"),
    ]


def test_the_later_value_wins():
    assert parse_sets(["train.lr=1", "train.lr=2"], LANES) == [({"train.lr": 2}, None)]


def test_of_steps_and_epochs_the_later_wins():
    assert parse_sets(["train.steps=5", "train.epochs=2"], LANES) == [({"train.epochs": 2}, None)]


def test_nothing_set():
    assert parse_sets([], LANES) == []


@pytest.mark.parametrize(
    ("text", "lanes", "message"),
    [
        ("sigmoyd:train.lr=1", LANES, 'did you mean "sigmoid"'),
        ("a:train.lr=1", [""], "has no lanes"),
        ("train.lr", LANES, "--set"),
        ("=1", LANES, "--set"),
        ("train.lr=", LANES, "--set"),
    ],
)
def test_a_wrong_text_is_named(text, lanes, message):
    with pytest.raises(InputError) as caught:
        parse_sets([text], lanes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
