"""``nntui sweep``: its output, its file, and what happens when something is killed."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from cli.conftest import SMALL, Invoke, environment
from pseudo_terminal import allowed, wait_until

from nntui.headless.schemas import schema_document
from nntui.sweep.results import Results

COMMAND = (sys.executable, "-m", "nntui", "sweep")
OVER = ("--over", "train.lr=log:0.001:10:4", "--over", "model.depth=1..2")
LONG = ("--over", "train.lr=log:0.001:10:16", "--over", "model.width=4..11", "--seeds", "2", "--steps", "1000")


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def start(*arguments: str) -> "subprocess.Popen[str]":
    """Two processes that train, in a group of its own."""
    return subprocess.Popen(
        [*COMMAND, *arguments, "--headless", "--format", "json", "--workers", "2"],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0,
    )  # fmt: skip


def workers_of(process: int) -> list[int]:
    """Those that train for it, living."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            status = (path / "stat").read_text().rpartition(") ")[2].split()
            words = (path / "cmdline").read_bytes()
        except OSError:
            continue
        if int(status[1]) == process and status[0] != "Z" and b"--process-name" in words:
            found.append(int(path.name))
    return found


def cells_in(path: str) -> int:
    return max(0, Path(path).read_bytes().count(b"\n") - 1) if Path(path).exists() else 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The document of the long sweep that nothing happened to."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "small.toml").write_text(SMALL, encoding="utf-8")
    process = subprocess.run(
        [*COMMAND, "small.toml", *LONG, "--headless", "--format", "json", "--workers", "1"],
        env=environment(), cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return process.stdout


@pytest.mark.slow
def test_a_document_of_all_cells(invoke: Invoke, small: str) -> None:
    result = invoke("sweep", small, *OVER, "--seeds", "2", "--headless", "--format", "json")
    assert (result.status, result.err) == (0, "Cells are kept in small-sweep.jsonl.\n")
    document = json.loads(result.out)
    jsonschema.validate(document, schema_document("sweep"))
    assert document["axes"] == {
        "lane": ["tanh", "ReLU: quick"], "train.lr": [0.001, 0.0215443, 0.464159, 10.0], "model.depth": [1, 2],
    }  # fmt: skip
    assert len(document["cells"]) == 32
    first, last = document["cells"][0], document["cells"][-1]
    assert (first["set"], first["seed"]) == ({"lane": "tanh", "train.lr": 0.001, "model.depth": 1}, 0)
    assert (last["set"], last["seed"]) == ({"lane": "ReLU: quick", "train.lr": 10.0, "model.depth": 2}, 1)
    again = invoke("sweep", "--resume", "small-sweep.jsonl", "--headless", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(again.out)))
    assert list(rows[0]) == ["lane", "train.lr", "model.depth", "seed", "validation_loss", "state", "step"]
    assert [float(row["validation_loss"]) for row in rows] == [cell["value"] for cell in document["cells"]]


@pytest.mark.slow
def test_tables_for_people(invoke: Invoke, small: str) -> None:
    result = invoke("sweep", small, *OVER, "--measure", "validation_accuracy", "--out", "a.jsonl", "--headless")
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[:2] == ["Two moons  small", "validation_accuracy, seed 0; 16 of 16 runs"]
    assert [line.split() for line in lines[3:6]] == [["lane", "=", "tanh"], ["model.depth"], ["train.lr", "1", "2"]]
    assert len({len(line) for line in lines[5:10]}) == 1  # columns end at the same place
    assert [line.split()[0] for line in lines[6:10]] == ["0.001", "0.02154", "0.4642", "10"]
    document = json.loads(invoke("sweep", "--resume", "a.jsonl", "--headless", "--format", "json").out)
    best = max(document["cells"], key=lambda cell: cell["value"])
    assert f"Largest   {100 * best['value']:.1f} %" in result.out


@pytest.mark.slow
def test_a_search_prints_the_best_first(invoke: Invoke, small: str) -> None:
    words = ("--search", "tpe", "--trials", "5", "--out", "a.jsonl", "--headless")
    result = invoke("sweep", small, *OVER, *words)
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[1] == "validation_loss, seed 0; 5 of 5 runs"
    values = [float(line.split()[0]) for line in lines[3:]]
    assert len(values) == 5
    assert values == sorted(values)
    document = json.loads(invoke("sweep", "--resume", "a.jsonl", "--headless", "--format", "json").out)
    jsonschema.validate(document, schema_document("sweep"))
    assert sum(cell["state"] != "not run" for cell in document["cells"]) == 5


