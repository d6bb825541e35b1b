"""Standard output that takes every byte it is given, or says why it cannot.

An unbuffered stream (``PYTHONUNBUFFERED=1``) may take a part of what it is given, and Python's text layer ignores that:
the rest is lost without a word. And a reader that has left is a BrokenPipeError, of which click and Rich make exit
status 1, each in its own way.
"""

import io
import os
import select
import sys
from typing import Any, BinaryIO, TextIO


class ReaderLeftError(Exception):
    """What reads standard output is gone. No OSError, so that nobody on the way here makes something else of it."""


class OutputError(Exception):
    """Standard output cannot be written; the message is the system's reason."""


def write_all(stream: BinaryIO | io.RawIOBase, content: bytes | memoryview) -> None:
    """Write until all of ``content`` is written: a stream may take a part only, and a non-blocking one nothing yet."""
    left = memoryview(content)
    while left:
        taken: int | None = stream.write(left)
        if taken is None:
            select.select([], [stream], [])
        left = left[taken or 0 :]


class _Whole(io.RawIOBase):
    """A descriptor to which a write is written in full."""

    mode = "wb"

    def __init__(self, descriptor: int, name: str) -> None:
        self._file = io.FileIO(descriptor, "wb", closefd=False)
        self.name = name

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()

    def write(self, content: Any) -> int:
        try:
            write_all(self._file, content)
        except BrokenPipeError:
            raise ReaderLeftError from None
        except OSError as error:
            raise OutputError(error.strerror or str(error)) from None
        return len(content)


def whole(stream: TextIO) -> TextIO:
    """``stream`` with its settings, written in full; ``stream`` itself where it is no plain file, pipe or terminal."""
    buffer = getattr(stream, "buffer", None)
    file = getattr(buffer, "raw", buffer)
    if os.name != "posix" or not isinstance(stream, io.TextIOWrapper) or not isinstance(file, io.FileIO):
        return stream
    stream.flush()
    raw = _Whole(file.fileno(), stream.name)
    return io.TextIOWrapper(
        raw if buffer is file else io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors="replace",  # a terminal or pipe that cannot show a character gets a "?" instead of ending the run
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def is_terminal(*streams: TextIO | None) -> bool:
    """Whether all these are; one that the caller closed (``>&-``) is None."""
    return all(stream is not None and stream.isatty() for stream in streams)


def discard_output() -> None:
    """Point standard output at nothing, so that the interpreter's last flush stays quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
