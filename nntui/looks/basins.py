"""Where a descent ends, by where it starts: the basins of a surface's minima for one optimizer at its settings."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nntui_engine.scenario.settings import SurfaceSettings

from .projection import Window

Floats = NDArray[np.float64]
MOST_STARTS, LEAST_STARTS = 1500, 600
MOST_STEPS = 3_000_000  # of all starts together: some tenths of a second
SHARE = 0.02  # of the starts: a place where so many come to rest is one of its own
MOST_OTHERS = 12
AT_REST = 0.01  # of the slope that half of the starts have
ARRIVED = 0.03  # of the window's diagonal: as near a minimum counts as there


def spaced(values: Floats, most: int) -> Floats:
    """At most so many of ``values`` (m,), evenly spaced (n,)."""
    apart = -(-len(values) // max(1, most))
    return values[apart // 2 :: apart]


def starts_of(xs: Floats, ys: Floats, steps: int) -> tuple[Floats, Floats]:
    """As many of the places of a map, (m,) across and (n,) up, in equal parts of both directions, as can be started
    from."""
    most = min(MOST_STARTS, max(LEAST_STARTS, MOST_STEPS // max(1, steps)))
    share = min(1.0, (most / (len(xs) * len(ys))) ** 0.5)
    return spaced(xs, int(len(xs) * share)), spaced(ys, int(len(ys) * share))


def basins(settings: SurfaceSettings, minima: Floats, window: Window, xs: Floats, ys: Floats) -> Floats:
    """(len(ys), len(xs)): the minimum, as its row in ``minima`` (k, 2), that the descent from there is at after all its
    steps, or after those that there is time for; k, k + 1, … for other places where many come to rest, those of most
    first; NaN where it is nowhere."""
    from nntui_engine.kernels import race as k
    from nntui_engine.run.launch import launching
    from nntui_engine.tasks.field import lay_out

    count = len(xs) * len(ys)
    steps = min(settings.steps, max(1, MOST_STEPS // count))
    across, down = np.meshgrid(xs, ys)
    field = lay_out([replace(settings, start=(x, y)) for x, y in zip(across.flat, down.flat, strict=True)])
    field.ints[:, k.C_SAMPLE_EVERY] = steps
    with launching():
        k.start_race(field.points, field.state, field.ints, field.reals)  # type: ignore[no-untyped-call]
    steep = float(np.median(np.hypot(*field.state[:, k.G : k.G + 2].T)))
    field.race(np.full(count, steps), np.zeros((count, 2), np.int64), np.zeros((count, 2, k.OUT)))
    ends = field.state[:, k.W : k.W + 2]
    (x0, x1), (y0, y1) = window
    near = ARRIVED * math.hypot(x1 - x0, y1 - y0)
    apart = _apart(ends, minima)
    found = np.where(apart.min(axis=1, initial=np.inf) <= near, _first(apart), np.nan)
    with np.errstate(all="ignore"):
        rest = np.isnan(found) & (np.hypot(*field.state[:, k.G : k.G + 2].T) <= AT_REST * steep)
    others = np.flatnonzero(rest)
    together = _apart(ends[others], ends[others]) <= near
    for number in range(len(minima), len(minima) + MOST_OTHERS):
        counts = together.sum(axis=1)
        if counts.max(initial=0) < max(2, SHARE * count):
            break
        here = together[counts.argmax()].copy()
        found[others[here]] = number
        together[here], together[:, here] = False, False
    return found.reshape(len(ys), len(xs))


def _apart(points: Floats, others: Floats) -> Floats:
    """(m, k) between points (m, 2) and others (k, 2); ∞ where that is not finite."""
    with np.errstate(all="ignore"):
        away = points[:, None, :] - others[None, :, :]
        found = np.hypot(away[..., 0], away[..., 1])
    return np.where(np.isfinite(found), found, np.inf)


def _first(apart: Floats) -> Floats:
    """The nearest of each row; NaN where there is none at all."""
    return apart.argmin(axis=1).astype(float) if apart.shape[1] else np.full(len(apart), np.nan)
