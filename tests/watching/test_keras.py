"""Keras' callback on PyTorch: its numbers are those of ``nntui.watch`` of the same network, and it changes nothing."""

import importlib.util
import json
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is no dependency: without it there is nothing to watch")
keras = pytest.importorskip("keras", reason="the extra adapters is not installed")
if keras.backend.backend() != "torch":
    pytest.skip("Keras runs on another backend: KERAS_BACKEND=torch", allow_module_level=True)

import torch  # noqa: E402
from keras import layers  # noqa: E402
from pseudo_terminal import environment  # noqa: E402
from torch import nn  # noqa: E402
from watching.loops import history  # noqa: E402
from watching.records import last  # noqa: E402
from watching.small_trainings import BATCH, ROWS, assert_finished  # noqa: E402

import nntui  # noqa: E402
from nntui import cli  # noqa: E402
from nntui.adapters.keras import NntuiCallback  # noqa: E402
from nntui.watching.measuring import Measuring  # noqa: E402
from nntui.watching.orders import Order  # noqa: E402
from nntui.watching.run_log import NntuiWarning  # noqa: E402
from nntui.watching.table import STEP  # noqa: E402
from nntui.watching.watcher import Watch  # noqa: E402
from nntui_engine.record.source import RecordSource  # noqa: E402
from nntui_engine.run.snapshot import LaneSnapshot  # noqa: E402

RATE = 0.125  # the same number in float32, in which Keras keeps it
CLOSE = 1e-5  # of float32, in which Keras works on PyTorch whatever it is told: sums of a few dozen, over ten steps
STEPS = ROWS // BATCH


def rows() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(2)
    return generator.standard_normal((ROWS, 3), np.float32), generator.integers(0, 2, ROWS)


def network() -> Any:
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(8, "relu", name="first"),
            layers.Dense(7, "tanh", name="second"),
            layers.Dense(6, name="third"),
            layers.LeakyReLU(),
            layers.Dense(5, "gelu", name="fourth"),
            layers.Dense(2, name="outputs"),
        ]
    )


def cross_entropy() -> Any:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def trained(*callbacks: Any, model: Any = None, optimizer: Any = None, epochs: int = 1, **options: Any) -> Any:
    model = model or network()
    model.compile(optimizer or keras.optimizers.SGD(RATE), cross_entropy(), metrics=options.pop("metrics", None))
    model.fit(*rows(), batch_size=BATCH, epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks), **options)
    return model


def weights(model: Any) -> bytes:
    return b"".join(one.tobytes() for one in model.get_weights())


def in_torch() -> nn.Sequential:
    """The same network, of PyTorch's modules."""
    given = network().get_weights()
    found = nn.Sequential(
        nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 7), nn.Tanh(), nn.Linear(7, 6), nn.LeakyReLU(0.3),
        nn.Linear(6, 5), nn.GELU(), nn.Linear(5, 2),
    )  # fmt: skip
    with torch.no_grad():
        for module in found:
            if isinstance(module, nn.Linear):
                module.weight.copy_(torch.tensor(given.pop(0).T))
                module.bias.copy_(torch.tensor(given.pop(0)))
    return found


def in_torch_trained(path: Path, group: int, clip: float) -> None:
    model, (x, y) = in_torch(), map(torch.tensor, rows())
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    with nntui.watch(model, optimizer, path) as watch:
        for start in range(0, ROWS, group * BATCH):
            optimizer.zero_grad()
            for one in range(start, start + group * BATCH, BATCH):
                loss = nn.functional.cross_entropy(model(x[one : one + BATCH]), y[one : one + BATCH])
                (watch(loss) / group).backward()
            if clip:
                norm = nn.utils.clip_grad_norm_(model.parameters(), clip)
                for parameter in model.parameters():
                    parameter.grad *= (norm + 1e-6) / norm if norm > clip else 1.0  # torch divides by so much more
            optimizer.step()


def assert_same_numbers(one: LaneSnapshot, other: LaneSnapshot) -> None:
    for name in ("loss", "gradient_norm", "clipped_gradient_norm", "lr"):
        own, theirs = one.whole_history[name], other.whole_history[name]
        assert own.steps.tolist() == theirs.steps.tolist()
        assert np.isfinite(theirs.mean).all()
        np.testing.assert_allclose(own.mean, theirs.mean, rtol=CLOSE, err_msg=name)
    for name in STEP:
        own, theirs = one.layer_history[name], other.layer_history[name]
        np.testing.assert_allclose(own.mean, theirs.mean, rtol=CLOSE, atol=CLOSE / 10, err_msg=name)


