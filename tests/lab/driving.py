"""What tests of the lab share: a lab with a fake in it, two sizes of its screen, what is on it, and waiting for it."""

import time
from collections.abc import Callable
from typing import Any

from lab.fakes import FakeExperiment, NoWarming
from textual.pilot import Pilot

from nntui.lab.app import LabApp
from nntui.lab.config import Config
from nntui.lab.session import Session
from nntui.plotting.theme import Theme

ROOMY, SMALL = (160, 48), (80, 24)


def fake_lab(
    experiment: FakeExperiment | None = None,
    *,
    theme: Theme | None = None,
    keymap: dict[str, str] | None = None,
    **options: Any,
) -> LabApp:
    fake = experiment or FakeExperiment("sgd", "adam")
    options.setdefault("paused", True)
    session = Session(lambda: fake, warming=NoWarming(), **options)  # type: ignore[arg-type]
    return LabApp(session, "A fake scenario", theme=theme or Theme(), config=Config(keys=keymap or {}))


def text(app: LabApp) -> str:
    """All that is on screen."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def until(pilot: Pilot[Any], reached: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        await pilot.pause(0.02)
        if reached():
            await pilot.pause()
            return
    raise AssertionError("not reached:\n" + text(pilot.app))  # type: ignore[arg-type]


async def ready(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: pilot.app.model.view.snapshot is not None)  # type: ignore[attr-defined]
