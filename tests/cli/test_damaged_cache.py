"""A run on a damaged cache of kernels is the run on an undamaged one: the same bytes, compiled anew in a child."""

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from cli.conftest import command, environment
from engine.compiled import needs_jit

pytestmark = [needs_jit, pytest.mark.slow]

# Kernels of a race compiled where they are called would give other last bits here
RUN = ("run", "saddle", "--headless", "--steps", "400", "--format", "json")


def start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*RUN), env=environment(NUMBA_CACHE_DIR=str(folder)), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def run(folder: Path) -> bytes:
    process = start(folder)
    out, err = process.communicate(timeout=600)
    assert (process.returncode, err) == (0, b"")
    return out


def kernel_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in (".nbi", ".nbc"))


@pytest.fixture(scope="module")
def undamaged(tmp_path_factory) -> tuple[Path, bytes]:
    """A cache that a first start has made, and what that start printed."""
    folder = tmp_path_factory.mktemp("cache")
    return folder, run(folder)


@pytest.fixture
def folder(undamaged, tmp_path) -> Path:
    """A copy of the cache to do damage to."""
    return Path(shutil.copytree(undamaged[0], tmp_path / "cache"))


def flip(path: Path, at: int, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1 << bit
    path.write_bytes(content)


def flip_one_bit(folder: Path, seed: int) -> None:
    draw = random.Random(seed)
    path = draw.choice(kernel_files(folder))
    flip(path, draw.randrange(path.stat().st_size), draw.randrange(8))


def test_flipped_bits(undamaged, folder, request):
    for seed in range(request.config.getoption("--flips")):
        flip_one_bit(folder, seed)
        assert run(folder) == undamaged[1]
    assert run(folder) == undamaged[1]


def damage_of_many_kinds(folder: Path) -> None:
    data = [path for path in kernel_files(folder) if path.suffix == ".nbc"]
    index = [path for path in kernel_files(folder) if path.suffix == ".nbi"]
    first, second = data[0].read_bytes(), data[1].read_bytes()
    data[0].write_bytes(second)
    data[1].write_bytes(first)
    data[2].unlink()
    data[2].mkdir()
    data[3].write_bytes(data[3].read_bytes()[:-7])
    index[0].write_bytes(b"")
    index[1].chmod(0)


def test_many_kinds_of_damage_and_two_that_start_at_once(undamaged, folder):
    damage_of_many_kinds(folder)
    processes = [start(folder), start(folder)]
    for process in processes:
        out, err = process.communicate(timeout=600)
        assert (process.returncode, err) == (0, b"")
        assert out == undamaged[1]
    before = {path: path.stat().st_mtime_ns for path in kernel_files(folder)}
    assert len(before) == len(kernel_files(undamaged[0]))
    assert run(folder) == undamaged[1]
    assert {path: path.stat().st_mtime_ns for path in kernel_files(folder)} == before, "it was compiled once"


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="nothing is read-only for root")
def test_a_damaged_cache_in_a_read_only_folder(undamaged, folder, tmp_path, monkeypatch):
    flip_one_bit(folder, 1)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    for path in (folder, *folder.iterdir()):
        path.chmod(0o500)
    try:
        assert run(folder) == undamaged[1]
    finally:
        for path in (folder, *folder.iterdir()):
            path.chmod(0o700)


NO_TEMPORARY_FOLDER = """
import tempfile

def gettempdir():
    raise FileNotFoundError(2, "No usable temporary directory found")

tempfile.gettempdir = tempfile._get_default_tempdir = gettempdir
"""


def test_without_a_temporary_folder_the_users_own_serves(undamaged, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NO_TEMPORARY_FOLDER, encoding="utf-8")
    (tmp_path / "home").mkdir()
    changes = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "home")}
    changes["PYTHONPATH"] = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    without = {key: value for key, value in environment(**changes).items() if key != "NUMBA_CACHE_DIR"}
    done = subprocess.run(command(*RUN), env=without, capture_output=True, check=False, timeout=600)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == undamaged[1]
    assert kernel_files(tmp_path / "home")


def test_without_any_place_to_write_kernels_are_compiled_in_memory(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NO_TEMPORARY_FOLDER, encoding="utf-8")
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    path = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    done = subprocess.run(
        command("run", "beale", "--headless", "--steps", "20"),
        env=environment(PYTHONPATH=path, NUMBA_CACHE_DIR=str(blocked)), capture_output=True, check=False, timeout=600,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"step 20 of 20" in done.stdout
