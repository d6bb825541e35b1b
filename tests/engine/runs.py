"""A run of very different lanes, and its digest: what the determinism tests compare, also across processes.

python tests/engine/runs.py FILE.npz STEPS PIECE [DTYPE]          prints a line for each dtype
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from nntui_engine.experiment import Experiment

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.build import scenario

MODEL: dict[str, Any] = {"hidden": [8, 6], "activation": "tanh"}
TRAIN: dict[str, Any] = {"batch_size": 12, "lr": 0.05, "optimizer": "adam", "evaluate_every": 7}
DATA: dict[str, Any] = {"test_fraction": 0.2, "split": "random"}
PROXIMAL: dict[str, Any] = {"train.l1_method": "proximal"}
LANES: list[tuple[str, dict[str, Any]]] = [
    ("plain", {}),
    ("relu", {"model.activation": "relu", "model.batch_norm": "after", "model.dropout": 0.3}),
    ("large", {"model.hidden": [70, 64], "train.batch_size": 40, "train.clip_norm": 0.5}),
    ("noisy", {"train.noise.weights": 0.1, "train.noise.inputs": 0.1, "train.noise.gradients": 0.01}),
    ("best weights", {"train.steps": 30, "train.early_stopping.patience": 100, "train.l1": 0.01, **PROXIMAL}),
    ("nadam", {"train.optimizer": "nadam", "model.activation": "prelu", "model.dropconnect": 0.2}),
]


def experiment(path: Path, dtype: str, lanes: list[tuple[str, dict[str, Any]]] = LANES) -> Experiment:
    return Experiment(scenario(path, MODEL, {**TRAIN, "dtype": dtype}, DATA, lanes), keep_samples=True)


def digest(run: Experiment, lane: int | None = None) -> str:
    """A hash of every bit of the lanes' (or one lane's) parameters, statistics and histories."""
    content = hashlib.sha256()
    for i, one in enumerate(run.lanes):
        if lane not in (None, i):
            continue
        for name, value in run.parameters(i).items():
            content.update(name.encode() + value.tobytes())
        for history in (one.step_history, one.evaluation_history):
            series = history.series(slice(None))
            for part in (series.steps, series.low, series.mean, series.high):
                content.update(np.ascontiguousarray(part).tobytes())
    return content.hexdigest()


def samples(run: Experiment) -> str:
    return json.dumps(list(run.samples()))


def main() -> None:
    path, steps, piece = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for dtype in sys.argv[4:] or ("float32", "float64"):
        run = experiment(path, dtype)
        while run.step < steps:
            run.advance(min(piece, steps - run.step))
        print(dtype, digest(run), hashlib.sha256(samples(run).encode()).hexdigest())


if __name__ == "__main__":
    main()
