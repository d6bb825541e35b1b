"""Which parts of the kernels a network takes: the training loop in its number type, and its own families of layers."""

from collections.abc import Iterable

from ..registry.layer_kinds import LAYER_KINDS


def parts_of(dtype: str, kinds: Iterable[str]) -> tuple[str, ...]:
    """The parts that networks of these kinds of layer take, in ``dtype``."""
    families = {LAYER_KINDS[kind].family for kind in kinds if LAYER_KINDS[kind].linked}
    return (dtype, *(f"{dtype} {family}" for family in sorted(families)))
