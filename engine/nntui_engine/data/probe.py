"""The probe set: the training rows that dead units and sharpness are measured on."""

import numpy as np
from numpy.typing import NDArray

PROBE_ROWS = 512
_STREAM = 4


def probe_rows(rows: int, seed: int) -> NDArray[np.int64]:
    """Which of ``rows`` training rows are probed (probed,), rising: PROBE_ROWS drawn by ``seed``, or all if fewer.

    Drawn, because files are often sorted: their first rows may be all of one class. Lanes with the same rows and seed
    have the same draw.
    """
    if rows <= PROBE_ROWS:
        return np.arange(rows, dtype=np.int64)
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _STREAM])))
    return np.sort(generator.choice(rows, PROBE_ROWS, replace=False)).astype(np.int64)