@pytest.mark.parametrize(
    ("group", "clip", "scaled"), [(1, 0.0, False), (2, 0.0, False), (1, 0.05, False), (2, 0.05, True)]
)
def test_all_numbers_are_those_of_the_same_network_watched_in_pytorch(group, clip, scaled, path, tmp_path):
    options = {"gradient_accumulation_steps": group if group > 1 else None, "global_clipnorm": clip or None}
    optimizer = keras.optimizers.SGD(RATE, **options)
    if scaled:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=1024.0)
    trained(NntuiCallback(path), optimizer=optimizer)
    in_torch_trained(tmp_path / "torch.nntui", group, clip)
    own, theirs = last(path), last(tmp_path / "torch.nntui")
    assert own.step == STEPS // group
    assert [layer.name for layer in own.layers] == ["first", "second", "third", "fourth", "outputs"]
    same = ("inputs", "units", "activation", "kind", "shape", "sources", "parameters", "has_weights")
    for one, other in zip(own.layers, theirs.layers, strict=True):
        assert [getattr(one, name) for name in same] == [getattr(other, name) for name in same]
    assert_same_numbers(own, theirs)


def test_numbers_of_images_are_those_of_the_same_network_watched_in_pytorch(path, tmp_path):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, "softmax", name="outputs"),
        ]
    )
    model.layers[0].bias.assign(np.array([-50.0, 0.0, 0.0, 0.0]))  # a channel that is dead
    kernel, bias, *_, head, head_bias = model.get_weights()
    twin = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.ReLU(), nn.BatchNorm2d(4, eps=1e-3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(4, 3), nn.Softmax(1),
    )  # fmt: skip
    with torch.no_grad():
        twin[0].weight.copy_(torch.tensor(kernel.transpose(3, 2, 0, 1)))
        twin[6].weight.copy_(torch.tensor(head.T))
        twin[0].bias.copy_(torch.tensor(bias))
        twin[6].bias.copy_(torch.tensor(head_bias))
    generator = np.random.default_rng(0)
    x, y = generator.standard_normal((8, 6, 6, 2), np.float32), generator.random((8, 3), np.float32)
    model.compile(keras.optimizers.SGD(RATE), "mse")
    model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0, callbacks=[NntuiCallback(path)])
    optimizer = torch.optim.SGD(twin.parameters(), lr=RATE)
    with nntui.watch(twin, optimizer, tmp_path / "torch.nntui") as watch:
        for _ in range(3):
            optimizer.zero_grad()
            watch(nn.functional.mse_loss(twin(torch.tensor(x).movedim(3, 1)), torch.tensor(y))).backward()
            optimizer.step()
    own, theirs = last(path), last(tmp_path / "torch.nntui")
    assert [(layer.name, layer.kind, layer.units, layer.activation, layer.shape) for layer in own.layers] == [
        ("conv", "convolution", 4, "relu", (4, 4, 4)), ("norm", "batch_norm", 4, "relu", (4, 4, 4)),
        ("outputs", "dense", 3, "softmax", (3,)),
    ]  # fmt: skip
    assert own.per_layer["inactive_units"].tolist() == [1.0, 1.0, 0.0]
    assert own.network.parameters == theirs.network.parameters
    assert_same_numbers(own, theirs)


def optimizers() -> dict[str, Callable[[], Any]]:
    o = keras.optimizers
    return {
        "sgd": lambda: o.SGD(RATE, momentum=0.9, nesterov=True),
        "adamw": lambda: o.AdamW(0.01, clipnorm=0.1),
        "schedule": lambda: o.RMSprop(o.schedules.ExponentialDecay(0.01, 3, 0.5), clipvalue=0.05),
        "accumulation": lambda: o.Adam(0.01, gradient_accumulation_steps=3, use_ema=True),
        "scale": lambda: o.LossScaleOptimizer(o.Adam(0.01), dynamic_growth_steps=4),
        "muon": lambda: o.Muon(0.01),
    }


