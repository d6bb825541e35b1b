"""The lab's record in a terminal: the disk is full, or the file is deleted, moved or replaced; the training goes on."""

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pyte
import pytest
from cli.conftest import SMALL, command
from pseudo_terminal import PseudoTerminal, python, wait_until

from nntui_engine.errors import InputError
from nntui_engine.record.outcome import summary_of
from nntui_engine.record.source import RecordSource

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")]
ROOM = 1_500_000  # bytes: the record of a second or some
STOPPED = "recording has stopped"
LEFT = "\x1b[?1049l"  # back on the terminal's own screen

LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
os.execv(sys.argv[2], sys.argv[2:])
"""
MOUNTED = 'mount -t tmpfs -o size="$0" tmpfs "$1" && shift && exec "$@"'
SMALL_DISK = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNTED, str(ROOM)]


def can_mount(folder: Path) -> bool:
    """Whether a small file system can be had for one process."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*SMALL_DISK, str(folder), "true"], capture_output=True, check=False).returncode == 0


def lab(tmp_path: Path, before: list[str], record: str = "disk/made.nntui") -> PseudoTerminal:
    """The lab, recording; ``before`` the command what narrows its disk."""
    scenario = tmp_path / "endless.toml"
    scenario.write_text(SMALL.replace("steps = 30", "steps = 100000000"), encoding="utf-8")
    folders = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_STATE_HOME": str(tmp_path / "state")}
    words = [*before, *command("run", str(scenario), "--record", record)]
    terminal = PseudoTerminal(words, columns=160, rows=40, cwd=tmp_path, **folders)
    terminal.wait_for("running")
    terminal.send("]" * 20)
    return terminal


def position(path: Path) -> int:
    try:
        return summary_of(path).position
    except InputError:  # nothing is committed yet
        return 0


def screen_of(terminal: PseudoTerminal) -> list[str]:
    """The lines of the screen as it is now."""
    screen = pyte.Screen(160, 40)
    pyte.ByteStream(screen).feed(bytes(terminal.output))
    return list(screen.display)


def lines_of_the_log(terminal: PseudoTerminal, words: str) -> list[str]:
    """Those that say something, but for the message that fades."""
    return [line for line in screen_of(terminal) if words in line and line.startswith("│")]


def step_of(terminal: PseudoTerminal) -> int:
    found = re.search(r"step ([\d ]+) /", screen_of(terminal)[0])
    return int(found[1].replace(" ", "")) if found else 0


def assert_goes_on_without_its_record(terminal: PseudoTerminal) -> int:
    """It says once that the recording has stopped, trains on and ends as ever; a step reached after that."""
    terminal.wait_for(STOPPED)
    wait_until(lambda: lines_of_the_log(terminal, STOPPED))
    reached = step_of(terminal)
    wait_until(lambda: step_of(terminal) > reached > 0)
    assert len(lines_of_the_log(terminal, STOPPED)) == 1
    terminal.send("q")
    assert terminal.wait_for_end() == 0
    terminal.assert_restored()
    assert "Traceback" not in terminal.text
    assert terminal.text.rpartition(LEFT)[2].count(f"{STOPPED}: ") == 1  # for who looks at the terminal now
    return reached


def last_step(path: Path) -> int:
    """The last step of a record that is whole up to there."""
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    source = RecordSource(path)
    for lane in range(len(source.lanes)):
        steps = np.concatenate([table[:, 0] for table in source.measured(lane, "step")])
        assert np.array_equal(steps, np.arange(1, source.step + 1))
    source.close()
    return int(source.step)


def test_a_limit_of_a_files_size(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    path = tmp_path / "disk" / "made.nntui"
    with lab(tmp_path, python(LIMITED, str(ROOM))) as terminal:
        wait_until(lambda: position(path) > 0 or STOPPED in terminal.text)
        reached = assert_goes_on_without_its_record(terminal)
    assert 100 < last_step(path) < reached


def test_a_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not can_mount(disk):
        pytest.skip("no file system can be mounted here")
    with lab(tmp_path, [*SMALL_DISK, str(disk)]) as terminal:
        terminal.wait_for(STOPPED)
        beyond = Path(f"/proc/{terminal.pid}/root{disk}")  # the other processes do not see it
        copy = tmp_path / "copy.nntui"
        for end in ("", "-wal"):
            if (beyond / f"made.nntui{end}").exists():
                shutil.copy(beyond / f"made.nntui{end}", copy.with_name(copy.name + end))
        reached = assert_goes_on_without_its_record(terminal)
        assert "disk" in terminal.plain()
    assert 100 < last_step(copy) < reached


def moved(path: Path) -> Path:
    return path.rename(path.with_name("elsewhere.nntui"))


def replaced(path: Path) -> Path:
    new = moved(path)
    path.write_text("mine", encoding="utf-8")
    return new


def deleted(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("happens", [deleted, moved, replaced], ids=lambda happens: happens.__name__)
def test_a_file_that_is_gone(tmp_path: Path, happens: Callable[[Path], Path | None]) -> None:
    (tmp_path / "disk").mkdir()
    path = tmp_path / "disk" / "made.nntui"
    with lab(tmp_path, []) as terminal:
        wait_until(lambda: position(path) > 1000)
        least = position(path)
        left = happens(path)
        reached = assert_goes_on_without_its_record(terminal)
    if happens is replaced:
        assert path.read_text(encoding="utf-8") == "mine"
    else:
        assert list(path.parent.iterdir()) == ([left] if left else [])  # no log either
    if left is not None:
        assert least <= last_step(left) < reached
