"""The folder of compiled kernels: damage is repaired, changed source is noticed, no place to write is no error."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from engine.compiled import needs_jit

from nntui_engine.kernels import cache
from nntui_engine.kernels.seal import sealed

ROOT = Path(__file__).parents[3]
PROGRAM = """
import numpy as np
from nntui_engine.kernels.policy import entry_kernel
from nntui_engine.kernels.random import keep_mask, stream_key

def draw(seed, out):
    keep_mask(stream_key(seed, 1, 2), 0, 0.5, out)

draw = entry_kernel(draw)
out = np.empty(4)
draw(3, out)
print(out.tolist(), sum(draw.stats.cache_hits.values()))
"""


def run(folder: Path, program: Path) -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": f"{ROOT / 'engine'}"}
    done = subprocess.run(
        [sys.executable, str(program)], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


@needs_jit
@pytest.mark.parametrize("damage", ["truncated", "empty", "garbage", "flipped"])
def test_a_damaged_cache_is_rebuilt(damage: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    folder = tmp_path / "cache"
    fresh = run(folder, program)
    assert fresh.endswith(" 0")
    assert run(folder, program) == fresh[:-1] + "1"
    files = [path for path in folder.rglob("*") if path.suffix in (".nbi", ".nbc")]
    assert {path.suffix for path in files} == {".nbi", ".nbc"}
    for path in files:
        whole = path.read_bytes()
        flipped = bytes([whole[len(whole) // 2] ^ 1])
        path.write_bytes(
            {
                "truncated": whole[:-7],
                "empty": b"",
                "garbage": b"\x00garbage" * 50,
                "flipped": whole[: len(whole) // 2] + flipped + whole[len(whole) // 2 + 1 :],
            }[damage]
        )
    assert run(folder, program) == fresh
    assert run(folder, program) == fresh[:-1] + "1"


def test_the_stamp_follows_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = tmp_path / "kernels"
    shutil.copytree(Path(cache.__file__).parent, copied, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(cache, "__file__", str(copied / "cache.py"))
    stamp = cache.source_stamp.__wrapped__
    before = stamp()
    assert before == stamp() == cache.source_stamp()
    with (copied / "loss.py").open("a") as stream:
        stream.write("# another byte\n")
    assert stamp() != before


def test_the_folder_carries_the_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert cache.cache_folder.__wrapped__() == tmp_path / f"kernels-{cache.source_stamp()}"


def test_without_a_place_of_ones_own_the_temporary_one_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(blocked))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = cache.cache_folder.__wrapped__()
    assert folder is not None
    assert folder.is_relative_to(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(blocked))
    assert cache.cache_folder.__wrapped__() is None


def test_a_temporary_folder_that_does_not_exist_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", nowhere)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert cache.cache_folder.__wrapped__() == tmp_path / f"kernels-{cache.source_stamp()}"
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(blocked))
    assert cache.cache_folder.__wrapped__() is None


@pytest.fixture
def warm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two kernels of a part, sealed as Numba's cache seals them."""
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path)
    for name in ("a.1.nbc", "a.nbi", "b.1.nbc"):
        (tmp_path / name).write_bytes(sealed(name, name.encode() * 20))
    cache.mark_warm("race")
    assert is_warm_anew()
    return tmp_path


def is_warm_anew() -> bool:
    cache._found_intact.clear()
    return cache.is_warm("race")


def test_every_flipped_bit_is_noticed(warm: Path) -> None:
    for path in [*warm.glob("*.nb?"), warm / "warm-race"]:
        content = path.read_bytes()
        for at in range(len(content)):
            path.write_bytes(content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :])
            assert not is_warm_anew(), (path.name, at)
        path.write_bytes(content)
        assert is_warm_anew()


def test_swapped_cut_missing_and_foreign_files_are_noticed(warm: Path) -> None:
    one, other = warm / "a.1.nbc", warm / "b.1.nbc"
    first, second = one.read_bytes(), other.read_bytes()
    for damaged in (second, first[:-1], first[:10], b"", first + b"x", second[:-44] + first[-44:]):
        one.write_bytes(damaged)
        assert not is_warm_anew()
    one.unlink()
    assert not is_warm_anew()
    one.mkdir()
    assert not is_warm_anew()
    one.rmdir()
    one.write_bytes(first)
    (warm / "foreign.txt").write_text("nobody loads it")
    assert is_warm_anew()


def test_what_is_damaged_or_unfinished_is_emptied_before_compiling(warm: Path) -> None:
    with cache.compiling_alone("float32", pytest.fail):
        assert (warm / "a.1.nbc").exists()
    (warm / "a.1.nbc").write_bytes(b"damaged")
    (warm / "b.1.nbc").unlink()
    (warm / "b.1.nbc").mkdir()
    cache._found_intact.clear()
    with cache.compiling_alone("float32", pytest.fail):
        assert {path.name for path in warm.iterdir()} == {"compiling", "compiling-float32"}
    (warm / "left.1.nbc").write_bytes(sealed("left.1.nbc", b"of a process that was ended"))
    with cache.compiling_alone("float32", pytest.fail):
        assert {path.name for path in warm.iterdir()} == {"compiling", "compiling-float32"}


@pytest.mark.skipif(os.name != "posix", reason="POSIX file locks")
def test_one_process_compiles_at_a_time(warm: Path) -> None:
    import fcntl

    waited = []
    with (warm / "compiling-float32").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        def wait() -> None:
            waited.append(True)
            fcntl.flock(other, fcntl.LOCK_UN)

        with cache.compiling_alone("float32", wait):
            assert waited == [True]


@pytest.mark.skipif(os.name != "posix", reason="POSIX file locks")
def test_other_parts_are_compiled_meanwhile_and_nothing_is_emptied_under_them(warm: Path) -> None:
    cache._found_intact.clear()
    with cache.compiling_alone("float32", pytest.fail):
        (warm / "a.1.nbc").write_bytes(b"half written")
        with cache.compiling_alone("float32 lstm", pytest.fail):
            assert (warm / "a.1.nbc").read_bytes() == b"half written"


def test_is_warm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path)
    assert not cache.is_warm("float32")
    cache.mark_warm("float32")
    assert cache.is_warm("float32")
    assert not cache.is_warm("float64")
    monkeypatch.setattr(cache, "cache_folder", lambda: None)
    cache.mark_warm("float32")
    assert not cache.is_warm("float32")
