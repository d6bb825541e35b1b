"""Record a minute of the lab as an animated SVG, and a few pictures of it: ``python docs/make_recording.py``.

The lab really runs, in no terminal: keys are pressed and its screen is looked at twice a second. It takes as long as
what it records; the speed of the runs is limited, so that it shows the same on every machine.
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "engine"), str(ROOT), str(ROOT / "docs")]

from recording_svg import Shot, recording  # noqa: E402

from nntui.lab.app import LabApp  # noqa: E402
from nntui.lab.frame import export  # noqa: E402
from nntui.lab.opening import session_of  # noqa: E402
from nntui.lab.themes import colours_named  # noqa: E402
from nntui.plotting.theme import BACKGROUND, Theme  # noqa: E402
from nntui_engine.scenario import load_scenario  # noqa: E402

SIZE = (104, 32)
EVERY = 0.5  # seconds
SETTLES = 8.0  # seconds in which a picture that is worked out bit by bit becomes complete
FOLDER = ROOT / "screenshots"


class Scene(NamedTuple):
    """Keys that are pressed, how they are shown, what is said, and for how many seconds it is watched."""

    keys: tuple[str, ...]
    shown: str
    words: str
    seconds: float


STORY = (
    Scene((), "", "nntui run vanishing-gradients: three deep networks learn side by side; one of them does not.", 8),
    Scene(("f",), "f", "It says what is wrong, in which layers and why. f tries the fix in a lane beside it.", 11),
    Scene(("4",), "4", "The map: what each network answers over the plane. The mended one finds the spirals.", 7),
    Scene(("3", "enter"), "3 enter", "The network: one unit large, what it answers over the inputs, its weights.", 5),
    Scene(("2",), "2", "Any statistic of every layer over the run, and how the layer's outputs are spread.", 6),
    Scene(("5",), "5", "The landscape: the loss around the weights, and the way that they went.", 6),
    Scene(("o", *"beale"), "o", "The launcher: more than a hundred scenarios, found as you type.", 5),
    Scene(("enter",), "enter", "Six optimizers race down Beale's function.", 12),
)


class Still(NamedTuple):
    """A picture: of which scenario, from which step on, after which keys, in which theme, and the words under it."""

    name: str
    scenario: str
    step: int
    keys: tuple[str, ...]
    words: str
    theme: str = "default"


STILLS = (
    Still("map", "vanishing-gradients", 1000, ("4",), "What each network answers over the plane; crosses are wrong."),
    Still(
        "network", "digits", 700, ("3",), "Every unit of a network that reads digits, and what the first layer sees."
    ),
    Still("landscape", "digits", 700, ("5",), "The loss around the weights, and the way that they went."),
    Still("confusion", "digits", 300, ("4",), "What is taken for what, in a light theme.", "rose-pine-dawn"),
)


async def take(still: Still) -> str:
    """The picture as SVG."""
    scenario, theme = load_scenario(still.scenario), Theme(colours=colours_named(still.theme))
    app = LabApp(session_of(scenario, speed=200.0), scenario.title, theme=theme)
    async with app.run_test(size=(120, 40)) as pilot:
        while app.model.view.snapshot is None:
            await pilot.pause(0.05)
        await pilot.press(*still.keys)
        while (snapshot := app.model.view.snapshot) is None or snapshot.step < still.step:
            await pilot.pause(0.05)
        await pilot.press("space")
        await pilot.pause(SETTLES)
        cells = export(app, "").cells
        app.source.stop()
    colours = theme.colours
    return recording([Shot(0.0, cells, "", still.words)], 1.0, colours.background, still.words, colours.text)


async def record() -> list[Shot]:
    """The frames of the whole story."""
    scenario = load_scenario("vanishing-gradients")
    app = LabApp(session_of(scenario, speed=50.0), scenario.title, theme=Theme())
    shots: list[Shot] = []
    began = 0.0
    async with app.run_test(size=SIZE) as pilot:
        while (snapshot := app.model.view.snapshot) is None or snapshot.step < 20:
            await pilot.pause(0.05)
        for scene in STORY:
            for key in scene.keys:
                await pilot.press(key)
                await pilot.pause(0.05)
            await pilot.pause(0.3)
            first, start = True, time.monotonic()
            while (passed := time.monotonic() - start) < scene.seconds:
                cells = export(app, "").cells
                at = began + round(passed / EVERY) * EVERY
                shots.append(Shot(at, cells, scene.shown, scene.words, first))
                first = False
                await pilot.pause(max(0.0, (round(passed / EVERY) + 1) * EVERY - (time.monotonic() - start)))
            began += scene.seconds
        app.source.stop()
    return shots


def main() -> None:
    """Record, and write the file."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(XDG_STATE_HOME=folder, XDG_CONFIG_HOME=folder)  # nothing is remembered of a person
        os.chdir(folder)
        for still in STILLS:
            write(still.name, asyncio.run(take(still)))
        shots = asyncio.run(record())
    write("recording", recording(shots, sum(scene.seconds for scene in STORY), BACKGROUND, "A minute of nntui"))


def write(name: str, svg: str) -> None:
    """Keep one of them, and say how large it is."""
    (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")
    print(f"{name}.svg: {len(svg.encode()) / 1e6:.2f} MB", flush=True)


if __name__ == "__main__":
    main()
