"""A lane's training once more, in plain float64 NumPy: forward, backward, every statistic, clipping, the update.

It is built from a lane's settings, data and first parameters, and then goes its own way.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from engine.twin import FALLS_SILENT, activation, largest_slope, loss_and_pull, slope

from engine import twin_update as update
from nntui_engine.data.dataset import LaneData
from nntui_engine.data.probe import probe_rows
from nntui_engine.scenario.settings import LaneSettings, LayerSettings

Array = np.ndarray
Parameters = dict[str, Array]
BATCH_NORM_EPSILON = 1e-5


@dataclass
class Pass:
    """What one forward pass left behind; lists by layer. ``x`` is what the first layer saw."""

    x: Array = field(default_factory=lambda: np.zeros((0, 0)))
    z: list[Array] = field(default_factory=list)
    a: list[Array] = field(default_factory=list)
    out: list[Array] = field(default_factory=list)
    weights: list[Array] = field(default_factory=list)
    weight_masks: list[Array] = field(default_factory=list)
    masks: list[Array] = field(default_factory=list)
    input_mask: Array | float = 1.0
    normed: dict[str, tuple[Array, Array]] = field(default_factory=dict)  # x̂ and 1/√(σ² + ε)


def batch_norm_back(pull: Array, gamma: Array, hat: Array, inverse: Array) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂γ, ∂L/∂β: the three paths of Ioffe & Szegedy 2015, section 3, one by one."""
    n = len(pull)
    to_hat = pull * gamma
    off = hat / inverse  # x − μ
    to_variance = (to_hat * off).sum(axis=0) * -0.5 * inverse**3
    to_mean = -(to_hat * inverse).sum(axis=0) + to_variance * -2.0 * off.mean(axis=0)
    return to_hat * inverse + to_variance * 2.0 * off / n + to_mean / n, (pull * hat).sum(axis=0), pull.sum(axis=0)


