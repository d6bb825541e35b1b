"""Resident memory of a long run: it must not grow."""

import json
from typing import Any

from nntui.bench.bench import Bench
from nntui.bench.children import command, run
from nntui.bench.tables import Sheet
from nntui.headless.numbers import measured
from nntui.plotting.numbers import grouped

STEPS = (10**4, 10**6)


def measure(bench: Bench) -> dict[str, Any]:
    """Megabytes after 10⁴ and 10⁶ steps of tiny, in a process of its own; None where the system does not say."""
    bench.say("memory: 1 000 000 steps of tiny")
    megabytes = json.loads(run(command("memory", *map(str, STEPS))))
    early, late = (megabytes[str(steps)] for steps in STEPS)
    growth = None if early is None or late is None else late - early
    return {"steps": list(STEPS), "megabytes": [early, late], "growth_megabytes": growth}


def sheets(found: dict[str, Any]) -> list[Sheet]:
    """One table: megabytes after each number of steps, and the growth between them."""
    sizes = [*zip(found["steps"], found["megabytes"], strict=True), ("growth", found["growth_megabytes"])]
    rows = [
        [grouped(what) if isinstance(what, int) else what, "unknown" if mb is None else measured(mb)]
        for what, mb in sizes
    ]
    return [Sheet("Resident megabytes after so many steps of tiny", ["steps", "MB"], rows)]
