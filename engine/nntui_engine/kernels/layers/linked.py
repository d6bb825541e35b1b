"""What is linked: the work on rows, and each linked kind of layer, compiled when a network first has one."""

import functools
import importlib
from typing import Any

from ..links import address_of


@functools.cache
def addresses(kind: str, dtype: Any) -> tuple[int, int]:
    """Where the forward and the backward pass of a kind stand, for lanes of ``dtype``."""
    module = importlib.import_module(f".{kind}", __package__)
    return address_of(module.forward, dtype), address_of(module.backward, dtype)


@functools.cache
def rows_address(dtype: Any) -> int:
    """Where the work on the rows of a pass stands, for lanes of ``dtype``."""
    from ..rows import work

    return address_of(work, dtype)
