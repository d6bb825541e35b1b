"""A sweep on the screen: its map, its keys, and the way into a run and back."""

import asyncio
import math
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import SMALL
from pseudo_terminal import PseudoTerminal, allowed, wait_until

from nntui.lab.sweep.app import SweepApp
from nntui.lab.sweep.model import SweepModel
from nntui.lab.sweep.running import SweepRun
from nntui.lab.sweep.start import scenario_of
from nntui.plotting.theme import ASCII, Theme
from nntui.sweep.batch import Result, run_batch
from nntui.sweep.plan import plan_of
from nntui.sweep.results import Results
from nntui.sweep.workers import LocalCrew
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import parse_scenario

OVER = ("train.lr=0.001,0.01,0.1,1", "model.depth=1..3")


def results(*over: str, measure: str = "validation_loss", lanes: bool = False, **options: Any) -> Results:
    """Of a sweep whose cells are worth their number over 10, but for the last two, which are not there yet, and the
    one before, which has diverged."""
    text = SMALL if lanes else SMALL.partition("[[lane]]")[0]
    plan = plan_of(parse_scenario(text, "small"), over or OVER, measure=measure, **options)
    found = Results(plan, {})
    found.add(Result(cell, cell / 10, "finished", 30) for cell in range(plan.count - 3))
    found.add([Result(plan.count - 3, math.nan, "diverged", 7)])
    return found


def shown(found: Results, keys: tuple[str, ...] = (), size: tuple[int, int] = (110, 32), **options: Any) -> list[str]:
    """The screen's lines after some keys."""
    return asyncio.run(_shown(found, keys, size, **options))


async def _shown(
    found: Results, keys: tuple[str, ...], size: tuple[int, int], look: Callable[[SweepApp], object] = lambda _: None,
    theme: Theme | None = None,
) -> list[str]:  # fmt: skip
    app = SweepApp(SweepRun(found, LocalCrew(1)), SweepModel(found), still=True, theme=theme)
    async with app.run_test(size=size) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        look(app)
        return ["".join(segment.text for segment in line) for line in app.screen._compositor.render_strips()]


def test_every_cell_stands_at_its_place_with_its_value() -> None:
    lines = shown(results())
    body = [line for line in lines if re.match(r" *(0\.001|0\.01|0\.1|1) ", line)]
    values = [re.findall(r"0(?!\.\d{4})\.\d+|\b0\b|·|×|\[.*?\]", line[9:70]) for line in body]
    assert [[one.strip("[ ]") for one in row] for row in values] == [
        ["0", "0.100", "0.200"], ["0.300", "0.400", "0.500"], ["0.600", "0.700", "0.800"], ["×", "·", "·"],
    ]  # fmt: skip
    assert any("10 of 12 runs, stopped" in line for line in lines)
    assert any("0 " in line and "0.800" in line and "has diverged, not in the scale" in line for line in lines)


def test_the_cursor_moves_and_stops_at_the_edges() -> None:
    def under(*keys: str) -> str:
        lines = shown(results(), keys)
        at = next(row for row, line in enumerate(lines) if "Under the cursor" in line)
        return " ".join(re.findall(r"│ (.*?) *│", "".join(lines[at + 1 : at + 4])))

    assert under() == "train.lr     0.001 model.depth  1 0"
    assert under("down", "right") == "train.lr     0.01 model.depth  2 0.400"
    assert under(*["down"] * 9, *["right"] * 9) == "train.lr     1 model.depth  3 not run yet"
    assert under(*["down"] * 3) == "train.lr     1 model.depth  1 NaN, diverged at step 7"
    assert under("b") == "train.lr     0.001 model.depth  1 0"
    assert under("b", "b") == "train.lr     0.1 model.depth  3 0.800"
    assert under("t", "right") == "train.lr     0.01 model.depth  1 0.300"


def test_other_axes_are_gone_along_and_put_on_the_map() -> None:
    found = results("train.lr=0.1,0.2", "model.depth=1..2", "train.batch_size=5,10,20", lanes=True)

    def seen(*keys: str) -> list[str]:
        lines = shown(found, keys)
        return [lines[1][:70].strip(), lines[2][:70].strip(), *lines[3][:70].split()]

    assert seen() == [
        "validation_loss, lane = tanh, train.lr = 0.1",
        "train.batch_size",
        "model.depth",
        "5",
        "10",
        "20",
    ]
    assert seen("full_stop")[0] == "validation_loss, lane = tanh, train.lr = 0.2"
    assert seen("full_stop", "full_stop") == seen()
    assert seen("comma")[0] == "validation_loss, lane = tanh, train.lr = 0.2"
    assert seen("y")[0] == "validation_loss, train.lr = 0.1, model.depth = 1"
    assert seen("x")[:2] == ["validation_loss, train.lr = 0.1, train.batch_size = 5", "lane"]
    assert seen("t")[1:] == ["model.depth", "train.batch…", "1", "2"]