@pytest.mark.parametrize(
    ("name", "policy"), [*((name, "float32") for name in optimizers()), ("scale", "mixed_float16")]
)
def test_a_training_has_the_same_bits_and_functions_as_without(name, policy, path):

    def regularised() -> Any:
        keras.utils.set_random_seed(1)
        x = keras.Input((3,))
        h = layers.Dense(8, "silu", kernel_regularizer="l2", kernel_constraint="max_norm", dtype=policy)(x)
        h = layers.BatchNormalization(dtype=policy)(layers.Dropout(0.3, dtype=policy)(h))
        return keras.Model(x, layers.Dense(2, dtype=policy)(h))

    plain = trained(model=regularised(), optimizer=optimizers()[name](), epochs=2, validation_data=rows())
    optimizer = optimizers()[name]()
    known = [{*vars(one)} for one in (optimizer, getattr(optimizer, "inner_optimizer", optimizer))]
    model = regularised()
    hooks = [len(one._forward_hooks) + len(one._forward_pre_hooks) for one in model._flatten_layers()]
    trained(NntuiCallback(path), model=model, optimizer=optimizer, epochs=2, validation_data=rows())
    assert weights(model) == weights(plain)
    made = int(getattr(model.optimizer, "inner_optimizer", model.optimizer).iterations)
    left_out = 2 * STEPS // (3 if name == "accumulation" else 1) - made
    assert left_out == 0 or policy == "mixed_float16", "a scaled loss leaves steps out"
    steps, losses, norms = history(path, "loss", "gradient_norm")
    assert steps[-1] == last(path).step == made
    assert np.isfinite(losses).all()
    assert (norms > 0.0).all()
    assert np.isfinite(last(path).per_layer["gradient_norm"]).all()
    assert hooks == [len(one._forward_hooks) + len(one._forward_pre_hooks) for one in model._flatten_layers()]
    ours = {"apply", "_clip_gradients", "_get_current_learning_rate"}
    assert not ours & {*vars(optimizer)}
    assert not ours & {*vars(getattr(optimizer, "inner_optimizer", optimizer))}
    assert not any(ours & one for one in known)
    assert "compute_loss" not in vars(model)
    assert model.layers[1].activation is keras.activations.silu


def test_the_loss_is_the_batchs_own_and_the_rate_that_in_force(path):
    schedule = keras.optimizers.schedules.ExponentialDecay(RATE, 1, 0.5)
    logged: list[float] = []
    keep = keras.callbacks.LambdaCallback(on_train_batch_end=lambda _, logs: logged.append(logs["loss"]))
    trained(NntuiCallback(path), keep, optimizer=keras.optimizers.SGD(schedule))
    _, losses, rates = history(path, "loss", "lr")
    np.testing.assert_allclose(np.cumsum(losses) / np.arange(1, STEPS + 1), logged, rtol=1e-6)  # sums in float32
    np.testing.assert_allclose(rates, RATE * 0.5 ** np.arange(STEPS), rtol=1e-6)


def test_a_step_that_a_scaled_loss_leaves_out_is_none(path):
    model, (x, y) = network(), rows()
    inner = keras.optimizers.SGD(RATE)
    model.compile(keras.optimizers.LossScaleOptimizer(inner, initial_scale=4.0), cross_entropy())
    x[BATCH, 0] = np.inf  # in the second batch
    model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0, callbacks=[NntuiCallback(path)])
    steps, losses, norms = history(path, "loss", "gradient_norm")
    assert steps.tolist() == list(range(1, STEPS))
    assert np.isfinite(losses).all()
    assert np.isfinite(norms).all()
    assert last(path).network.first_non_finite is None


class Custom(keras.Sequential):  # type: ignore[name-defined,misc]
    """Makes its steps by hand, as Keras' guide for PyTorch does."""

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        self.zero_grad()
        loss = self.compute_loss(y=y, y_pred=self(x, training=True))
        loss.backward()
        trainable = list(self.trainable_weights)
        with torch.no_grad():
            self.optimizer.apply([one.value.grad for one in trainable], trainable)
        return {"loss": loss}


def test_a_train_step_of_ones_own_is_watched(path, tmp_path):
    trained(NntuiCallback(path))
    trained(NntuiCallback(tmp_path / "own.nntui"), model=Custom(network().layers))
    assert_same_numbers(last(tmp_path / "own.nntui"), last(path))


