"""All that a record holds as event files for TensorBoard: a folder for each lane, a scalar for each statistic."""

import re
from collections.abc import Iterable
from pathlib import Path

from nntui.headless.record_rows import Column, columns, numbered, rows
from nntui_engine.record.source import RecordSource

LONGEST_NAME = 60  # characters of a folder's name


def write_tensorboard(source: RecordSource, folder: Path) -> None:
    """Into ``folder``, which is empty. A scalar of a layer is called statistic/layer, so that TensorBoard puts a
    statistic's layers together. All events are of the time at which the record was last written."""
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.summary_pb2 import Summary
    from tensorboardX.record_writer import RecordWriter

    at = float(int(source.path.stat().st_mtime))
    for place, (lane, name) in enumerate(zip(source.lanes, _folders(lane.name for lane in source.lanes), strict=True)):
        kinds = {kind: list(numbered(held, _tag)) for kind, held in columns(lane).items()}
        (folder / name).mkdir()
        writer = RecordWriter(str(folder / name / f"events.out.tfevents.{at:.0f}.nntui"))
        try:
            writer.write(Event(wall_time=at, file_version="brain.Event:2").SerializeToString())
            for some in rows(source, place):
                tables = {kind: some.values[kind].tolist() for kind in kinds}
                for row, step in enumerate(some.steps):
                    values = [
                        Summary.Value(tag=tag, simple_value=tables[kind][row][column])
                        for kind, tags in kinds.items()
                        if some.there[kind][row]
                        for tag, column in tags
                    ]
                    event = Event(wall_time=at, step=int(step), summary=Summary(value=values))
                    writer.write(event.SerializeToString())
        finally:
            writer.close()


def _tag(column: Column) -> str:
    return f"{column.statistic}/{column.layer_name}".rstrip("/")


def _folders(names: Iterable[str]) -> list[str]:
    """A folder's name for each lane, none twice; a lane may be called anything."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^\w .,=+-]+", "_", name).strip(" .")[:LONGEST_NAME] or "lane"
        taken, one, number = {other.casefold() for other in found}, plain, 2
        while one.casefold() in taken:
            one, number = f"{plain} ({number})", number + 1
        found.append(one)
    return found
