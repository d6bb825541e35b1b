"""The lab with a person at the keys, at several sizes, without a terminal."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lab.driving import ROOMY, SMALL, fake_lab, ready, text, until
from lab.fakes import FakeExperiment, NoWarming

from nntui.lab.app import LabApp
from nntui.lab.session import Session
from nntui.lab.widgets.grid_view import GridView
from nntui.plotting.theme import ASCII, Theme


def lr(app: LabApp, lane: int = 0) -> float:
    snapshot = app.model.view.snapshot
    assert snapshot is not None
    return snapshot.lanes[lane].settings.optimizer_parameters["lr"]


@pytest.mark.parametrize("size", [SMALL, (100, 30), (120, 40), ROOMY, (200, 60)])
async def test_every_size_shows_lanes_knobs_and_plots(size: tuple[int, int]) -> None:
    app = fake_lab()
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await pilot.press("s", "s")
        await until(pilot, lambda: "step 2 /" in text(app))
        seen = text(app)
        for words in ("Lanes", "Knobs", "Loss", "Gradient norm", "? help", "q quit", "paused", "▸● sgd", "■ adam"):
            assert words in seen
        app.source.stop()


async def test_at_160_by_48_all_panels_are_visible_and_nothing_is_folded() -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("s")
        await until(pilot, lambda: "step 1 /" in text(app))
        seen = text(app)
        for title in ("Loss", "Accuracy", "Gradient norm by layer", "Activation variance by layer", "Dead ReLU units"):
            assert title in seen
        assert "Findings and log" in seen
        assert "plots 1/" not in seen
        app.source.stop()


async def test_at_80_by_24_every_panel_is_reached_by_paging() -> None:
    app = fake_lab()
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        seen = ""
        for page in range(3):
            await until(pilot, lambda page=page: f"plots {page + 1}/3" in text(app))
            seen += text(app)
            await pilot.press("n")
        for title in ("Loss", "Accuracy", "Gradient norm", "Activation variance", "Dead ReLU", "Findings and log"):
            assert title in seen
        await until(pilot, lambda: "plots 1/3" in text(app))
        app.source.stop()


async def test_resizing_folds_and_unfolds() -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.resize_terminal(*SMALL)
        await until(pilot, lambda: "plots 1/3" in text(app))
        await pilot.resize_terminal(*ROOMY)
        await until(pilot, lambda: "plots 1/" not in text(app) and "Dead ReLU" in text(app))
        await pilot.resize_terminal(30, 8)
        await until(pilot, lambda: "larger window" in text(app))
        app.source.stop()


async def test_running_pause_step_epoch_and_speed() -> None:
    app = fake_lab(FakeExperiment(steps=100_000), paused=False, speed=100.0)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await until(pilot, lambda: "running" in text(app))
        await pilot.press("space")
        await until(pilot, lambda: "paused" in text(app))
        step = app.model.view.snapshot.step  # type: ignore[union-attr]
        await pilot.press("s")
        await until(pilot, lambda: app.model.view.snapshot.step == step + 1)  # type: ignore[union-attr]
        await pilot.press("S")
        await until(pilot, lambda: app.model.view.snapshot.step == step + 11)  # type: ignore[union-attr]
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "Speed: at most 200 steps a second" in text(app))
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: app.model.view.speed == 100)
        app.source.stop()


async def test_knobs_turn_are_typed_put_back_undone_and_redone() -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("right")
        await until(pilot, lambda: lr(app) == 0.2)
        assert lr(app, 1) == 0.1
        assert "0.1 → ◂ 0.2" in text(app)
        await pilot.press("shift+right")
        await until(pilot, lambda: lr(app) == 0.21)
        await pilot.press("u")
        await until(pilot, lambda: lr(app) == 0.2)
        await pilot.press("U")
        await until(pilot, lambda: lr(app) == 0.21)
        await pilot.press("backspace")
        await until(pilot, lambda: lr(app) == 0.1)
        await pilot.press("enter", "0", ".", "7", "enter")
        await until(pilot, lambda: lr(app) == 0.7)
        assert "→ 0.7" in text(app)
        app.source.stop()


async def test_a_wrong_value_is_said_and_can_be_corrected() -> None:
    app = fake_lab()
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await pilot.press("down", "enter", "a", "d", "m", "a", "enter")
        await until(pilot, lambda: "did you mean" in " ".join(text(app).split()))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("up", "enter", "9", "9", "9", "enter")
        await until(pilot, lambda: "must be at most 100" in text(app))
        assert lr(app) == 0.1
        app.source.stop()


async def test_tab_goes_through_the_lanes_to_all_of_them() -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        for words in ("Knobs · sgd", "Knobs · adam", "Knobs · all lanes"):
            await until(pilot, lambda words=words: words in text(app))
            await pilot.press("tab")
        await until(pilot, lambda: "Knobs · sgd" in text(app))
        await pilot.press("tab", "tab", "right")
        await until(pilot, lambda: lr(app, 0) == lr(app, 1) == 0.2)
        assert len(app.model.view.snapshot.marks) == 1  # type: ignore[union-attr]
        app.source.stop()


async def test_restart_new_seed_log_axis_and_try() -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("l")
        await until(pilot, lambda: app.model.panel_view.log_axes.get("loss"))
        await pilot.press("t")
        await until(pilot, lambda: len(app.model.view.snapshot.lanes) == 3)  # type: ignore[union-attr]
        assert (lr(app, 0), lr(app, 1), lr(app, 2)) == (0.1, 0.1, 0.5)
        assert "New: sgd → lr 0.5, from step 0; u takes it back." in text(app)
        await pilot.press("R")
        await until(pilot, lambda: app.model.view.snapshot.seed == 1)  # type: ignore[union-attr]
        await pilot.press("r")
        await until(pilot, lambda: "Started again from the same seed." in text(app))
        app.source.stop()


async def test_turning_something_that_restarts_says_so() -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("down", "down", "down", "down", "right")
        await until(pilot, lambda: "started again from step 0" in text(app))
        app.source.stop()


async def test_lesson_help_and_palette() -> None:
    app = fake_lab()
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await pilot.press("6")
        await until(pilot, lambda: "They count." in text(app) and "Raise lr" in text(app))
        assert "Source: nobody" in text(app)
        await pilot.press("1", "question_mark")
        await until(pilot, lambda: "Keys that work here" in text(app))
        await pilot.press("escape", "ctrl+p")
        await until(pilot, lambda: "Train one step, then pause" in text(app))
        await pilot.press("l", "o", "g", "a", "r")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await until(pilot, lambda: app.model.panel_view.log_axes.get("loss"))
        app.source.stop()


async def test_a_picture_is_saved_and_never_overwrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = fake_lab()
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await pilot.press("x")
        await until(pilot, lambda: "Saved fake-step-0.svg" in text(app))
        await pilot.press("x")
        await until(pilot, lambda: "Saved fake-step-0-2.svg" in text(app))
        app.source.stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fake-step-0-2.svg", "fake-step-0.svg"]
    assert (tmp_path / "fake-step-0.svg").read_text(encoding="utf-8").startswith("<svg")


async def test_keys_that_do_nothing_now_are_not_offered() -> None:
    app = fake_lab(FakeExperiment())
    async with app.run_test(size=(240, 48)) as pilot:
        await ready(pilot)
        footer = app.screen.query_one("#keys", GridView).lines[0]
        assert "undo" not in footer
        assert "tab lane" not in footer
        await pilot.press("right")
        await until(pilot, lambda: "u undo" in app.screen.query_one("#keys", GridView).lines[0])
        app.source.stop()


async def test_keys_that_do_nothing_now_are_ignored_each_for_itself() -> None:
    app = fake_lab()
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await pilot.press("u", "s")  # one call of the app, two orders
        await until(pilot, lambda: "step 1 /" in text(app))
        assert app.model.log == []  # not: nothing to undo
        await pilot.press("right")
        await until(pilot, lambda: lr(app) == 0.2)
        await pilot.press("u")
        await until(pilot, lambda: lr(app) == 0.1)
        app.source.stop()


async def test_a_crash_in_the_engine_is_shown_with_the_data_kept() -> None:
    app = fake_lab(FakeExperiment("sgd", fail_at=400), paused=False, speed=2000.0)
    async with app.run_test(size=ROOMY) as pilot:
        await until(pilot, lambda: "Training stopped: ZeroDivisionError" in text(app))
        assert "failed" in text(app)
        assert "Loss" in text(app)
        app.source.stop()


async def test_an_experiment_that_cannot_be_made_is_explained() -> None:
    def broken() -> Any:
        raise RuntimeError("no memory for this network")

    app = LabApp(Session(broken, warming=NoWarming()), theme=Theme())  # type: ignore[arg-type]
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "no memory for this network" in text(app))
        app.source.stop()


async def test_the_screen_is_there_while_the_experiment_is_being_made() -> None:
    import threading

    seen = threading.Event()
    app = LabApp(Session(lambda: seen.wait(60) and FakeExperiment(), warming=NoWarming()), theme=Theme())  # type: ignore[arg-type]
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "Loading data and building the network" in text(app))
        seen.set()
        await ready(pilot)
        app.source.stop()


async def test_ascii_mode_is_ascii_everywhere() -> None:
    app = fake_lab(theme=Theme(ascii_only=True, glyphs=ASCII))
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("s", "s", "right", "right")
        await until(pilot, lambda: lr(app) == 0.5)
        for view in "654321":
            await pilot.press(view)
            await pilot.pause()
            assert text(app).isascii(), text(app)
        await pilot.press("question_mark")
        await until(pilot, lambda: "Keys that work here" in text(app))
        shown = "".join(line for view in app.screen.query(GridView) for line in view.lines)
        assert "R2 = 1 - S(t - a)2" in shown
        assert shown.isascii()
        app.source.stop()


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {}])
async def test_no_color_has_no_colour(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    fake = FakeExperiment("sgd", "adam")
    session = Session(lambda: fake, warming=NoWarming(), paused=True)  # type: ignore[arg-type]
    app = LabApp(session, "x")
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.press("s")
        await until(pilot, lambda: "step 1 /" in text(app))
        colours = {
            tuple(colour.triplet)
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style
            for colour in (segment.style.color, segment.style.bgcolor)
            if colour and colour.triplet
        }
        grey = all(max(colour) - min(colour) <= 1 for colour in colours)
        assert grey == bool(variables)
        app.source.stop()


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("ctrl+c", 130)])
async def test_leaving(key: str, code: int) -> None:
    app = fake_lab()
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await pilot.press(key)
        await asyncio.sleep(0.1)
    app.source.stop()
    assert (app.return_code or 0) == code


async def test_after_a_change_of_size_every_cell_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that is late with its new size has shown what it liked: cells that do not change would keep it."""
    app = fake_lab(FakeExperiment("sgd", "adam"))
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await pilot.pause(1.0)  # the first size has settled
        whole: list[object] = []
        monkeypatch.setattr(app.screen, "refresh", lambda *regions, **_: whole.append(regions) if not regions else None)
        await pilot.resize_terminal(120, 36)
        await pilot.pause(1.0)
        settled = len(whole)
        await pilot.pause(1.0)
        assert settled >= 2
        assert len(whole) == settled
        app.source.stop()


async def test_the_footer_says_what_the_space_bar_does_now() -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        assert "space go on" in text(app)
        await pilot.press("space")
        await until(pilot, lambda: "space pause" in text(app))
        await pilot.press("space")
        await until(pilot, lambda: "space go on" in text(app))
        assert app.model.labels["pause"] == "go on"
        app.model.view = replace(app.model.view, running=False, finished=True)
        assert app.model.labels["pause"] == "train on"
        app.source.stop()
