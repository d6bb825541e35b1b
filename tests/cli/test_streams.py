"""Standard output that is slow, cut short, closed or left by its reader; Ctrl-C before there is anything to stop."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli.conftest import SMALL, command, environment

from nntui.cli import COMMANDS
from nntui.streams import write_all

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX pipes and signals")

ROWS = ("--headless", "--steps", "300", "--format", "jsonl")
unbuffered_or_not = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])


@pytest.fixture(scope="module", autouse=True)
def compiled(tmp_path_factory) -> None:
    """What is tested here is not the first start, which writes more than output and takes its time."""
    path = tmp_path_factory.mktemp("compiled") / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    for scenario in (str(path), "beale"):
        words = command("run", scenario, "--headless", "--steps", "1")
        subprocess.run(words, env=environment(), capture_output=True, check=True)


def start(*arguments: str, unbuffered: str = "", **keywords) -> subprocess.Popen[bytes]:
    changes = {"PYTHONUNBUFFERED": unbuffered}
    return subprocess.Popen(command(*arguments), env=environment(**changes), stderr=subprocess.PIPE, **keywords)


def whole_output(small: str) -> bytes:
    out, _ = start("run", small, *ROWS, stdout=subprocess.PIPE).communicate(timeout=120)
    assert out.count(b"\n") == 600
    return out


@unbuffered_or_not
@pytest.mark.parametrize("form", ["text", "json", "jsonl"])
def test_a_file_that_may_grow_no_further_is_one_line(small, tmp_path, unbuffered, form):
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    path = tmp_path / "out"
    with path.open("wb") as file:
        process = start(
            "run", small, "--headless", "--format", form, unbuffered=unbuffered, stdout=file, preexec_fn=limit
        )
        _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (2, b"nntui: cannot write the output: File too large\n")
    assert path.stat().st_size <= 1000


@unbuffered_or_not
def test_a_process_stopped_at_a_full_pipe_loses_nothing(small, unbuffered):
    expected = whole_output(small)
    process = start("run", small, *ROWS, unbuffered=unbuffered, stdout=subprocess.PIPE, bufsize=0)
    assert process.stdout is not None
    first = process.stdout.read(1)
    for _ in range(3):
        time.sleep(0.2)  # the pipe is full by now
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGCONT)
    rest, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, b"")
    assert first + rest == expected


@unbuffered_or_not
def test_a_pipe_that_does_not_block_gets_everything(small, unbuffered):
    expected = whole_output(small)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    process = start("run", small, *ROWS, unbuffered=unbuffered, stdout=writer)
    os.close(writer)
    received = b""
    while part := os.read(reader, 10_000):
        received += part
        time.sleep(0.001)
    os.close(reader)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, b"")
    assert received == expected


class Scanty:
    """A stream that takes at most three bytes at a time, and now and then none."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor, self.calls, self.taken = descriptor, 0, b""

    def fileno(self) -> int:
        return self.descriptor

    def write(self, content: memoryview) -> int | None:
        self.calls += 1
        if self.calls % 2:
            return None
        self.taken += bytes(content[:3])
        return len(content[:3])


def test_write_all_goes_on_until_nothing_is_left():
    with open(os.devnull, "wb") as nothing:
        stream = Scanty(nothing.fileno())
        write_all(stream, b"0123456789")  # type: ignore[arg-type]
    assert stream.taken == b"0123456789"


