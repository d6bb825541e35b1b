"""Machine output: JSON in UTF-8, the same bytes from run to run."""

import sys
from typing import Any

from nntui.json_text import json_text
from nntui.streams import write_all


def write_json(value: Any) -> None:
    """One JSON document on standard output."""
    write_bytes(encoded(json_text(value)))


def encoded(text: str) -> bytes:
    """UTF-8; half a character, as in a broken file name, becomes "?"."""
    return text.encode(errors="replace")


def write_bytes(content: bytes) -> None:
    """``content`` on standard output as it is, whatever the terminal's encoding."""
    sys.stdout.flush()
    write_all(sys.stdout.buffer, content)
    sys.stdout.buffer.flush()
