"""What ``nntui bench`` measures, part by part. Imports nothing heavy."""

import importlib
from collections.abc import Callable
from typing import Any

from nntui.bench.bench import Bench, MeasureError
from nntui.bench.families import FAMILY_KINDS
from nntui.bench.kind_nets import KIND_NETS
from nntui.bench.tables import Sheet
from nntui.headless.output import Progress

# Name → module of nntui.bench with ``measure(bench)``, the part's JSON, and ``sheets(found)``, its tables
PARTS = {
    "nets": "steps",
    "statistics": "statistics",
    "kinds": "kinds",
    "lanes": "lanes",
    "startup": "startup",
    "lab": "lab",
    "memory": "memory",
    "surfaces": "surfaces",
    "fractal": "fractal",
    "watch": "watch",
}


def module_of(part: str) -> Any:
    """The module that measures a part, imported now."""
    return importlib.import_module(f"nntui.bench.{PARTS[part]}")


def measure_parts(bench: Bench, progress: Progress) -> tuple[dict[str, Any], list[str]]:
    """Measure the parts asked for, one after another: the document, and a line for each part that did not work."""
    from nntui.bench.machine import machine, versions
    from nntui_engine.compiling.ahead import compile_ahead
    from nntui_engine.kernels.policy import threads

    names = [name for name in PARTS if not bench.parts or name in bench.parts]
    compile_ahead(kernels(bench, names), progress)
    bench.threads = threads()
    troubles = []
    for done, name in enumerate(names):
        bench.say = _speaker(progress, done, len(names))
        try:
            found = module_of(name).measure(bench)
        except MeasureError as error:
            troubles.append(f"{name}: {error}")
            continue
        if found:
            bench.found[name] = found
        elif bench.parts:
            troubles.append(f"{name}: has none of the nets named")
    facts = {"machine": machine(), "versions": versions(bench.peers), "seconds": bench.seconds}
    return {"schema": 1, **facts, **bench.found}, troubles


def kernels(bench: Bench, names: list[str]) -> tuple[str, ...]:
    """What these parts take of the engine's compiled parts."""
    from nntui_engine.compiling.parts import RACE, parts_of

    kinds: set[str] = set()
    if "kinds" in names:
        kinds |= {kind for net in bench.chosen_nets(KIND_NETS) for kind in net.kinds}
    if "startup" in names:
        kinds |= FAMILY_KINDS
    race = (RACE,) if "surfaces" in names else ()
    return (*parts_of("float32", kinds, augmented=False), *race)


def _speaker(progress: Progress, done: int, total: int) -> Callable[[str], None]:
    return lambda what: progress(what, done, total)


def all_sheets(document: dict[str, Any]) -> list[Sheet]:
    """The tables of every part in a document."""
    return [sheet for name in PARTS if name in document for sheet in module_of(name).sheets(document[name])]
