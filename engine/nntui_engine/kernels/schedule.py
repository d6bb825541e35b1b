"""Learning-rate schedules: the factor on lr at update t = 0, 1, 2, … of the run.

* exponential: e^(−decay·t)          * inverse_time: 1 / (1 + decay·t)          * step: factor^⌊t / every⌋
* cosine: minimum + (1 − minimum)·(1 + cos(π·min(t, over) / over)) / 2           * warmup: min(1, (t + 1) / over)
* plateau: factor each time more than `patience` evaluations in a row had no better loss (kept by the caller), as
  PyTorch's ReduceLROnPlateau
"""

import math

from ..registry.schedule import SCHEDULES
from .policy import kernel

EXPONENTIAL, INVERSE_TIME, STEP, COSINE, WARMUP, PLATEAU = SCHEDULES.codes(
    "exponential", "inverse_time", "step", "cosine", "warmup", "plateau"
)

# The parameters of each schedule, in the order of its registry row
FIRST, SECOND = 0, 1


@kernel
def schedule_factor(code, parameters, t):
    """The factor on lr at update ``t`` (0 for the first); ``parameters`` in the order of the registry row."""
    if code == EXPONENTIAL:
        return math.exp(-parameters[FIRST] * t)
    if code == INVERSE_TIME:
        return 1.0 / (1.0 + parameters[FIRST] * t)
    if code == STEP:
        return parameters[SECOND] ** (t // int(parameters[FIRST]))
    if code == COSINE:
        over = parameters[FIRST]
        share = min(float(t), over) / over
        floor = parameters[SECOND]
        return floor + (1.0 - floor) * 0.5 * (1.0 + math.cos(math.pi * share))
    if code == WARMUP:
        return min(1.0, (t + 1.0) / parameters[FIRST])
    return 1.0
