"""How a run ends when it is not left to end by itself."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cli.conftest import command, environment
from pseudo_terminal import allowed

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
    took = time.monotonic() - sent
    assert took < allowed(2.0)  # 0.2 s is the promise; a busy machine gets more
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


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to find the workers")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["int", "term", "kill"])
def test_workers_do_not_outlive_a_verification(small, tmp_path, number):
    long = tmp_path / "long.toml"
    endless = Path(small).read_text(encoding="utf-8").replace("steps = 30", "steps = 100000000")
    long.write_text(endless + 'expect = [{ statistic = "loss", above = 0 }]\n', encoding="utf-8")
    process = start("verify", str(long), "--seeds", "2", "--jobs", "2", start_new_session=True)
    try:
        wait_until(lambda: len(in_session(process.pid)) >= 3)
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        _, err = process.communicate(timeout=20)
        assert process.returncode == (-9 if number == signal.SIGKILL else 128 + number)
        assert b"Traceback" not in err
        wait_until(lambda: not in_session(process.pid))
    finally:  # their runs have no end of their own
        for left in in_session(process.pid):
            os.kill(left, signal.SIGKILL)


def in_session(session: int) -> list[int]:
    """The processes of a session that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            _, _, fields = (entry / "stat").read_text().rpartition(")")
        except (OSError, UnicodeDecodeError):
            continue
        state, _, _, its_session = fields.split()[:4]
        if entry.name.isdigit() and int(its_session) == session and state != "Z":
            found.append(int(entry.name))
    return found


def wait_until(holds) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
