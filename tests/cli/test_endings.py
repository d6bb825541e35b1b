"""How a run ends when it is not left to end by itself."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cli.conftest import command, environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


def start(*arguments: str, **keywords) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*arguments), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, **keywords
    )


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["int", "term", "hup"],
)
def test_a_signal_ends_a_run_at_once_without_a_traceback(small, number, status):
    process = start("run", small, "--headless", "--format", "jsonl", "--steps", "100000000")
    assert process.stdout is not None
    process.stdout.readline()  # it trains
    sent = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert time.monotonic() - sent < 2.0  # 0.2 s is the promise; a busy machine gets more
    assert process.returncode == status
    assert b"Traceback" not in err


def test_a_signal_leaves_no_half_file(small, tmp_path):
    picture = tmp_path / "pictures" / "a.svg"
    picture.parent.mkdir()
    process = start(
        "run", small, "--headless", "--format", "jsonl", "--steps", "100000000", "--screenshot", str(picture)
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.terminate()
    process.communicate(timeout=20)
    assert list(picture.parent.iterdir()) == []


def test_a_reader_that_leaves_ends_the_run_quietly(small):
    process = start("run", small, "--headless", "--format", "jsonl", "--steps", "100000000")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=20) == 141
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("form", ["text", "json", "jsonl"])
def test_a_full_disk_is_one_line(small, form):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command("run", small, "--headless", "--format", form), env=environment(), stdout=full,
            stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.decode().startswith("nntui: cannot write the output: ")
    assert done.stderr.count(b"\n") == 1
