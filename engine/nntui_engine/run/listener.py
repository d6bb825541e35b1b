"""Who is told of everything that a run measures and what happens to it, while it goes on."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .finding import Finding
    from .run import Run
    from .timeline import Event

News = Literal["", "event", "begun"]

# (place of a lane, {history: (steps (m,), values (m, width))}): its newest samples, which nobody changes afterwards
Sampled = Callable[[int, Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]], None]


class Listener(Protocol):
    """Hears a run from the same thread that runs it, and must not keep it waiting."""

    def sampled(self, lane: int, samples: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]) -> None:
        """The newest samples of a lane, by history: steps (m,) and values (m, width). Those between two calls of
        :meth:`stands` belong to what it is told then."""

    def stands(self, run: "Run", events: Sequence["Event"], news: News = "") -> None:
        """The run has moved, or gone back, or one of its events has happened; ``events`` have by now, oldest first.

        ``news``: the last of them is new and begins another future, or the run has begun (again).
        """

    def found(self, run: "Run", findings: Sequence["Finding"]) -> None:
        """Somebody has looked for what is wrong with the run where it stands."""

    def noted(self, run: "Run", what: str, detail: Mapping[str, object]) -> None:
        """Something has happened that changes no number: ``what``, and more of it."""
