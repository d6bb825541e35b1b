"""Small files in the user's folder for a program's state: JSON of one schema, read whole or not at all."""

import json
from pathlib import Path
from typing import Any

from nntui.files import write_file
from nntui_engine.errors import InputError

LARGEST_FILE = 1_000_000  # bytes
SCHEMA = 1
TROUBLES = (OSError, ValueError, RecursionError)  # that reading one may meet


def state_file(name: str) -> Path:
    """Where the file of this name is kept."""
    import platformdirs

    return Path(platformdirs.user_state_dir("nntui", appauthor=False)) / name


def read_state(path: Path) -> dict[str, Any]:
    """What the file says; raises one of ``TROUBLES`` where that is not known."""
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError("it is too large")
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ValueError(f"it is not of schema {SCHEMA}")
    return document


def write_state(path: Path, found: dict[str, Any]) -> str:
    """Puts ``found`` into the file; "" or why that cannot be."""
    text = json.dumps({"schema": SCHEMA, **found}, indent=1, ensure_ascii=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, f"{text}\n")
    except (OSError, InputError) as error:
        return why(error)
    return ""


def why(error: Exception) -> str:
    """The error in a few words."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)
