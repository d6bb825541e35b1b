"""While nobody waits for the compiler, a child compiles what else the launcher's scenarios take."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from lab.driving import ready, until
from lab.fakes import FakeExperiment, NoWarming

from nntui.lab.ahead import IDLE, Ahead, give_way
from nntui.lab.app import LabApp
from nntui.lab.session import Session
from nntui.plotting.theme import Theme
from nntui_engine.compiling import ahead as compiling
from nntui_engine.compiling.parts import LAUNCHER_PARTS, PARTS, USUAL_PARTS
from nntui_engine.scenario import load_scenario, scenario_paths
from nntui_engine.warmup import parts_for

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_all_that_built_in_scenarios_take_is_compiled_and_what_most_take_first() -> None:
    taken = {part for name in scenario_paths() for part in parts_for(load_scenario(name))}
    assert set(LAUNCHER_PARTS) == taken | set(USUAL_PARTS)
    assert LAUNCHER_PARTS[: len(USUAL_PARTS)] == USUAL_PARTS
    assert len(set(LAUNCHER_PARTS)) == len(LAUNCHER_PARTS)
    assert set(LAUNCHER_PARTS) <= set(PARTS)


def compile_for(monkeypatch: pytest.MonkeyPatch, answer: Callable[[str, Any], str]) -> list[str]:
    """In place of the compiler; the parts that it was asked for."""
    asked: list[str] = []

    def compile_ahead(parts: Sequence[str], progress: Any = None, started: Any = None) -> str:  # noqa: ARG001
        asked.extend(parts)
        return answer(parts[0], started)

    monkeypatch.setattr(compiling, "compile_ahead", compile_ahead)
    return asked


def wait_for(ahead: Ahead) -> None:
    assert ahead._thread is not None
    ahead._thread.join(20)
    assert not ahead._thread.is_alive()


def test_one_part_after_another_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = compile_for(monkeypatch, lambda *_: "")
    ahead = Ahead(["a", "b", "c"])
    ahead.start()
    ahead.start()
    wait_for(ahead)
    assert asked == ["a", "b", "c"]


def test_what_does_not_work_is_left_to_who_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = compile_for(monkeypatch, lambda part, _: "no" if part == "b" else "")
    ahead = Ahead(["a", "b", "c"])
    ahead.start()
    wait_for(ahead)
    assert asked == ["a", "b"]


def test_the_child_gives_way_to_others_and_ends_with_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    there = threading.Event()
    children: list[subprocess.Popen[str]] = []

    def run(part: str, started: Any) -> str:  # noqa: ARG001
        child = subprocess.Popen(SLEEP, text=True)
        children.append(child)
        started(child)
        there.set()
        child.wait(60)
        return ""

    asked = compile_for(monkeypatch, run)
    ahead = Ahead(["a", "b"])
    ahead.start()
    assert there.wait(20)
    if hasattr(os, "getpriority"):
        assert os.getpriority(os.PRIO_PROCESS, children[0].pid) == IDLE
    ahead.stop()
    wait_for(ahead)
    assert children[0].wait(10) != 0
    assert asked == ["a"]
    ahead.start()  # it stays ended
    assert asked == ["a"]


def test_a_child_that_comes_while_the_lab_is_left_is_ended_too() -> None:
    ahead = Ahead(["a"])
    ahead.stop()
    with subprocess.Popen(SLEEP, text=True) as child:
        ahead._started(child)
        assert child.wait(10) != 0
    give_way(child.pid)  # of one that is gone


class Noted(Ahead):
    """Says whether it was asked to begin."""

    begun = False

    def start(self) -> None:
        self.begun = True


async def test_it_begins_when_a_run_is_there_and_not_before() -> None:
    ahead, go = Noted(), threading.Event()
    session = Session(lambda: go.wait(60) and FakeExperiment(), warming=NoWarming(), paused=True)  # type: ignore[arg-type, return-value]
    app = LabApp(session, "Fake", theme=Theme(), ahead=ahead)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.model.view.version > 0)
        assert not ahead.begun
        go.set()
        await ready(pilot)
        await until(pilot, lambda: ahead.begun)
        app.source.stop()


async def test_it_begins_with_the_launcher_where_nothing_runs() -> None:
    ahead = Noted()
    app = LabApp(None, theme=Theme(), ahead=ahead)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: ahead.begun)
