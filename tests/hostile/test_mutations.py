"""Mutations of good and of once bad inputs: whatever comes, it is taken, or refused with one line, soon."""

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hostile.judging import CORPUS, examples, refusal, run_command
from hostile.make_corpus import X, Y, array, header, idx, packed, plain
from hostile.mutations import VALUES, spoiled_bytes, spoiled_text
from hypothesis import given
from hypothesis import strategies as st

from nntui_engine.scenario import scenario_paths
from nntui_engine.tasks.resolve import resolve_lane

LESSONS = [path.read_text(encoding="utf-8") for path in scenario_paths().values()]
SCENARIOS = [path.read_text(encoding="utf-8") for path in sorted((CORPUS / "scenarios").iterdir())]
FILES = {path.name: path.read_bytes() for path in sorted((CORPUS / "data").iterdir())}


def _named(end: str) -> st.SearchStrategy[bytes]:
    return st.sampled_from([content for name, content in FILES.items() if name.endswith(end)])


texts = st.sampled_from(LESSONS) | st.sampled_from(SCENARIOS)


@pytest.mark.usefixtures("harmless")
@examples(0.4)
@given(spoiled_text(texts) | spoiled_bytes(texts.map(str.encode)))
def test_scenario_files(content: str | bytes) -> None:
    file = Path("spoiled.toml")
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    if run_command("validate", file.name)[0] == 0:
        assert run_command("show", file.name)[0] == 0


# Members of an archive, spoiled before they are packed: the archive itself is sound, and what is in it is read
HEADERS = (
    "(20, 2)",
    "(20,)",
    "(True, 2)",
    "()",
    "(0, 3)",
    "(-1, 2)",
    "(1, 1000000)",
    "(10, 10, 10)",
    f"({'1, ' * 64})",
)
TYPES = (
    "<f8",
    ">f4",
    "<f2",
    "<f16",
    "|b1",
    "|i1",
    "<u8",
    "<U1",
    ">U9",
    "<U0",
    "|O",
    "|S3",
    "|V8",
    "<M8",
    "<c8",
    "f",
    "<f9",
)
members = (
    st.sampled_from([plain(X), plain(Y), plain(Y.astype("U3")), plain(X.astype("f4"))])
    | st.builds(
        lambda shape, kind, content: array(header(shape, f"'{kind}'"), content * 40),
        st.sampled_from(HEADERS),
        st.sampled_from(TYPES),
        st.binary(min_size=1, max_size=16),
    )
    | spoiled_bytes(st.sampled_from([plain(X), plain(Y)]))
)
archives = st.builds(
    packed,
    members,
    members,
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]),
)
npz = archives | spoiled_bytes(_named(".npz")) | spoiled_bytes(archives)
csv = spoiled_bytes(_named(".csv")) | spoiled_text(_named(".csv").map(bytes.decode)).map(str.encode)
images = st.builds(
    idx,
    st.lists(st.sampled_from([0, 1, 2, 3, 4, 255, 2**31]), max_size=4).map(tuple),
    st.binary(max_size=64),
    st.sampled_from([7, 8, 9, 11, 12, 13, 14]),
)
plain_idx = spoiled_bytes(_named("-ubyte")) | images | spoiled_bytes(images)
squeezed_idx = spoiled_bytes(_named(".gz")) | plain_idx.map(lambda content: gzip.compress(content, 1, mtime=0))


def load(path: Path) -> str | None:
    data = {"path": str(path), "test_fraction": 0.25}
    return refusal(lambda: resolve_lane({"data": data, "train": {"batch_size": 1}}, where="f.toml"))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numbers near the largest overflow in a mean: Inf is a result
@pytest.mark.usefixtures("low_limits")
@examples(0.4)
@given(
    npz.map(lambda content: ("x.npz", content))
    | csv.map(lambda content: ("x.csv", content))
    | plain_idx.map(lambda content: ("images", content))
    | squeezed_idx.map(lambda content: ("images.gz", content))
)
def test_data_files(tmp_path: Path, named: tuple[str, bytes]) -> None:
    name, content = named
    (tmp_path / "labels").write_bytes(FILES["good-labels-idx1-ubyte"])
    (tmp_path / "labels.gz").write_bytes(content)
    (tmp_path / name).write_bytes(content)
    load(tmp_path / name)


KEYS = ("data.samples", "data.name", "data.path", "data.preprocess", "data.noise", "model.hidden", "model.activation",
        "model.alpha", "model.init", "model.init_scale", "model.dropout", "train.lr", "train.optimizer",
        "train.momentum", "train.schedule", "train.schedule.kind", "train.schedule.over", "train.batch_size",
        "train.steps", "train.epochs", "train.early_stopping", "train.noise.inputs", "train.seed", "train.dtype",
        "surface.name", "surface.start", "surface.window", "train", "x", "", "a.b.c.d", "model.hidden.0")  # fmt: skip
assignments = st.builds(
    lambda lane, key, sign, value: f"{lane}{key}{sign}{value}",
    st.sampled_from(["", "", "tanh:", "ReLU: quick:", "[/x]:", ":", "a:b:"]),
    st.sampled_from(KEYS),
    st.sampled_from(["=", "=", "=", "", "==", " = ", ":"]),
    st.sampled_from(VALUES) | st.text(max_size=20) | st.floats().map(repr) | st.lists(st.integers()).map(repr),
)
named_scenarios = st.sampled_from(["xor", "moons", "beale", "noisy-moons", "vanishing-gradients", "early-stopping"])


@pytest.mark.usefixtures("harmless")
@examples(0.1)
@given(named_scenarios, st.lists(assignments | spoiled_text(assignments), min_size=1, max_size=3))
def test_settings(scenario: str, sets: list[str]) -> None:
    options = [part for text in sets for part in ("--set", text)]
    run_command("run", scenario, "--headless", *options)


words = (
    st.sampled_from(
        ["run", "show", "list", "validate", "verify", "snapshot", "new", "info", "--help", "--version", "--headless",
         "--set", "--seed", "--steps", "--every", "--format", "json", "jsonl", "--screenshot", "a.svg", "a.gif",
         "no/a.svg", "--size", "120x40", "80x", "--fail-on", "critical", "--fair", "--timing", "--out", "out",
         "--check", "--json", "--seeds", "--jobs", "--from", "x.toml", "digits", "beale", "xor", "x.npz", ".", "/",
         "", "-", "--", "~nosuchuser/a.toml", "/dev/zero", "/dev/stdin", "/proc/self/mem", "n" * 256, "n" * 5000,
         "a\nb", "\x1b[2J", "[/x]", "\udcff", "1", "-1", "0", "1_0", "9" * 40, "9" * 5000, "nan", "1e400"]
    )
    | st.text(st.characters(exclude_characters="\0"), max_size=6)  # an argument ends at a zero byte
)  # fmt: skip


@pytest.mark.usefixtures("harmless")
@examples(0.1)
@given(st.lists(words, max_size=8))
def test_arguments(arguments: list[str]) -> None:
    run_command(*arguments)


def test_a_spoiled_archive_is_still_read() -> None:
    """The strategies reach what is behind the archive's checks: most archives open, and some are taken whole."""
    from hypothesis import find

    def opens(content: bytes) -> bool:
        try:
            return set(np.load(io.BytesIO(content)).files) == {"x", "y"}
        except (ValueError, OSError, zipfile.BadZipFile, NotImplementedError, EOFError):
            return False

    assert find(spoiled_bytes(_named(".npz")), opens)