@unbuffered_or_not
@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["run", "--help"],
        ["--version"],
        ["list"],
        ["list", "--json"],
        ["show", "digits"],
        ["info"],
        ["validate", "SMALL"],
        ["run", "SMALL", "--headless"],
        ["run", "SMALL", "--headless", "--format", "json"],
        ["run", "beale", "--headless", "--steps", "9"],
        ["verify", "SMALL", "--jobs", "1"],
    ],
    ids=" ".join,
)
def test_a_reader_that_has_left_is_status_141(small, arguments, unbuffered):
    reader, writer = os.pipe()
    os.close(reader)
    process = start(*(small if a == "SMALL" else a for a in arguments), unbuffered=unbuffered, stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (141, b"")


@pytest.mark.parametrize("arguments", [[], ["--help"], *([name] for name in COMMANDS), ["verify", "xor"]], ids=" ".join)
def test_a_closed_standard_output_is_one_line(arguments):
    line = 'exec "$@" >&-'
    done = subprocess.run(
        ["sh", "-c", line, "sh", *command(*arguments)], env=environment(), capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (2, b"nntui: standard output is closed\n")


def test_a_closed_standard_input_or_error_is_no_trouble(small):
    for closed in ("<&-", "2>&-"):
        words = ["sh", "-c", f'exec "$@" {closed}', "sh", *command("run", small, "--headless")]
        done = subprocess.run(words, env=environment(), capture_output=True, check=False, timeout=120)
        assert done.returncode == 0
        assert b"Two moons" in done.stdout
        words[-1:] = []
        lab = subprocess.run(words, env=environment(), capture_output=True, check=False, timeout=120)
        assert lab.returncode == 2
        assert b"Traceback" not in lab.stderr


INTERRUPT_AT = """
import os, signal, sys

class Interrupt:
    def find_spec(name, path, target=None):
        if name == os.environ["INTERRUPT_AT"]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt)
"""


@pytest.mark.parametrize("module", ["click", "nntui.cli", "nntui.commands.list", "rich.table", "nntui_engine.scenario"])
def test_ctrl_c_during_an_import_leaves_no_traceback(tmp_path, module):
    (tmp_path / "sitecustomize.py").write_text(INTERRUPT_AT, encoding="utf-8")
    changes = {"INTERRUPT_AT": module}
    changes["PYTHONPATH"] = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    done = subprocess.run(
        command("list"), env={**environment(), **changes}, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 130
    assert done.stderr.strip() == b""
    assert done.stdout == b""


AT_THE_END = """
import atexit, os, signal
atexit.register(os.kill, os.getpid(), signal.SIGINT)
"""


def test_ctrl_c_while_the_interpreter_ends_leaves_no_traceback(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(AT_THE_END, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    done = subprocess.run(
        command("--version"), env=environment(PYTHONPATH=path), capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (130, b"")


def test_next_to_nothing_is_imported_before_ctrl_c_has_an_answer():
    code = "import sys; before = set(sys.modules); import nntui.interrupts; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, check=True)
    assert done.stdout.split() == [b"nntui", b"nntui.interrupts"]


def test_ctrl_c_that_is_ignored_stays_ignored():
    """As under nohup."""
    done = subprocess.run(
        [sys.executable, "-c", "import signal; signal.signal(2, signal.SIG_IGN)\nfrom nntui.interrupts import *\n"
         "leave_at_once(); print(signal.getsignal(2) == signal.SIG_IGN)"],
        env=environment(), capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout == b"True\n"


@pytest.mark.parametrize("preprocess", ["none", "standardize", "whiten"])
def test_numbers_that_overflow_are_results_without_a_warning(small, tmp_path, preprocess):
    rows = [f"{side * 1.5e308},{i % 7},{i}e300" for i in range(40) for side in (-1, 1)]
    (tmp_path / "huge.csv").write_text("\n".join(["a,b,y", *rows]), encoding="utf-8")
    path = tmp_path / "huge.toml"
    data = f'path = "huge.csv"\npreprocess = "{preprocess}"'
    path.write_text(
        Path(small).read_text(encoding="utf-8").replace('name = "moons"\nsamples = 100', data), encoding="utf-8"
    )
    for arguments in (["--headless"], ["--headless", "--screenshot", str(tmp_path / "a.svg")]):
        process = start("run", str(path), *arguments, stdout=subprocess.PIPE)
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, b"")
        assert b"NaN" in out
