"""The knobs of a network, a row each, in groups: first what one turns most."""

from collections.abc import Iterable
from typing import Any

from nntui_engine.registry.activation import ACTIVATIONS, HIDDEN_ACTIVATIONS
from nntui_engine.registry.initializer import INITIALIZERS
from nntui_engine.registry.loss import LOSSES
from nntui_engine.registry.optimizer import LR, OPTIMIZERS
from nntui_engine.registry.row import Parameter, Registry, Row
from nntui_engine.registry.schedule import SCHEDULES
from nntui_engine.scenario.settings import LaneSettings

from .knob_readers import answer_in_table, frozen, if_chain, in_table, ladder, of_layers, of_optimizer
from .knobs import ChoiceKnob, Knob, NumberKnob, YesNoKnob
from .layer_knobs import FrozenKnob, HiddenKnob

BASICS, TRAINING, NETWORK, DATA, NOISE = "Basics", "More of training", "More of the network", "Data", "Noise"
SHARES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999)
TENTHS = tuple(round(0.1 * k, 1) for k in range(10))
_BATCH_NORMS = Registry(
    "place of batch norm",
    (
        Row("none", "No batch norm."),
        Row("before", "Hidden layers are brought to mean 0 and variance 1 over the batch, before the activation."),
        Row("after", "Hidden layers are brought to mean 0 and variance 1 over the batch, after the activation."),
    ),
)
_PREPROCESSES = Registry(
    "preprocessing",
    (
        Row("none", "Inputs as they are in the data."),
        Row("center", "Every input column gets mean 0."),
        Row("standardize", "Every input column gets mean 0 and variance 1."),
        Row("minmax", "Every input column is stretched to 0 … 1."),
        Row("whiten", "Input columns are turned so that they have variance 1 and no correlation."),
    ),
)
_LOSSES_OF = {  # by how accuracy is counted
    "threshold": ("binary_cross_entropy", "mse", "mae", "huber"),  # hinge wants other targets, so a fresh start
    "argmax": ("cross_entropy", "mse", "mae", "huber"),
    "none": ("mse", "mae", "huber"),
}


def number(name: str, default: float, summary: str, high: float, **more: Any) -> Parameter:
    """What a number of [data], [model] or [train] means, and its range, which begins at 0."""
    return Parameter(name, default, summary, high=high, **{"low": 0.0, **more})


def of_table(
    key: str, label: str, group: str, summary: str, steps: tuple[float, ...], high: float, **more: Any
) -> NumberKnob:
    """A number that stands at ``key`` in the lane's tables; ``more`` is the knob's, and its parameter's ``whole``,
    ``low`` and ``exclusive_high``."""
    of_knob = {name: more.pop(name) for name in ("restarts", "fine_step", "per_layer") if name in more}
    parameter = number(key.rpartition(".")[2], 0.0, summary, high, **more)
    return NumberKnob(key, label, in_table(key), group=group, parameter=parameter, ladder=steps, **of_knob)


def learning_rate(highest: int) -> NumberKnob:
    """The learning rate, up to 5 × 10 ** ``highest``."""
    return NumberKnob("train.lr", "lr", of_optimizer("lr"), group=BASICS, parameter=LR, ladder=ladder(-6, highest, 0.0))


def share(name: str, optimizer: str, fine_step: float = 0.01) -> NumberKnob:
    """A parameter that some optimizers have, between 0 and 1; ``optimizer`` says what it means."""
    return NumberKnob(
        f"train.{name}",
        name,
        of_optimizer(name),
        group=BASICS,
        parameter=OPTIMIZERS[optimizer].parameter(name) or LR,
        ladder=SHARES[:6] if name == "momentum" else SHARES,
        fine_step=fine_step,
    )


