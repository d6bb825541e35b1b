"""Whatever bytes a terminal sends, they end as keys or nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from nntui.terminal.keyboard import Keyboard


def keys(messages: list[Message]) -> list[str]:
    return [message.key for message in messages if isinstance(message, events.Key)]


def typed(*parts: bytes) -> list[str]:
    keyboard = Keyboard()
    return [key for part in parts for key in keys(keyboard.feed(part))] + keys(keyboard.tick())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"aq", ["a", "q"]),
        ("é".encode(), ["é"]),
        (b"\x80q", ["q"]),
        (b"\xe9aq", ["a", "q"]),  # é as Latin-1 has it
        (b"\xff\xfe\xc3q", ["q"]),
        (b"\x1b[M\x20\xe9\xffq", ["q"]),  # a mouse report in raw bytes …
        (b"\x1b[M\x20\xc3\xa9q", ["q"]),  # … two of which are a character by chance
        (b"\x1b[99999999uq", ["q"]),  # the key protocol, with a number that is no character's
        (b"\x1b[A\x1b[Bq", ["up", "down", "q"]),
    ],
)
@pytest.mark.parametrize("cut", [False, True], ids=["at once", "byte by byte"])
def test_bytes_become_keys(data: bytes, expected: list[str], cut: bool) -> None:
    parts = [bytes([byte]) for byte in data] if cut else [data]
    assert typed(*parts) == expected


def test_control_c_is_heard_in_a_paste_that_never_ends() -> None:
    assert typed(b"\x1b[200~abc", b"def\x03") == ["ctrl+c"]


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_after_any_bytes_control_c_is_heard(parts: list[bytes]) -> None:
    keyboard = Keyboard()
    for part in parts:
        keyboard.feed(part)
    assert keys(keyboard.tick() + keyboard.feed(b"\x03"))[-1] == "ctrl+c"


@given(
    st.lists(st.sampled_from([b"\x1b", b"[", b"M", b"<", b"?", b"200~", b"u", b"9" * 9, b";", b"\xe9", b"t", b"$y"]))
)
def test_no_mixture_of_sequences_ends_the_reading(parts: list[bytes]) -> None:
    keyboard = Keyboard()
    keyboard.feed(b"".join(parts))
    keyboard.tick()
    assert keys(keyboard.feed(b"\x03"))[-1] == "ctrl+c"
