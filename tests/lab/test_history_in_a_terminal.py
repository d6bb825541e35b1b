"""The lab in a terminal leaves a record, unless it is told not to; however it ends."""

import signal
import sys
import time
from pathlib import Path

import pytest
from cli.conftest import SMALL
from pseudo_terminal import PseudoTerminal, wait_until

from nntui.lab.history import history_files
from nntui_engine.errors import InputError
from nntui_engine.record.outcome import Summary, summary_of

pytestmark = pytest.mark.slow


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def lab(tmp_path: Path, *arguments: object, settings: str = "") -> PseudoTerminal:
    (tmp_path / "nntui").mkdir(exist_ok=True)
    (tmp_path / "nntui" / "config.toml").write_text(settings, encoding="utf-8")
    folders = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    return PseudoTerminal([sys.executable, "-m", "nntui", "run", *map(str, arguments)], **folders)


def kept(tmp_path: Path) -> list[Path]:
    return history_files(tmp_path / "state" / "nntui" / "runs")


def position(path: Path) -> int:
    try:
        return summary_of(path).position
    except InputError:  # nothing is committed yet
        return 0


@pytest.mark.parametrize("end", ["q", "TERM", "HUP", "KILL"])
def test_every_end_leaves_a_record(tmp_path, scenario, end):
    with lab(tmp_path, scenario, "--steps", "1000000") as terminal:
        wait_until(lambda: kept(tmp_path) and position(kept(tmp_path)[0]) > 5, timeout=120)
        if end == "q":
            terminal.send("q")
        else:
            terminal.signal(getattr(signal, f"SIG{end}"))
        began = time.monotonic()
        terminal.wait_for_end()
        assert time.monotonic() - began < 10
    (path,) = kept(tmp_path)
    found: Summary = summary_of(path)
    assert (found.title, found.steps, found.position > 5) == ("Two moons", 1_000_000, True)
    if end != "KILL":
        assert [one.name for one in path.parent.iterdir()] == [path.name]  # all of it is in the file
        assert found.outcome is not None
        assert [lane.step for lane in found.outcome.lanes] == [found.position] * 2


@pytest.mark.parametrize("how", ["setting", "record"])
def test_no_record_where_none_is_wanted(tmp_path, scenario, how):
    out = tmp_path / "own.nntui"
    words = ("--record", out) if how == "record" else ()
    with lab(tmp_path, scenario, *words, settings="history = false\n" * (how == "setting")) as terminal:
        terminal.wait_for("running", timeout=120)
        terminal.send("q")
        assert terminal.wait_for_end() == 0
    assert kept(tmp_path) == []
    assert out.exists() == (how == "record")
