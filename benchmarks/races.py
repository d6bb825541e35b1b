"""Optimizer steps a second on a surface, all lanes together.

    python benchmarks/races.py [OPTIMIZER …]

What is timed is one launch after another of the kernel that races, fair rates and basin maps all use, on the cores
that Numba was given (NUMBA_NUM_THREADS), without samples in between.
"""

import statistics
import sys
import time

import numba
import numpy as np

from nntui_engine.kernels import race as kernels
from nntui_engine.race import lay_out
from nntui_engine.scenario import resolve_race

LANES = 1000
STEPS_A_LAUNCH = 2000
RUNS = {  # name: (train settings, surface)
    "sgd": ({"optimizer": "sgd", "lr": 1e-4}, "beale"),
    "momentum": ({"optimizer": "sgd", "lr": 1e-5, "momentum": 0.9}, "beale"),
    "adam": ({"optimizer": "adam", "lr": 1e-3}, "beale"),
    "adadelta": ({"optimizer": "adadelta", "lr": 1.0}, "beale"),
    "nadam": ({"optimizer": "nadam", "lr": 1e-3}, "beale"),
    "sgd, bowl": ({"optimizer": "sgd", "lr": 1e-3}, "bowl"),
    "sgd, noise": ({"optimizer": "sgd", "lr": 1e-4, "noise": 0.1}, "beale"),
    "sgd, noisy moons": ({"optimizer": "sgd", "lr": 1e-2}, "noisy_moons"),
}


def million_steps_a_second(train: dict[str, object], surface: str, seconds: float = 2.0) -> tuple[float, float, float]:
    """(median, lowest, highest) over launches that fill about ``seconds``."""
    train = {**train, "steps": 10**9}
    table = {"name": surface, "noise": train.pop("noise", 0.0)}
    field = lay_out([resolve_race({"surface": table, "train": train}, str(i)) for i in range(LANES)])
    field.ints[:, kernels.C_SAMPLE_EVERY] = 10**9
    # starts spread over a grid, as in a basin map
    field.state[:, kernels.W : kernels.W + 2] = np.random.default_rng(0).uniform(-1.0, 1.0, (LANES, 2))
    out_steps, out = np.zeros((LANES, 1), np.int64), np.zeros((LANES, 1, kernels.OUT))
    kernels.start_race(field.points, field.state, field.ints, field.reals)
    steps = STEPS_A_LAUNCH // 20 if surface == "noisy_moons" else STEPS_A_LAUNCH
    speeds: list[float] = []
    goals, end = np.full(LANES, 0), time.perf_counter() + seconds
    while time.perf_counter() < end or len(speeds) < 4:
        goals += steps
        start = time.perf_counter()
        kernels.race_lanes(goals, field.points, field.state, field.ints, field.reals, out_steps, out)
        speeds.append(LANES * steps / (time.perf_counter() - start) / 1e6)
    if (field.ints[:, kernels.C_DIVERGED_AT] >= 0).any():
        raise SystemExit(f"{surface}: a lane diverged; its steps were not taken")
    return statistics.median(speeds[1:]), min(speeds[1:]), max(speeds[1:])


if __name__ == "__main__":
    print(f"{LANES} lanes, {numba.get_num_threads()} threads; million steps a second: median, lowest … highest")
    for name in sys.argv[1:] or RUNS:
        middle, low, high = million_steps_a_second(*RUNS[name])
        print(f"{name:18s} {middle:8.1f}   {low:6.1f} … {high:.1f}", flush=True)
