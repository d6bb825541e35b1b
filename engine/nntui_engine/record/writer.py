"""The thread that writes a record: the file's only writer, which nobody waits for."""

import math
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..kernels.race import O_VALUE
from .blocks import Flags, checksum, encoded
from .schema import FOLDED, FOLDS, lock

Array = NDArray[np.float64]
Place = tuple[int, str]  # id of a lane, name of a history

COMMIT_SECONDS = 0.2  # between two commits
BOUNDED_COMMIT_SECONDS = 2.0  # … of a bounded file, that nobody looks at meanwhile
BLOCK_BYTES = 1_000_000  # of a block before it is compressed: then the next one begins
LEAST_BLOCK_BYTES = 250_000  # that is not written anew at the next commit
QUEUE_BYTES = 256_000_000  # of samples waiting; beyond, what comes is merged
ROUNDED_FROM = 100_000_000  # bytes of a file from which on statistics keep 7 digits
MERGED = 16  # samples that become three: the smallest, the mean, the largest
MOST_HALVINGS = 4  # of the room that a bounded file has: with each it gets coarser


@dataclass(slots=True)
class Open:
    """A block that grows: written at every commit, anew and longer."""

    number: int
    merged: int = 1
    tables: list[Array] = field(default_factory=list)
    fresh: bool = False  # whether it has what is not written yet
    nbytes: int = 0  # before compression
    rounded: Flags | None = None  # columns that keep 7 digits