@pytest.mark.slow
def test_a_table_wider_than_the_terminal_goes_on_below(invoke: Invoke, small: str) -> None:
    over = ("--over", "train.batch_size=10,20", "--over", "train.lr=log:0.001:10:16", "--set", "model.hidden=[2]")
    result = invoke("sweep", small, *over, "--seeds", "2", "--steps", "3", "--headless")
    lines = result.out.splitlines()
    assert max(map(len, lines)) <= 100
    heads = [line.split()[1:] for line in lines if line.startswith("train.batch_size ")]
    assert len(heads) > 2  # two lanes, several parts each
    assert sum(map(len, heads)) == 2 * 16
    assert "±" in result.out


@pytest.mark.slow
def test_processes_that_are_killed_change_nothing(small: str, whole: str) -> None:
    process = start(small, *LONG, "--out", "a.jsonl")
    killed = 0
    while process.poll() is None and killed < 3:
        reached = cells_in("a.jsonl")
        for worker in workers_of(process.pid)[:1]:
            os.kill(worker, signal.SIGKILL)
            killed += 1
        wait_until(lambda: cells_in("a.jsonl") > reached or process.poll() is not None, allowed(120.0))  # noqa: B023
    out, err = process.communicate()
    assert killed >= 1
    assert process.returncode == 0, err
    assert out == whole
    assert "a process has ended" in err


@pytest.mark.slow
def test_a_sweep_that_is_killed_goes_on_where_it_was(small: str, whole: str) -> None:
    process = start(small, *LONG, "--out", "a.jsonl")
    wait_until(lambda: cells_in("a.jsonl") >= 20, allowed(120.0))
    workers = workers_of(process.pid)
    process.kill()
    process.communicate()
    assert len(workers) == 2
    wait_until(lambda: not any(Path(f"/proc/{worker}/cmdline").exists() for worker in workers), allowed(5.0))
    kept = cells_in("a.jsonl")
    assert 20 <= kept < 512
    process = start("--resume", "a.jsonl")
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert out == whole


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_soon_and_keeps_what_there_is(small: str, number: int, status: int) -> None:
    process = start(small, *LONG, "--out", "a.jsonl")
    wait_until(lambda: cells_in("a.jsonl") >= 20, allowed(120.0))
    workers = workers_of(process.pid)
    begun = time.monotonic()
    os.killpg(process.pid, number)
    out, err = process.communicate()
    seconds = time.monotonic() - begun
    assert (process.returncode, out, err.strip()) == (status, "", "")
    assert len(workers) == 2
    wait_until(lambda: not any(Path(f"/proc/{worker}/cmdline").exists() for worker in workers), allowed(2.0))
    assert len(Results.read(Path("a.jsonl")).found) >= 20
    assert seconds < allowed(1.0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Missing argument 'SCENARIO'"),
        (("small.toml",), "--over is missing"),
        (("nothing", *OVER), "no scenario and no file"),
        (("small.toml", "--over", "train.lr=log:0:1:3"), "--over train.lr: log:0:1: a logarithmic range"),
        (("small.toml", "--over", "train.lr=1,2", "--out", "nowhere/a.jsonl"), "nowhere/a.jsonl: cannot be written"),
        (("small.toml", "--over", "train.lr=1,2", "--out", "small.toml"), "small.toml: it exists already"),
        (("--resume", "small.toml"), "small.toml: not a sweep"),
        (("--resume", "nothing.jsonl"), "nothing.jsonl: no such file"),
        (("small.toml", "--resume", "a.jsonl"), "SCENARIO: a sweep that is resumed has it in its file"),
        (("--over", "train.lr=1,2", "--resume", "a.jsonl"), "--over: a sweep that is resumed"),
        (("small.toml", "--over", "train.lr=1..2", "--measure", "los"), "--measure"),
        (("small.toml", "--over", "train.lr=1..2", "--seeds", "0"), "--seeds"),
        (("small.toml", *OVER, "--trials", "5"), "--trials works with --search only"),
        (("small.toml", *OVER, "--best", "largest"), "--best works with --search only"),
        (("small.toml", *OVER, "--search", "tpe", "--measure", "sharpness"), "small or a large sharpness good?"),
    ],
)
def test_bad_input_is_one_line(invoke: Invoke, small: str, arguments: tuple[str, ...], words: str) -> None:
    before = Path(small).read_text(encoding="utf-8")
    result = invoke("sweep", *arguments, "--headless")
    assert (result.status, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert words in result.err
    assert Path(small).read_text(encoding="utf-8") == before
    assert [path.name for path in Path().iterdir()] == ["small.toml"]


def test_what_is_another_here_is_said(invoke: Invoke, small: str) -> None:
    result = invoke("sweep", small, "--over", "train.lr=0.1,0.2", "--steps", "2", "--out", "a.jsonl", "--headless")
    assert result.status == 0
    path = Path("a.jsonl")
    path.write_text(path.read_text(encoding="utf-8").replace('"numpy":"', '"numpy":"0.'), encoding="utf-8")
    result = invoke("sweep", "--resume", "a.jsonl", "--headless")
    assert result.err.startswith("nntui: numpy: 0.")
    assert result.err.endswith("here; new cells may differ\n")
