"""Several lanes on all cores against one lane on one core."""

import gc
import tempfile
from pathlib import Path
from typing import Any

from nntui.bench.bench import Bench
from nntui.bench.children import Child
from nntui.bench.engine import engine_turn
from nntui.bench.nets import NETS, scenario_of
from nntui.bench.tables import Sheet, rate_spread_text
from nntui.bench.timing import Turn, per_second, take_turns
from nntui.headless.numbers import ratio

LANES = (1, 2, 4, 8)
USUAL_NETS = ("tiny", "deep", "mnist256")
ONE_CORE = {"NUMBA_NUM_THREADS": "1"}


def measure(bench: Bench) -> dict[str, Any]:
    """By net: lane-steps a second (steps of all lanes together) of one lane on one core, which is a child process, and
    of 1, 2, 4, 8 lanes on all cores; and the medians of these divided by that of the one core."""
    found: dict[str, Any] = {}
    for net in bench.chosen_nets(NETS, USUAL_NETS):
        bench.say(f"lanes: {net.name}")
        with tempfile.TemporaryDirectory() as folder, Child(["net", net.name], ONE_CORE) as one_core:
            turns: dict[str, Turn] = {"one_core": one_core}
            turns |= {str(lanes): engine_turn(scenario_of(net, Path(folder), lanes)) for lanes in LANES}
            took = take_turns(turns, bench.seconds)
        rates = {name: per_second(one, int(name) if name.isdecimal() else 1) for name, one in took.items()}
        base = rates["one_core"]["median"]
        quotients = {f"{lanes}/one_core": rates[str(lanes)]["median"] / base for lanes in LANES}
        found[net.name] = {**rates, "ratios": quotients}
        del turns
        gc.collect()
    return found


def sheets(found: dict[str, Any]) -> list[Sheet]:
    """Two tables by net: lane-steps a second, and their quotients by one lane on one core."""
    columns = ["one_core", *map(str, LANES)]
    rates = Sheet(
        "Lane-steps a second: one lane on one core, and 1, 2, 4, 8 lanes on all cores",
        ["net", "one core", *map(str, LANES)],
        [[net, *(rate_spread_text(one[name]) for name in columns)] for net, one in found.items()],
    )
    quotients = Sheet(
        "Divided by one lane on one core",
        ["net", *map(str, LANES)],
        [[net, *(ratio(one["ratios"][f"{lanes}/one_core"]) for lanes in LANES)] for net, one in found.items()],
    )
    return [rates, quotients]
