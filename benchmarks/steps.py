"""Microseconds a training step takes, with every per-step statistic of every layer and without.

    python benchmarks/steps.py [NET …]

What is timed is what ``nntui run`` runs: Experiment.advance, with the folding of the history, Adam, float32, one lane.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from nntui_engine import Experiment
from nntui_engine.scenario import scenario_from_dict

ROWS = 4096
NETS = {  # name: (layer sizes, batch size)
    "tiny": ([2, 8, 8, 1], 32),
    "deep": ([64] * 11 + [1], 64),
    "thin50": ([32] * 51 + [1], 64),
    "mnist30": ([784, 30, 30, 10], 32),
    "mnist256": ([784, 256, 256, 10], 128),
    "wide1024": ([784, 1024, 1024, 10], 256),
}


def scenario_of(sizes: list[int], batch: int, folder: Path) -> dict[str, object]:
    """Random inputs and targets, as an own file."""
    generator = np.random.default_rng(0)
    classes = max(2, sizes[-1])
    file = folder / f"{'-'.join(map(str, sizes))}.npz"
    np.savez(file, x=generator.standard_normal((ROWS, sizes[0])), y=generator.integers(0, classes, ROWS))
    return {
        "schema": 1,
        "scenario": {"title": "Speed"},
        "data": {"path": str(file), "task": "binary" if classes == 2 else "classes", "test_fraction": 0.0},
        "model": {"hidden": sizes[1:-1], "activation": "relu", "init": "he_normal"},
        "train": {
            "optimizer": "adam",
            "lr": 0.001,
            "batch_size": batch,
            "steps": 10**9,
            "evaluate_every": 10**9,
        },
    }


def microseconds(scenario: dict[str, object], every: int, seconds: float = 2.0) -> tuple[float, float, float]:
    """(median, smallest, largest) microseconds a step over repeated calls."""
    experiment = Experiment(scenario_from_dict(scenario, name="speed"), every=every)
    experiment.advance_for(0.3)
    start = time.perf_counter()
    experiment.advance(20)
    steps = max(20, int(0.05 / ((time.perf_counter() - start) / 20)))
    took, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(took) < 3:
        start = time.perf_counter()
        experiment.advance(steps)
        took.append((time.perf_counter() - start) / steps * 1e6)
    return statistics.median(took), min(took), max(took)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'net':10s} {'all statistics':>24s} {'without':>24s}   (median, fastest … slowest, µs a step)")
        for name in sys.argv[1:] or NETS:
            table = scenario_of(*NETS[name], Path(folder))
            columns = [f"{m:9.1f} {a:6.1f} … {b:6.1f}" for m, a, b in (microseconds(table, e) for e in (1, 10**9))]
            print(f"{name:10s} " + "  ".join(columns), flush=True)
