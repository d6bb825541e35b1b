"""Runs of networks of many kinds, and their digests: what tests compare, also across processes.

python tests/engine/layers/layer_runs.py bits FOLDER STEPS          a line for each run, in pieces and whole
python tests/engine/layers/layer_runs.py values FOLDER STEPS FILE   what every network learns, and its statistics
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from engine.layers.nets import NETS, PICTURE, PICTURES, SEQUENCE, SEQUENCES, experiment

from engine import runs
from nntui_engine.experiment import Experiment
from nntui_engine.layout import layout

IMAGES = ("convolution, same, stride 2", "batch norm after", "max pool, overlapping", "layer norm", "mixed", "residual")
TIMES = ("recurrent, dropout", "gru, carried", "lstm, truncated", "branches of a sequence", "pools of a sequence")
TRAIN: dict[str, Any] = {"optimizer": "adam", "lr": 0.01, "batch_size": 6, "evaluate_every": 7}
ROWS = 20  # 6, 6, 6 and 2: the last ones leave pieces empty
WHOLE, PIECES = layout.PIECES, ((3, 0, 1),)


def lanes_of(family: str, folder: Path, dtype: str, names: Any = None, **more: Any) -> Experiment:
    """The networks of a family side by side, on the same data."""
    nets, shape = (PICTURES, PICTURE) if family == "images" else (SEQUENCES, SEQUENCE)
    names = names or (IMAGES if family == "images" else TIMES)
    lanes = [(name, {"model.layers": nets[name]}) for name in names]
    train = {**TRAIN, "dtype": dtype}
    return experiment(
        folder, nets[names[0]], train, rows=ROWS, shape=shape, lanes=lanes, more={"test_fraction": 0.2}, **more
    )


def one(name: str, folder: Path, dtype: str = "float64", **train: Any) -> Experiment:
    return experiment(folder, name, {**TRAIN, "dtype": dtype, **train}, rows=ROWS, more={"test_fraction": 0.2})


def digest(run: Experiment, lane: int | None = None) -> str:
    """``runs.digest``, and of what recurrent layers measure."""
    found = [runs.digest(run, lane)]
    for i, each in enumerate(run.lanes):
        if lane in (None, i) and each.sequence_history is not None:
            series = each.sequence_history.series(slice(None))
            found += [np.ascontiguousarray(part).tobytes().hex() for part in (series.steps, series.mean)]
    return " ".join(found)


def main() -> None:
    what, folder, steps = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if what == "bits":
        for dtype in ("float32", "float64"):
            for family in ("images", "times"):
                run = lanes_of(family, folder, dtype)
                run.advance(steps)
                print(hash_of(digest(run)))
        layout.PIECES = PIECES
        for name in (
            "mixed",
            "layer norm",
            "lstm, dropout",
            "gru, carried",
            "branches of a sequence",
            "embedding, twice",
        ):
            run = one(name, folder)
            assert run.network.arena.ints[0, layout.c.I_ROW_PIECES] == 3
            run.advance(steps)
            print(hash_of(digest(run)))
        return
    found = {}
    for name in NETS:
        run = experiment(folder, name, {"evaluate_every": 2, "batch_size": 3}, rows=4)
        run.advance(steps)
        found |= {f"{name}: {key}": value for key, value in run.parameters().items()}
        found |= {f"{name}: {key}": np.array(value) for key, value in run.lanes[0].latest.items()}
        found |= {f"{name}: layers {key}": value for key, value in run.lanes[0].latest_layers.items()}
        found[f"{name}: sequence"] = run.lanes[0].latest_sequence
    np.savez(sys.argv[4], **found)


def hash_of(text: str) -> str:
    return runs.hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main()
