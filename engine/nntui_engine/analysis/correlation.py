"""Whether neighbouring inputs have like gradients, or shattered ones (Balduzzi et al. 2017)."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .inside import probe_set
from .replica import Replica, Tap

if TYPE_CHECKING:
    from ..experiment import Experiment

Array = NDArray[np.float64]
ROWS = 64  # of the probe set, at most


def gradient_correlation(experiment: "Experiment", lane: int) -> float:
    """Σ gᵢ·gⱼ / √(Σ‖gᵢ‖² Σ‖gⱼ‖²) over probe rows i, j the row nearest to i: of two rows the cosine of their gradients.

    g = ∂(Σ z)/∂x of a row, z the pre-activations of the outputs. NaN for fewer than two rows.
    """
    x = probe_set(experiment, lane, ROWS)
    if len(x) < 2:
        return float("nan")
    g = input_gradients(experiment, lane, x)
    distance = ((x[:, None, :] - x[None, :, :]) ** 2).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    near = g[distance.argmin(axis=1)]
    with np.errstate(all="ignore"):
        return float((g * near).sum() / np.sqrt((g * g).sum() * (near * near).sum()))


def input_gradients(experiment: "Experiment", lane: int, x: Array) -> Array:
    """∂(Σ z)/∂x of every row of x (rows, inputs), z the pre-activations of the outputs.

    With batch norm a row has a hand in the others' outputs: then each row's are taken by themselves.
    """
    settings = experiment.network.lanes[lane].settings
    outputs = settings.outputs
    replica = Replica.of(experiment, lane, x, np.zeros((len(x), outputs)), tap=Tap(0), linear=True)
    replica.run()
    z = replica.passed_on(len(settings.layers))
    apart = settings.batch_norm_inputs or any(layer.batch_norm != "none" for layer in settings.layers)
    pull = z.size / 2.0  # ∂mse/∂z = 2·(z − t) / size
    found = np.zeros(x.shape)
    for row in range(len(x)) if apart else [slice(None)]:
        t = z.copy()
        t[row] -= pull
        replica.targets(t)
        replica.run()
        found[row] = replica.tapped()[row]
    return found
