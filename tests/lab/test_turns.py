"""Plots take turns with everything else, and an order is answered as soon as it is done."""

import time

import pytest
from lab.driving import ROOMY, fake_lab, ready, text, until
from lab.fakes import FakeExperiment
from textual.timer import Timer

from nntui.lab.app import LabApp
from nntui.lab.screens import lab as screen
from nntui.lab.screens.lab import LabScreen
from nntui.lab.session import Session
from nntui.lab.widgets.grid_view import GridView

pytestmark = pytest.mark.asyncio


async def test_plots_are_seen_also_where_the_next_state_comes_before_the_last_plot(monkeypatch):
    app = fake_lab(FakeExperiment("sgd", "adam", steps=10**6), paused=False, speed=1000.0)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        app._timer.stop()  # type: ignore[union-attr]
        written: list[str] = []
        refresh = GridView.refresh

        def noted(view, *regions, **options):
            written.append(view.id)
            return refresh(view, *regions, **options)

        monkeypatch.setattr(GridView, "refresh", noted)
        monkeypatch.setattr(screen, "BETWEEN_PLOTS", 0.03)
        for _ in range(60):  # a state comes about every second plot
            app._drawn_at = 0.0
            app._look_for_news()
            await pilot.pause(0.05)
        slots = [f"slot{slot}" for slot in range(len(app.lab_screen.shown_panels))]  # type: ignore[union-attr]
        assert len(slots) >= 4
        assert {slot: written.count(slot) > 3 for slot in slots} == dict.fromkeys(slots, True)


async def test_what_is_due_in_a_moment_comes_also_on_a_machine_that_is_busy_for_longer(monkeypatch):
    run = Timer._run

    async def late(timer):
        """Textual leaves out what was due before it is first looked at, be it for good."""
        if timer._repeat != 0 or timer._interval > 0.1:
            await run(timer)

    monkeypatch.setattr(Timer, "_run", late)
    app = fake_lab(FakeExperiment("sgd", "adam", steps=10**6), paused=False, speed=1000.0)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        drawn = []
        draw = LabScreen._draw_next
        monkeypatch.setattr(LabScreen, "_draw_next", lambda self: (drawn.append(self._next_slot), draw(self)))
        await until(pilot, lambda: len(drawn) > 20)
        app._drawn_at = time.monotonic() + 0.05  # a frame is very new: the next one has to wait
        await pilot.press("6")
        await until(pilot, lambda: "They count." in text(app))
        app.source.stop()


async def test_a_mistake_in_a_plot_is_said_and_the_rest_goes_on(monkeypatch):
    app = fake_lab(FakeExperiment("sgd", "adam", steps=10**6), paused=False, speed=200.0)
    monkeypatch.setattr(LabApp, "is_headless", property(lambda _: False))  # else it is raised, for tests to see it
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)

        def broken(*_, **__):
            raise ZeroDivisionError("by nothing")

        monkeypatch.setattr(screen, "draw_read", broken)
        await until(pilot, lambda: "could not be drawn" in text(app))
        assert "ZeroDivisionError" in " ".join(line.text for line in app.model.log)
        at = app.model.view.snapshot.step  # type: ignore[union-attr]
        await until(pilot, lambda: app.model.view.snapshot.step > at)  # type: ignore[union-attr]
        app.model.log.clear()
        view = app.lab_screen.query_one("#slot0", GridView)  # type: ignore[union-attr]
        view.notify_style_update()
        view.show(broken)  # which is drawn only where Textual asks for its lines
        await until(pilot, lambda: "ZeroDivisionError" in " ".join(line.text for line in app.model.log))
        at = app.model.view.snapshot.step  # type: ignore[union-attr]
        await until(pilot, lambda: app.model.view.snapshot.step > at + 20)  # type: ignore[union-attr]


async def test_an_order_is_answered_without_waiting_for_the_next_look():
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        app._timer.stop()  # type: ignore[union-attr]
        await pilot.press("space")
        await until(pilot, lambda: "running" in text(app).splitlines()[0])


async def test_an_order_comes_before_the_steps_that_are_due(monkeypatch):
    seen = []
    fake = FakeExperiment("sgd", steps=10**6, step_seconds=0.001)
    app = fake_lab(fake, paused=False, speed=float("inf"))
    publish, advance = Session._publish_snapshot, fake.advance

    def published(session):
        seen.append(("view", session._applied))
        publish(session)

    def advanced(count):
        seen.append(("steps", app.source._applied))
        return advance(count)

    monkeypatch.setattr(Session, "_publish_snapshot", published)
    monkeypatch.setattr(fake, "advance", advanced)
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        for _ in range(5):
            await pilot.press("right")
            await pilot.pause(0.1)
    for number in range(1, app.source._applied + 1):
        after = [what for what, applied in seen if applied >= number]
        assert after[:1] == ["view"]
