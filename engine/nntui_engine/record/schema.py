"""The tables of a record, and how such a file is made and opened (docs/record.md)."""

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from ..errors import InputError
from ..files import problem_with

try:
    import fcntl
except ImportError:  # pragma: no cover - not on Windows
    fcntl = None  # type: ignore[assignment]

APPLICATION = 0x6E6E7475  # "nntu"
VERSION = 1
FOLDED, FOLDS = "path", "path folds"  # a kind of block, and how its older samples became buckets
# What a damaged file may raise: also text that is none, and numbers that Python's own integers would overflow
UNREADABLE = (sqlite3.Error, OverflowError, UnicodeDecodeError)
TABLES = """
CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE arrangement (
    id INTEGER PRIMARY KEY, parent INTEGER, at INTEGER NOT NULL, event TEXT NOT NULL);
CREATE TABLE lane (
    id INTEGER PRIMARY KEY, arrangement INTEGER NOT NULL, place INTEGER NOT NULL, name TEXT NOT NULL, origin INTEGER,
    step INTEGER NOT NULL, tables TEXT NOT NULL, settings TEXT NOT NULL, layers TEXT NOT NULL, about TEXT NOT NULL,
    columns TEXT NOT NULL);
CREATE TABLE block (
    lane INTEGER NOT NULL, kind TEXT NOT NULL, number INTEGER NOT NULL, first_step INTEGER NOT NULL,
    last_step INTEGER NOT NULL, rows INTEGER NOT NULL, columns INTEGER NOT NULL, merged INTEGER NOT NULL,
    checksum INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (lane, kind, number));
CREATE TABLE event (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE checkpoint (
    id INTEGER PRIMARY KEY, arrangement INTEGER NOT NULL, at INTEGER NOT NULL, detail TEXT NOT NULL);
CREATE TABLE history (
    checkpoint INTEGER NOT NULL, lane INTEGER NOT NULL, kind TEXT NOT NULL, part TEXT NOT NULL, rows INTEGER NOT NULL,
    columns INTEGER NOT NULL, checksum INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (checkpoint, lane, kind, part));
CREATE TABLE state (
    checkpoint INTEGER NOT NULL, part TEXT NOT NULL, size INTEGER NOT NULL, checksum INTEGER NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY (checkpoint, part));
"""


def created(path: Path) -> tuple[sqlite3.Connection, str]:
    """A new record, and its journal's mode. Raises InputError where there is something, or nothing can be made."""
    if not path.parent.is_dir():
        raise InputError(f"--record: cannot write {path}: there is no folder {path.parent}")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        raise InputError(f"--record: {path} exists already; choose another name, or --resume it") from None
    except OSError as error:
        raise InputError(f"--record: cannot write {path}: {error.strerror or error}") from None
    try:
        connection, journal = _for_writing(path)
        connection.executescript(f"BEGIN; {TABLES} COMMIT;")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
    except (sqlite3.Error, OSError) as error:
        path.unlink(missing_ok=True)
        raise InputError(f"--record: cannot write {path}: {error}") from None
    return connection, journal


def _for_writing(path: Path) -> tuple[sqlite3.Connection, str]:
    """The one connection that may write, with no transaction begun by itself; and the journal's mode."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    journal = str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
    if journal != "wal":  # some file systems cannot share memory; the pragma is then ignored without an error
        journal = str(connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0])
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection, journal


def reopened(path: Path) -> tuple[sqlite3.Connection, str]:
    """A record that was checked, to be written on, and its journal's mode. Raises InputError where it cannot be."""
    try:
        connection, journal = _for_writing(path)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("COMMIT")
    except (sqlite3.Error, OSError) as error:
        raise InputError(f"--resume: cannot write {path}: {error}") from None
    return connection, journal


