"""Draw the README's picture of a sweep: ``python docs/make_sweep_picture.py`` trains its 160 runs, in half a minute."""

import asyncio
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "engine"), str(ROOT), str(ROOT / "docs")]

from recording_svg import Shot, recording  # noqa: E402

from nntui.lab.frame import export  # noqa: E402
from nntui.lab.sweep.app import SweepApp  # noqa: E402
from nntui.lab.sweep.model import SweepModel  # noqa: E402
from nntui.lab.sweep.running import SweepRun  # noqa: E402
from nntui.plotting.theme import BACKGROUND, Theme  # noqa: E402
from nntui.scenario import load_scenario  # noqa: E402
from nntui.sweep.plan import plan_of  # noqa: E402
from nntui.sweep.results import Results  # noqa: E402
from nntui.sweep.workers import LocalCrew  # noqa: E402

OVER = ("train.lr=log:1e-4:1:10", "model.depth=1..8")
WORDS = (
    "Learning rate against depth, 300 steps on digits: one hidden layer trains at a rate of 1, eight do not at 0.05."
)


async def drawn(results: Results) -> str:
    """The screen of a sweep that has ended, as SVG."""
    app = SweepApp(SweepRun(results, LocalCrew(2)), SweepModel(results), theme=Theme(), still=True)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("b", "b")
        await pilot.pause()
        cells = export(app, "").cells
    return recording([Shot(0.0, cells, "", WORDS)], 1.0, BACKGROUND, WORDS)


def main() -> None:
    """Train, draw, write."""
    plan = plan_of(load_scenario("digits"), OVER, measure="validation_accuracy", seeds=2, steps=300)
    run = SweepRun(Results(plan, {}), LocalCrew(2))
    run.start()
    run.wait()
    (ROOT / "screenshots" / "sweep.svg").write_text(asyncio.run(drawn(run.results)), encoding="utf-8")


if __name__ == "__main__":
    main()
