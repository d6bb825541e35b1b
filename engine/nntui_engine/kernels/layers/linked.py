"""The linked kinds of layer: a module for each, compiled when a network first has one."""

import functools
import importlib
from typing import Any

from ..links import address_of


@functools.cache
def addresses(kind: str, dtype: Any) -> tuple[int, int]:
    """Where the forward and the backward pass of a kind stand, for lanes of ``dtype``."""
    module = importlib.import_module(f".{kind}", __package__)
    return address_of(module.forward, dtype), address_of(module.backward, dtype)
