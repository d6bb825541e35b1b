"""Files that the lab writes: under names that are free, whole or not at all."""

from pathlib import Path

from nntui.files import free_name
from nntui_engine.errors import InputError

NUMBERS_BEGIN = ("lane", "step")  # the first columns of a run's numbers


def is_numbers(path: Path) -> bool:
    """Whether a file holds a run's numbers (numbers_file.py), by its first line."""
    try:
        with path.open("rb") as file:
            return path.suffix == ".csv" and file.readline(200).startswith(f"{','.join(NUMBERS_BEGIN)},".encode())
    except OSError:
        return False


def save(folder: Path, stem: str, suffix: str, content: str | bytes) -> Path:
    """Writes content to a new file in ``folder``; returns its path.

    Raises InputError, and leaves no file, where that cannot be done: a full disk, a folder that is not to be written.
    """
    path = free_name(folder, stem, suffix)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content if isinstance(content, bytes) else content.encode())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"{path.name} could not be saved: {error.strerror or error}") from None
    return path
