"""The same step in other libraries, by our own code: forward, backward, Adam, and every step's statistics.

For each layer the mean and variance of its activations, how many of its units are inactive on the whole mini-batch,
and the norms of its gradient and weights. ``blas`` is no library but a bound: only the step's matrix products.
The libraries are no dependencies of nntui and are imported only when they are asked for.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any

from nntui.bench.nets import LEARNING_RATE, Net, batches, random_data, random_weights
from nntui.bench.timing import Repeated, Turn, timed_calls
from nntui_engine.compiling.ahead import usable_cores

PEERS = {"torch": "torch", "jax": "jax", "blas": "numpy"}  # name → the package it takes

SCAN_STEPS = 200
SHORT_SCAN_STEPS = 20  # where a step takes milliseconds, and starting a scan nothing beside it
LARGE = 50_000_000  # multiplications in a step
TRIAL_SECONDS = 0.1
DECAYS = (0.9, 0.999)
EPSILON = 1e-8


def is_installed(peer: str) -> bool:
    """Whether the peer's package can be imported. Does not import it."""
    return importlib.util.find_spec(PEERS[peer]) is not None


@dataclass(frozen=True, slots=True)
class Peer:
    """Steps of a net by a peer, on so many threads."""

    turn: Turn
    threads: int


def prepare_peer(peer: str, net: Net, threads: int) -> Peer:
    """The peer ready to train a net, with at most as many threads as nntui where it lets us choose."""
    makers = {"torch": prepare_torch, "jax": prepare_jax, "blas": prepare_blas}
    return makers[peer](net, threads)


def prepare_torch(net: Net, threads: int) -> Peer:
    """Eager PyTorch: a Sequential with forward hooks, norms after the backward pass, its own fused Adam.

    On one thread or on all of them, whatever is faster: small layers are slower on several.
    """
    torch: Any = importlib.import_module("torch")
    x, y = (torch.from_numpy(part) for part in random_data(net))
    model = torch.nn.Sequential()
    measured: list[Any] = []
    counted: list[Any] = []

    def watch(module: Any, inputs: Any, output: Any) -> None:  # noqa: ARG001  # the shape of a hook
        output = output.detach()
        measured.extend(torch.var_mean(output, correction=0))
        if isinstance(module, torch.nn.ReLU):
            counted.append((output <= 0).all(dim=0).sum())

    for values in random_weights(net):
        linear = torch.nn.Linear(*values.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(values).T)
            linear.bias.zero_()
        model.extend([linear, torch.nn.ReLU()])
    model.pop(-1)
    for module in model:
        if isinstance(module, torch.nn.ReLU) or module is model[-1]:
            module.register_forward_hook(watch)
    weights = [module.weight for module in model if isinstance(module, torch.nn.Linear)]
    if net.sizes[-1] == 1:
        loss_of, y = torch.nn.functional.binary_cross_entropy_with_logits, y.float().unsqueeze(1)
    else:
        loss_of = torch.nn.functional.cross_entropy
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
    norm, order = torch.linalg.vector_norm, batches(net)

    def advance(steps: int) -> None:
        for numbers in islice(order, steps):
            measured.clear()
            counted.clear()
            rows = torch.from_numpy(numbers)
            loss = loss_of(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            for weight in weights:
                measured.extend((norm(weight.grad), norm(weight.detach())))
            optimizer.step()
            torch.stack([loss.detach(), *measured])
            torch.stack(counted)

    return faster_threads(torch, advance, threads)


def faster_threads(torch: Any, advance: Callable[[int], object], threads: int) -> Peer:
    """``advance`` in turns, on one thread or on ``threads``, whatever is faster here."""
    took = {}
    for number in dict.fromkeys((1, threads)):
        torch.set_num_threads(number)
        took[number] = median(Repeated(advance)(TRIAL_SECONDS))
    best = min(took, key=lambda number: took[number])
    torch.set_num_threads(best)
    return Peer(Repeated(advance), best)


def prepare_jax(net: Net, threads: int) -> Peer:  # noqa: ARG001  # JAX takes every core it finds
    """JAX: one compiled scan over many steps, whose outputs are the statistics of each of them."""
    jax: Any = importlib.import_module("jax")
    jnp: Any = importlib.import_module("jax.numpy")
    x, y = (jnp.asarray(part) for part in random_data(net))
    weights = [jnp.asarray(values) for values in random_weights(net)]
    parameters = [(weight, jnp.zeros(weight.shape[1], jnp.float32)) for weight in weights]

    def loss_of(parameters: Any, x: Any, y: Any) -> Any:
        """(loss, activations of every layer)."""
        activations = []
        for weight, bias in parameters[:-1]:
            x = jax.nn.relu(x @ weight + bias)
            activations.append(x)
        weight, bias = parameters[-1]
        x = x @ weight + bias
        activations.append(x)
        if net.sizes[-1] == 1:
            z = x[:, 0]
            return jnp.mean(jnp.logaddexp(0.0, z) - y * z), activations
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], axis=1)), activations

    def step(state: Any, rows: Any) -> Any:
        parameters = state[0]
        (loss, activations), gradients = jax.value_and_grad(loss_of, has_aux=True)(parameters, x[rows], y[rows])
        statistics = (
            loss,
            jnp.stack([jnp.mean(a) for a in activations]),
            jnp.stack([jnp.var(a) for a in activations]),
            jnp.stack([jnp.sum(jnp.all(a <= 0, axis=0)) for a in activations[:-1]]),
            jnp.stack([jnp.linalg.norm(weight) for weight, _ in gradients]),
            jnp.stack([jnp.linalg.norm(weight) for weight, _ in parameters]),
        )
        return adam_step(jax, state, gradients), statistics

    steps = SHORT_SCAN_STEPS if net.products > LARGE else SCAN_STEPS
    return scanned(jax, step, adam_start(jax, parameters), batches(net), steps)


