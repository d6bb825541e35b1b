"""How much memory a run takes, counted by what lays it out, before any of it is allocated."""

import math
from collections.abc import Iterable

from ..data.dataset import LaneData
from ..errors import InputError
from ..layout.layout import Layout
from ..run.history import history_bytes
from ..scenario.settings import LaneSettings
from .network_lane import history_widths, output_shapes

LARGEST_RUN = 8 * 10**9  # bytes
_NUMBER = 8


def lay_out(lanes: Iterable[tuple[LaneSettings, LaneData]], where: str) -> Layout:
    """A place for the numbers of every lane. Lanes are taken from ``lanes`` one by one, and none after the first that
    does not fit.

    Raises InputError if the run needs more than LARGEST_RUN bytes, or if the lanes differ in their dtype.
    """
    layout: Layout | None = None
    for count, (settings, data) in enumerate(lanes, 1):
        if layout is None:
            layout = Layout(settings.dtype)
        elif layout.dtype != settings.dtype:
            raise InputError(f"{where}: train.dtype: all lanes of an experiment must have the same one")
        layout.add(settings, data)
        needed = bytes_of_run(layout)
        if needed > LARGEST_RUN:
            whose = "the network needs" if count == 1 else f"the first {count} lanes need"
            raise InputError(
                f"{where}: {whose} {size_in_words(needed)} of memory; a run may take {size_in_words(LARGEST_RUN)}: "
                "fewer lanes, fewer or narrower layers, smaller batches, less data"
            )
    assert layout is not None, "an experiment has a lane"
    return layout


def bytes_of_run(layout: Layout) -> int:
    """Memory of an experiment: arena and data, what launches write, and the histories of its lanes."""
    written = sum(map(math.prod, output_shapes(layout.lanes, layout.depth, layout.more))) * _NUMBER
    past = sum(history_bytes(width) for depth in layout.depths for width in history_widths(depth))
    return layout.bytes + written + past


def size_in_words(count: int) -> str:
    """Bytes as a person reads them: "12 MB", "1.5 GB"."""
    return f"{count / 1e9:.3g} GB" if count >= 10**9 else f"{math.ceil(count / 1e6)} MB"