def test_layers_are_named_by_their_path_and_some_are_one_whatever_is_in_them(path):
    x = keras.Input((5,), dtype="int32")
    h = layers.LSTM(6, return_sequences=True, name="lstm")(layers.Embedding(9, 4, name="words")(x))
    h = layers.MultiHeadAttention(2, 3, name="attention")(h, h)
    h = layers.Bidirectional(layers.GRU(3), name="both")(layers.LayerNormalization(name="norm")(h))
    shared = keras.Sequential([layers.Dense(6, "relu", name="dense")], name="inner")
    h = layers.Dense(4, keras.activations.hard_sigmoid, name="hard")(shared(shared(h)))
    model = keras.Model(x, layers.Dense(1, name="outputs", trainable=False)(h))
    model.compile("adam", "mse")
    ids = np.random.default_rng(0).integers(0, 9, (8, 5))
    model.fit(ids, np.ones((8, 1)), epochs=2, verbose=0, callbacks=[NntuiCallback(path)])
    lane = last(path)
    assert [(layer.name, layer.kind, layer.units, layer.activation, layer.parameters) for layer in lane.layers] == [
        ("words", "embedding", 4, "linear", 36), ("lstm", "lstm", 6, "linear", 264),
        ("attention", "attention", 6, "linear", 168), ("norm", "layer_norm", 6, "linear", 12),
        ("both/forward_gru", "gru", 3, "linear", 99), ("both/backward_gru", "gru", 3, "linear", 99),
        ("inner/dense", "dense", 6, "relu", 42), ("hard", "dense", 4, "linear", 28),
        ("outputs", "dense", 1, "linear", 5),
    ]  # fmt: skip
    assert np.isnan(lane.per_layer["gradient_norm"][-1]), "it is frozen"
    assert np.isfinite(lane.per_layer["gradient_norm"][:-1]).all()
    assert 0.0 < lane.per_layer["activation_mean"][-2] < 1.0, "what it passes on, after an activation not known here"


class Within(layers.Dense):  # type: ignore[misc]
    """A dense layer, and one more that its activation goes through."""

    def build(self, shape: Any) -> None:
        super().build(shape)
        self.outer = self.add_weight(shape=(self.units, 4), initializer="he_normal", name="outer")

    def call(self, x: Any) -> Any:
        return super().call(x) @ self.outer

    def compute_output_shape(self, shape: Any) -> Any:
        return (*shape[:-1], 4)


def test_an_activation_that_is_not_the_last_thing_a_layer_does_is_not_its_own(path):
    keras.utils.set_random_seed(4)
    model = keras.Sequential([keras.Input((3,)), Within(7, "relu", name="within"), layers.Dense(2, name="outputs")])
    trained(NntuiCallback(path), model=model)
    lane = last(path)
    assert [(one.name, one.units, one.activation) for one in lane.layers] == [
        ("within", 4, "linear"),
        ("outputs", 2, "linear"),
    ]


def test_options_are_those_of_watch(path):
    trained(NntuiCallback(path, every=4, layers=["outputs"], title="mine"))
    assert history(path)[0].tolist() == [1, 4, 8]
    assert_finished(path, "outputs")
    source = RecordSource(path)
    assert source.scenario.title == "mine"
    assert "space* has it wait" in source.scenario.lesson
    source.close()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"every": 0}, "every must be a whole number of at least 1; got 0"),
        ({"layers": ["frist"]}, 'there is no layer "frist"; allowed: first, second, third, leaky_re_lu'),
    ],
)
def test_an_option_that_cannot_be_is_one_warning(options, words, path):
    with pytest.warns(NntuiWarning) as caught:
        model = trained(NntuiCallback(path, **options))
    (one,) = [one for one in caught if one.category is NntuiWarning]
    assert words in str(one.message)
    assert str(one.message).endswith("The training goes on unwatched.")
    assert weights(model) == weights(trained())
    assert not path.exists()


@pytest.mark.parametrize("metric", ["accuracy", "acc", "sparse_categorical_accuracy"])
def test_what_is_measured_on_the_validation_set_is_told(metric, path, monkeypatch):
    told: list[Any] = []
    monkeypatch.setattr(Watch, "evaluated", lambda self, **values: told.append((self.step, values)))
    x, y = rows()
    model = trained(NntuiCallback(path), epochs=2, validation_data=(x[:20], y[:20]), metrics=[metric])
    assert [step for step, _ in told] == [STEPS, 2 * STEPS]
    assert set(told[0][1]) == {"validation_loss", "validation_accuracy"}
    loss, accuracy = model.evaluate(x[:20], y[:20], batch_size=BATCH, verbose=0)
    assert told[1][1] == {"validation_loss": loss, "validation_accuracy": accuracy}


