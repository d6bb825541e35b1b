"""Microseconds a training step takes, beside the peers."""

import gc
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nntui.bench.bench import Bench
from nntui.bench.engine import CONTESTANTS, engine_turns
from nntui.bench.nets import NETS, scenario_of
from nntui.bench.peers import Peer, prepare_peer
from nntui.bench.tables import Sheet, spread_text
from nntui.bench.timing import ratios, take_turns
from nntui.headless.numbers import ratio

if TYPE_CHECKING:
    from nntui_engine.scenario import Scenario


def measure(bench: Bench) -> dict[str, Any]:
    """By net: a spread for each contestant, and nntui's time divided by that of each other one."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for net in bench.chosen_nets(NETS):
            bench.say(f"nets: {net.name}")
            makers = {peer: partial(prepare_peer, peer, net, bench.threads) for peer in bench.peers}
            one = contest(bench, scenario_of(net, Path(folder)), makers)
            # "all" is the same measurement: the engine measures all statistics of a step or none
            found[net.name] = {**one, "nntui_all": one["nntui"]}
    return found


def contest(bench: Bench, scenario: "Scenario", makers: Mapping[str, Callable[[], Peer]]) -> dict[str, Any]:
    """Spreads of the engine and of the peers that ``makers`` make, by name; the "ratios" of nntui; their "threads"."""
    turns = engine_turns(scenario)
    peers = {name: make() for name, make in makers.items()}
    turns |= {name: peer.turn for name, peer in peers.items()}
    spreads = take_turns(turns, bench.seconds)
    threads = {"nntui": bench.threads, **{name: peer.threads for name, peer in peers.items()}}
    del turns, peers
    gc.collect()
    return {**spreads, "ratios": ratios("nntui", spreads), "threads": threads}


def contest_sheets(found: dict[str, Any], title: str) -> list[Sheet]:
    """Two tables by net: microseconds a step of each contestant, and nntui's divided by those of the others."""
    contestants = [name for name in next(iter(found.values())) if name not in ("nntui_all", "ratios", "threads")]
    times = Sheet(
        title,
        ["net", *contestants],
        [[net, *(spread_text(one[name]) for name in contestants)] for net, one in found.items()],
    )
    others = [f"nntui/{name}" for name in contestants if name != CONTESTANTS[0]]
    quotients = Sheet(
        "Quotients of the medians: below 1, nntui is faster",
        ["net", *others],
        [[net, *(ratio(one["ratios"][name]) for name in others)] for net, one in found.items()],
    )
    return [times, quotients]


def sheets(found: dict[str, Any]) -> list[Sheet]:
    """The two tables of a contest."""
    title = "Microseconds a step, every statistic of every step measured (nntui_off: none; blas: matrix products alone)"
    return contest_sheets(found, title)
