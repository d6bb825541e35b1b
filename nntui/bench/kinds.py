"""Microseconds a training step takes in convolutional, recurrent and residual networks, beside the peers."""

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from nntui.bench.bench import Bench
from nntui.bench.kind_jax import prepare_kind_jax
from nntui.bench.kind_nets import KIND_NETS, scenario_of
from nntui.bench.kind_torch import prepare_kind_torch
from nntui.bench.steps import contest, contest_sheets
from nntui.bench.tables import Sheet

MAKERS = {"torch": prepare_kind_torch, "jax": prepare_kind_jax}


def measure(bench: Bench) -> dict[str, Any]:
    """By net: a spread for each contestant, and nntui's time divided by that of each other one."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for net in bench.chosen_nets(KIND_NETS):
            bench.say(f"kinds: {net.name}")
            makers = {peer: partial(MAKERS[peer], net, bench.threads) for peer in bench.peers if peer in MAKERS}
            found[net.name] = contest(bench, scenario_of(net, Path(folder)), makers)
    return found


def sheets(found: dict[str, Any]) -> list[Sheet]:
    """The two tables of a contest."""
    title = "Other kinds of network: microseconds a step, every statistic of every step measured (nntui_off: none)"
    return contest_sheets(found, title)
