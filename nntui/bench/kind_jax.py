"""The steps of the other kinds of network in JAX: one compiled scan over many steps, whose outputs are the statistics
of each of them. Channels are last; time is a scan within, the inputs' part of all steps one product before it.
"""

import importlib
from typing import Any

from nntui.bench.kind_nets import GATES, POOL, KindNet, Layer, batches, random_data, random_weights
from nntui.bench.peers import Peer, adam_start, adam_step, scanned

SCAN_STEPS = 50


def prepare_kind_jax(net: KindNet, threads: int) -> Peer:  # noqa: ARG001  # JAX takes every core it finds
    """One compiled scan over ``SCAN_STEPS`` steps."""
    jax: Any = importlib.import_module("jax")
    step, state = jax_step(net)
    return scanned(jax, step, state, batches(net), SCAN_STEPS)


def jax_step(net: KindNet) -> tuple[Any, Any]:
    """A function (state, row numbers) → (state, statistics) that can be compiled, and the first state.

    The statistics are the loss (), activation means, variances, gradient norms and weight norms, each (layers,) for all
    layers with weights, and (layers − 1,): units that are 0 on the whole mini-batch, the output left out.
    """
    jax: Any = importlib.import_module("jax")
    jnp: Any = importlib.import_module("jax.numpy")
    x, y = (jnp.asarray(part) for part in random_data(net))
    parameters = [(jnp.asarray(weights), jnp.asarray(biases)) for weights, biases in random_weights(net)]

    def loss_of(parameters: Any, x: Any, y: Any) -> Any:
        """(loss, activations of every layer with weights)."""
        out, activations = _forward(jax, jnp, net, parameters, x)
        if net.outputs == 1:
            return jnp.mean((out[:, 0] - y) ** 2), activations
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(out), y[:, None], axis=1)), activations

    def step(state: Any, rows: Any) -> Any:
        parameters = state[0]
        (loss, activations), gradients = jax.value_and_grad(loss_of, has_aux=True)(parameters, x[rows], y[rows])
        statistics = (
            loss,
            jnp.stack([jnp.mean(a) for a in activations]),
            jnp.stack([jnp.var(a) for a in activations]),
            jnp.stack([jnp.linalg.norm(weights) for weights, _ in gradients]),
            jnp.stack([jnp.linalg.norm(weights) for weights, _ in parameters]),
            jnp.stack([jnp.sum(jnp.all(a == 0, axis=tuple(range(a.ndim - 1)))) for a in activations[:-1]]),
        )
        return adam_step(jax, state, gradients), statistics

    return step, adam_start(jax, parameters)


def _forward(jax: Any, jnp: Any, net: KindNet, parameters: Any, h: Any) -> tuple[Any, list[Any]]:
    """The outputs (rows, outputs), and the activations of every layer with weights."""
    values, activations = iter(parameters), []
    for layer in net.layers:
        own = [next(values) for _ in range(layer.weights)]
        if layer.kind == "max_pool":
            window = (1, POOL, POOL, 1)
            h = jax.lax.reduce_window(h, -jnp.inf, jax.lax.max, window, window, "VALID")
        elif layer.kind in GATES:
            states = _states(jax, jnp, layer, own[0], h)
            activations.append(states)
            h = states[-1]
        elif layer.kind == "residual":
            (first, first_biases), (second, second_biases) = own
            inner = jax.nn.relu(h @ first + first_biases)
            added = inner @ second + second_biases
            activations += [inner, added]
            h = h + added
        else:
            (weights, biases) = own[0]
            if layer.kind == "convolution":
                z = _convolved(jax, layer, weights, h)
            else:
                z = h.reshape(len(h), -1) @ weights
            h = jax.nn.relu(z + biases)
            activations.append(h)
    weights, biases = next(values)
    out = h @ weights + biases
    return out, [*activations, out]


def _convolved(jax: Any, layer: Layer, weights: Any, h: Any) -> Any:
    filters = weights.reshape(layer.kernel, layer.kernel, h.shape[-1], layer.units)
    names = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(h, filters, (1, 1), layer.padding.upper(), dimension_numbers=names)


def _states(jax: Any, jnp: Any, layer: Layer, values: Any, x: Any) -> Any:
    """The states (steps, rows, units) of a recurrent layer that reads x (rows, steps, features)."""
    weights, biases = values
    features, units = x.shape[-1], layer.units
    columns = weights.shape[1]
    u = weights[features:]
    given = jnp.swapaxes(x, 0, 1) @ weights[:features] + biases[:columns]
    zeros = jnp.zeros((len(x), units), x.dtype)

    def plain(h: Any, given: Any) -> Any:
        h = jnp.tanh(given + h @ u)
        return h, h

    def lstm(state: Any, given: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(given + h @ u, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    def gru(h: Any, given: Any) -> Any:
        recurrent = h @ u
        gates = jax.nn.sigmoid(given[:, : 2 * units] + recurrent[:, : 2 * units])
        reset, update = gates[:, :units], gates[:, units:]
        candidate = jnp.tanh(given[:, 2 * units :] + reset * (recurrent[:, 2 * units :] + biases[columns:]))
        h = (1 - update) * candidate + update * h
        return h, h

    cell, start = {"recurrent": (plain, zeros), "lstm": (lstm, (zeros, zeros)), "gru": (gru, zeros)}[layer.kind]
    return jax.lax.scan(cell, start, given)[1]
