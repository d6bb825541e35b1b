"""A tiny network trains for very long in the lab: its memory does not grow, and its frames cost no more at the end.

100 000 steps by default, ``NNTUI_LONG_STEPS=2000000`` if that is set. ``python -m lab.test_long_run STEPS FOLDER`` is
what runs, in a process of its own, and writes what it measured.
"""

import asyncio
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import SMALL
from lab.driving import ROOMY
from pseudo_terminal import environment

STEPS = int(os.environ.get("NNTUI_LONG_STEPS", "100000"))
PARTS = 10
MOST_GROWTH = 100_000_000  # bytes, from the end of the first part on
MOST_SLOWER = 1.2  # times what the cheapest frame of the first half costs, that of the second


def resident_bytes() -> int:
    """Memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def measured(steps: int, folder: Path) -> list[dict[str, float]]:
    """By part of the run: steps, bytes at its end, frames, and processor seconds of the screen's thread for the
    cheapest one: what else the machine does makes the others cost more."""
    from nntui.lab.app import LabApp
    from nntui.lab.history import History
    from nntui.lab.opening import session_of
    from nntui_engine.scenario import parse_scenario

    scenario = parse_scenario(SMALL.replace("steps = 30", f"steps = {steps}"), name="long")
    session = session_of(scenario, speed=math.inf, recorder=History(folder).keep("long"))
    app, costs, parts = LabApp(session, "Long"), [], []
    draw = app._draw_now

    def timed() -> None:
        began = time.thread_time()
        draw()
        costs.append(time.thread_time() - began)

    app._draw_now = timed  # type: ignore[method-assign]
    async with app.run_test(size=ROOMY) as pilot:
        while not app.model.view.finished:
            await pilot.pause(0.05)
            assert app.model.view.stage != "failed", app.model.view.error
            step = 0 if app.model.view.snapshot is None else app.model.view.snapshot.step
            if step >= steps * (len(parts) + 1) / PARTS:
                cost = min(costs, default=math.inf)
                parts.append({"step": step, "bytes": resident_bytes(), "frames": len(costs), "seconds": cost})
                costs.clear()
    session.stop(60.0)
    return parts


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_and_frames_stay_as_they_are(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab.test_long_run", str(STEPS), str(tmp_path)],
        env=environment(TEXTUAL_ANIMATIONS="none"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    parts: list[dict[str, Any]] = json.loads(done.stdout)
    for part in parts:
        print(f"{part['step']:>9} {part['bytes'] / 1e6:7.1f} MB {part['frames']:5} {1000 * part['seconds']:6.2f} ms")
    assert len(parts) == PARTS
    assert parts[-1]["bytes"] - parts[0]["bytes"] < MOST_GROWTH
    first, second = parts[1 : PARTS // 2], parts[PARTS // 2 :]  # the first part begins without a past
    cheapest = [min(part["seconds"] for part in half) for half in (first, second)]
    assert cheapest[1] < MOST_SLOWER * cheapest[0]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measured(int(sys.argv[1]), Path(sys.argv[2])))))
