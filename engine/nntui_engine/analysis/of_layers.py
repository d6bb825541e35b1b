"""Statistics of one layer that are worked out only when asked for (``statistics.ON_DEMAND_LAYER_STATISTICS``).

``LAYER_MEASURES`` has the function of (experiment, lane index, layer from 1) for each. It returns one number, (1,), or
one for each time step, (time,); none, (0,), where the layer is of another kind.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..experiment import Experiment
from ..registry.recurrence import RECURRENT_KINDS, gates
from .inside import hidden_states, probe_set, probe_targets
from .replica import Replica, Tap

Array = NDArray[np.float64]
LayerMeasure = Callable[[Experiment, int, int], Array]

PAIRS = 64  # sequences that are compared with one that starts apart
_NONE = np.zeros(0)


def spectral_radius(experiment: Experiment, lane: int, layer: int) -> Array:
    """The largest magnitude of an eigenvalue of the weights from state to state, (1,); of gates, the largest of theirs."""
    info = experiment.network.lanes[lane].infos[layer - 1]
    if info.kind not in RECURRENT_KINDS:
        return _NONE
    label = experiment.network.lanes[lane].settings.layers[layer - 1].label
    weights = np.asarray(experiment.parameters(lane)[f"{label}.weights"], dtype=np.float64)
    recurrent = weights[len(weights) - info.units :]
    if not np.isfinite(recurrent).all():
        return np.array([np.nan])
    each = np.split(recurrent, gates(info.kind), axis=1)
    return np.array([max(float(np.abs(np.linalg.eigvals(one)).max()) for one in each)])


def hidden_spread(experiment: Experiment, lane: int, layer: int) -> Array:
    """Σ‖hₜ − h'ₜ‖ / Σ‖h₁ − h'₁‖ for every time step t, over pairs of sequences that differ in their first step
    alone: (time steps,).

    The pairs: each probe row (of at most ``PAIRS``), and the same with the first time step of the next one.
    """
    one = experiment.network.lanes[lane]
    if one.infos[layer - 1].kind not in RECURRENT_KINDS:
        return _NONE
    x = probe_set(experiment, lane, PAIRS)
    apart = x.reshape(len(x), one.settings.shape[0], -1).copy()
    apart[:, 0] = np.roll(apart[:, 0], -1, axis=0)
    states = hidden_states(experiment, lane, layer, np.concatenate([x, apart.reshape(x.shape)]))
    with np.errstate(all="ignore"):
        distance = np.sqrt(((states[: len(x)] - states[len(x) :]) ** 2).sum(axis=2)).sum(axis=0)
        return np.asarray(distance / distance[0])


def skip_of(experiment: Experiment, lane: int, layer: int) -> int | None:
    """Which source of a sum (1-based) is the skip: the one with the fewest layers between it and the data, the first
    named of several (0: the data); None for a layer that is no sum of two or more."""
    layers = experiment.network.lanes[lane].settings.layers
    sources = layers[layer - 1].sources
    if layers[layer - 1].kind != "add" or len(sources) < 2:
        return None
    depth = [0]
    for one in layers[:layer]:
        depth.append(1 + max(depth[source] for source in one.sources))
    return min(sources, key=lambda source: depth[source])


def skip_variance_share(experiment: Experiment, lane: int, layer: int) -> Array:
    """cov(s, z) / var(z) over all entries of the probe set's rows: z the sum, s the part of it that comes by the skip.

    The shares of all sources are 1 together; one is negative where its source works against the others.
    """
    skip = skip_of(experiment, lane, layer)
    if skip is None:
        return _NONE
    replica = Replica.of(experiment, lane, probe_set(experiment, lane), probe_targets(experiment, lane))
    replica.run()
    part = replica.passed_on(skip)
    whole = np.zeros_like(part)
    for source in experiment.network.lanes[lane].settings.layers[layer - 1].sources:
        whole += replica.passed_on(source)
    off = whole - whole.mean()
    with np.errstate(all="ignore"):
        return np.array([((part - part.mean()) * off).sum() / (off * off).sum()])


def skip_gradient_share(experiment: Experiment, lane: int, layer: int) -> Array:
    """⟨δₛ, δ⟩ / ‖δ‖² on the probe set: δ = ∂L/∂ what the skip's source passes on, δₛ the part that came by the skip.

    1 where all of it did; the shares of all readers of that source are 1 together.
    """
    skip = skip_of(experiment, lane, layer)
    if skip is None:
        return _NONE
    x, t = probe_set(experiment, lane), probe_targets(experiment, lane)
    replica = Replica.of(experiment, lane, x, t, tap=Tap(skip, layer))
    replica.run()
    whole, part = replica.tapped(), replica.tapped(alone=True)
    with np.errstate(all="ignore"):
        return np.array([(part * whole).sum() / (whole * whole).sum()])


# One function for each row of ``statistics.ON_DEMAND_LAYER_STATISTICS``
LAYER_MEASURES: dict[str, LayerMeasure] = {
    "spectral_radius": spectral_radius,
    "hidden_spread": hidden_spread,
    "skip_variance_share": skip_variance_share,
    "skip_gradient_share": skip_gradient_share,
}
