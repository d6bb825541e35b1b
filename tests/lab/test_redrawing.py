"""What is drawn again when the next state comes, and what is left as it is."""

from dataclasses import replace
from typing import Any

import pytest
from lab.driving import ROOMY, text, until
from lab.fakes import FakeExperiment

from nntui.lab.app import LabApp
from nntui.lab.session_view import SessionView
from nntui.lab.still import StillSource
from nntui.lab.widgets.grid_view import GridView
from nntui.plotting.grid import Grid
from nntui.plotting.kept import Kept
from nntui.plotting.theme import Theme
from nntui_engine.run.snapshot import Mark


class Shown:
    """A lab that is given one view after the other, and the titles of the plots that it drew for each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fake = FakeExperiment("sgd")
        self.fake.step = 600
        self.drawn: list[str] = []
        from nntui.lab.screens import lab

        real = lab.draw_read

        def counted(built: Any, *arguments: Any, **options: Any) -> Grid:
            self.drawn.append(built.title)
            return real(built, *arguments, **options)

        monkeypatch.setattr(lab, "draw_read", counted)
        self.view = SessionView(1, "ready", snapshot=self.fake.snapshot(), running=True, scenario=self.fake.scenario)
        self.app = LabApp(StillSource(self.view), theme=Theme())

    async def take(self, pilot: Any, step: int, **changes: Any) -> set[str]:
        self.fake.step = step
        await until(pilot, lambda: not self.app._drawing)
        self.drawn.clear()
        self.view = replace(self.view, version=self.view.version + 1, snapshot=self.fake.snapshot(), **changes)
        self.app.take(self.view)
        await until(pilot, lambda: not self.app._drawing and not self.app.lab_screen._waiting)
        return set(self.drawn)


async def test_a_plot_is_drawn_when_its_newest_step_comes_to_another_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nntui.lab.screens.lab.LONGEST_UNDRAWN", 1e9)
    shown = Shown(monkeypatch)
    async with shown.app.run_test(size=ROOMY) as pilot:
        assert shown.app._timer is not None
        shown.app._timer.stop()
        plots = await shown.take(pilot, 650)
        assert {"Loss", "Gradient norm by layer"} <= plots
        assert await shown.take(pilot, 651) == set()
        assert await shown.take(pilot, 670) == plots
        shown.fake.marks.append(Mark(670, None, {"train.lr": 0.5}, "lr = 0.5"))
        assert await shown.take(pilot, 670) == plots
        shown.app.model.panel_view.smoothing = 10
        assert await shown.take(pilot, 671) == plots
        assert await shown.take(pilot, 671, running=False) == plots
        assert await shown.take(pilot, 671, running=False) == plots  # what stands still is drawn as it is
        shown.app.model.panel_view.cursor = 600.0
        await shown.take(pilot, 671, running=True)
        assert await shown.take(pilot, 671) == plots  # it is read to the step


async def test_however_slow_it_trains_a_plot_is_drawn_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nntui.lab.screens.lab.LONGEST_UNDRAWN", 0.0)
    shown = Shown(monkeypatch)
    async with shown.app.run_test(size=ROOMY) as pilot:
        assert shown.app._timer is not None
        shown.app._timer.stop()
        await shown.take(pilot, 650)
        assert "Loss" in await shown.take(pilot, 651)


async def test_a_box_that_says_what_it_draws_is_drawn_when_that_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Shown(monkeypatch)
    drawn: list[str] = []

    def draw(word: str, width: int, height: int) -> Grid:
        drawn.append(word)
        grid = Grid.blank(width, height)
        grid.write(0, 0, word, "")
        return grid

    async with shown.app.run_test(size=ROOMY) as pilot:
        assert shown.app._timer is not None
        shown.app._timer.stop()
        await until(pilot, lambda: "Knobs" in text(shown.app))
        view = shown.app.lab_screen.query_one("#knobs", GridView)
        for known in (["one"], ["one"], ["two"], None, None):
            view.show(lambda w, h, word=str(known): draw(word, w, h), known=known)
        assert drawn == ["['one']", "['two']", "None", "None"]
        view.notify_style_update()
        await until(pilot, lambda: len(drawn) > 4)
        assert view.lines[0].startswith("None")


def test_what_is_kept_is_worked_out_when_anything_differs() -> None:
    kept: Kept[int] = Kept()
    made: list[int] = []

    def work() -> int:
        made.append(len(made))
        return made[-1]

    assert [kept.of(known, work) for known in ((1, "a"), (1, "a"), (2, "a"), (1, "a"))] == [0, 0, 1, 2]
