"""A lane's settings in words."""

from builders import iris_settings, layer

from nntui.headless.network_words import network_line
from nntui.headless.settings_document import training_line


def test_equal_layers_are_counted():
    layers = (*(layer(i + 1, 24, "tanh") for i in range(5)), layer(6, 1, "sigmoid"))
    assert network_line(iris_settings(layers=layers)) == "4 → 5 × (24 tanh) → 1 sigmoid"


def test_the_optimizer_shows_what_differs_from_its_defaults():
    parameters = {"lr": 0.1, "momentum": 0.9, "dampening": 0.0, "nesterov": 0.0, "weight_decay": 0.0}
    settings = iris_settings(optimizer="sgd", optimizer_parameters=parameters, schedule="cosine")
    assert training_line(settings) == "cross_entropy, sgd (lr 0.1, momentum 0.9), batches of 32, cosine schedule"
