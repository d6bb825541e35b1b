"""Seconds for a whole map of what trains: 128 × 128 small networks, each trained to its end."""

import statistics
import time
from typing import Any

from nntui.bench.bench import Bench
from nntui.bench.tables import Sheet
from nntui.headless.numbers import measured

SIDE = 128
SCENARIO: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "What trains"},
    "data": {"name": "moons", "samples": 72, "test_fraction": 0.0},
    "model": {"hidden": [8], "activation": "tanh"},
    "train": {"lr": 0.1, "batch_size": "full", "steps": 100, "loss": "mse", "dtype": "float64"},
}
ROUNDS = 3


def measure(bench: Bench) -> dict[str, Any]:
    """Seconds of each round: learning rates from 0.01 to 10 000 by factors of the first weights from 0.1 to 10."""
    import numpy as np

    from nntui_engine.analysis.sweeps import trainability_map
    from nntui_engine.compiling.ahead import compile_ahead
    from nntui_engine.scenario import scenario_from_dict

    bench.say("fractal")
    compile_ahead(("float64",))
    scenario = scenario_from_dict(SCENARIO, name="what-trains")
    rates, scales = np.geomspace(0.01, 1e4, SIDE).tolist(), np.geomspace(0.1, 10.0, SIDE).tolist()
    trainability_map(scenario, rates[:2], scales[:2])
    took = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        trainability_map(scenario, rates, scales)
        took.append(time.perf_counter() - start)
    return {
        "networks": SIDE * SIDE,
        "steps": SCENARIO["train"]["steps"],
        "seconds": {"median": statistics.median(took), "low": min(took), "high": max(took)},
    }


def sheets(found: dict[str, Any]) -> list[Sheet]:
    """One table: the seconds of a map, median and fastest."""
    seconds = found["seconds"]
    row = [str(found["networks"]), str(found["steps"]), measured(seconds["median"]), measured(seconds["low"])]
    title = "Map of what trains: 2-8-1 networks in float64, 72 rows, the whole set at every step"
    return [Sheet(title, ["networks", "steps", "seconds", "fastest"], [row])]
