"""Data sets: what a scenario can name, generated or real."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..registry.row import Registry
from .generated import GENERATED
from .mnist1d import MNIST1D
from .raw import RawData, check_size
from .real import REAL
from .sequences import SEQUENCES

_STREAM = 1

DATASETS = Registry("data set", (*GENERATED, *SEQUENCES, MNIST1D, *REAL))


def rows_of(name: str, parameters: Mapping[str, float], seed: int, where: str = "data") -> RawData:
    """Data set ``name`` with ``parameters`` (absent ones take their defaults), before any split or preprocessing.

    Raises InputError if it would be larger than memory sensibly allows, for parameters that do not go together, and
    for a data set whose package is not installed.
    """
    row = DATASETS[name]
    values = {p.name: parameters.get(p.name, p.default) for p in row.parameters}
    shape = () if row.shape is None else row.shape(values)
    columns = math.prod(shape) if shape else int(values.get("features", 2))
    check_size(int(values.get("samples", 0)), columns, where)
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _STREAM])))
    try:
        raw = row.make(generator, values)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    return replace(raw, shape=shape)
