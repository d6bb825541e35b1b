"""Microseconds a training step takes, beside the peers."""

import gc
import tempfile
from pathlib import Path
from typing import Any

from nntui.bench.bench import Bench
from nntui.bench.engine import CONTESTANTS, engine_turns
from nntui.bench.peers import prepare_peer
from nntui.bench.tables import Sheet, spread_text
from nntui.bench.timing import ratios, take_turns
from nntui.headless.numbers import ratio


def measure(bench: Bench) -> dict[str, Any]:
    """By net: a spread for each contestant, and nntui's time divided by that of each other one."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for net in bench.chosen_nets():
            bench.say(f"nets: {net.name}")
            turns = engine_turns(net, Path(folder))
            peers = {peer: prepare_peer(peer, net, bench.threads) for peer in bench.peers}
            turns |= {name: peer.turn for name, peer in peers.items()}
            spreads = take_turns(turns, bench.seconds)
            threads = {"nntui": bench.threads, **{name: peer.threads for name, peer in peers.items()}}
            # "all" is the same measurement: the engine measures all statistics of a step or none
            found[net.name] = {
                **spreads,
                "nntui_all": spreads["nntui"],
                "ratios": ratios("nntui", spreads),
                "threads": threads,
            }
            del turns, peers
            gc.collect()
    return found


def sheets(found: dict[str, Any]) -> list[Sheet]:
    """Two tables by net: microseconds a step of each contestant, and nntui's divided by those of the others."""
    contestants = [name for name in next(iter(found.values())) if name not in ("nntui_all", "ratios", "threads")]
    times = Sheet(
        "Microseconds a step, every statistic of every step measured (nntui_off: none; blas: matrix products alone)",
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