class TwinLane:
    def __init__(self, settings: LaneSettings, data: LaneData, parameters: Parameters) -> None:
        self.settings, self.data = settings, data
        self.values = {name: value.astype(float) for name, value in parameters.items() if "running" not in name}
        self.running = {name: value.astype(float) for name, value in parameters.items() if "running" in name}
        self.memory: dict[str, dict[str, Array]] = {name: {} for name in self.values}
        self.steps_done = self.epoch = self.position = 0

    # ---- forward and backward ------------------------------------------------------------------------------------

    def alpha(self, layer: LayerSettings) -> float:
        return float(self.values[f"{layer.index}.alpha"][0]) if layer.activation == "prelu" else layer.alpha

    def _normalise(self, name: str, x: Array, training: bool, moves: bool, into: Pass) -> Array:
        gamma, beta = self.values[f"{name}.gamma"], self.values[f"{name}.beta"]
        mean, variance = self.running[f"{name}.running_mean"], self.running[f"{name}.running_variance"]
        if training:
            if moves:
                share = self.settings.batch_norm_momentum
                sample = x.var(axis=0, ddof=1) if len(x) > 1 else x.var(axis=0)
                self.running[f"{name}.running_mean"] = (1 - share) * mean + share * x.mean(axis=0)
                self.running[f"{name}.running_variance"] = (1 - share) * variance + share * sample
            mean, variance = x.mean(axis=0), x.var(axis=0)
        inverse = 1.0 / np.sqrt(variance + BATCH_NORM_EPSILON)
        into.normed[name] = ((x - mean) * inverse, inverse)
        return gamma * (x - mean) * inverse + beta

    def forward(self, x: Array, training: bool, moves: bool = False) -> Pass:
        """``training``: dropout, noise, the batch's own moments; ``moves``: the running statistics follow."""
        s, seed, step, done = self.settings, self.settings.seed, self.steps_done, Pass()
        if training and s.noise_inputs:
            x = x + s.noise_inputs * update.normals(seed, update.INPUT_NOISE, step, x.size).reshape(x.shape)
        if s.batch_norm_inputs:
            x = self._normalise("inputs", x, training, moves, done)
        if training and s.input_dropout:
            done.input_mask = update.mask(seed, update.INPUT_DROPOUT, step, x.shape, s.input_dropout)
            x = x * done.input_mask
        done.x = x
        for layer in s.layers:
            stream, weights = layer.index - 1, self.values[f"{layer.index}.weights"]
            weight_mask = np.ones_like(weights)
            if training and s.noise_weights:
                noise = update.normals(seed, update.WEIGHT_NOISE + stream, step, weights.size)
                weights = weights + s.noise_weights * noise.reshape(weights.shape)
            if training and s.dropconnect:
                weight_mask = update.mask(seed, update.DROPCONNECT + stream, step, weights.shape, s.dropconnect)
            weights = weights * weight_mask
            z = x @ weights + self.values[f"{layer.index}.biases"]
            if layer.batch_norm == "before":
                z = self._normalise(str(layer.index), z, training, moves, done)
            a = activation(layer.activation, z, self.alpha(layer))
            x = self._normalise(str(layer.index), a, training, moves, done) if layer.batch_norm == "after" else a
            mask = np.ones_like(x)
            if training and layer.dropout:
                mask = update.mask(seed, update.DROPOUT + stream, step, x.shape, layer.dropout)
            x = x * mask
            for values, value in zip(
                (done.z, done.a, done.out, done.weights, done.weight_masks, done.masks),
                (z, a, x, weights, weight_mask, mask),
                strict=True,
            ):
                values.append(value)
        return done

    def loss(self, done: Pass, t: Array) -> tuple[float, Array]:
        last = self.settings.layers[-1]
        return loss_and_pull(
            self.settings.loss, last.activation, done.z[-1], t, self.alpha(last), self.settings.huber_delta
        )

    def backward(self, done: Pass, t: Array) -> tuple[Parameters, list[Array]]:
        """Gradients of loss + penalty by name, in the order of the parameters, and δ = ∂L/∂z by layer."""
        gradient: Parameters = {}
        deltas: list[Array] = []
        pull = np.zeros(0)
        for layer in reversed(self.settings.layers):
            i, name = layer.index - 1, str(layer.index)
            z = done.z[i]
            if layer is self.settings.layers[-1]:
                _, delta = self.loss(done, t)
                if layer.activation == "prelu":  # ∂L/∂a is the pull of the same loss on linear outputs
                    pull = loss_and_pull(self.settings.loss, "linear", done.a[i], t, 0.0, self.settings.huber_delta)[1]
            else:
                pull = pull * done.masks[i]
                if layer.batch_norm == "after":
                    pull, gradient[f"{name}.gamma"], gradient[f"{name}.beta"] = batch_norm_back(
                        pull, self.values[f"{name}.gamma"], *done.normed[name]
                    )
                delta = pull * slope(layer.activation, z, self.alpha(layer))
            if layer.activation == "prelu":
                gradient[f"{name}.alpha"] = np.array([(pull * np.minimum(z, 0.0)).sum()])
            deltas.insert(0, delta)
            if layer.batch_norm == "before":
                delta, gradient[f"{name}.gamma"], gradient[f"{name}.beta"] = batch_norm_back(
                    delta, self.values[f"{name}.gamma"], *done.normed[name]
                )
            below = done.x if i == 0 else done.out[i - 1]
            g = (below.T @ delta) * done.weight_masks[i]
            gradient[f"{name}.weights"] = self._with_penalty(g, self.values[f"{name}.weights"], layer)
            gradient[f"{name}.biases"] = delta.sum(axis=0)
            pull = delta @ done.weights[i].T
        if self.settings.batch_norm_inputs:
            _, gradient["inputs.gamma"], gradient["inputs.beta"] = batch_norm_back(
                pull * done.input_mask, self.values["inputs.gamma"], *done.normed["inputs"]
            )
        return {name: gradient[name] for name in self.values}, deltas

    @property
    def proximal(self) -> bool:
        """L1 acts after the step, not in the gradient."""
        return self.settings.l1_method == "proximal"

    def _with_penalty(self, g: Array, w: Array, layer: LayerSettings) -> Array:
        return g + layer.l2 * w + (0.0 if self.proximal else layer.l1) * np.sign(w)

    def penalty(self, in_gradient: bool = False) -> float:
        share = 0.0 if in_gradient and self.proximal else 1.0
        return sum(
            share * layer.l1 * float(np.abs(w).sum()) + 0.5 * layer.l2 * float((w**2).sum())
            for layer in self.settings.layers
            for w in [self.values[f"{layer.index}.weights"]]
        )

    # ---- one step ------------------------------------------------------------------------------------------------

    def next_batch(self) -> tuple[Array, Array]:
        count, n = len(self.data.x_train), self.settings.batch_size
        if n == count:
            self.epoch += 1
            return self.data.x_train, self.data.t_train
        order = update.permutation(self.settings.seed, self.epoch, count)[self.position : self.position + n]
        self.position += n
        if self.position >= count:
            self.position, self.epoch = 0, self.epoch + 1
        return self.data.x_train[order], self.data.t_train[order]

    def step(self) -> tuple[dict[str, float], dict[str, list[float]]]:
        """One update; returns the whole-network and the per-layer statistics."""
        s = self.settings
        x, t = self.next_batch()
        done = self.forward(x, training=True, moves=True)
        gradient, deltas = self.backward(done, t)
        lr = s.optimizer_parameters["lr"] * update.SCHEDULES[s.schedule](s.schedule_parameters, self.steps_done)
        whole = {"loss": self.loss(done, t)[0], "penalty": self.penalty(), "lr": lr}
        whole["gradient_norm"] = norm(gradient.values())
        if s.accuracy != "none":
            whole["accuracy"] = self.accuracy(done.a[-1], t)
        layers = self.layer_statistics(done, deltas, gradient)
        if s.noise_gradients:
            flat = s.noise_gradients * update.normals(
                s.seed, update.GRADIENT_NOISE, self.steps_done, sum(g.size for g in gradient.values())
            )
            at = 0
            for name, g in gradient.items():
                gradient[name] = g + flat[at : at + g.size].reshape(g.shape)
                at += g.size
        frozen = tuple(f"{layer.index}." for layer in s.layers if not layer.trainable)
        gradient = {name: g for name, g in gradient.items() if not name.startswith(frozen)} if frozen else gradient
        if s.clip_value:
            gradient = {name: np.clip(g, -s.clip_value, s.clip_value) for name, g in gradient.items()}
        whole["clipped_gradient_norm"] = norm(gradient.values())
        if s.clip_norm:
            factor = min(1.0, s.clip_norm / (whole["clipped_gradient_norm"] + 1e-6))
            gradient = {name: g * factor for name, g in gradient.items()}
            whole["clipped_gradient_norm"] *= factor
        self.steps_done += 1
        layers["update_ratio"] = [0.0] * len(s.layers)
        for name, g in gradient.items():
            w = self.values[name]
            hyper = {**s.optimizer_parameters, "lr": lr}
            new = w - update.OPTIMIZERS[s.optimizer](w, g, hyper, self.steps_done, self.memory[name])
            if name.endswith("weights"):
                layer = s.layers[int(name.split(".")[0]) - 1]
                if self.proximal:
                    new = np.sign(new) * np.maximum(np.abs(new) - lr * layer.l1, 0.0)
                layers["update_ratio"][layer.index - 1] = float(np.divide(norm([new - w]), norm([w])))
            self.values[name] = new
        return whole, layers

    def layer_statistics(self, done: Pass, deltas: list[Array], gradient: Parameters) -> dict[str, list[float]]:
        rows: dict[str, list[Any]] = {}
        for layer, z, a, delta in zip(self.settings.layers, done.z, done.a, deltas, strict=True):
            w = self.values[f"{layer.index}.weights"]
            g = np.concatenate([gradient[f"{layer.index}.{part}"].ravel() for part in ("weights", "biases")])
            alpha = self.alpha(layer)
            slopes = np.abs(slope(layer.activation, z, alpha))
            silent = (a == 0).all(axis=0).sum() if layer.activation in FALLS_SILENT else 0
            row = {
                "pre_activation_mean": z.mean(),
                "pre_activation_variance": z.var(),
                "activation_mean": a.mean(),
                "activation_variance": a.var(),
                "backprop_variance": delta.var(),
                "gradient_norm": norm([g]),
                "gradient_max": np.abs(g).max(),
                "gradient_mean_abs": np.abs(g).mean(),
                "gradient_zero_fraction": (g == 0).mean(),
                "weight_norm": norm([w]),
                "weight_mean": w.mean(),
                "weight_variance": w.var(),
                "inactive_units": silent,
                "saturated_fraction": (slopes < 0.05 * largest_slope(layer.activation, alpha)).mean(),
                "non_finite": sum((~np.isfinite(values)).sum() for values in (z, a, g, w)),
            }
            for name, value in row.items():
                rows.setdefault(name, []).append(float(value))
        return rows

    # ---- evaluation ----------------------------------------------------------------------------------------------

    def evaluate(self) -> tuple[dict[str, float], dict[str, list[float]]]:
        whole: dict[str, float] = {}
        for part, x, t in (
            ("train", self.data.x_train, self.data.t_train),
            ("validation", self.data.x_validation, self.data.t_validation),
        ):
            if not len(x):
                continue
            done = self.forward(x, training=False)
            whole[f"{part}_loss"] = self.loss(done, t)[0]
            whole[f"{part}_accuracy"] = self.accuracy(done.a[-1], t)
            r2 = float((1 - ((t - done.a[-1]) ** 2).sum(axis=0) / ((t - t.mean(axis=0)) ** 2).sum(axis=0)).mean())
            whole["train_r2" if part == "train" else "r2"] = r2
        probe = self.forward(self.data.x_train[probe_rows(len(self.data.x_train), self.settings.seed)], training=False)
        layers: dict[str, list[float]] = {"dead_units": [], "weight_similarity": []}
        for layer, a in zip(self.settings.layers, probe.a, strict=True):
            silent = (a == 0).all(axis=0).sum() if layer.activation in FALLS_SILENT else 0
            layers["dead_units"].append(float(silent))
            layers["weight_similarity"].append(similarity(self.values[f"{layer.index}.weights"]))
        return whole, layers

    def accuracy(self, a: Array, t: Array) -> float:
        if self.settings.accuracy == "argmax":
            return float((a.argmax(axis=1) == t.argmax(axis=1)).mean())
        limit = self.settings.accuracy_threshold
        return float(((a > limit) == (t > limit)).mean())


def norm(arrays: Any) -> float:
    return float(np.sqrt(sum((np.asarray(x) ** 2).sum() for x in arrays)))


def similarity(w: Array) -> float:
    """Mean |cosine| over all pairs of columns; a column of zeros counts 0."""
    units = w.shape[1]
    values = []
    for i in range(units):
        for j in range(i):
            sizes = np.linalg.norm(w[:, i]) * np.linalg.norm(w[:, j])
            values.append(abs(w[:, i] @ w[:, j]) / sizes if sizes else 0.0)
    return float(np.mean(values)) if values else 0.0
