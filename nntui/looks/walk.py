"""The way of every lane's weights, kept while it trains: a few hundred points, the further back the fewer."""

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

MOST_POINTS = 200
MOST_NUMBERS = 20_000_000  # of a lane's way; a larger network has fewer points

Points = tuple[NDArray[np.int64], NDArray[Any]]  # steps (points,), weights (points, parameters)


class Walk:
    """Where each lane has been."""

    def __init__(self) -> None:
        self._ways: dict[str, list[tuple[int, NDArray[Any]]]] = {}

    def note(self, experiment: "Experiment") -> None:
        """Keeps where every lane stands, if it has moved on far enough; what it has gone back from is dropped."""
        from nntui_engine.analysis.landscape import parameters_of

        for index, lane in enumerate(experiment.network.lanes):
            step = int(experiment.network.step[index])
            way = [point for point in self._ways.get(lane.name, []) if point[0] < step]
            apart = max(1, lane.settings.steps // MOST_POINTS)
            if way and step - way[-1][0] < apart:
                self._ways[lane.name] = way
                continue
            theta = parameters_of(experiment, index)
            if way and len(way[-1][1]) != len(theta):
                way = []
            way.append((step, theta))
            if len(way) > max(8, min(MOST_POINTS, MOST_NUMBERS // len(theta))):
                del way[1:-1:2]
            self._ways[lane.name] = way

    def of(self, lane: str) -> Points | None:
        """A lane's way so far; None where it has none."""
        way = self._ways.get(lane)
        if not way:
            return None
        return np.array([step for step, _ in way]), np.stack([theta for _, theta in way])


_WALKS: "WeakKeyDictionary[Experiment, Walk]" = WeakKeyDictionary()


def walk_of(experiment: "Experiment") -> Walk:
    """The walk of a run, from when it was first asked for."""
    return _WALKS.setdefault(experiment, Walk())
