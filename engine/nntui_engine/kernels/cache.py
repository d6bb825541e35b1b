"""Where compiled kernels are kept. Imports no Numba, so that asking is cheap."""

import hashlib
import os
import shutil
import sys
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

COMPILING = "NNTUI_COMPILING"  # set in the environment of a process that compiles for others (``compile_ahead.py``)


def compiling_ahead() -> bool:
    """Whether this process is one."""
    return bool(os.environ.get(COMPILING))


@cache
def source_stamp() -> str:
    """A short hash of the kernels' source and of the versions that decide their machine code."""
    digest = hashlib.sha256(f"{version('numba')} {version('numpy')} {sys.version_info[:2]}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def cache_folder() -> Path | None:
    """The folder of compiled kernels for this exact source, or None where nothing can be written.

    ``NUMBA_CACHE_DIR`` names its parent; without it, the user's cache folder, else the temporary one.
    """
    import platformdirs

    chosen = os.environ.get("NUMBA_CACHE_DIR")
    user = os.getuid() if hasattr(os, "getuid") else "cache"
    parents = [Path(chosen)] if chosen else [Path(platformdirs.user_cache_dir("nntui", appauthor=False))]
    parents.append(Path(tempfile.gettempdir()) / f"nntui-{user}")
    for parent in parents:
        folder = parent / f"kernels-{source_stamp()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".write-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError:
            continue
        return folder
    return None


def _marker(part: str) -> Path | None:
    folder = cache_folder()
    return None if folder is None else folder / f"warm-{part}"


def is_warm(part: str) -> bool:
    """Whether every kernel of this part (see ``warmup.py``) has been compiled into the cache."""
    marker = _marker(part)
    return marker is not None and marker.exists()


def mark_warm(part: str) -> None:
    """Note that every kernel of this part stands in the cache, and drop the caches of older versions."""
    marker = _marker(part)
    if marker is not None:
        marker.write_bytes(b"")
        drop_old_caches(marker.parent)


def drop_old_caches(folder: Path, keep: int = 3) -> None:
    """Remove all but the newest ``keep`` folders of compiled kernels beside ``folder``; each is some megabytes."""
    siblings = [p for p in folder.parent.glob("kernels-*") if p.is_dir() and p != folder]
    siblings.sort(key=lambda p: p.stat().st_mtime, reverse=True)
    for old in siblings[keep - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