class Writer:
    """Writes what it is given, in order, through ``connection``, which is its own from here on.

    A file of at most ``most`` bytes keeps every sample in its first half; in what is left it merges blocks, the more
    the fuller it is. ``trouble``: why it stopped writing, "" while all is well; what was committed until then is sound.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, most: int | None = None) -> None:
        self.path, self.trouble, self.most = path, "", most
        self._coarser = 1  # samples that become three when a block ends
        self._rounding = False  # whether what begins now is rounded where it may be
        self._may_round: dict[Place, Flags] = {}
        self.committed: dict[Place, int] = {}  # the last step in the file
        self._written: dict[Place, int] = {}  # and of what will be with the next commit
        self._connection = connection
        self._lock = lock(path)
        self._file = path.stat().st_ino
        self._jobs: deque[Callable[[], None]] = deque()
        self._wake = threading.Event()
        self._given, self._taken = 0, 0  # bytes; each written by one thread only
        self._open: dict[Place, Open] = {}
        self._next: dict[Place, int] = {}  # numbers of the blocks to come
        self._late: dict[tuple[str, str], Callable[[], str]] = {}
        self._closing = False
        self._thread = threading.Thread(target=self._main, name="nntui-record", daemon=True)

    # -- for the thread of the run ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def first(self, job: Callable[[], None]) -> None:
        """Does something before the thread is started, in one transaction, and waits for it."""
        self._connection.execute("BEGIN IMMEDIATE")
        job()
        self._connection.execute("COMMIT")

    @property
    def waiting(self) -> int:
        """Bytes of samples that are not written yet."""
        return self._given - self._taken

    def add(self, place: Place, *columns: Array, merged: int = 1) -> None:
        """Samples of a lane's history, side by side: the steps (m,) and the values (m, width), or both in one table.

        ``merged``: how many have become three already.
        """
        if self.trouble:
            return
        size = sum(part.nbytes for part in columns)
        if (
            merged == 1 and self.waiting > QUEUE_BYTES and place[1] != FOLDS
        ):  # never lost, and never waited for: as much coarser as it is late
            merged = MERGED ** (self.waiting // QUEUE_BYTES)
            columns = ((thin if place[1] == "path" else merge)(np.column_stack(columns), merged),)
            size = columns[0].nbytes
        self._given += size
        self.do(lambda: self._append(place, columns, merged, size))

    def do(self, job: Callable[[], None]) -> None:
        """Something else, in its turn: ``job`` runs in the writer's thread, inside a transaction."""
        if not self.trouble:
            self._jobs.append(job)
            if self._given - self._taken > BLOCK_BYTES:
                self._wake.set()

    def close(self, timeout: float = 60.0) -> None:
        """Writes what is left and closes the file; waits at most so many seconds for it."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def discard(self, new: bool) -> None:
        """Closes the file, if the thread was never started, and removes a ``new`` one."""
        if not self._thread.is_alive():
            self._connection.close()
            os.close(self._lock)
            if new:
                self.path.unlink(missing_ok=True)

    def may_round(self, place: Place, columns: Flags) -> None:
        """Which columns of a lane's history (1 + width,) may be rounded to float32 in a large file."""
        self._may_round[place] = columns

    # -- the writer's thread ----------------------------------------------------------------------------------------

    def insert(self, table: str, values: tuple[object, ...]) -> None:
        """Put a row into a table, in place of the one with its key, for jobs."""
        self._connection.execute(f"INSERT OR REPLACE INTO {table} VALUES ({','.join('?' * len(values))})", values)

    def execute(self, text: str, values: tuple[object, ...]) -> None:
        """Another statement, for jobs."""
        self._connection.execute(text, values)

    def at_commit(self, table: str, key: str, value: Callable[[], str]) -> None:
        """A key and its value right before the next commit, the last one it was given alone."""
        self._late[table, key] = value

    def end_blocks(self) -> None:
        """What comes next begins new blocks, for jobs."""
        for place in list(self._open):
            self._end_block(place)

    def _end_block(self, place: Place) -> None:
        block = self._open.pop(place)
        if self._coarser > 1 and block.merged == 1 and place[1] != FOLDS:
            block.tables, block.merged = [merge(np.concatenate(block.tables), self._coarser)], self._coarser
            block.fresh = True
        self._write(place, block)
        self._next[place] = block.number + 1

    def _main(self) -> None:
        try:
            pause = COMMIT_SECONDS if self.most is None else BOUNDED_COMMIT_SECONDS
            while not (self._closing and not self._jobs):
                self._wake.wait(pause)
                self._wake.clear()
                self._turn()
            self._put_away()
        except Exception as error:  # whatever it is: nobody else would hear of it, and what waits would pile up
            self._give_up(str(error) or type(error).__name__)
        finally:
            self._connection.close()
            os.close(self._lock)

    def _turn(self) -> None:
        """One transaction: what waits, for about COMMIT_SECONDS."""
        end = time.monotonic() + COMMIT_SECONDS
        if not self._jobs:
            return
        self._check_file()
        self._connection.execute("BEGIN IMMEDIATE")
        if not self._rounding and self._size() >= ROUNDED_FROM:
            self.end_blocks()
            self._rounding = True
        while self._jobs and self._room() > 0 and time.monotonic() < end:
            self._jobs.popleft()()
        full = self._room() <= 0
        for place, block in list(self._open.items()):
            if block.nbytes > LEAST_BLOCK_BYTES:
                self._end_block(place)
            else:
                self._write(place, block)
        for (table, key), value in self._late.items():
            self.insert(table, (key, value()))
        self._late.clear()
        self._connection.execute("COMMIT")
        self.committed |= self._written
        if self.most is not None and full:
            self._give_up(f"it is as large as it may be ({self.most / 1e6:.0f} MB)")

    def _room(self) -> float:
        """The part of ``most`` bytes that the file has not taken yet; 1 without them. Where less is left than before,
        it begins coarser blocks: those that were begun until then stay as fine as they were."""
        if self.most is None:
            return 1.0
        left = 1.0 - self._size() / self.most
        coarser = _coarseness(left)
        if coarser > self._coarser:
            self.end_blocks()
            self._coarser = coarser
        return left

    def _size(self) -> int:
        """Bytes of the file."""
        pages, size = (self._connection.execute(f"PRAGMA page_{what}").fetchone()[0] for what in ("count", "size"))
        return int(pages * size)

    def _append(self, place: Place, columns: tuple[Array, ...], merged: int, size: int) -> None:
        self._taken += size
        most = LEAST_BLOCK_BYTES if place[1] == FOLDED else BLOCK_BYTES  # of a path a few blocks are read at any step
        block = self._open.get(place)
        if block is None or block.merged != merged or block.nbytes >= most:
            if block is not None:
                self._end_block(place)
            block = self._open[place] = Open(self._next.get(place, 0), merged)
            block.rounded = self._may_round.get(place) if self._rounding else None
        block.tables.append(np.column_stack(columns))
        block.nbytes += size
        block.fresh = True

    def _write(self, place: Place, block: Open) -> None:
        if not block.fresh:
            return
        table = np.concatenate(block.tables)
        block.tables, block.fresh = [table], False
        data = encoded(table, block.rounded)
        steps = (int(table[0, 0]), int(table[-1, 0]))
        self._written[place] = steps[1]
        self.insert("block", (*place, block.number, *steps, *table.shape, block.merged, checksum(data), data))

    def _put_away(self) -> None:
        """Takes all that was committed from the log into the file, which may have been moved, and the log was not."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if self.path.exists() and not self._is_there():
            return  # the log's name is that of the new file's
        with suppress(sqlite3.Error):  # who reads it now keeps the log; without, readers leave no files beside it
            self._connection.execute("PRAGMA journal_mode = DELETE")

    def _is_there(self) -> bool:
        return self.path.exists() and self.path.stat().st_ino == self._file

    def _check_file(self) -> None:
        if not self._is_there():
            raise OSError("it was deleted, moved or replaced")

    def _give_up(self, why: str) -> None:
        self.trouble = f"{self.path}: recording has stopped: {why}. The training goes on."
        with suppress(sqlite3.Error):  # none may be begun
            self._connection.execute("ROLLBACK")
        with suppress(sqlite3.Error):
            self._put_away()
        self._jobs.clear()


def _coarseness(left: float) -> int:
    """How many samples become three where so much room is left: 1, that is none, in the first half."""
    halvings = int(-math.log2(left)) if left > 0 else MOST_HALVINGS
    return int(MERGED ** min(MOST_HALVINGS, halvings))


def merge(table: Array, count: int) -> Array:
    """Every ``count`` samples of (m, 1 + width) as three, at their last three steps.

    They are the smallest of each column, the mean and the largest, NaN and infinities in the mean.
    """
    merged = []
    for start in range(0, len(table), count):
        some = table[start : start + count]
        if len(some) <= 3:
            merged.append(some)
            continue
        finite = np.where(np.isfinite(some), some, np.nan)
        with np.errstate(invalid="ignore", over="ignore"):
            mean = some.sum(axis=0) / len(some)
        three = np.stack([np.fmin.reduce(finite), mean, np.fmax.reduce(finite)])
        three[:, 0] = some[-3:, 0]
        merged.append(three)
    return np.concatenate(merged)


def thin(table: Array, count: int) -> Array:
    """Of every ``count`` samples (m, 1 + width) of a path the lowest, the highest and the last: it was at all three."""
    kept: list[int] = []
    for start in range(0, len(table), count):
        values = table[start : start + count, 1 + O_VALUE]
        highest = int(np.argmax(np.where(np.isnan(values), np.inf, values)))
        lowest = int(np.argmin(np.where(np.isnan(values), np.inf, values)))
        kept += [start + at for at in {lowest, highest, len(values) - 1}]
    return np.asarray(table[np.sort(kept)])