OPTIMIZER = ChoiceKnob(
    "train.optimizer",
    "optimizer",
    lambda settings: [settings.optimizer],
    group=BASICS,
    choices=tuple(OPTIMIZERS),
    rows=OPTIMIZERS,
)
MOMENTUM = share("momentum", "sgd")
NETWORK_KNOBS: tuple[Knob, ...] = (
    learning_rate(1),
    OPTIMIZER,
    MOMENTUM,
    ChoiceKnob(
        "model.activation",
        "activation",
        of_layers("activation", output=False),
        group=BASICS,
        per_layer=True,
        choices=HIDDEN_ACTIVATIONS,
        rows=ACTIVATIONS,
    ),
    ChoiceKnob(
        "model.init",
        "init",
        of_layers("init", output=True),
        restarts=True,
        group=BASICS,
        per_layer=True,
        choices=tuple(INITIALIZERS),
        rows=INITIALIZERS,
    ),
    NumberKnob(
        "train.batch_size",
        "batch size",
        lambda settings: [settings.batch_size],
        group=BASICS,
        parameter=number("batch_size", 32, "rows a step learns from", 1e9, low=1, whole=True),
        ladder=tuple(float(2**k) for k in range(17)),
        fine_step=1.0,
    ),
    NumberKnob(
        "model.dropout",
        "dropout",
        of_layers("dropout", output=False),
        group=BASICS,
        per_layer=True,
        parameter=number("dropout", 0.0, "share of units switched off at random each step", 1.0, exclusive_high=True),
        ladder=TENTHS,
        fine_step=0.01,
    ),
    NumberKnob(
        "train.l2",
        "L2",
        of_layers("l2", output=True),
        group=BASICS,
        per_layer=True,
        parameter=number("l2", 0.0, "pull of the weights towards 0", 1e6),
        ladder=ladder(-6, 0, 0.0),
    ),
    HiddenKnob(
        "width",
        "width",
        if_chain(of_layers("units", output=False)),
        restarts=True,
        group=BASICS,
        per_layer=True,
        parameter=number("width", 32, "units in each hidden layer", 4096, low=1, whole=True),
        ladder=tuple(float(2**k) for k in range(11)),
        fine_step=1.0,
        resize=lambda hidden, width: [width] * max(1, len(hidden)),
    ),
    HiddenKnob(
        "depth",
        "depth",
        if_chain(lambda settings: [len(settings.layers) - 1]),
        restarts=True,
        group=BASICS,
        parameter=number("depth", 2, "number of hidden layers", 64, low=0, whole=True),
        ladder=tuple(float(k) for k in range(65)),
        fine_step=1.0,
        resize=lambda hidden, depth: (hidden + (hidden[-1:] or [16]) * depth)[:depth],
    ),
)
MORE_KNOBS: tuple[Knob, ...] = (
    ChoiceKnob(
        "train.schedule",
        "schedule",
        in_table("train.schedule"),
        group=TRAINING,
        choices=tuple(SCHEDULES),
        rows=SCHEDULES,
    ),
    of_table(
        "train.l1", "L1", TRAINING, "pull of every weight towards 0, by the same force", ladder(-6, 0, 0.0), 1e6,
        per_layer=True,
    ),
    of_table(
        "train.clip_norm", "clip norm", TRAINING, "longer gradients are cut to this length; 0 is off",
        ladder(-3, 3, 0.0), 1e9,
    ),
    of_table(
        "train.clip_value", "clip value", TRAINING, "larger entries of the gradient are cut to this size; 0 is off",
        ladder(-3, 3, 0.0), 1e9,
    ),
    YesNoKnob(
        "train.shuffle", "shuffle", answer_in_table("train.shuffle"), group=TRAINING,
        means="rows come in a new order in every epoch",
    ),
    of_table(
        "train.steps", "steps", TRAINING, "how long the run is", ladder(1, 5), 1e12, low=1, whole=True,
    ),
    of_table(
        "train.seed", "seed", TRAINING, "decides the split, the first weights, the batches and all noise",
        tuple(float(k) for k in range(100)), 2.0**53, whole=True, restarts=True, fine_step=1.0,
    ),
    of_table(
        "model.init_scale", "init scale", NETWORK, "spread (or value) of the first weights", ladder(-3, 1, 0.0), 1e30,
        low=-1e30, restarts=True,
    ),
    of_table(
        "model.bias", "bias", NETWORK, "what biases start from",
        (-5.0, -2.0, -1.0, -0.5, -0.2, -0.1, 0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0), 1e30, low=-1e30, restarts=True,
        fine_step=0.01, per_layer=True,
    ),
    ChoiceKnob(
        "model.batch_norm",
        "batch norm",
        in_table("model.batch_norm"),
        group=NETWORK,
        choices=tuple(_BATCH_NORMS),
        rows=_BATCH_NORMS,
    ),
    of_table(
        "model.input_dropout", "input dropout", NETWORK, "share of inputs switched off at random each step", TENTHS,
        1.0, exclusive_high=True, fine_step=0.01,
    ),
    of_table(
        "model.dropconnect", "dropconnect", NETWORK, "share of single weights switched off at random each step", TENTHS,
        1.0, exclusive_high=True, fine_step=0.01,
    ),
    of_table(
        "data.samples", "samples", DATA, "rows to learn from and to be judged on", ladder(1, 4), 1e7, low=1, whole=True,
        restarts=True,
    ),
    of_table(
        "data.noise", "noise", DATA, "standard deviation of what is added to the data", (0.0, *ladder(-2, 0)), 1e6,
        restarts=True,
    ),
    NumberKnob(
        "data.label_noise",
        "label noise",
        lambda settings: [] if settings.accuracy == "none" else in_table("data.label_noise")(settings),
        group=DATA,
        parameter=number("label_noise", 0.0, "share of training rows with a wrong class", 1.0),
        ladder=TENTHS,
        restarts=True,
        fine_step=0.01,
    ),
    of_table(
        "data.test_fraction", "held out", DATA, "share of the rows that nobody learns from", TENTHS, 1.0,
        exclusive_high=True, restarts=True, fine_step=0.01,
    ),
    ChoiceKnob(
        "data.preprocess",
        "inputs",
        in_table("data.preprocess"),
        restarts=True,
        group=DATA,
        choices=tuple(_PREPROCESSES),
        rows=_PREPROCESSES,
    ),
    *(
        of_table(
            f"train.noise.{where}", f"on {where}", NOISE,
            f"standard deviation of what is added to the {where} at every step", ladder(-3, 1, 0.0), 1e30,
        )
        for where in ("inputs", "weights", "gradients")
    ),
)  # fmt: skip


