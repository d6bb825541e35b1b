"""A finding in words."""

import pytest

from nntui_engine.run.finding import Finding, Fix, details, headline, layer_words


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ((), ""),
        ((3,), "layer 3"),
        ((1, 2), "layers 1–2"),
        ((1, 2, 3, 4, 5), "layers 1–5"),
        ((1, 2, 3, 5), "layers 1–3, 5"),
        ((5, 1, 3, 2, 9, 10), "layers 1–3, 5, 9–10"),
        ((2, 4, 6), "layers 2, 4, 6"),
    ],
)
def test_consecutive_layers_are_a_range(layers, words):
    assert layer_words(layers) == words


@pytest.mark.parametrize(("layers", "words"), [((9,), "output layer"), ((7, 8, 9), "layers 7–8, output")])
def test_the_last_layer_is_the_output(layers, words):
    assert layer_words(layers, {9: "output"}) == words


FINDING = Finding(
    "vanishing_gradient", "warning", "sigmoid", (1, 2, 4), 7, {}, "The gradient shrinks.",
    (Fix({"model.activation": "relu", "model.init": "he_normal"}, "steeper"), Fix({"train.lr": 1.0}, "faster")),
)  # fmt: skip


def test_the_form_is_rule_lane_layers_step_cause_fix():
    assert headline(FINDING) == "vanishing gradient · sigmoid · layers 1–2, 4 · since step 7"
    assert details(FINDING) == [
        ("cause", "The gradient shrinks."),
        ("fix", "model.activation = relu, model.init = he_normal: steeper"),
        ("or", "train.lr = 1: faster"),
    ]


def test_an_unnamed_lane_and_no_layers_leave_no_gap():
    assert headline(Finding("non_finite", "critical", "", (), 3, {}, "")) == "non finite · since step 3"