def lock(path: Path) -> int:
    """Takes the right to write a record until the descriptor that is returned is closed, by the end of the process at
    the latest. Raises InputError where another has it.

    It is to be closed after the connection only: closing any descriptor of a file drops SQLite's own locks on it.
    """
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError as error:
        raise InputError(f"--resume: cannot write {path}: {error.strerror or error}") from None
    if fcntl is None:
        return descriptor
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            os.close(descriptor)
            raise InputError(f"--resume: {path} is being written by another nntui") from None
    return descriptor


def being_written(path: Path) -> bool:
    """Whether a living process writes a record. False where the system cannot tell.

    Never to be asked of what this process itself writes: that closes a descriptor of the file (see :func:`lock`).
    """
    if fcntl is None:
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EAGAIN, errno.EACCES)
    finally:
        os.close(descriptor)
    return False


class WriterSeen:
    """Whether a living process writes a record, asked while the record is read: made before it is opened, and closed
    after it (see :func:`lock`). Raises InputError where it cannot be read."""

    def __init__(self, path: Path) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None

    def there(self) -> bool:
        """Whether it does now; True where the system cannot tell."""
        if fcntl is None:
            return True
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno in (errno.EAGAIN, errno.EACCES)
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        return False

    def close(self) -> None:
        """Asks no more."""
        os.close(self._descriptor)


def opened(path: Path) -> sqlite3.Connection:
    """A connection that only reads. Raises InputError for what is no record that this version reads."""
    trouble = problem_with(path)
    if trouble is not None:
        raise InputError(f"{path}: {trouble}")
    try:
        with path.open("rb") as stream:
            head = stream.read(100)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not head.startswith(b"SQLite format 3\0"):
        raise InputError(f"{path}: is no record of nntui")
    connection = None
    try:
        connection = _for_reading(path)
        try:
            _check(connection, path)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") != "SQLITE_READONLY_ROLLBACK":  # Python's own have no name
                raise
            connection.close()
            _roll_back(path)
            connection = _for_reading(path)
            _check(connection, path)
    except UNREADABLE as error:
        if connection is not None:
            connection.close()
        raise InputError(f"{path}: is damaged: {error}") from None
    except InputError:
        if connection is not None:
            connection.close()
        raise
    return connection


def _for_reading(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA mmap_size = 0")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


# What ends a journal that is one of several, and names the file that lists them (SQLite, "Database File Format", 3)
_OF_SEVERAL = bytes.fromhex("d9d505f920a163d7")


def _roll_back(path: Path) -> None:
    """Takes back what a killed writer had half done; only one that writes may. Raises InputError, sqlite3.Error.

    Of a journal that names another file, SQLite would read and delete that file: nntui writes no such journal.
    """
    journal = path.with_name(path.name + "-journal")
    try:
        ends = journal.read_bytes()[-len(_OF_SEVERAL) :]
    except OSError as error:
        raise InputError(f"{journal}: cannot be read: {error.strerror or error}") from None
    if ends == _OF_SEVERAL:
        raise InputError(f"{path}: is damaged: its journal is another program's")
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise InputError(f"{path}: is another program's file, and no record of nntui")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        raise InputError(f"{path}: is a record of version {version}; this nntui reads version {VERSION}")
    found = dict(connection.execute("SELECT type || ' ' || name, sql FROM sqlite_schema").fetchall())
    wanted = {
        f"table {text.split()[0]}": " ".join(f"CREATE TABLE {text}".split())
        for text in TABLES.strip().rstrip(";").split("CREATE TABLE ")[1:]
    }
    wanted = {name: text.rstrip("; ") for name, text in wanted.items()}
    own = {name: " ".join(str(text).split()) for name, text in found.items() if " sqlite_autoindex_" not in name}
    if own != wanted:
        raise InputError(f"{path}: is no record of nntui: its tables are others")


def check_integrity(connection: sqlite3.Connection, path: Path) -> None:
    """Raises InputError where SQLite finds the file damaged."""
    try:
        answer = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except UNREADABLE as error:
        answer = str(error)
    if answer != "ok":
        raise InputError(f"{path}: is damaged: {answer}")
