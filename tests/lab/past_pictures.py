"""Pictures of the Layers and the Landscape view, which show a past: a tiny network is really trained for them."""

import time
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np

from nntui.lab.frame import Frame
from nntui.lab.still import render_frame
from nntui.looks.landscape import landscape
from nntui.looks.request import LookRequest
from nntui.looks.sharpness import sharpness_past
from nntui.looks.walk import walk_of
from nntui_engine import Experiment
from nntui_engine.scenario import scenario_from_dict

SIZES = ((80, 24), (120, 40), (160, 48), (200, 60))
VIEWS = ("layers", "landscape")
PARTS, STEPS = 6, 10
TABLES = {
    "schema": 1,
    "scenario": {"title": "A past"},
    "data": {"name": "moons", "samples": 60, "noise": 0.1},
    "model": {"hidden": [5, 3], "activation": "tanh"},
    "train": {"lr": 0.5, "steps": 100, "batch_size": "full", "dtype": "float64"},
}


def pasts() -> Iterator[tuple[str, Callable[[], Frame]]]:
    """Each view in every size."""
    for view in VIEWS:
        for width, height in SIZES:
            yield f"{view} {width}x{height}", lambda v=view, w=width, h=height: _drawn(v, w, h)


def _drawn(view: str, width: int, height: int) -> Frame:
    run = _trained()
    return render_frame(run.full_snapshot(64), width, height, view=view, run=run, layer=2)


@cache
def _trained() -> Experiment:
    """From weights by a formula, with all that is worked out of it on the way complete."""
    run = Experiment(scenario_from_dict(TABLES))
    for name, value in run.parameters(0).items():
        run.set_parameters(0, {name: np.sin(1.0 + 1.7 * np.arange(value.size)).reshape(value.shape)})
    request = LookRequest()
    for part in range(PARTS + 1):
        walk_of(run).note(run)
        while len(sharpness_past(run, request).lanes[run.lanes[0].name][0]) <= part:
            time.sleep(0.001)
        if part < PARTS:
            run.advance(STEPS)
    while not landscape(run, request).complete:  # type: ignore[union-attr]
        pass
    return run