def test_one_axis_is_bars() -> None:
    lines = shown(results("train.lr=0.001,0.01,0.1,0.2,0.3,0.5"))
    bars = [line[:70].count("█") for line in lines if re.match(r" *0\.\d+ ", line)]
    assert bars[0] < bars[1] < bars[2] == max(bars)
    assert bars[3:] == [0, 0, 0]


def test_seeds_are_told_one_by_one_and_drawn_as_their_mean() -> None:
    lines = shown(results("train.lr=0.1,0.2,0.3", seeds=2))
    assert "mean of 2 seeds" in lines[1]
    assert any(re.search(r"seed 0: 0 ", line) for line in lines)
    assert any("seed 1: 0.100" in line for line in lines)
    assert any(re.match(r" *0\.1 +.*0\.050", line) for line in lines)


@pytest.mark.parametrize("size", [(40, 12), (60, 20), (80, 24), (160, 48), (20, 5)])
@pytest.mark.parametrize("over", [OVER, ("train.lr=log:0.001:1:60", "train.batch_size=1..80"), ("train.lr=0.1,0.2",)])
def test_any_size_is_drawn(size: tuple[int, int], over: tuple[str, ...]) -> None:
    lines = shown(results(*over), ("end", "pagedown", "down"), size)
    assert len(lines) == size[1]
    assert "nntui sweep" in lines[0]
    assert "leave" in lines[-1]


def test_ascii_has_no_other_character() -> None:
    lines = shown(results(), ("l",), theme=Theme("grey", True, ASCII))
    assert "".join(lines).isascii()


def test_what_cannot_be_done_is_said() -> None:
    assert any("Both axes are on the map." in line for line in shown(results(), ("comma",)))
    assert any("There are no other axes" in line for line in shown(results(), ("x",)))
    empty = Results(results().plan, {})
    assert any("No run has ended with a number yet." in line for line in shown(empty, ("b",)))
    assert any("nothing is measured yet" in line for line in shown(empty))


def test_the_runs_are_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = shown(results(), ("e", "E"))
    assert any("Saved small-sweep.json: 10 of 12 runs." in line for line in lines)
    assert (tmp_path / "small-sweep.csv").read_text().count("\n") == 13


@pytest.mark.slow
def test_the_run_of_a_cell_has_its_bits() -> None:
    plan = results(lanes=True, seeds=2).plan
    cell = plan.cell(plan.count - 1)
    run = Experiment(scenario_of(plan, cell))
    run.advance(30)
    (lane,) = run.lanes
    assert lane.statistics["validation_loss"] == run_batch(plan, [cell.number])[0].value
    assert (lane.name, cell.seed) == ("lane ReLU: quick, train.lr 1, model.depth 3", 1)


@pytest.mark.slow
def test_in_a_terminal_from_the_first_cell_to_a_run_and_back(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL.partition("[[lane]]")[0], encoding="utf-8")
    over = [word for one in OVER for word in ("--over", one)]
    program = [sys.executable, "-m", "nntui", "sweep", "small.toml", *over, "--workers", "2"]
    folders = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_STATE_HOME": str(tmp_path / "state")}
    with PseudoTerminal(program, cwd=tmp_path, **folders) as terminal:
        terminal.wait_for("12 of 12 runs, finished")
        terminal.send("\x1b[B\r")
        terminal.wait_for("? help")
        written = len(terminal.output)
        terminal.send("q")
        terminal.wait_for("12 of 12 runs, finished", written)
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        terminal.assert_restored()
        wait_until(lambda: not terminal.offspring(), allowed(5.0))
    assert Results.read(tmp_path / "small-sweep.jsonl").missing == []


@pytest.mark.slow
@pytest.mark.parametrize(("how", "status"), [("q", 0), ("\x03", 130), (signal.SIGTERM, 143)])
def test_leaving_keeps_what_there_is(tmp_path: Path, how: str | signal.Signals, status: int) -> None:
    (tmp_path / "small.toml").write_text(SMALL.partition("[[lane]]")[0], encoding="utf-8")
    over = ("--over", "train.lr=log:0.001:1:200", "--over", "model.width=1..20", "--steps", "3000")
    program = [sys.executable, "-m", "nntui", "sweep", "small.toml", *over, "--workers", "2"]
    folders = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_STATE_HOME": str(tmp_path / "state")}
    path = tmp_path / "small-sweep.jsonl"
    with PseudoTerminal(program, cwd=tmp_path, **folders) as terminal:
        terminal.wait_for("runs/s")
        wait_until(lambda: path.read_text().count("\n") > 10)
        if isinstance(how, str):
            terminal.send(how)
        else:
            terminal.signal(how)
        assert terminal.wait_for_end() == status
        terminal.assert_restored()
        wait_until(lambda: not terminal.offspring(), allowed(5.0))
        assert "Traceback" not in terminal.plain()
    assert 10 <= len(Results.read(path).found) < 4000