class Orders(keras.callbacks.Callback):  # type: ignore[name-defined,misc]
    """What the lab would order before a step."""

    def __init__(self, callback: NntuiCallback, at: int, *orders: Order) -> None:
        super().__init__()
        self._callback, self._at, self._orders = callback, at, orders
        self.rates: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.rates.append(float(self.model.optimizer.learning_rate))
        for order in self._orders if batch == self._at else ():
            self._callback.watch._controls._carry_out(order, lambda *_: None)


class Halves(keras.callbacks.Callback):  # type: ignore[name-defined,misc]
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        if batch == 3:
            self.model.optimizer.learning_rate = float(self.model.optimizer.learning_rate) / 2


@pytest.mark.parametrize("kind", ["SGD", "AdamW", "Lion"])
def test_a_rate_that_is_turned_is_in_force_in_steps_alone(kind, path):
    make = getattr(keras.optimizers, kind)
    callback = NntuiCallback(path)
    orders = Orders(callback, 3, Order(do="set", what="lr", value=0.5))
    model = trained(callback, orders, optimizer=make(RATE, weight_decay=0.25))
    expected = trained(Halves(), optimizer=make(RATE, weight_decay=0.25))
    for one, other in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    assert history(path, "lr")[1].tolist() == [RATE] * 3 + [RATE / 2] * (STEPS - 3)
    assert orders.rates == [RATE] * STEPS
    assert float(model.optimizer.learning_rate) == RATE


def test_a_norm_that_is_turned_clips_and_a_checkpoint_is_kerass(path):
    callback = NntuiCallback(path)
    orders = Orders(callback, 3, Order(do="set", what="clip_norm", value=0.01), Order(do="save"))
    trained(callback, orders)
    _, norms, clipped = history(path, "gradient_norm", "clipped_gradient_norm")
    assert (norms > 0.02).all()
    assert clipped[:3].tolist() == norms[:3].tolist()
    np.testing.assert_allclose(clipped[3:], 0.01, rtol=1e-3)
    saved = keras.models.load_model(path.parent / "nntui-step=4.keras", compile=False)
    assert saved.get_layer("first").activation is keras.activations.relu
    assert saved.count_params() == network().count_params()


@pytest.mark.parametrize("where", ["open", "save_wanted", "evaluated", "layer", "step"])
def test_a_mistake_of_ours_is_one_warning(where, path, monkeypatch):
    callback = NntuiCallback(path)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nothing")

    if where == "layer":
        monkeypatch.setattr(Measuring, "_take", broken)
    elif where == "step":
        monkeypatch.setattr(Measuring, "before_step", broken)
    else:
        monkeypatch.setattr(callback, where, broken)
    with pytest.warns(NntuiWarning) as caught:
        model = trained(callback, validation_data=rows())
    (one,) = [one for one in caught if one.category is NntuiWarning]
    assert "ZeroDivisionError: by nothing. The training goes on" in str(one.message)
    assert weights(model) == weights(trained())
    assert not {"apply", "_clip_gradients", "_get_current_learning_rate"} & {*vars(model.optimizer)}
    assert not any(one._forward_hooks or one._forward_pre_hooks for one in model.layers)


def test_a_mistake_of_ours_in_the_optimizer_is_one_warning(path):
    callback = NntuiCallback(path)

    class Spoils(keras.callbacks.Callback):  # type: ignore[name-defined,misc]
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
            if batch == 3:
                callback.watch._steps.param_groups.clear()

    with pytest.warns(NntuiWarning, match=r"watching has stopped at step 3: IndexError: .* The training goes on"):
        model = trained(callback, Spoils())
    assert weights(model) == weights(trained())


def test_a_training_that_is_broken_off_does_not_hinder_the_next(path, tmp_path):
    class BreaksOff(keras.callbacks.Callback):  # type: ignore[name-defined,misc]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
            if batch == 4:
                raise KeyboardInterrupt

    model = network()
    with pytest.raises(KeyboardInterrupt):
        trained(NntuiCallback(path), BreaksOff(), model=model)
    model.fit(*rows(), batch_size=BATCH, verbose=0, callbacks=[NntuiCallback(tmp_path / "again.nntui")])
    assert (last(path).step, last(path).state) == (5, "finished")
    assert last(tmp_path / "again.nntui").step == STEPS
    assert "compute_loss" not in vars(model)
    assert not {"apply", "_clip_gradients", "_get_current_learning_rate"} & {*vars(model.optimizer)}


