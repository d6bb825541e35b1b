"""What ``nntui.watch`` adds to a step of PyTorch, on one thread, beside two other ways to look at every layer."""

import importlib
import importlib.util
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from nntui.bench.bench import Bench, MeasureError
from nntui.bench.tables import Sheet, spread_text
from nntui.bench.timing import Repeated, Turn, take_turns
from nntui.headless.numbers import ratio

TENTH = 10
BINS = 64
WAYS = {
    "bare": "nothing",
    "watched": "nntui.watch, every step",
    "tenth": f"nntui.watch, every {TENTH}th step",
    "histograms": "a histogram of each gradient and weight",
    "norms": "a norm of each gradient, one by one",
}


def measure(bench: Bench) -> dict[str, Any]:
    """By network: microseconds a step in each of the WAYS, and their quotients with the bare loop's.

    Raises MeasureError where PyTorch is not installed and this part was asked for.
    """
    if importlib.util.find_spec("torch") is None:
        if bench.parts:
            raise MeasureError("needs PyTorch: pip install torch")
        return {}
    torch: Any = importlib.import_module("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    found: dict[str, Any] = {}
    try:
        for name, make in NETWORKS.items():
            bench.say(f"watch: {name}")
            with tempfile.TemporaryDirectory() as folder, ExitStack() as watches:
                turns = {way: _turn(torch, make, way, Path(folder) / f"{way}.nntui", watches) for way in WAYS}
                spreads = take_turns(turns, bench.seconds)
            bare = spreads["bare"]["median"]
            quotients = {f"{way}/bare": spreads[way]["median"] / bare for way in WAYS if way != "bare"}
            found[name] = {**spreads, "ratios": quotients}
    finally:
        torch.set_num_threads(before)
    return found


def sheets(found: dict[str, Any]) -> list[Sheet]:
    """A table for each network, a row for each way."""
    return [
        Sheet(
            f"Microseconds a step of PyTorch on one thread: {name}",
            ["looked at by", "step", "/bare"],
            [
                [words, spread_text(one[way]), ratio(one["ratios"][f"{way}/bare"]) if way != "bare" else ""]
                for way, words in WAYS.items()
            ],
        )
        for name, one in found.items()
    ]


def _turn(torch: Any, make: "Make", way: str, record: Path, watches: ExitStack) -> Turn:
    """Steps of a network that is looked at in a way; a watch of it is among ``watches``, which end it."""
    torch.manual_seed(0)
    model, x = make(torch.nn, torch)
    y = torch.randint(0, 10, (len(x),))
    optimizer = torch.optim.Adam(model.parameters())
    look = _look(torch, model, optimizer, way, record, watches)

    def advance(steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            look(loss)
            optimizer.step()

    if way != "tenth":
        return Repeated(advance)
    tens = Repeated(lambda steps: advance(TENTH * steps))  # a turn has looked at as many steps as it should
    return lambda seconds: [took / TENTH for took in tens(seconds)]


def _look(
    torch: Any, model: Any, optimizer: Any, way: str, record: Path, watches: ExitStack
) -> Callable[[Any], object]:
    """What is called between the backward pass and the step, with the loss."""
    if way in ("watched", "tenth"):
        import nntui

        every = TENTH if way == "tenth" else 1
        watch = nntui.watch(model, optimizer, record=record, every=every)
        watches.callback(watch.close)
        return watch
    parameters = list(model.parameters())

    def histograms(loss: Any) -> object:
        found = [loss.item()]
        for parameter in parameters:
            for values in (parameter.grad, parameter.detach()):
                low, high = values.min().item(), values.max().item()
                found.append(torch.histc(values.float(), BINS, low, high).tolist())
        return found

    def norms(loss: Any) -> object:
        return [loss.item(), *(parameter.grad.norm().item() for parameter in parameters)]

    looks: dict[str, Callable[[Any], object]] = {"histograms": histograms, "norms": norms, "bare": lambda _: None}
    return looks[way]


Make = Callable[[Any, Any], tuple[Any, Any]]


def _dense(nn: Any, torch: Any) -> tuple[Any, Any]:
    layers = [nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)]
    return nn.Sequential(*layers), torch.randn(64, 784)


def _convolutional(nn: Any, torch: Any) -> tuple[Any, Any]:
    first = [nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    second = [nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*first, *second, nn.Flatten(), nn.Linear(32 * 7 * 7, 10)), torch.randn(64, 1, 28, 28)


def _transformer(nn: Any, torch: Any) -> tuple[Any, Any]:
    block = nn.TransformerEncoderLayer(128, 4, 256, dropout=0.0, batch_first=True)
    blocks = nn.TransformerEncoder(block, 12)
    return nn.Sequential(blocks, nn.Flatten(), nn.Linear(64 * 128, 10)), torch.randn(8, 64, 128)


NETWORKS: dict[str, Make] = {
    "784-256-256-10": _dense,
    "convolutional": _convolutional,
    "12 transformer blocks": _transformer,
}
