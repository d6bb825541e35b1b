"""What nntui runs on: versions, processor, cache, terminal. Imports none of the heavy libraries it names."""

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from nntui import __version__
from nntui.lab.config import config_file
from nntui.lab.history import history_folder
from nntui.lab.visits import visits_file
from nntui.processor import processor_name
from nntui_engine.compiling.ahead import usable_cores

LIBRARIES = ("numpy", "numba", "llvmlite", "scipy", "scikit-learn", "textual", "rich", "plotext", "click", "msgspec")


def environment() -> dict[str, dict[str, Any]]:
    """Groups of facts by name. "cache" holds a path, and all of it differs from machine to machine."""
    return {
        "versions": {"nntui": __version__, "python": platform.python_version(), **_library_versions()},
        "processor": {
            "name": processor_name(),
            "cores": os.cpu_count(),
            "usable_cores": usable_cores(),
            "threads": _threads(),
            "system": f"{platform.system()} {platform.release()}",
        },
        "cache": _cache(),
        "settings": {
            "file": str(config_file()),
            "there": config_file().is_file(),
            "remembered": str(visits_file()),
            "history": str(history_folder()),
        },
        "terminal": _terminal(),
    }


def _library_versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _threads() -> int | None:
    chosen = os.environ.get("NUMBA_NUM_THREADS", "")
    return int(chosen) if chosen.isdecimal() else usable_cores()


def _cache() -> dict[str, Any]:
    from nntui_engine.kernels.cache import cache_folder
    from nntui_engine.warmup import is_warm

    folder = cache_folder()
    return {"folder": None if folder is None else str(folder), "compiled": is_warm()}


def _terminal() -> dict[str, Any]:
    size = shutil.get_terminal_size((0, 0))
    return {
        "is_terminal": sys.stdout is not None and sys.stdout.isatty(),
        "type": os.environ.get("TERM"),
        "size": f"{size.columns}x{size.lines}" if size.columns else None,
        "colours": colours(dict(os.environ)),
        "encoding": getattr(sys.stdout, "encoding", None),
    }


def colours(variables: dict[str, str]) -> str:
    """How many colours a terminal with these environment variables is taken to have."""
    if variables.get("NO_COLOR"):
        return "none (NO_COLOR is set)"
    if variables.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "16 million"
    kind = variables.get("TERM", "")
    if kind in ("", "dumb"):
        return "none"
    return "256" if "256color" in kind or kind.endswith("-direct") else "16"
