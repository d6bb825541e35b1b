"""``nntui export`` through other libraries: what they read back is every number of the record."""

import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.test_export import RECURRENT

from nntui.headless import exporting_parquet
from nntui.headless.exporting_tensorboard import _folders
from nntui.headless.record_rows import columns, numbered, rows
from nntui_engine.record.source import RecordSource

DIVERGING = ("--set", "train.lr=1e6", "--set", "train.optimizer=sgd")


@pytest.fixture(params=["dense", "diverging", "recurrent"])
def record(request, invoke, small, tmp_path) -> Path:
    """Of two lanes, of two whose numbers become NaN, and of a recurrent one."""
    path, scenario = tmp_path / "run.nntui", tmp_path / "echo.toml"
    scenario.write_text(RECURRENT, encoding="utf-8")
    words = (scenario,) if request.param == "recurrent" else (small, *DIVERGING[: 4 * (request.param == "diverging")])
    assert invoke("run", *words, "--headless", "--format", "jsonl", "--record", path).status == 0
    return path


def numbers(path: Path) -> dict[tuple[str, int, str], float]:
    """Every number of a record, by lane, step and title."""
    source, found = RecordSource(path), {}
    for place, lane in enumerate(source.lanes):
        kinds: Any = columns(lane)  # type: ignore[arg-type]
        for some in rows(source, place):
            for kind, held in kinds.items():
                for title, column in numbered(held):
                    for at, step in enumerate(some.steps):
                        if some.there[kind][at]:
                            found[lane.name, int(step), title] = float(some.values[kind][at, column])
    return found


def bits(value: float, form: str) -> bytes:
    """How a number is stored; any NaN is one."""
    return b"NaN" if value != value else struct.pack(form, value)


