"""Files that people name: only ordinary ones are read, and none that would make the program wait."""

import os
import stat
from pathlib import Path


def expanded(name: str | Path) -> Path:
    """``name`` with a leading ``~`` replaced by the home folder; left alone where there is no such user."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def problem_with(path: Path) -> str | None:
    """Why ``path`` cannot be read as a file, as a phrase such as "no such file"; None if it can.

    A pipe, a device, or what the system makes up as it is read (``/proc/kmsg``) is no ordinary file: it may never end,
    or wait for ever. Nothing here waits.
    """
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            return "is a folder"
        if not stat.S_ISREG(state.st_mode):
            return "is no ordinary file"
        with open(path, "rb", buffering=0, opener=_without_waiting) as stream:
            first = stream.read(1)
    except FileNotFoundError:
        return "no such file"
    except (OSError, ValueError) as error:
        return f"cannot be read: {error.strerror if isinstance(error, OSError) and error.strerror else error}"
    made_up = first is None or (len(first) > 0 and state.st_size == 0)
    return "is no ordinary file" if made_up else None


def _without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
