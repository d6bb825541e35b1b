"""``data.augment``: what it may hold, which hangs on whether a row is an image."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from ..data.sets import DATASETS
from .problems import choose, fail
from .schema import AugmentTable, DataTable
from .settings import Augment

FLIPS = ("none", "horizontal", "vertical")
IMAGE_AUGMENTS = ("shift", "rotate", "scale", "flip", "noise", "contrast")
OTHER_AUGMENTS = ("noise", "scale", "jitter")


def read_augment(table: DataTable, parameters: Mapping[str, Any], where: str) -> Augment | None:
    """What ``data.augment`` asks for; None where nothing is changed. ``parameters`` are those of the data set.

    Whether its keys go with the rows is checked where their shape is known before they are read: not of a file that
    has no ``data.shape``.

    Raises InputError for a bad value, and for keys that do not go with the rows.
    """
    written = table.augment
    if isinstance(written, str) and written != "none":
        fail(where, "data.augment", written, 'must be "none" or a table such as { noise = 0.1 }')
    if not isinstance(written, AugmentTable):
        return None
    if written.flip is not UNSET:
        choose(where, "data.augment.flip", written.flip, FLIPS)
    if table.shape is not UNSET:
        check_augment(table, table.shape, where)
    elif table.name is not UNSET:
        row = DATASETS[table.name]
        values = {p.name: float(parameters.get(p.name, p.default)) for p in row.parameters}
        check_augment(table, row.shape(values) if row.shape is not None else (), where)
    augment = Augment(**_written(written))
    return augment if augment != Augment() else None


def check_augment(table: DataTable, shape: Sequence[int], where: str) -> None:
    """Raise InputError for a key of ``data.augment`` that does not go with rows of ``shape``, as in ``LaneData``; () is
    a list of columns, whatever their number."""
    if not isinstance(table.augment, AugmentTable):
        return
    image = len(shape) == 3
    allowed = IMAGE_AUGMENTS if image else OTHER_AUGMENTS
    for key, value in _written(table.augment).items():
        if key not in allowed:
            rows = f"shape {list(shape)}" if len(shape) > 1 else "no shape but a list of columns"
            kind = "images, which are [height, width, channels]" if not image else "rows that are no images"
            fail(
                where,
                f"data.augment.{key}",
                value,
                f"goes with {kind}; the rows have {rows}; allowed here: {', '.join(allowed)}",
            )


def _written(table: AugmentTable) -> dict[str, Any]:
    """The keys that were written, with their values."""
    return dict(msgspec.to_builtins(table))
