"""The folder of compiled kernels: damage is repaired, changed source is noticed, no place to write is no error."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from engine.compiled import needs_jit

from nntui_engine.kernels import cache

ROOT = Path(__file__).parents[2]
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
@pytest.mark.parametrize("damage", ["truncated", "empty", "garbage"])
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
        content = {"truncated": path.read_bytes()[:-7], "empty": b"", "garbage": b"\x00garbage" * 50}[damage]
        path.write_bytes(content)
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


def test_is_warm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path)
    assert not cache.is_warm("float32")
    cache.mark_warm("float32")
    assert cache.is_warm("float32")
    assert not cache.is_warm("float64")
    monkeypatch.setattr(cache, "cache_folder", lambda: None)
    cache.mark_warm("float32")
    assert not cache.is_warm("float32")
