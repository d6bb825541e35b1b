"""Data sets: what a scenario can name, generated or real."""

import math
from collections.abc import Mapping
from dataclasses import replace

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
    shape = () if row.shape is None else row.shape(values)
    columns = math.prod(shape) if shape else int(values.get("features", 2))
    check_size(int(values.get("samples", 0)), columns, where)
    raw = row.make(np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _STREAM]))), values)
    return replace(raw, shape=shape)
