"""What the chosen lane answers on its held-out rows, beside what is true: counted, and the wrong ones as pictures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .regions import classified, kind_names
from .request import LookRequest
from .samples import Floats, affordable, some

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.tasks.network_lane import NetworkLane

MOST_PICTURES = 96


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """``counts`` (classes, classes) of the rows looked at: which class they are (rows), which is answered (columns);
    ``broken`` have an answer that is not finite. ``held_out``: whether they are the held-out rows, else trained on."""

    names: tuple[str, ...]
    counts: NDArray[np.int64]
    broken: int
    held_out: bool
    looked_at: int
    rows: int


@dataclass(frozen=True, slots=True, eq=False)
class AnsweredPictures:
    """Images (n, height, width) as they were given, with the classes that they are and that are answered (n,): the
    ``wrong`` ones, the surest first, then right ones, the least sure first; ``wrong`` of the rows ``looked_at``."""

    names: tuple[str, ...]
    pictures: Floats
    true: NDArray[np.int64]
    answered: NDArray[np.int64]
    wrong: int
    held_out: bool
    looked_at: int
    rows: int


def confusion(experiment: "Experiment", request: LookRequest) -> Confusion | None:
    """How often the chosen lane takes which class for which."""
    lane = experiment.network.lanes[request.lane]
    if not has_classes(lane):
        return None
    _, true, answered, _, held_out, rows = _answered(experiment, request.lane)
    names = kind_names(lane.data, lane.settings)
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    finite = answered >= 0
    np.add.at(counts, (true[finite], answered[finite]), 1)
    return Confusion(names, counts, int((~finite).sum()), held_out, len(true), rows)


def answered_pictures(experiment: "Experiment", request: LookRequest) -> AnsweredPictures | None:
    """Images that the chosen lane answers wrong, then such as it is least sure of."""
    lane = experiment.network.lanes[request.lane]
    shape = lane.settings.shape
    if not has_classes(lane) or len(shape) != 3:
        return None
    x, true, answered, sureness, held_out, rows = _answered(experiment, request.lane)
    wrong = answered != true
    order = np.lexsort((np.where(wrong, -sureness, sureness), ~wrong))[:MOST_PICTURES]
    return AnsweredPictures(
        kind_names(lane.data, lane.settings),
        lane.data.as_given(x[order]).reshape(len(order), *shape).mean(axis=3),
        true[order],
        answered[order],
        int(wrong.sum()),
        held_out,
        len(true),
        rows,
    )


def has_classes(lane: "NetworkLane") -> bool:
    """Whether each row of a lane is of one class."""
    return lane.settings.accuracy != "none" and lane.data.task in ("binary", "classes")


def _answered(
    experiment: "Experiment", index: int
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64], Floats, bool, int]:
    """The held-out rows, or those trained on where none are held out, evenly taken where they are many; which class
    they are, which is answered (−1: not finite), how surely; whether they are held out, and how many there are."""
    lane = experiment.network.lanes[index]
    data, held_out = lane.data, len(lane.data.x_validation) > 0
    x, t = (data.x_validation, data.t_validation) if held_out else (data.x_train, data.t_train)
    taken = some(len(x), affordable(lane.settings))
    everything = np.concatenate([data.t_train, data.t_validation])
    true, _ = classified(t[taken], everything, lane.settings)
    answered, sureness = classified(experiment.predict(x[taken], index), everything, lane.settings)
    return x[taken], true, answered, sureness, held_out, len(x)
