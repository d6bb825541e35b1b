"""Opening the lab in the terminal."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from nntui_engine.errors import InputError

from .app import LabApp
from .session import Session
from .warming import Warming

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.scenario import Scenario

REWIND_MEMORY = 256_000_000  # bytes for moments kept on the way


def run_lab(
    source: "Scenario | Callable[[], Experiment]",
    *,
    title: str = "",
    seed: int | None = None,
    steps: int | None = None,
    overrides: Sequence[tuple[Mapping[str, object], str | None]] = (),
    keymap: Mapping[str, str] | None = None,
    speed: float | None = None,
    fair: bool = False,
    paused: bool = False,
) -> int:
    """Opens the lab in the terminal and returns the process' exit status.

    ``source`` is a Scenario, or a function that makes the Experiment (it is called in the session's thread, so that
    the screen is there at once). Raises InputError, after the terminal is restored, when the experiment cannot be made.
    """
    make: Callable[[], Experiment]
    parts: tuple[str, ...] = ()
    if callable(source):
        make = source
    else:
        from nntui_engine.warmup import parts_for

        title = title or source.title
        parts = parts_for(source)

        def make() -> "Experiment":
            from nntui_engine.experiment import Experiment

            return Experiment(source, seed=seed, steps=steps, overrides=list(overrides), rewind_memory=REWIND_MEMORY)

    session = Session(make, speed=speed, paused=paused, warming=Warming(parts) if parts else None)
    app = LabApp(session, title, keymap=keymap, fair=fair)
    try:
        with asyncio.Runner() as runner:
            app.catch_signals(runner.get_loop())
            runner.run(app.run_async())
    finally:
        app.restore_terminal()
        session.stop()
    bad_input = app.model.view.bad_input
    if isinstance(bad_input, InputError):
        raise bad_input
    return app.return_code or 0
