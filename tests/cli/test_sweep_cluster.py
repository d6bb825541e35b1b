"""``nntui sweep --cluster``: a real scheduler and real workers of Dask, on this machine."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import SMALL, Invoke, environment
from cli.test_sweep import cells_in
from pseudo_terminal import allowed, wait_until

from nntui.sweep.cluster import cluster_crew
from nntui.sweep.plan import plan_of
from nntui_engine.errors import InputError
from nntui_engine.scenario import parse_scenario

pytest.importorskip("distributed", reason='needs Dask: pip install "nntui[cluster]"')
pytestmark = pytest.mark.slow
LONG = ("--over", "train.lr=log:0.001:10:12", "--over", "model.width=4..11", "--steps", "1500")
SHORT = ("--over", "train.lr=log:0.001:10:4", "--over", "model.depth=1..2", "--headless", "--format", "json")


class Cluster:
    """A scheduler and workers, each a process, the workers' nannies in groups of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, []
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", "cluster.json")
        wait_until(self._address, allowed(60.0))
        self.address = self._address()

    def add_workers(self, count: int, *arguments: str, **changes: str) -> None:
        for _ in range(count):
            options = arguments or ("--nthreads", "1")
            self._start("worker", self.address, "--host", "127.0.0.1", *options, **changes)

    def workers(self) -> list[int]:
        """The processes that train, as they say themselves."""
        from distributed import Client

        with Client(self.address, timeout=10, set_as_default=False) as client:
            return list(client.run(os.getpid).values())

    def end(self) -> None:
        for process in self.processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self, what: str, *arguments: str, **changes: str) -> None:
        self.processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "dask", what, "--no-dashboard", *arguments],
                cwd=self.folder, env={**environment(), **changes}, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, process_group=0,
            )
        )  # fmt: skip

    def _address(self) -> Any:
        try:
            return json.loads((self.folder / "cluster.json").read_text())["address"]
        except (OSError, ValueError):
            return None


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    found = Cluster(tmp_path)
    yield found
    found.end()


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")


def sweep(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "nntui", "sweep", *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_cluster_gives_the_same_bytes_also_when_workers_are_killed(cluster: Cluster) -> None:
    cluster.add_workers(2)
    here = sweep("small.toml", *LONG, "--headless", "--format", "json", "--out", "here.jsonl")
    assert here.returncode == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "nntui", "sweep", "small.toml", *LONG, "--headless", "--format", "json",
         "--cluster", cluster.address, "--out", "there.jsonl"],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    killed = 0
    while process.poll() is None and killed < 2:
        reached = cells_in("there.jsonl")
        wait_until(lambda: cells_in("there.jsonl") > reached or process.poll() is not None, allowed(180.0))  # noqa: B023
        if process.poll() is None:
            os.kill(cluster.workers()[0], signal.SIGKILL)  # its nanny starts another
            killed += 1
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert killed
    assert out == here.stdout


def test_a_cluster_made_for_the_occasion(invoke: Invoke) -> None:
    alone = invoke("sweep", "small.toml", *SHORT, "--out", "alone.jsonl")
    found = sweep("small.toml", *SHORT, "--out", "local.jsonl", "--cluster", "local:2")
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == alone.out


def test_workers_with_other_versions_are_named(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "sitecustomize.py").write_text(
        "import platform\nplatform.python_version = lambda: '3.10.99'\n", encoding="utf-8"
    )
    paths = os.pathsep.join([str(tmp_path / "other"), environment().get("PYTHONPATH", "")])
    cluster.add_workers(1, PYTHONPATH=paths)
    found = sweep("small.toml", *SHORT, "--cluster", cluster.address)
    assert found.returncode == 2
    assert "has python 3.10.99, here it is" in found.stderr
    assert list(tmp_path.glob("*.jsonl")) == []


def test_workers_with_several_threads_and_none_at_all(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(parse_scenario(SMALL, "small"), ["train.lr=0.1,0.2"], measure="loss")
    monkeypatch.setattr("nntui.sweep.cluster.WORKERS_SECONDS", 0.5)
    with pytest.raises(InputError, match="the scheduler has no workers"), cluster_crew(cluster.address, plan):
        raise AssertionError
    monkeypatch.undo()
    cluster.add_workers(1, "--nthreads", "2")
    with pytest.raises(InputError, match="has 2 threads; must be 1"), cluster_crew(cluster.address, plan):
        raise AssertionError


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("nowhere", "write tcp://HOST:PORT, or local:N"),
        ("local:0", "N from 1 to 256"),
        ("local:x", "N from 1 to 256"),
        ("tcp://127.0.0.1:9", "no Dask scheduler answers there"),
        ("http://127.0.0.1:9", "no Dask scheduler answers there"),
    ],
)
def test_a_cluster_that_is_not_there_is_one_line(invoke: Invoke, tmp_path: Path, where: str, words: str) -> None:
    result = invoke("sweep", "small.toml", *SHORT, "--out", "a.jsonl", "--cluster", where)
    assert (result.status, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert f"--cluster {where}: " in result.err
    assert words in result.err
    assert list(tmp_path.glob("*.jsonl")) == []


def test_a_scheduler_that_ends_keeps_what_there_is(cluster: Cluster) -> None:
    cluster.add_workers(1)
    process = subprocess.Popen(
        [sys.executable, "-m", "nntui", "sweep", "small.toml", *LONG, "--headless", "--cluster", cluster.address,
         "--out", "a.jsonl"],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: cells_in("a.jsonl") > 3, allowed(180.0))
    cluster.end()
    _, err = process.communicate(timeout=allowed(120.0))
    assert process.returncode == 2
    assert "the scheduler is gone" in err
    assert cells_in("a.jsonl") > 3
    cluster.processes.clear()
