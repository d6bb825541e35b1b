"""Networks that cannot be: one line each, soon, and nothing is allocated. Random ones: a line, or they train."""

import os
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.build import PLAIN_DATA, PLAIN_TRAIN, write_npz
from engine.compiled import JIT
from engine.layers.nets import PICTURE, SEQUENCE, TOKENS, conv, rnn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nntui_engine.errors import LONGEST_MESSAGE, InputError
from nntui_engine.experiment import Experiment
from nntui_engine.registry.layer_kinds import LAYER_KINDS
from nntui_engine.scenario import scenario_from_dict

ROWS = 8
DENSE = {"kind": "dense", "units": 3}


def refused(tables: dict[str, Any]) -> str | None:
    """The line with which these are refused; None where they train for two steps."""
    try:
        run = Experiment(scenario_from_dict(tables, name="t"))
    except InputError as problem:
        line = str(problem)
        assert "\n" not in line
        assert 0 < len(line) <= LONGEST_MESSAGE, line
        return line
    with np.errstate(all="ignore"):
        run.advance(2)
    return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


def tables_of(
    folder: Path, layers: Any, shape: tuple[int, ...] = PICTURE, *, file: tuple[int, ...] | None = None, **more: Any
) -> dict[str, Any]:
    size = int(np.prod(file or shape))
    path = folder / f"{size}.npz"
    if not path.exists():
        generator = np.random.default_rng(0)
        write_npz(path, generator.standard_normal((ROWS, size)), generator.standard_normal((ROWS, 1)))
    tables = {
        "schema": 1,
        "scenario": {"title": "t"},
        "data": {"path": str(path), **PLAIN_DATA, "task": "regression", "shape": list(shape)},
        "model": {"layers": layers},
        "train": {**PLAIN_TRAIN, "batch_size": 4, "dtype": "float32"},
    }
    for section, values in more.items():
        tables[section] = {**tables[section], **values}  # type: ignore[dict-item]
    return tables


def nested(depth: int, inner: Any, repeat: int = 1) -> Any:
    for _ in range(depth):
        inner = {"layers": [inner], "repeat": repeat}
    return inner


