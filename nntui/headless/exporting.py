"""All that a record holds in another form, a block at a time, so that memory stays small."""

import csv
import heapq
import io
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from nntui.files import whole_file, whole_folder
from nntui.headless.exporting_parquet import write_parquet
from nntui.headless.exporting_tensorboard import write_tensorboard
from nntui.headless.machine import encoded, write_bytes
from nntui.headless.record_rows import Rows, all_titles, columns, numbered, rows, stepwise
from nntui.json_text import json_text
from nntui_engine.record.about import columns_of
from nntui_engine.record.source import RecordSource
from nntui_engine.tasks.network_lane import NetworkLane
from nntui_engine.tasks.surface_lane import IN_ROWS

LINES_AT_ONCE = 4096


def export(source: RecordSource, form: str, out: Path | None) -> None:
    """Write the record in a form, to ``out`` or to standard output. Raises InputError where that is impossible."""
    if out is None:
        _WRITERS[form](source, write_bytes)
        return
    if form == "tensorboard":
        with whole_folder(out) as folder:
            write_tensorboard(source, folder)
        return
    with whole_file(out) as stream:
        if form == "npz":
            _write_npz(source, stream)
        elif form == "parquet":
            write_parquet(source, stream)
        else:
            _WRITERS[form](source, stream.write)


def _write_csv(source: RecordSource, write: Callable[[bytes], object]) -> None:
    titles = all_titles(source.lanes)
    write(_csv_lines([["lane", "step", *titles]]))
    for place, lane in enumerate(source.lanes):
        own = {kind: list(numbered(held)) for kind, held in columns(lane).items()}
        for some in rows(source, place):
            lines = []
            for at, step in enumerate(some.steps):
                cells = _cells(some, own, at)
                lines.append([lane.name, str(int(step)), *(cells.get(title, "") for title in titles)])
            write(_csv_lines(lines))


def _cells(some: Rows, own: dict[str, list[tuple[str, int]]], at: int) -> dict[str, str]:
    return {
        title: repr(float(some.values[kind][at, place]))
        for kind, held in own.items()
        if some.there[kind][at]
        for title, place in held
    }


def _csv_lines(lines: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return encoded(text.getvalue())


def _write_jsonl(source: RecordSource, write: Callable[[bytes], object]) -> None:
    if source.is_race:
        _write_race_lines(source, write)
        return
    for place, lane in enumerate(source.lanes):
        for some in rows(source, place):
            documents = (_document(cast("NetworkLane", lane), some, at) for at in range(len(some.steps)))
            write(encoded("".join(json_text(one, indent=None) for one in documents)))


def _write_race_lines(source: RecordSource, write: Callable[[bytes], object]) -> None:
    """Step by step all lanes, as ``run --format jsonl`` writes a race."""
    lines = heapq.merge(*(_race_rows(source, place) for place in range(len(source.lanes))), key=lambda row: row[:2])
    while some := list(islice(lines, LINES_AT_ONCE)):
        documents = (
            {"lane": source.lanes[place].name, "step": int(step), **dict(zip(IN_ROWS, values, strict=False))}
            for step, place, values in some
        )
        write(encoded("".join(json_text(one, indent=None) for one in documents)))


def _race_rows(source: RecordSource, place: int) -> Iterator[tuple[float, int, list[float]]]:
    """(step, lane's place, values) of each sample of a lane."""
    for table in source.measured(place, stepwise(source.lanes[place])):
        for step, *values in table.tolist():
            yield step, place, values


def _document(lane: NetworkLane, some: Rows, at: int) -> dict[str, Any]:
    """A row as ``run --format jsonl`` writes it."""
    whole: dict[str, Any] = {"lane": lane.name, "step": int(some.steps[at])}
    layers: dict[str, list[Any]] = {}
    sequences: dict[str, dict[str, list[float]]] = {}
    for kind, names in columns_of(lane).items():
        if not some.there[kind][at]:
            continue
        for name, value in zip(names[1:], some.values[kind][at].tolist(), strict=True):
            statistic, _, number = name.partition("/")
            if kind == "sequence" and number:
                layer = lane.infos[int(number) - 1].name
                sequences.setdefault(statistic, {}).setdefault(layer, []).append(value)
            elif number:
                says = lane.infos[int(number) - 1].has(statistic)
                layers.setdefault(statistic, []).append(value if says else None)
            elif statistic and lane.applies(statistic):
                whole[statistic] = value
    return {**whole, "layers": layers, **({"sequences": sequences} if sequences else {})}


def _write_npz(source: RecordSource, stream: BinaryIO) -> None:
    """Arrays "1.step", "1.step.columns", …: lanes are numbered, since a lane may be called anything, and "lanes"."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        _put_names(archive, "lanes", [lane.name for lane in source.lanes])
        for place, lane in enumerate(source.lanes):
            for kind, names in columns_of(lane).items():
                width = len(names)
                count = sum(len(table) for table in source.measured(place, kind))
                with archive.open(f"{place + 1}.{kind}.npy", "w", force_zip64=True) as entry:
                    header = {"descr": "<f8", "fortran_order": False, "shape": (count, width)}
                    np.lib.format.write_array_header_1_0(entry, header)
                    for table in source.measured(place, kind):
                        entry.write(np.ascontiguousarray(table, "<f8").tobytes())
                _put_names(archive, f"{place + 1}.{kind}.columns", names)


def _put_names(archive: zipfile.ZipFile, entry: str, names: list[str]) -> None:
    with archive.open(f"{entry}.npy", "w") as stream:
        np.lib.format.write_array(stream, np.array(names, dtype=np.str_), allow_pickle=False)


_WRITERS: dict[str, Callable[[RecordSource, Callable[[bytes], object]], None]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
}
