"""One optimizer on a surface: its settings and its path."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..kernels import race as k
from ..run.history import History
from ..run.task import Lane
from ..scenario.settings import SurfaceSettings

ESCAPE = 1e6  # beyond this distance from the origin a lane has diverged
PATH_POINTS = 4096  # steps of a path kept one by one; older ones in as many averages
SAMPLED = ("x", "y", "value", "gradient_norm", "lr", "path_length")  # the columns of a sample, in the kernel's order
IN_ROWS = SAMPLED[:-1]  # those that rows hold


@dataclass
class SurfaceLane(Lane):
    """One optimizer on a surface; ``history`` is its path, the columns those of a sample."""

    settings: SurfaceSettings
    history: History = field(default_factory=lambda: History(k.OUT, PATH_POINTS // 2, PATH_POINTS))

    @property
    def statistics(self) -> dict[str, Any]:
        """The newest sample, by name."""
        newest = self.history.last()
        return {} if newest is None else dict(zip(SAMPLED, newest.tolist(), strict=True))

    @property
    def has_left(self) -> bool:
        """Whether the newest sample is one of a lane that has diverged, as ``kernels/race.py`` says it."""
        newest = self.history.last()
        if newest is None or self.history.last_step <= 0:
            return False
        x, y, *sizes = newest[: k.O_GRADIENT_NORM + 1].tolist()
        return not (x * x + y * y <= ESCAPE * ESCAPE and all(map(math.isfinite, sizes)))

    @property
    def highest_value(self) -> float:
        """The largest value on the way; infinite where one was."""
        series = self.history.series([k.O_VALUE])
        return float("inf") if np.isinf(series.mean).any() else float(np.fmax.reduce(series.high, axis=None))

    @property
    def histories(self) -> dict[str, History]:
        """Its path."""
        return {"path": self.history}

    def copy(self) -> "SurfaceLane":
        """A lane whose path can grow without changing this one's."""
        return replace(self, history=self.history.copy())

    def with_past_of(self, other: "SurfaceLane") -> "SurfaceLane":
        """This lane's settings with the path of ``other``."""
        return replace(self, history=other.history)
