"""Moments of a run in a record: the histories as they stood, for whoever looks, and the numbers, for who goes on."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from ..layout.arena import Arena
from ..run.task import Task
from ..tasks.field import Field
from .blocks import checksum, encoded, packed
from .writer import Writer

PARTS = {
    Arena: ("pool", "order", "sums", "ints", "reals"),
    Field: ("state", "ints", "reals"),
}
MOMENTS_WITH_NUMBERS = 2  # the newest; older ones keep their histories alone, in a bounded record nothing


def write_moment(
    writer: Writer, number: int, ids: Sequence[int], task: Task[Any, Any, Any], pasts: bool, numbers: bool
) -> None:
    """The rows of moment ``number``: ``ids`` are the lanes' by place, ``task`` a copy that goes no further;
    ``pasts``: whether the histories are kept too, ``numbers``: whether those that the run goes on from."""
    for lane, one in zip(ids, task.lanes, strict=True):
        for kind, history in one.histories.items() if pasts else ():
            if history.notes_folds:
                continue  # these tell as much
            for part, table in history.state().items():
                data = encoded(table) if table.size else b""
                writer.insert("history", (number, lane, kind, part, *table.shape, checksum(data), data))
    if pasts and writer.most is not None:
        writer.execute("DELETE FROM history WHERE checkpoint < ?", (number,))
    for part, array in parts_of(task).items() if numbers else ():
        data = packed(array.tobytes())
        writer.insert("state", (number, part, array.nbytes, checksum(data), data))
    writer.execute("DELETE FROM state WHERE checkpoint <= ?", (number - MOMENTS_WITH_NUMBERS,))


def parts_of(task: Task[Any, Any, Any]) -> dict[str, NDArray[Any]]:
    """The arrays that a step changes, by name; shapes as in the layout."""
    numbers = task.numbers
    return {part: getattr(numbers, part) for part in PARTS[type(numbers)]}
