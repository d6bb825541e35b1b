"""A series as one line of block characters."""

import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
NOT_FINITE = "×"


def sparkline(values: Sequence[float], width: int, log: bool = False) -> str:
    """At most ``width`` characters, lowest value to highest; NaN and infinities show as "×", never left out.

    ``log`` spaces the heights by the logarithm; values of 0 and below then sit at the bottom.
    """
    columns = _columns(values, width)
    heights = [_height(column, log) for column in columns]
    finite = [height for height in heights if math.isfinite(height)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    return "".join(_block(height, low, high) for height in heights)


def _columns(values: Sequence[float], width: int) -> list[Sequence[float]]:
    count = min(width, len(values))
    return [values[len(values) * i // count : len(values) * (i + 1) // count] for i in range(count)]


def _height(values: Sequence[float], log: bool) -> float:
    """The average of a column: NaN if any value is not finite, −inf if none is above 0 on a log scale."""
    if any(not math.isfinite(value) for value in values):
        return math.nan
    if not log:
        return sum(values) / len(values)
    logarithms = [math.log10(value) for value in values if value > 0]
    return sum(logarithms) / len(logarithms) if logarithms else -math.inf


def _block(height: float, low: float, high: float) -> str:
    if math.isnan(height):
        return NOT_FINITE
    if height == -math.inf or high == low:
        return BLOCKS[0]
    return BLOCKS[min(int((height - low) / (high - low) * len(BLOCKS)), len(BLOCKS) - 1)]
