"""Pictures of what the Network and the Map view draw, from formulas: see ``pictures.py``."""

from collections.abc import Callable, Iterator

import numpy as np
from builders import lane_settings, lane_snapshot
from lab.picture_parts import THEMES

from nntui.looks.answers import AnsweredPictures, Confusion
from nntui.looks.responses import CloseUnit, Column, Diagram, UnitResponse
from nntui.looks.units import LayerUnits, Units
from nntui.looks.weights import UnitWeights
from nntui.plotting.answered_pictures import draw_answered
from nntui.plotting.close_unit import draw_close_unit
from nntui.plotting.confusion import draw_confusion
from nntui.plotting.diagram import draw_diagram
from nntui.plotting.grid import Grid
from nntui.plotting.units import MEASURES, draw_units

Floats = np.ndarray
SIZES = ((47, 20), (87, 36), (118, 44))  # what 80×24, 120×40 and 160×48 leave
SIDE = 24


def wave(*shape: int) -> Floats:
    """Numbers from −1 to 1 that look like nothing else."""
    return np.sin(1.0 + 1.7 * np.arange(np.prod(shape))).reshape(shape)


def views() -> Iterator[tuple[str, Callable[[], Grid]]]:
    """Every drawing in the sizes that screens leave it, and once in each theme."""
    counts = (24, 8, 1)
    net = lane_snapshot(0, "net", settings=lane_settings("net", units=counts))
    found = Units(tuple(_units(count) for count in counts), 512)
    wide = lane_snapshot(0, "net", settings=lane_settings("net", units=(900, 300, 10)))
    many = Units(tuple(_units(count) for count in (900, 300, 10)), 512)
    flat = np.linspace(-1.0, 1.0, SIDE)
    across, up = np.tile(flat, (SIDE, 1)), np.tile(-flat[:, None], (1, SIDE))
    answers = [np.stack([np.tanh(a * across + b * up) for a, b in wave(count, 2)]) for count in counts]
    plane = Diagram(
        (
            Column(np.stack([across, up]), None),
            *(Column(a, wave(n, m)) for a, n, m in zip(answers, (2, *counts), counts, strict=False)),
        ),
        ("x1", "x2"),
    )
    window = ((-1.0, 1.0), (-1.0, 1.0))
    close = CloseUnit(
        UnitWeights(2, 3, 3, 8, wave(24), 0.125, ()),
        UnitResponse(window, window, True, np.tanh(3 * np.tile(np.linspace(-1, 1, 72), (72, 1))), ("x1", "x2")),
        found,
    )
    matrix = Confusion(tuple("0123456789"), np.round(20 * np.abs(wave(10, 10)) ** 6).astype(int), 0, True, 212, 1000)
    images = AnsweredPictures(
        ("cat", "dog", "owl"), wave(20, 8, 8), np.arange(20) % 3, np.arange(20) % 2, 13, True, 450, 450
    )
    for name, theme in THEMES.items():
        for width, height in SIZES if not name else SIZES[:1]:
            words, size = f"{width}x{height}{name}", (width, height, theme)
            for measure in MEASURES if width == SIZES[0][0] else MEASURES[:1]:
                yield (
                    f"units by {measure.name} {words}",
                    lambda m=measure, s=size: draw_units(found, net, "Units", (2, 3), m, *s),
                )
            yield f"wide layers {words}", lambda s=size: draw_units(many, wide, "Units", (1, 700), MEASURES[0], *s)
            yield f"diagram {words}", lambda s=size: draw_diagram(plane, net, "Answers", (2, 3), *s)
            yield f"one unit {words}", lambda s=size: draw_close_unit(close, net, "net", MEASURES[0], *s)
            yield f"confusion {words}", lambda s=size: draw_confusion(matrix, "Confusion matrix", *s)
            yield f"answers {words}", lambda s=size: draw_answered(images, "Wrong answers", *s)


def _units(count: int) -> LayerUnits:
    """Every fifth unit is dead, every seventh saturated."""
    dead, flat = np.arange(count) % 5 == 4, np.arange(count) % 7 == 6
    silent, saturated = np.where(dead, 1.0, 0.4), np.where(flat, 0.95, 0.2)
    return LayerUnits(wave(count), np.ones(count), silent, saturated, 10.0 ** (3 * wave(count) - 4))
