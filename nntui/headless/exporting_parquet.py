"""All that a record holds as a Parquet file: the table of the CSV, to the bit, some megabytes at a time."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from nntui.headless.record_rows import Rows, all_titles, columns, numbered, rows
from nntui_engine.record.source import RecordSource

GROUP_BYTES = 16_000_000  # of the numbers of a group of rows, which is written at once


def write_parquet(source: RecordSource, stream: BinaryIO) -> None:
    """Columns: lane (text), step (int64), and every statistic (float64), null where nothing was measured."""
    import pyarrow as arrow
    from pyarrow import parquet

    titles = all_titles(source.lanes)
    number = arrow.float64()
    fields = [arrow.field("lane", arrow.string(), False), arrow.field("step", arrow.int64(), False)]
    about = {"scenario": source.scenario.name, "seed": str(source.seed)}
    schema = arrow.schema(fields + [arrow.field(title, number) for title in titles], about)
    waiting, size = [], 0
    with parquet.ParquetWriter(stream, schema, compression="zstd", use_dictionary=["lane"]) as writer:
        for name, some, own in _blocks(source):
            count = len(some.steps)
            measured = [
                arrow.nulls(count, number) if title not in own else arrow.array(*_column(some, *own[title]))
                for title in titles
            ]
            head = [arrow.array([name] * count, arrow.string()), arrow.array(some.steps.astype(np.int64))]
            waiting.append(arrow.record_batch(head + measured, schema=schema))
            size += 8 * count * len(titles)
            if size >= GROUP_BYTES:
                writer.write_table(arrow.Table.from_batches(waiting))
                waiting, size = [], 0
        if waiting:
            writer.write_table(arrow.Table.from_batches(waiting))


def _blocks(source: RecordSource) -> Iterator[tuple[str, Rows, dict[str, tuple[str, int]]]]:
    """Of each lane: its name, some of its rows, and for each title the kind of measurement and the place in it."""
    for place, lane in enumerate(source.lanes):
        kinds = columns(lane)
        own = {title: (kind, at) for kind, held in kinds.items() for title, at in numbered(held)}
        for some in rows(source, place):
            yield lane.name, some, own


def _column(some: Rows, kind: str, at: int) -> tuple[Any, Any, Any, Any]:
    """What ``pyarrow.array`` takes: the numbers, their type, and where there are none."""
    return np.ascontiguousarray(some.values[kind][:, at]), None, ~some.there[kind], False
