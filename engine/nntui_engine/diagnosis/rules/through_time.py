"""The gradient on its way back through the time steps of a recurrent layer."""

from collections.abc import Iterator

import numpy as np

from ...run.finding import Finding, Fix
from ...run.snapshot import Series
from ...scenario.settings import LayerSettings
from ..case import Case

FADED = 0.02  # of the last time step's gradient, in the first one's: as through layers (signal.py)
LONG_FOR_PLAIN = 20  # time steps: beyond 10 to 20 plain layers hardly learn (Bengio et al. 1994)
GROWN = 70.0  # times the last time step's gradient, in the first one's …
LARGE = 10.0  # … which is at least this
LEAST_SPIKES = 3  # steps: fewer may be an odd mini-batch, unless numbers overflow right after them


def vanishing_through_time(case: Case) -> Finding | None:
    """A plain recurrent layer whose first time steps are out of reach."""
    for layer, past in _recurrent(case):
        if layer.kind != "recurrent" or layer.options.get("truncate") or case.is_near:
            continue
        steps, ratios = past.mean.shape[1], past.mean[:, 0] / past.mean[:, -1]
        ratio = float(np.nanmedian(ratios[len(ratios) // 2 :]))  # it goes up and down with the rows of a batch
        if not ratio < FADED:
            continue
        since = int(past.steps[int((ratios < FADED).argmax())])
        return case.finding(
            "vanishing_gradient",
            f"The gradient shrinks on its way back through time: the first of {steps} time steps of "
            f"{case.called(layer.index)} gets {ratio:.1g} of what the last one gets, so what was there cannot be "
            "learned.",
            {"ratio": ratio, "ratio_below": FADED, "time_steps": float(steps)},
            _gates(layer),
            layers=(layer.index,),
            since=since,
        )
    return None


def exploding_through_time(case: Case) -> Finding | None:
    """A recurrent layer whose gradient grows on its way back through time: again and again to over 70 times what the
    last time step gets, or right before numbers overflow."""
    broken = case.lane.network.first_non_finite
    for layer, past in _recurrent(case):
        finite = np.isfinite(past.mean).all(axis=1)
        if broken is not None:
            finite &= past.steps < broken.step
        steps, first, last = past.steps[finite], past.high[finite, 0], past.mean[finite, -1]
        large = first > LARGE
        spikes = large & (first > GROWN * last)
        if broken is not None and len(first) and large[-1] and first[-1] > last[-1]:
            spikes[-1] = True
        elif spikes.sum() < min(LEAST_SPIKES, len(spikes)):
            continue
        if not spikes.any():
            continue
        at = int(np.where(spikes, first, 0.0).argmax())
        how = f"in {spikes.sum()} of {len(spikes)} measured steps" if broken is None else "before numbers overflowed"
        return case.finding(
            "exploding_gradient",
            f"The gradient grows on its way back through time, {how}: in step {steps[at]:.0f} the first of "
            f"{past.mean.shape[1]} time steps of {case.called(layer.index)} got {first[at]:.3g}, the last one "
            f"{last[at]:.3g}.",
            {
                "ratio": float(first[at] / last[at]),
                "ratio_above": GROWN,
                "first_time_step": float(first[at]),
                "first_time_step_above": LARGE,
                "spikes": float(spikes.sum()),
            },
            _bounds(case, layer),
            layers=(layer.index,),
            since=int(steps[int(spikes.argmax())]),
        )
    return None


def _recurrent(case: Case) -> Iterator[tuple[LayerSettings, Series]]:
    """The layers that have a gradient at every time step, with its past (samples, time steps)."""
    for number, past in case.lane.sequence_history.get("time_gradient_norm", {}).items():
        if len(past.steps):
            yield case.settings.layers[number - 1], past


def gates_for_long(case: Case) -> tuple[Fix, ...]:
    """Gates in place of the first plain recurrent layer, where sequences are long for one."""
    layers = case.settings.layers
    if len(case.settings.shape) != 2 or case.settings.shape[0] < LONG_FOR_PLAIN:
        return ()
    return next((_gates(layer) for layer in layers if layer.kind == "recurrent"), ())


def _bounds(case: Case, layer: LayerSettings) -> tuple[Fix, ...]:
    """What keeps the gradient of a recurrent layer from growing."""
    clipped = Fix({"train.clip_norm": 1.0}, "clipping bounds the length of a step")
    if layer.kind != "recurrent":
        return clipped, Fix({"train.lr": case.lr / 10}, "smaller steps leave the weights where the state does not grow")
    if (layer.options.get("spectral_radius") or 0.0) > 1.0:
        radius = Fix({f"model.layers.{layer.label}.spectral_radius": 1.0}, "a state that does not grow of itself")
        return radius, clipped, *_gates(layer)
    return clipped, *_gates(layer)


def _gates(layer: LayerSettings) -> tuple[Fix, ...]:
    """Layers with gates in place of a plain recurrent one."""
    return tuple(
        Fix({f"model.layers.{layer.label}.kind": kind}, "gates keep what was read, and its gradient")
        for kind in ("gru", "lstm")
    )
