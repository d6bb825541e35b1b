"""Small networks of every kind of layer and option, and small data that they read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from engine.build import PLAIN_DATA, PLAIN_TRAIN, write_npz

from nntui_engine.experiment import Experiment
from nntui_engine.scenario import Scenario, scenario_from_dict

Layers = list[dict[str, Any]]

PICTURE, SEQUENCE, TOKENS, ROW = (5, 6, 2), (7, 3), (6,), (6,)
VOCABULARY = 5


def conv(**more: Any) -> dict[str, Any]:
    return {"kind": "convolution", "filters": 3, "kernel": 3, **more}


def rnn(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "units": 4, **more}


def after(*layers: dict[str, Any]) -> Layers:
    return list(layers)


PICTURES: dict[str, Layers] = {
    "convolution": after(conv()),
    "convolution, same": after(conv(padding="same")),
    "convolution, stride 2": after(conv(stride=2), conv(kernel=2)),
    "convolution, same, stride 2": after(conv(stride=2, padding="same"), conv(kernel=2, padding="same")),
    "convolution, even, oblong": after(conv(kernel=[2, 4], stride=[1, 2], padding="same"), conv(kernel=[4, 1])),
    "convolution, 1 by 1": after(conv(kernel=1, filters=1), conv(kernel=[5, 6], filters=2)),
    "convolution, more filters": after(conv(filters=17, kernel=2), conv(filters=9, padding="same")),
    "convolution, window beyond": after(conv(kernel=[7, 8], padding="same")),
    "batch norm before": after(conv(batch_norm="before"), conv(kernel=2, padding="same", batch_norm="before")),
    "batch norm after": after(
        conv(batch_norm="after"), conv(kernel=2, padding="same", batch_norm="after", dropout=0.2)
    ),
    "prelu": after(conv(activation="prelu"), conv(kernel=2, activation="leaky_relu", alpha=0.3)),
    "dropout": after(conv(dropout=0.4), {"kind": "flatten", "dropout": 0.2}),
    "max pool": after(conv(padding="same"), {"kind": "max_pool"}),
    "max pool, overlapping": after(conv(padding="same"), {"kind": "max_pool", "size": 3, "stride": 1, "dropout": 0.3}),
    "max pool, same": after(conv(), {"kind": "max_pool", "size": 3, "stride": 2, "padding": "same"}),
    "max pool of the data": after({"kind": "max_pool", "size": [2, 3]}, conv(kernel=2)),
    "average pool": after(conv(padding="same"), {"kind": "average_pool"}),
    "average pool, overlapping": after(
        conv(padding="same"), {"kind": "average_pool", "size": [3, 2], "stride": [1, 2]}
    ),
    "average pool, same": after(conv(), {"kind": "average_pool", "size": 3, "stride": 1, "padding": "same"}),
    "layer norm": after(conv(), {"kind": "layer_norm", "activation": "tanh"}),
    "layer norm of the data": after({"kind": "layer_norm", "dropout": 0.2}, conv()),
    "mixed": after(
        conv(name="a", padding="same"),
        {"kind": "max_pool", "name": "p"},
        conv(name="left", **{"from": "p"}, kernel=[1, 3], padding="same"),
        conv(name="right", **{"from": "p"}, kernel=2, padding="same", filters=2),
        {"kind": "concatenate", "from": ["left", "right", "p"], "dropout": 0.2},
        {"kind": "dense", "units": 5},
    ),
    "residual": after(
        conv(name="a", padding="same"),
        {
            "repeat": 3,
            "layers": [
                conv(padding="same", batch_norm="before", name="x"),
                conv(padding="same", activation="linear", name="y"),
                {"kind": "add", "from": ["block", "y"], "activation": "tanh", "name": "s"},
            ],
        },
        {"kind": "average_pool", "size": [5, 6]},
    ),
    "add, batch norm": after(
        conv(name="a", padding="same"),
        conv(name="b", padding="same"),
        {"kind": "add", "from": ["a", "b", "a"], "batch_norm": "after", "dropout": 0.2, "activation": "sigmoid"},
    ),
    "readers of the data": after(
        conv(name="a", padding="same", filters=2),
        {"kind": "add", "from": ["inputs", "a"], "name": "s", "activation": "tanh"},
        {"kind": "concatenate", "from": ["inputs", "s", "a"]},
    ),
    "dense of pictures": after(conv(name="a"), {"kind": "dense", "units": 4, "batch_norm": "before"}),
}
SEQUENCES: dict[str, Layers] = {
    "convolution of a sequence": after(conv(), conv(kernel=2, stride=2, padding="same")),
    "pools of a sequence": after(
        conv(padding="same"), {"kind": "max_pool", "stride": 1}, {"kind": "average_pool", "size": 2, "padding": "same"}
    ),
    "layer norm of a sequence": after(
        rnn("gru", return_sequence=True), {"kind": "layer_norm", "activation": "relu"}, rnn("recurrent")
    ),
    "branches of a sequence": after(
        rnn("lstm", name="a", return_sequence=True),
        rnn("gru", name="b", return_sequence=True, **{"from": "inputs"}),
        {"kind": "add", "from": ["a", "b"], "name": "s", "activation": "linear"},
        {"kind": "concatenate", "from": ["s", "a", "inputs"]},
        conv(),
        rnn("recurrent"),
    ),
    "dense of a sequence": after(rnn("lstm", return_sequence=True, dropout=0.3), {"kind": "dense", "units": 3}),
}
for _kind in ("recurrent", "lstm", "gru"):
    SEQUENCES |= {
        _kind: after(rnn(_kind)),
        f"{_kind}, two": after(rnn(_kind, return_sequence=True), rnn(_kind, units=3)),
        f"{_kind}, truncated": after(rnn(_kind, truncate=3, return_sequence=True), rnn(_kind, truncate=2)),
        f"{_kind}, cut everywhere": after(rnn(_kind, truncate=1)),
        f"{_kind}, relu": after(rnn(_kind, activation="relu", bias=0.1)),
        f"{_kind}, softplus": after(rnn(_kind, activation="softplus")),
        f"{_kind}, carried": after(rnn(_kind, carry=True, return_sequence=True), rnn(_kind, carry=True)),
        f"{_kind}, carried, truncated": after(rnn(_kind, carry=True, truncate=3)),
        f"{_kind}, dropout": after(
            rnn(_kind, dropout=0.3, recurrent_dropout=0.4, return_sequence=True),
            rnn(_kind, dropout=0.2, recurrent_dropout=0.2),
        ),
        f"{_kind}, one unit": after(rnn(_kind, units=1)),
    }
for _kind in ("lstm", "gru"):
    SEQUENCES[f"{_kind}, other gates"] = after(  # small, since nothing holds such gates
        rnn(_kind, recurrent_activation="tanh", activation="silu", init="normal", init_scale=0.2, spectral_radius=0.3)
    )
WORDS: dict[str, Layers] = {
    "embedding": after({"kind": "embedding", "units": 3, "tokens": VOCABULARY, "dropout": 0.2}, rnn("gru")),
    "embedding, twice": after(
        {"kind": "embedding", "units": 3, "tokens": VOCABULARY, "name": "a"},
        {"kind": "embedding", "units": 2, "tokens": VOCABULARY + 2, "name": "b", "from": "inputs"},
        {"kind": "concatenate", "from": ["a", "b"]},
        conv(),
    ),
}
NETS = {**PICTURES, **SEQUENCES, **WORDS}


def shape_of(name: str) -> tuple[int, ...]:
    return PICTURE if name in PICTURES else SEQUENCE if name in SEQUENCES else TOKENS


def data(shape: tuple[int, ...], rows: int, outputs: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    size = int(np.prod(shape))
    if shape == TOKENS:
        return generator.integers(0, VOCABULARY, (rows, size)).astype(float), generator.standard_normal((rows, outputs))
    return generator.standard_normal((rows, size)), generator.standard_normal((rows, outputs))


def scenario_of(
    folder: Path,
    name: str | Layers,
    train: Mapping[str, Any] = {},
    model: Mapping[str, Any] = {},
    *,
    rows: int = 12,
    shape: tuple[int, ...] | None = None,
    more: Mapping[str, Any] = {},
    lanes: Any = (),
    outputs: int = 2,
) -> Scenario:
    """One of the networks above, or other layers, on ``rows`` rows of random data: a regression of two targets."""
    layers = NETS[name] if isinstance(name, str) else name
    shape = shape or (shape_of(name) if isinstance(name, str) else PICTURE)
    path = folder / f"{'x'.join(map(str, shape))}-{rows}-{outputs}.npz"
    if not path.exists():
        write_npz(path, *data(shape, rows, outputs))
    return scenario_from_dict(
        {
            "schema": 1,
            "scenario": {"title": "test"},
            "data": {"path": str(path), **PLAIN_DATA, "task": "regression", "shape": list(shape), **more},
            "model": {"layers": layers, "activation": "tanh", "bias": "normal", "bias_scale": 0.3, **model},
            "train": {**PLAIN_TRAIN, "loss": "mse", "lr": 0.05, "batch_size": 5, **train},
            "lane": [{"name": name, "set": dict(settings)} for name, settings in lanes],
        },
        name="test",
    )


def experiment(
    folder: Path, name: str | Layers, *tables: Any, seed: int | None = None, every: int = 1, **more: Any
) -> Experiment:
    """``scenario_of``, ready to be trained."""
    options = {key: more.pop(key) for key in ("keep_samples", "rewind_memory") if key in more}
    return Experiment(scenario_of(folder, name, *tables, **more), seed=seed, every=every, **options)
