"""Where compiled kernels are kept. Imports no Numba, so that asking is cheap."""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from ..registry import geometry, sequence_layers
from ..registry.activation import ACTIVATIONS
from ..registry.layer_kinds import LAYER_KINDS
from ..registry.loss import LOSSES
from ..registry.optimizer import OPTIMIZERS
from ..registry.schedule import SCHEDULES
from ..registry.surface import SURFACES
from .seal import opened, sealed

_MARKER = "warm-"
_LOCK = "compiling"
_SUFFIXES = (".nbi", ".nbc")  # Numba's: which versions of a function there are, and one version
COMPILING = "NNTUI_COMPILING"  # set in the environment of a process that compiles for others (``compiling/ahead.py``)


def compiling_ahead() -> bool:
    """Whether this process is one."""
    return bool(os.environ.get(COMPILING))


@cache
def source_stamp() -> str:
    """A short hash of the kernels' source and of the versions that decide their machine code."""
    digest = hashlib.sha256(f"{version('numba')} {version('numpy')} {sys.version_info[:2]}".encode())
    compiled_too = [Path(str(module.__file__)) for module in (geometry, sequence_layers)]  # kernels use these
    for path in (*sorted(Path(__file__).parent.rglob("*.py")), *compiled_too):
        digest.update(path.read_bytes())
    for registry in (
        ACTIVATIONS,
        LAYER_KINDS,
        LOSSES,
        OPTIMIZERS,
        SCHEDULES,
        SURFACES,
    ):  # whose order gives the codes in the kernels
        digest.update(" ".join(registry).encode())
    return digest.hexdigest()[:16]


@cache
def cache_folder() -> Path | None:
    """The folder of compiled kernels for this exact source, or None where nothing can be written.

    ``NUMBA_CACHE_DIR`` names its parent; without it, the user's cache folder, else the temporary one.
    """
    for parent in (_chosen_parent, _temporary_parent):
        try:
            folder = parent() / f"kernels-{source_stamp()}"
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".write-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError:
            continue
        return folder
    return None


def _chosen_parent() -> Path:
    import platformdirs

    chosen = os.environ.get("NUMBA_CACHE_DIR")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("nntui", appauthor=False))


def _temporary_parent() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else "cache"
    return Path(tempfile.gettempdir()) / f"nntui-{user}"  # an OSError where no folder takes files


_found_intact: set[Path] = set()  # markers; they and their files are looked at once a process


def _marker(part: str) -> Path | None:
    folder = cache_folder()
    return None if folder is None else folder / f"{_MARKER}{part}"


def is_warm(part: str) -> bool:
    """Whether every kernel of this part (see ``warmup.py``) stands in the cache, undamaged."""
    marker = _marker(part)
    return marker is not None and _intact(marker)


def _intact(marker: Path) -> bool:
    """Whether the marker and all files it lists are as they were written."""
    if marker in _found_intact:
        return marker.exists()
    names = opened(marker)
    if names is None or any(opened(marker.parent / name) is None for name in names.decode().splitlines()):
        return False
    _found_intact.add(marker)
    return True


def mark_warm(part: str) -> None:
    """Note that every kernel of this part stands in the cache, and in which files; drop older versions' caches."""
    marker = _marker(part)
    if marker is not None:
        names = sorted(path.name for path in marker.parent.iterdir() if path.suffix in _SUFFIXES)
        replacement = marker.with_name(f".{marker.name}-{os.getpid()}")
        replacement.write_bytes(sealed(marker.name, "\n".join(names).encode()))
        replacement.replace(marker)
        drop_old_caches(marker.parent)


@contextmanager
def compiling_alone(part: str, wait: Callable[[], None]) -> Iterator[None]:
    """One process at a time compiles a part into the cache; ``wait`` is called if another one does so now.

    Inside, a cache that is damaged, or that nobody finished, has been emptied, unless another process is at work in it:
    it is compiled as on a first start.
    """
    folder = cache_folder()
    if folder is None:
        yield
        return
    with (folder / _LOCK).open("wb") as everyone, (folder / f"{_LOCK}-{part}").open("wb") as own:
        if _lock(everyone, None):  # nobody else is at work here
            markers = list(folder.glob(f"{_MARKER}*"))
            if not markers or not all(map(_intact, markers)):
                _empty(folder)
        _share(everyone)
        _lock(own, wait)
        yield


def _lock(file: BinaryIO, wait: Callable[[], None] | None) -> bool:
    """Lock the file until it is closed, where the system and its file system can; without ``wait``, only if that is
    possible at once. Returns whether nobody else has it locked."""
    try:
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if wait is None:
                return False
            wait()
            fcntl.flock(file, fcntl.LOCK_EX)
    except (ImportError, OSError):
        return True
    return True


def _share(file: BinaryIO) -> None:
    """Lock the file beside others who share it."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_SH)
    except (ImportError, OSError):
        return


def _empty(folder: Path) -> None:
    _found_intact.clear()
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif not path.name.startswith(_LOCK):
            path.unlink(missing_ok=True)


def drop_old_caches(folder: Path, keep: int = 3) -> None:
    """Remove all but the newest ``keep`` folders of compiled kernels beside ``folder``; each is some megabytes."""
    siblings = [p for p in folder.parent.glob("kernels-*") if p.is_dir() and p != folder]
    siblings.sort(key=lambda p: p.stat().st_mtime, reverse=True)
    for old in siblings[keep - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
