"""Writing files: whole or not at all, where asked for under names that are free."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nntui_engine.errors import InputError


def accepts_files(folder: Path) -> bool:
    """Whether a file can be made in ``folder``: tried out, because permissions alone do not tell."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def writable_file(path: Path, option: str) -> Path:
    """``path`` if a file can be written there, else an InputError; nothing is left behind."""
    parent = path.parent
    if path.is_dir():
        raise InputError(f"{option}: {path} is a folder")
    if path.exists() and not path.is_file():
        raise InputError(f"{option}: {path} is not a regular file")
    if not parent.is_dir():
        raise InputError(f"{option}: cannot write {path}: there is no folder {parent}")
    if not accepts_files(parent) or (path.exists() and not os.access(path, os.W_OK)):
        raise InputError(f"{option}: cannot write {path}: {parent} takes no new files")
    return path


def write_file(path: Path, content: str | bytes) -> None:
    """Put ``content`` at ``path`` in one move, so that a reader never sees half a file.

    Raises InputError when the folder or the disk does not take it.
    """
    with whole_file(path) as stream:
        stream.write(content.encode(errors="replace") if isinstance(content, str) else content)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A stream whose content is put at ``path`` in one move at the end; nothing is, and nothing is left, on an error.

    Raises InputError when the folder or the disk does not take it.
    """
    path = path.resolve()  # through a symbolic link to the file it names
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            yield stream
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        temporary = ""
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def new_folder(path: Path, option: str) -> Path:
    """``path`` if a folder can be made there, or an empty one is there, else an InputError; nothing is left behind."""
    if path.is_dir() and any(path.iterdir()):
        raise InputError(f"{option}: {path} has files in it already; choose another name")
    if path.exists() and not path.is_dir():
        raise InputError(f"{option}: {path} exists already, and is no folder")
    if not path.parent.is_dir():
        raise InputError(f"{option}: cannot write {path}: there is no folder {path.parent}")
    if not accepts_files(path.parent):
        raise InputError(f"{option}: cannot write {path}: {path.parent} takes no new files")
    return path


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder that is put at ``path``, where there is none or an empty one, in one move at the end; nothing is, and
    nothing is left, on an error. Raises InputError when the disk does not take it."""
    path = path.absolute()
    temporary = None
    try:
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        yield temporary
        os.chmod(temporary, 0o777 & ~_umask())
        with suppress(FileNotFoundError):
            path.rmdir()
        temporary.rename(path)
        temporary = None
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def other_file(path: Path, source: Path | None, option: str, what: str) -> None:
    """Raises InputError where ``path`` is the file ``source`` itself, a ``what``, which would be written over."""
    if source is not None and path.exists() and source.exists() and path.samefile(source):
        raise InputError(f"{option}: {path} is the {what} itself; choose another name")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def free_name(folder: Path, stem: str, suffix: str) -> Path:
    """A path in ``folder`` that does not exist yet: stem.svg, stem-2.svg, …"""
    path = folder / f"{stem}{suffix}"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{number}{suffix}"
        number += 1
    return path
