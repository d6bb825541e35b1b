"""What measuring every statistic of every step adds to a step."""

import tempfile
from pathlib import Path
from typing import Any

from nntui.bench.bench import Bench
from nntui.bench.engine import engine_turns
from nntui.bench.nets import NETS, scenario_of
from nntui.bench.tables import Sheet, spread_text
from nntui.bench.timing import take_turns
from nntui.headless.numbers import ratio


def measure(bench: Bench) -> dict[str, Any]:
    """By net: microseconds a step with statistics and without, and their quotient. What the part "nets" has measured
    in the same call is taken from there."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for net in bench.chosen_nets(NETS):
            spreads = bench.found.get("nets", {}).get(net.name)
            if spreads is None:
                bench.say(f"statistics: {net.name}")
                spreads = take_turns(engine_turns(scenario_of(net, Path(folder))), bench.seconds)
            on, off = spreads["nntui"], spreads["nntui_off"]
            found[net.name] = {"on": on, "off": off, "ratios": {"on/off": on["median"] / off["median"]}}
    return found


def sheets(found: dict[str, Any]) -> list[Sheet]:
    """One table by net: microseconds a step with all statistics and with none, and their quotient."""
    rows = [
        [net, spread_text(one["on"]), spread_text(one["off"]), ratio(one["ratios"]["on/off"])]
        for net, one in found.items()
    ]
    return [Sheet("Microseconds a step with all statistics and with none", ["net", "on", "off", "on/off"], rows)]