def test_a_layer_that_fails_keeps_its_activation(path):
    class Fails(keras.callbacks.Callback):  # type: ignore[name-defined,misc]
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
            if batch == 2:
                self.model.layers[0]._kernel = torch.ones(1, 1, 1, 1, 5)

    model = network()
    with pytest.raises(Exception, match=r"(?i)shape|size|match"):
        trained(NntuiCallback(path), Fails(), model=model)
    assert model.layers[0].activation is keras.activations.relu


def test_the_record_is_diagnosed_compared_and_exported(path, tmp_path, capsys):
    keras.utils.set_random_seed(0)
    deep = [layers.Dense(16, "sigmoid", name=f"sigmoid_{number}") for number in range(8)]
    model = keras.Sequential([keras.Input((3,)), *deep, layers.Dense(2)])
    trained(NntuiCallback(path), model=model, optimizer="adam", epochs=20)
    found = {one.rule: one for one in RecordSource(path).findings()}
    assert 1 in found["vanishing_gradient"].layers
    assert "sigmoid_0" in str(found["vanishing_gradient"].names)
    assert "param_groups" not in str([one.fixes for one in found.values()]), "this is no loop of PyTorch"
    trained(NntuiCallback(tmp_path / "other.nntui"))

    def told(*arguments: object) -> tuple[int, str]:
        capsys.readouterr()
        return cli.run([str(one) for one in arguments]), capsys.readouterr().out

    status, text = told("diagnose", path, "--json")
    assert status == 1
    assert "vanishing_gradient" in json.dumps(json.loads(text))
    status, text = told("export", path, "--format", "csv")
    assert status == 0
    assert "activation_variance sigmoid_0" in text.partition("\n")[0]
    assert len(text.splitlines()) == 1 + 20 * STEPS
    status, text = told("compare", path, tmp_path / "other.nntui")
    assert status == 0
    assert "other.nntui" in text
    assert "loss" in text


def test_where_a_step_is_compiled_one_line_says_so(path):
    model = network()
    model.compile(keras.optimizers.SGD(RATE), cross_entropy(), jit_compile=True)
    callback = NntuiCallback(path)
    callback.set_model(model)
    with pytest.warns(NntuiWarning, match="a compiled step is not watched"):
        callback.on_train_begin()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        callback.on_train_batch_end(0, {})
        callback.on_epoch_end(0, {})
        callback.on_train_end()
    assert not path.exists()
    assert "compute_loss" not in vars(model)


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is no dependency: a backend of Keras' own")
def test_on_another_backend_one_line_says_so_and_the_training_goes_on_without_pytorch(tmp_path):
    code = (
        "import sys\nclass Without:\n"
        "    def find_spec(self, name, *_):\n        if name == 'torch': raise ImportError('there is no torch')\n"
        "sys.meta_path.insert(0, Without())\n"
        "import keras, numpy as np\nfrom nntui.adapters.keras import NntuiCallback\n"
        "model = keras.Sequential([keras.layers.Dense(1)])\nmodel.compile('sgd', 'mse')\n"
        "model.fit(np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0, callbacks=[NntuiCallback('run.nntui')])\n"
        "print(int(model.optimizer.iterations))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True, env=environment(KERAS_BACKEND="jax"),
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "2\n"
    said = [line for line in done.stderr.splitlines() if "nntui: " in line]
    assert len(said) == 1
    assert 'of Keras the backend "torch" is watched; got "jax" (KERAS_BACKEND chooses it). The training' in said[0]
    assert list(tmp_path.iterdir()) == []


def test_the_example_is_right(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    text = (Path(__file__).parents[2] / "docs" / "watching.md").read_text(encoding="utf-8")
    (example,) = [one for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "adapters.keras" in one]
    assert len(example.splitlines()) <= 12
    model, (x, y) = network(), rows()
    with warnings.catch_warnings():
        warnings.simplefilter("error", NntuiWarning)
        exec(example, {"model": model, "x": x, "y": y})
    assert history(path)[0][-1] >= 3
    assert np.isfinite(last(path).whole["validation_loss"])
    assert np.isfinite(last(path).whole["validation_accuracy"])