A, B = conv(name="a"), conv(name="b", kernel=1)
CASES: dict[str, tuple[Any, tuple[int, ...], str]] = {
    "a loop": ([{**A, "from": "b"}, {**B, "from": "a"}], PICTURE, "that layer comes later or is this one"),
    "itself": ([{**A, "from": "a"}], PICTURE, "that layer comes later or is this one"),
    "a name twice": ([A, A], PICTURE, "another layer has that name"),
    "a name twice in blocks": (
        [nested(1, A), nested(1, conv(name="a", kernel=1))],
        PICTURE,
        "another layer has that name",
    ),
    "nobody reads it": ([A, {**B, "from": "inputs"}], PICTURE, 'nothing reads layer "a"'),
    "unknown": ([{**A, "from": "c"}], PICTURE, "no layer is called"),
    "block outside": ([{**A, "from": "block"}], PICTURE, "no layer is called"),
    "reads nothing": ([{**A, "from": []}], PICTURE, "names nothing"),
    "reads two": ([A, B, {**DENSE, "from": ["a", "b"]}], PICTURE, "reads one layer"),
    "a block reads two": ([A, B, {"layers": [DENSE], "from": ["a", "b"]}], PICTURE, "a block reads one layer"),
    "kernel too large": ([conv(kernel=[6, 2])], PICTURE, "its window of 6×2 is larger than that"),
    "kernel too large, later": ([conv(), conv(), conv(name="c")], PICTURE, "is larger than that"),
    "pool too large": ([{"kind": "max_pool", "size": 6}], PICTURE, "its window of 6×6 is larger"),
    "three sizes": ([conv(kernel=[2, 2, 2])], PICTURE, "must have 2 numbers"),
    "two sizes of a sequence": ([conv(kernel=[2, 2])], SEQUENCE, "must have 1 numbers"),
    "two strides of a sequence": ([conv(kernel=2, stride=[1, 1])], SEQUENCE, "must have 1 numbers"),
    "no sizes": ([conv(kernel=[])], PICTURE, "must have 2 numbers"),
    "no strides": ([conv(stride=[])], PICTURE, "must have 2 numbers"),
    "no pool": ([{"kind": "max_pool", "size": []}], PICTURE, "must have 2 numbers"),
    "unlike sums": (
        [A, conv(name="b", kernel=2), {"kind": "add", "from": ["a", "b"]}],
        PICTURE,
        "wants layers of one shape",
    ),
    "unlike sides": (
        [A, {"kind": "flatten", "name": "f"}, {"kind": "concatenate", "from": ["a", "f"]}],
        PICTURE,
        "wants layers that",
    ),
    "convolution of a row": ([conv()], (6,), "it wants a picture"),
    "recurrence of a picture": ([rnn("lstm")], PICTURE, "it wants a sequence"),
    "recurrence of a row": ([rnn("gru")], (6,), "it wants a sequence"),
    "embedding of a picture": ([{"kind": "embedding", "units": 2, "tokens": 3}], PICTURE, "it wants token numbers"),
    "embedding of fractions": (
        [{"kind": "embedding", "units": 2, "tokens": 3}],
        TOKENS,
        "it wants whole numbers from 0 to 2",
    ),
    "embedding of a layer": (
        [{"kind": "dense", "units": 6}, {"kind": "embedding", "units": 2, "tokens": 3}],
        TOKENS,
        "reads another layer",
    ),
    "negative stride": ([conv(stride=-1)], PICTURE, "stride"),
    "stride 0": ([conv(stride=0)], PICTURE, "stride"),
    "stride of the pool 0": ([{"kind": "max_pool", "stride": [1, 0]}], PICTURE, "stride"),
    "kernel 0": ([conv(kernel=0)], PICTURE, "kernel"),
    "filters 0": ([conv(filters=0)], PICTURE, "filters"),
    "truncate below 0": ([rnn("gru", truncate=-1)], SEQUENCE, "truncate"),
    "padding": ([conv(padding="reflect")], PICTURE, "padding"),
    "a key of another kind": ([{**DENSE, "kernel": 3}], PICTURE, 'a layer of kind dense has no "kernel"'),
    "batch norm of a pool": ([{"kind": "max_pool", "batch_norm": "after"}], PICTURE, 'has no "batch_norm"'),
    "a kind": ([{"kind": "transformer"}], PICTURE, "transformer"),
    "the inputs": ([{"kind": "inputs"}], PICTURE, "inputs"),
    "no kind": ([{"units": 3}], PICTURE, "has no kind"),
    "no units": ([{"kind": "dense"}], PICTURE, "needs units"),
    "a name with dots": ([conv(name="a.b")], PICTURE, "must be up to 40 letters"),
    "a name of a number": ([conv(name="1")], PICTURE, "must be up to 40 letters"),
    "a name that is taken": ([conv(name="inputs")], PICTURE, "must be up to 40 letters"),
    "an endless name": ([conv(name="a" * 100_000)], PICTURE, "must be up to 40 letters"),
    "nothing": ([], PICTURE, "model.layers is empty"),
    "an empty block": ([{"layers": []}], PICTURE, "layers is empty"),
    "a block with a kind": ([{"layers": [DENSE], "kind": "dense"}], PICTURE, "a block has only"),
    "a block with a name": ([{"layers": [DENSE], "name": "b"}], PICTURE, "a block has only"),
    "repeat 10000": ([{**DENSE, "repeat": 10_000}], PICTURE, "repeat"),
    "repeat 1000": ([{**DENSE, "repeat": 1000}], PICTURE, "more than 1000 layers"),
    "repeat of repeat": ([nested(2, DENSE, 900)], PICTURE, "more than 1000 layers"),
    "repeat 6 deep": ([nested(6, DENSE, 900)], PICTURE, "more than 1000 layers"),
    "repeat 20 deep": ([nested(20, DENSE, 900)], PICTURE, "nested more than 16 deep"),
    "repeat 0": ([{**DENSE, "repeat": 0}], PICTURE, "repeat"),
    "many filters": (
        [conv(filters=1_000_000, kernel=[5, 6]), conv(filters=1_000_000, kernel=1)],
        PICTURE,
        "parameters",
    ),
    "many units": ([rnn("lstm", units=1_000_000)], SEQUENCE, "parameters"),
    "huge kernels": ([conv(kernel=10_000, padding="same", filters=1_000_000)], PICTURE, "parameters"),
    "many tokens": ([{"kind": "embedding", "units": 1_000_000, "tokens": 1_000_000}], TOKENS, "parameters"),
    "doubled and doubled": (
        [DENSE, {"repeat": 60, "layers": [{"kind": "concatenate", "from": ["block", "block"]}]}],
        PICTURE,
        "parameters",
    ),
    "doubled and summed": (
        [
            DENSE,
            {"repeat": 60, "layers": [{"kind": "concatenate", "from": ["block", "block"]}]},
            {"kind": "max_pool", "size": 10_000},
        ],
        PICTURE,
        "",
    ),
    "wide pictures": (
        [conv(filters=1_000_000, kernel=1), {"kind": "average_pool", "size": [1000, 100]}],
        (1000, 100, 1),
        "activations",
    ),
    "a prelu through time": ([rnn("gru", activation="prelu")], SEQUENCE, "does not learn its slope"),
    "an activation that is no hidden one": ([conv(activation="softmax")], PICTURE, "softmax"),
    "a spectral radius of 0": ([rnn("lstm", spectral_radius=0.0)], SEQUENCE, "spectral_radius"),
    "text for layers": ("conv", PICTURE, "layers"),
    "a number for layers": ([3], PICTURE, "layers"),
    "a layer of lists": ([[conv()]], PICTURE, "layers"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_network_that_cannot_be(name: str, folder: Path) -> None:
    layers, shape, words = CASES[name]
    tables = tables_of(folder, layers, shape)
    scenario_from_dict({**tables, "model": {"layers": [DENSE]}})  # what is loaded first is not counted
    start = time.process_time()
    tracemalloc.start()
    try:
        line = refused(tables)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert line is not None, "it was taken"
    assert words in line
    assert "model" in line or "layer" in line or "activations" in line
    assert time.process_time() - start < 5.0
    assert most < 50_000_000 or shape == (1000, 100, 1)


@pytest.mark.parametrize("depth", [30, 60, 200, 1000])
def test_blocks_in_blocks(depth: int, folder: Path) -> None:
    """As deep as that goes, they are one layer or one line."""
    line = refused(tables_of(folder, [nested(depth, DENSE)]))
    assert line is None or "model" in line or "deep" in line


@pytest.mark.parametrize(
    ("shape", "file", "words"),
    [
        ((5, 6, 3), (5, 6, 2), "shape"),
        ((0, 3), (6,), "shape"),
        ((6, 0), (6,), "shape"),
        ((-1, -6), (6,), "shape"),
        ((2, 3, 1, 1), (6,), "shape"),
        ((), (6,), "shape"),
    ],
)
def test_a_shape_that_is_not_that_of_a_row(shape: Any, file: Any, words: str, folder: Path) -> None:
    line = refused(tables_of(folder, [DENSE], shape, file=file))
    assert words in str(line)


def test_layers_beside_hidden(folder: Path) -> None:
    line = refused(tables_of(folder, [DENSE], model={"hidden": [3]}))
    assert "cannot stand together" in str(line)


@pytest.mark.parametrize(
    "more",
    [
        {"model": {"dropconnect": 0.1}},
        {"train": {"noise": {"weights": 0.1}}},
        {"model": {"activation": ["relu"]}},
        {"train": {"l1": [0.1, 0.2]}},
        {"model": {"trainable": [True, False]}},
    ],
)
def test_what_goes_with_dense_chains_only(more: Any, folder: Path) -> None:
    assert refused(tables_of(folder, [conv()], **more)) is not None


@pytest.mark.parametrize(
    "more",
    [{"model": {"batch_norm_inputs": True}}, {"model": {"input_dropout": 0.1}}, {"train": {"noise": {"inputs": 0.1}}}],
)
def test_token_numbers_stay_as_they_are(more: Any, tmp_path: Path) -> None:
    x = np.arange(24.0).reshape(4, 6) % 5
    path = write_npz(tmp_path / "tokens.npz", x, np.ones((4, 1)))
    embedding = {"kind": "embedding", "units": 2, "tokens": 5}
    tables = tables_of(tmp_path, [embedding], TOKENS)
    tables["data"]["path"] = str(path)
    assert refused(tables) is None
    assert "whole numbers from 0 to 3" in str(refused({**tables, "model": {"layers": [{**embedding, "tokens": 4}]}}))
    for section, values in more.items():
        tables[section] = {**tables[section], **values}
    assert "changes the token numbers that layer 1 (embedding) reads" in str(refused(tables))


SETS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown layer": ({"model.layers.c.filters": 2}, "no layer"),
    "layer 0": ({"model.layers.0.filters": 2}, "no layer"),
    "layer 9": ({"model.layers.9.filters": 2}, "no layer"),
    "no key": ({"model.layers.a": 2}, "model.layers"),
    "unknown key": ({"model.layers.a.depth": 2}, "model.layers"),
    "too deep": ({"model.layers.a.filters.b": 2}, "model.layers"),
    "another kind's": ({"model.layers.a.units": 2}, 'has no "units"'),
    "repeat": ({"model.layers.a.repeat": 2}, "model.layers"),
    "renamed": ({"model.layers.a.name": "b"}, "another layer has that name"),
    "a loop": ({"model.layers.a.from": "b"}, "that layer comes later"),
    "too large": ({"model.layers.b.kernel": 9}, "larger than that"),
}


@pytest.mark.parametrize("name", SETS)
def test_a_lane_that_changes_a_layer_to_what_cannot_be(name: str, folder: Path) -> None:
    change, words = SETS[name]
    tables = {**tables_of(folder, [A, B]), "lane": [{"name": "x", "set": change}]}
    line = refused(tables)
    assert words in str(line)


def test_a_lane_that_changes_a_layer(folder: Path) -> None:
    lanes = [{"name": "x", "set": {"model.layers.a.filters": 5, "model.layers.2.activation": "tanh"}}, {"name": "y"}]
    run = Experiment(scenario_from_dict({**tables_of(folder, [A, B]), "lane": lanes}, name="t"))
    assert [lane.settings.layers[0].units for lane in run.lanes] == [5, 3]
    assert run.lanes[0].settings.layers[1].activation == "tanh"


def damaged(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("conv1")
    elif how == "bytes":
        path.write_bytes(content[:200] + bytes(50) + content[250:])
    elif how == "gone":
        path.unlink()


@pytest.mark.parametrize("how", ["cut", "empty", "text", "bytes", "gone"])
def test_a_damaged_weight_file(how: str, folder: Path, tmp_path: Path) -> None:
    tables = tables_of(folder, [A, B])
    run = Experiment(scenario_from_dict(tables, name="t"))
    path = tmp_path / "w.npz"
    np.savez(path, **run.parameters())
    start = {"model": {"layers": [A, B], "start": {"weights": str(path)}}}
    assert refused({**tables, **start}) is None
    damaged(path, how)
    line = refused({**tables, **start})
    assert "model.start" in str(line)


@pytest.mark.parametrize(
    ("layers", "start", "words"),
    [
        ([conv(name="a", filters=4), B], {}, "shape"),
        ([conv(name="c"), B], {}, "has no c.weights"),
        ([A, B], {"layers": ["c"]}, 'no layer "c"'),
        ([{**A, "batch_norm": "before"}, B], {}, "has no a.gamma"),
    ],
)
def test_weights_of_another_network(layers: Any, start: Any, words: str, folder: Path, tmp_path: Path) -> None:
    run = Experiment(scenario_from_dict(tables_of(folder, [A, B]), name="t"))
    np.savez(tmp_path / "w.npz", **run.parameters())
    line = refused(tables_of(folder, layers, model={"start": {"weights": str(tmp_path / "w.npz"), **start}}))
    assert words in str(line)


# -- networks that nobody thinks of -----------------------------------------------------------------------------------


SMALL = st.integers(-1, 4)
SIZE = st.one_of(SMALL, st.lists(st.integers(0, 4), max_size=3))
VALUES: dict[str, Any] = {
    "units": SMALL,
    "filters": SMALL,
    "kernel": SIZE,
    "size": SIZE,
    "stride": SIZE,
    "padding": st.sampled_from(["valid", "same", "full"]),
    "return_sequence": st.booleans(),
    "activation": st.sampled_from(["linear", "tanh", "relu", "prelu", "softplus", "threshold", "softmax"]),
    "recurrent_activation": st.sampled_from(["sigmoid", "tanh", "relu"]),
    "init": st.sampled_from(["zeros", "he_normal", "orthogonal", "identity", "constant"]),
    "recurrent_init": st.sampled_from(["zeros", "orthogonal", "identity"]),
    "spectral_radius": st.sampled_from([0.5, 1.0, -1.0]),
    "bias": st.sampled_from([0.0, 0.5, "normal"]),
    "batch_norm": st.sampled_from(["none", "before", "after"]),
    "dropout": st.sampled_from([0.0, 0.5, 1.0]),
    "recurrent_dropout": st.sampled_from([0.0, 0.3]),
    "l1": st.sampled_from([0.0, 0.1]),
    "l2": st.sampled_from([0.0, 0.1]),
    "trainable": st.booleans(),
    "truncate": SMALL,
    "carry": st.booleans(),
    "tokens": SMALL,
}
OWN = {
    "dense": ["units"],
    "convolution": ["filters"],
    "recurrent": ["units"],
    "lstm": ["units"],
    "gru": ["units"],
    "embedding": ["units", "tokens"],
}
KINDS = [name for name in LAYER_KINDS if name != "inputs"]
NAMES = st.sampled_from(["inputs", "a", "b", "c", "block"])


@st.composite
def layer(draw: Any) -> dict[str, Any]:
    kind = draw(st.sampled_from(KINDS))
    found: dict[str, Any] = {"kind": kind}
    for key in OWN.get(kind, ()):
        found[key] = draw(st.integers(1, 4))
    row = LAYER_KINDS[kind]
    takes = [key for key in (*row.options, *row.takes) if key in VALUES]
    for key in draw(st.lists(st.sampled_from(takes or ["units"]), max_size=3, unique=True)):
        found[key] = draw(VALUES[key])
    if draw(st.integers(0, 19)) == 0:
        key = draw(st.sampled_from(list(VALUES)))
        found[key] = draw(VALUES[key])
    if draw(st.booleans()):
        found["name"] = draw(st.sampled_from(["a", "b", "c"]))
    if kind in ("add", "concatenate") or draw(st.integers(0, 4)) == 0:
        found["from"] = draw(st.one_of(NAMES, st.lists(NAMES, min_size=1, max_size=3)))
    return found


@st.composite
def block(draw: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"layers": draw(st.lists(layer(), max_size=3)), "repeat": draw(st.integers(1, 3))}
    if draw(st.integers(0, 3)) == 0:
        found["from"] = draw(NAMES)
    return found


LISTS = st.lists(st.one_of(layer(), layer(), layer(), block()), min_size=1, max_size=5)
SHAPES = st.sampled_from([(4, 3, 1), (6, 2), (12,), (1, 12), (12, 1)])


_TAKEN = [0]  # how many of them trained


@pytest.mark.skipif(JIT, reason="every kind would have to be compiled; plain Python sees reads beyond an array")
@settings(
    max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "300")),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(layers=LISTS, shape=SHAPES, pieces=st.sampled_from([1, 3]))
def test_any_layers(layers: Any, shape: tuple[int, ...], pieces: int, folder: Path) -> None:
    tables = tables_of(folder, layers, shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nntui_engine.layout.layout.PIECES", ((pieces, 0, 1),))
        _TAKEN[0] += refused(tables) is None


@pytest.mark.skipif(JIT, reason="as above")
def test_many_of_them_train() -> None:
    assert _TAKEN[0] > 20
