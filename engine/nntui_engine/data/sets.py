"""Data sets: what a scenario can name, generated or real."""

from collections.abc import Mapping

import numpy as np

from ..registry.row import Registry
from .generated import GENERATED
from .raw import RawData, check_size
from .real import REAL

_STREAM = 1

DATASETS = Registry("data set", (*GENERATED, *REAL))


def rows_of(name: str, parameters: Mapping[str, float], seed: int, where: str = "data") -> RawData:
    """Data set ``name`` with ``parameters`` (absent ones take their defaults), before any split or preprocessing.

    Raises InputError if it would be larger than memory sensibly allows.
    """
    row = DATASETS[name]
    values = {p.name: parameters.get(p.name, p.default) for p in row.parameters}
    check_size(int(values.get("samples", 0)), int(values.get("features", 2)), where)
    return row.make(np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _STREAM]))), values)