@pytest.mark.slow
def test_parquet_holds_every_number_to_the_bit(invoke, record, tmp_path, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    out = tmp_path / "run.parquet"
    monkeypatch.setattr(exporting_parquet, "GROUP_BYTES", 1)  # every block at once
    result = invoke("export", record, "--format", "parquet", "--out", out)
    assert (result.status, result.out, result.err) == (0, "", "")
    file = parquet.ParquetFile(out)
    assert file.num_row_groups >= len(RecordSource(record).lanes)
    table = file.read()
    assert (str(table.schema.field("step").type), str(table.schema.field("loss").type)) == ("int64", "double")
    found = {
        (row["lane"], row["step"], title): value
        for row in table.to_pylist()
        for title, value in row.items()
        if title not in ("lane", "step") and value is not None
    }
    wanted = numbers(record)
    assert found.keys() == wanted.keys()
    assert len(wanted) > 300
    assert all(bits(found[key], "<d") == bits(value, "<d") for key, value in wanted.items())


@pytest.mark.slow
def test_one_group_where_all_is_small(invoke, record, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    out = tmp_path / "run.parquet"
    assert invoke("export", record, "--format", "parquet", "--out", out).status == 0
    assert parquet.ParquetFile(out).num_row_groups == 1


def single(value: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.float32(value))


def tagged(title: str) -> str:
    """The scalar that a column's title stands for: after the statistic a layer follows."""
    return title.replace(" ", "/", 1)


@pytest.mark.slow
def test_event_files_hold_every_number_in_single_precision(invoke, record, tmp_path):
    pytest.importorskip("tensorboardX")
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.record_writer import masked_crc32c

    out = tmp_path / "boards"
    out.mkdir()  # an empty one is taken
    result = invoke("export", record, "--format", "tensorboard", "--out", out)
    assert (result.status, result.out, result.err) == (0, "", "")
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []
    found = {}
    lanes = {name: lane.name for name, lane in zip(sorted(folders(out)), by_folder(record), strict=True)}
    for folder, lane in lanes.items():
        (file,) = (out / folder).iterdir()
        events = [Event.FromString(data) for data in framed(file.read_bytes(), masked_crc32c)]
        assert events[0].file_version == "brain.Event:2"
        assert {event.wall_time for event in events} == {float(int(record.stat().st_mtime))}
        for event in events[1:]:
            found |= {(lane, event.step, one.tag): one.simple_value for one in event.summary.value}
    wanted = {(lane, step, tagged(title)): single(value) for (lane, step, title), value in numbers(record).items()}
    assert found.keys() == wanted.keys()
    assert all(bits(found[key], "<f") == bits(value, "<f") for key, value in wanted.items())


def folders(out: Path) -> list[str]:
    return [one.name for one in out.iterdir()]


def by_folder(record: Path) -> list[Any]:
    """The lanes in the order of their folders' names."""
    lanes = RecordSource(record).lanes
    return [lane for _, lane in sorted(zip(_folders(lane.name for lane in lanes), lanes, strict=True))]


def framed(data: bytes, checksum: Any) -> list[bytes]:
    """The records of an event file: length, its checksum, the record, its checksum."""
    found, at = [], 0
    while at < len(data):
        (size, check) = struct.unpack_from("<QI", data, at)
        assert check == checksum(data[at : at + 8])
        body = data[at + 12 : at + 12 + size]
        assert struct.unpack_from("<I", data, at + 12 + size)[0] == checksum(body)
        found.append(body)
        at += 16 + size
    return found


@pytest.mark.slow
def test_tensorboard_itself_reads_them(invoke, record, tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    pytest.importorskip("tensorboardX")
    out = tmp_path / "boards"
    assert invoke("export", record, "--format", "tensorboard", "--out", out).status == 0
    wanted = numbers(record)
    for folder, lane in zip(sorted(folders(out)), by_folder(record), strict=True):
        read = accumulator.EventAccumulator(str(out / folder), size_guidance={"scalars": 0})
        read.Reload()
        for title in ("loss", "train_loss"):
            mine = {
                step: single(value) for (name, step, of), value in wanted.items() if (name, of) == (lane.name, title)
            }
            assert {one.step: bits(one.value, "<f") for one in read.Scalars(title)} == {
                step: bits(value, "<f") for step, value in mine.items()
            }


@pytest.mark.slow
def test_a_folder_is_written_whole_or_not_at_all(invoke, small, tmp_path):
    pytest.importorskip("tensorboardX")
    path, out = tmp_path / "run.nntui", tmp_path / "out"
    assert invoke("run", small, "--headless", "--record", path).status == 0
    data = bytearray(path.read_bytes())
    at = data.rindex(b"step")  # somewhere among the blocks
    data[at - 400 : at] = bytes(400)
    path.write_bytes(data)
    before = sorted(one.name for one in tmp_path.iterdir())
    broken = invoke("export", path, "--format", "tensorboard", "--out", out)
    assert (broken.status, broken.out) == (2, "")
    assert broken.err.startswith(f"nntui: {path}: is damaged")
    assert sorted(one.name for one in tmp_path.iterdir()) == before
    (out / "in it").mkdir(parents=True)
    refused = invoke("export", path, "--format", "tensorboard", "--out", out)
    assert refused.err == f"nntui: --out: {out} has files in it already; choose another name\n"


@pytest.mark.parametrize(("form", "library"), [("parquet", "pyarrow"), ("tensorboard", "tensorboardX")])
def test_a_library_that_is_missing_is_named(invoke, small, tmp_path, monkeypatch, form, library):
    monkeypatch.setitem(sys.modules, library, None)
    out = tmp_path / "out"
    result = invoke("export", small, "--format", form, "--out", out)
    words = f'nntui: --format {form} takes {library}, which is not installed: pip install "nntui[{form}]"\n'
    assert (result.status, result.out, result.err, out.exists()) == (2, "", words, False)
    assert "needs --out FILE" in invoke("export", small, "--format", form).err


def test_lanes_of_any_name_have_folders_of_their_own():
    names = ["", "../x", "ReLU: quick", "a (2)", "a", "A", "x" * 100, ".hidden"]
    found = _folders(names)
    assert len({name.casefold() for name in found}) == len(names)
    assert found[:5] == ["lane", "_x", "ReLU_ quick", "a _2_", "a"]
    assert all(0 < len(name) <= 70 and "/" not in name and not name.startswith(".") for name in found)