def network_knobs(settings: LaneSettings, layer: int) -> tuple[Knob, ...]:
    """The knobs of a network's lane; one of them freezes ``layer`` (1-based)."""
    layer = min(layer, len(settings.layers))
    one = settings.layers[layer - 1]
    name = one.name or ("output" if layer == len(settings.layers) else f"layer {layer}")
    freezes = FrozenKnob(f"frozen.{layer}", "frozen", frozen(layer), group=BASICS, layer=layer, name=name)
    loss = ChoiceKnob(
        "train.loss",
        "loss",
        in_table("train.loss"),
        group=TRAINING,
        choices=_LOSSES_OF[settings.accuracy],
        rows=LOSSES,
    )
    more = (knob for knob in (*_of_its_optimizer(settings), loss, *MORE_KNOBS) if knob.values(settings))
    return (*NETWORK_KNOBS, freezes, *more)


def _of_its_optimizer(settings: LaneSettings) -> Iterable[Knob]:
    """The other parameters of the lane's optimizer."""
    for parameter in OPTIMIZERS[settings.optimizer].parameters:
        key, label = f"train.{parameter.name}", parameter.name.replace("_", " ")
        if parameter.name in ("lr", "momentum"):
            continue
        if parameter.flag:
            yield YesNoKnob(key, label, answer_in_table(key), group=TRAINING, means=parameter.summary)
            continue
        steps = SHARES if parameter.high <= 1 else ladder(0, 4, 0.0) if parameter.whole else ladder(-8, 1, 0.0)
        allowed = tuple(value for value in steps if parameter.problem(int(value) if parameter.whole else value) is None)
        yield NumberKnob(key, label, of_optimizer(parameter.name), group=TRAINING, parameter=parameter, ladder=allowed)
