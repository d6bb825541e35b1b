"""Files that unpack to far more than they are: refused by what they declare, and never read past what they hold."""

import gzip
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hostile.judging import refusal
from hostile.make_corpus import array, header, idx, packed, plain

from nntui_engine.data import load as loading
from nntui_engine.tasks.resolve import resolve_lane

MEGABYTE = 1_000_000


def refused(path: Path, **data: object) -> str:
    tables = {"data": {"path": str(path), "test_fraction": 0.0, **data}, "train": {"batch_size": 1}}
    return refusal(lambda: resolve_lane(tables, where="f.toml")) or "it was read"


@pytest.fixture
def frugal() -> Iterator[None]:
    """What runs under this takes less than 20 MB at any time."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * MEGABYTE


def zeros_npz(path: Path, count: int, descr: str = "'|u1'", width: int = 1) -> Path:
    """x of ``count`` zeros in one column, deflated to a thousandth; a sound y."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as stream:
            stream.write(array(header(f"({count},)", descr)))
            for _ in range(count * width // MEGABYTE):
                stream.write(bytes(MEGABYTE))
        archive.writestr("y.npy", plain(np.zeros(4)))
    return path


def test_an_npz_bomb(tmp_path: Path, frugal: None) -> None:  # noqa: ARG001
    bomb = zeros_npz(tmp_path / "x.npz", 250 * MEGABYTE)
    assert bomb.stat().st_size < 500_000
    assert "x: unpacks to 250000000 numbers, 2000 MB: more than 200 times the file's" in refused(bomb)


def test_a_gzip_bomb(tmp_path: Path, frugal: None) -> None:  # noqa: ARG001
    bomb = tmp_path / "images.gz"
    with gzip.open(bomb, "wb") as stream:
        stream.write(idx((250 * MEGABYTE // 784, 784), b""))
        for _ in range(250):
            stream.write(bytes(MEGABYTE))
    labels = tmp_path / "labels.gz"
    labels.write_bytes(gzip.compress(idx((4,), b"\0\1\0\1")))
    assert "more than 200 times the file's" in refused(bomb)


def test_a_header_that_promises_what_is_not_there(tmp_path: Path, frugal: None) -> None:  # noqa: ARG001
    """100 MB declared in the array's header and in the archive's own tables, 80 bytes in the file."""
    count = 12_000_000
    content = packed(array(header(f"({count},)"), bytes(80)), plain(np.zeros(4)))
    held, claimed = struct.pack("<I", len(array(header(f"({count},)"), bytes(80)))), struct.pack("<I", 8 * count + 128)
    assert content.count(held) >= 2
    file = tmp_path / "x.npz"
    file.write_bytes(content.replace(held, claimed))
    assert "damaged" in refused(file) or "cut short" in refused(file)


def test_real_data_that_shrink_well_are_read(tmp_path: Path) -> None:
    """A twentieth of MNIST, mostly black, in fewer than 12 500 000 numbers: no ratio is asked."""
    x = np.zeros((3000, 784), np.uint8)
    x[::7, ::50] = 200
    np.savez_compressed(tmp_path / "x.npz", x=x, y=np.arange(3000) % 10)
    assert (tmp_path / "x.npz").stat().st_size * 300 < 8 * x.size
    assert refused(tmp_path / "x.npz") == "it was read"


def test_what_is_stored_uncompressed_is_no_bomb(tmp_path: Path) -> None:
    x = np.zeros((13_000, 1000), np.uint8)
    np.savez(tmp_path / "x.npz", x=x, y=np.arange(13_000) % 2)
    assert refused(tmp_path / "x.npz") == "it was read"
    np.savez_compressed(tmp_path / "z.npz", x=x, y=np.arange(13_000) % 2)
    assert "store them uncompressed" in refused(tmp_path / "z.npz")
    loading._splits.clear()
    loading._lanes.clear()


@pytest.mark.parametrize("y", [np.arange(300_000), np.arange(300_000).astype("U6")], ids=["numbers", "text"])
def test_classes_are_counted_before_they_are_named(tmp_path: Path, y: np.ndarray) -> None:
    np.savez(tmp_path / "x.npz", x=np.zeros((300_000, 1), np.uint8), y=y)
    assert "300000 different target values; a class target has at most 1000" in refused(
        tmp_path / "x.npz", task="classes"
    )


def test_what_is_kept_for_the_next_look_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the lab a data set is changed again and again; the old ones must go when they are large."""
    monkeypatch.setattr(loading, "_LARGEST_KEPT", 5 * MEGABYTE)
    for noise in range(10):
        resolve_lane({"data": {"name": "moons", "samples": 100_000, "noise": 0.01 * noise}})
    for cache in (loading._splits, loading._lanes):
        distinct = {id(kept): kept.x_train.nbytes + kept.x_validation.nbytes for kept in cache.values()}
        assert 1 <= len(distinct) <= 3
        assert sum(distinct.values()) <= 5 * MEGABYTE
