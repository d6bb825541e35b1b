"""Statistics of one layer that are worked out only when asked for (``statistics.ON_DEMAND_LAYER_STATISTICS``).

``LAYER_MEASURES`` has the function of (experiment, lane index, layer from 1) for each. It returns one number, (1,), or
one for each time step, (time,); none, (0,), where the layer is of another kind.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..experiment import Experiment
from ..registry.recurrence import RECURRENT_KINDS, gates
from .inside import hidden_states, probe_set

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


# One function for each row of ``statistics.ON_DEMAND_LAYER_STATISTICS``
LAYER_MEASURES: dict[str, LayerMeasure] = {
    "spectral_radius": spectral_radius,
    "hidden_spread": hidden_spread,
}