def adam_start(jax: Any, parameters: Any) -> Any:
    """What :func:`adam_step` carries from step to step: the parameters, two moments of each, steps done."""
    jnp: Any = importlib.import_module("jax.numpy")
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    return parameters, zeros, zeros, jnp.zeros((), jnp.float32)


def adam_step(jax: Any, state: Any, gradients: Any) -> Any:
    """The next state of :func:`adam_start`'s shape."""
    jnp: Any = importlib.import_module("jax.numpy")
    parameters, first, second, count = state
    count = count + 1
    b1, b2 = DECAYS
    first = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, first, gradients)
    second = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, second, gradients)
    rate, scale = LEARNING_RATE / (1 - b1**count), 1 / (1 - b2**count)
    parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v * scale) + EPSILON), parameters, first, second)
    return parameters, first, second, count


def scanned(jax: Any, step: Any, state: Any, order: Iterator[Any], steps: int) -> Peer:
    """``step`` (state, rows) → (state, statistics) as one compiled scan over so many mini-batches of ``order``."""
    np: Any = importlib.import_module("numpy")
    scan = jax.jit(lambda state, rows: jax.lax.scan(step, state, rows))

    def call() -> int:
        nonlocal state
        state, statistics = scan(state, np.stack(list(islice(order, steps))))
        jax.block_until_ready((state, statistics))
        return steps

    return Peer(lambda seconds: timed_calls(call, seconds), usable_cores() or 1)


def prepare_blas(net: Net, threads: int) -> Peer:  # noqa: ARG001  # one, to compare with
    """NumPy's matrix products of one step and nothing else, on one thread, into arrays that are there already.

    Forward, the gradients of the weights, and those of the inputs of every layer but the first.
    """
    np: Any = importlib.import_module("numpy")
    from threadpoolctl import threadpool_limits

    generator = np.random.default_rng(0)

    def random(rows: int, columns: int) -> Any:
        return generator.standard_normal((rows, columns), dtype=np.float32)

    products: list[tuple[Any, Any, Any]] = []
    for number, (inputs, units) in enumerate(net.shapes):
        a, w, d = random(net.batch, inputs), random(inputs, units), random(net.batch, units)
        products += [(a, w, np.empty_like(d)), (a.T, d, np.empty_like(w))]
        if number:
            products.append((d, w.T, np.empty_like(a)))

    def advance(steps: int) -> None:
        for _ in range(steps):
            for left, right, out in products:
                np.matmul(left, right, out=out)

    turn = Repeated(advance)

    def on_one_thread(seconds: float) -> list[float]:
        with threadpool_limits(limits=1, user_api="blas"):
            return turn(seconds)

    return Peer(on_one_thread, 1)
