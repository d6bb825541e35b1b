"""``nntui watch`` and ``nntui exec``: what they say of what is no watched run, and a script run without a lab."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lab.scripted import Scripted
from pseudo_terminal import allowed

from nntui.lab.child import Child
from nntui.watching.orders import TOLD, tell_where
from nntui_engine.record.outcome import summary_of

SAYS = """
import os, sys
print(sys.argv[1:], sys.path[0], os.environ["NNTUI_RECORD"])
print("on stderr", file=sys.stderr)
sys.exit(7)
"""
# A script that trains as far as the lab is concerned, with a run of formulas in place of PyTorch
TRAINS = """
import sys, time
from pathlib import Path
import os
from lab.scripted import Scripted
from nntui.watching.orders import tell_where

path = Path(os.environ["NNTUI_RECORD"])
run = Scripted(path)
try:
    run.begin()
    tell_where(path)
    while True:
        run.steps(1).obey()
        time.sleep(0.01)
except KeyboardInterrupt:
    print("saving")
    run.end()
    sys.exit(3)
"""


def nntui(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nntui", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=allowed(60), check=False
    )


def test_without_a_terminal_a_script_runs_as_python_runs_it(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "says.py").write_text(SAYS)
    done = nntui(tmp_path, "exec", "sub/says.py", "--epochs", "3", "-h")
    assert done.returncode == 7
    assert done.stdout == f"{['--epochs', '3', '-h']} {tmp_path / 'sub'} {tmp_path / 'says.nntui'}\n"
    assert done.stderr == (
        "on stderr\nnntui: sub/says.py recorded nothing: it has to say nntui.watch(model, optimizer) where both are "
        "made, or to use a nntui.Recorder\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["exec", "nothing.py"], "nntui: nothing.py: no such file"),
        (["exec", "."], "nntui: .: is no file"),
        (["exec", "--record", "there.nntui", "says.py"], "there.nntui exists already"),
        (["watch", "nothing.nntui"], "nntui: nothing.nntui: no such file"),
        (["watch", "says.py"], "says.py: "),
    ],
)
def test_bad_input_is_one_line(tmp_path, arguments, words):
    (tmp_path / "says.py").write_text(SAYS)
    (tmp_path / "there.nntui").touch()
    done = nntui(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "command", [["diagnose"], ["compare", "run.nntui"], ["export"], ["runs"], ["replay", "--verify"]]
)
def test_every_command_takes_such_a_record_or_says_in_a_line_why_not(tmp_path, command):
    Scripted(tmp_path / "run.nntui").begin().steps(40).end()
    done = nntui(tmp_path, *command, "run.nntui")
    assert "Traceback" not in done.stderr
    if command[0] == "replay":
        assert done.returncode == 2
        assert "a script made this run: it cannot be made again here" in done.stderr
    else:
        assert done.returncode in (0, 1)
        assert done.stderr == ""


def test_a_list_of_runs_has_how_it_stood(tmp_path):
    Scripted(tmp_path / "run.nntui").begin().steps(40).end()
    summary = summary_of(tmp_path / "run.nntui")
    assert summary.outcome is not None
    (lane,) = summary.outcome.lanes
    assert (lane.step, lane.state, lane.statistics["loss"]) == (40, "finished", 0.05)


def test_a_script_tells_where_its_record_is_if_it_is_asked(tmp_path, monkeypatch):
    monkeypatch.delenv(TOLD, raising=False)
    tell_where(tmp_path / "a.nntui")
    monkeypatch.setenv(TOLD, str(tmp_path / "told"))
    tell_where(tmp_path / "b.nntui")
    assert (tmp_path / "told").read_text() == str(tmp_path / "b.nntui")


def after(reached) -> None:
    end = time.monotonic() + allowed(60)
    while not reached():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def child_of(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> Child:
    script = folder / "train.py"
    script.write_text(text)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(os.path.abspath, filter(None, sys.path))))
    return Child(script, ("--fast",), folder / "run.nntui")


def test_a_child_tells_its_record_and_ends_when_it_is_interrupted(tmp_path, monkeypatch):
    child = child_of(tmp_path, TRAINS, monkeypatch)
    after(lambda: child.record is not None or child.status() is not None)
    assert child.record == tmp_path / "run.nntui", child.tail(20)
    assert (child.status(), child.stopping) == (None, False)
    child.interrupt()
    after(lambda: child.status() is not None)
    assert (child.status(), child.stopping) == (3, True)
    assert child.new_lines() == ["saving"]
    child.put_away()
    assert not child.output.exists()


def test_what_ends_a_child_is_its_status_and_its_output_is_whole_lines(tmp_path, monkeypatch):
    text = r"""
import os, signal, sys
print("epoch 1\repoch 2\x1b[31m")
print("a\tb", end="", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    child = child_of(tmp_path, text, monkeypatch)
    after(lambda: child.status() is not None)
    assert child.status() == 128 + signal.SIGKILL
    assert child.new_lines() == ["epoch 2 [31m", "a       b"]
    assert child.new_lines() == []
    assert child.record is None
    child.put_away()


def test_watch_uses_the_name_that_exec_gives(tmp_path):
    pytest.importorskip("torch", reason="PyTorch is no dependency: without it there is nothing to watch")
    (tmp_path / "train.py").write_text(
        """
import torch, nntui
torch.set_num_threads(1)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Dropout(0.25), torch.nn.Linear(4, 2))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
watch = nntui.watch(model, optimizer)
for _ in range(5):
    optimizer.zero_grad()
    watch(model(torch.randn(8, 3)).square().mean()).backward()
    optimizer.step()
"""
    )
    done = nntui(tmp_path, "exec", "--record", "here.nntui", "train.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    summary = summary_of(tmp_path / "here.nntui")
    assert (summary.position, summary.outcome.lanes[0].state) == (5, "finished")
    from nntui_engine.record.source import RecordSource

    table = RecordSource(tmp_path / "here.nntui").lane_tables()[0].tables
    assert table["watch"] == {"lr": 1.0, "weight_decay": 0.01, "clip_norm": 0.0, "dropout": 0.25}
