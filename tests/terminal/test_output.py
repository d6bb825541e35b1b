"""Writing to a terminal that is slow, stuck, shared or gone."""

import os
import threading
import time
import tty

import pytest

from nntui.terminal.output import Output, write_all


def output(descriptor: int, gone: list[str] | None = None) -> Output:
    return Output(descriptor, str.encode, lambda: (gone if gone is not None else []).append("gone"))


def test_everything_arrives_in_order() -> None:
    ours, theirs = os.pipe()
    out = output(theirs)
    for number in range(100):
        out.write(f"{number} ")
    out.close(10)
    assert not out.behind
    assert os.read(ours, 10_000).decode().split() == [str(number) for number in range(100)]


def test_a_terminal_that_takes_nothing_makes_nobody_wait() -> None:
    _, theirs = os.pipe()
    out = output(theirs)
    begun = time.monotonic()
    for _ in range(1000):
        out.write("x" * 1000)
    assert out.behind
    out.close(0.2)
    assert time.monotonic() - begun < 5.0


def test_a_terminal_that_is_gone_is_told_once() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    os.close(master)
    gone: list[str] = []
    out = output(slave, gone)
    for _ in range(10):
        out.write("x")
    out.close(10)
    assert gone == ["gone"]
    os.close(slave)


@pytest.mark.parametrize("size", [10, 300_000])
def test_a_non_blocking_descriptor_gets_all(size: int) -> None:
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    found = bytearray()

    def read() -> None:
        while len(found) < size:
            found.extend(os.read(ours, 1 << 16))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    write_all(theirs, b"x" * size)
    reader.join(10)
    assert len(found) == size
