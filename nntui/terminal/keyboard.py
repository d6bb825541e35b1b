"""From the bytes of a terminal to keys, whatever the bytes are."""

import re
from codecs import getincrementaldecoder

from textual._xterm_parser import XTermParser
from textual.message import Message

# The mouse reports of terminals that know no other form: the button and the place are three bytes of any value, which
# are no UTF-8. Textual drops such reports, so that their values do not matter.
RAW_MOUSE_REPORT = re.compile(rb"\x1b\[M[\x20-\xff]{1,3}")
UNFINISHED = 5  # bytes of such a report that the next ones may complete
CONTROL_C = "\x03"


class Keyboard:
    """Reads keys, pastes, mouse and other reports. Bytes that are no UTF-8 are dropped, and so is a sequence that
    Textual's parser cannot read."""

    def __init__(self, debug: bool = False) -> None:
        self._debug = debug
        self._parser = XTermParser(debug)
        self._decoder = getincrementaldecoder("utf-8")("ignore")
        self._before = b""

    def feed(self, data: bytes) -> list[Message]:
        """What these bytes, after those before, say; a sequence may be cut anywhere."""
        whole = self._before + data
        plain = RAW_MOUSE_REPORT.sub(lambda report: report[0][:3].ljust(len(report[0])), whole)
        text = self._decoder.decode(plain[len(self._before) :])
        self._before = whole[-UNFINISHED:]
        messages: list[Message] = []
        for character in text:
            if character == CONTROL_C:
                self._begin_again()  # it is heard in any case, also in a paste that never ends
            try:
                messages += self._parser.feed(character)
            except Exception:  # a number too large to be a character's, and who knows what else
                self._begin_again()
        return messages

    def tick(self) -> list[Message]:
        """What is meant by bytes that nothing followed for a while, like the Escape key's one."""
        try:
            return list(self._parser.tick())
        except Exception:
            self._begin_again()
            return []

    def _begin_again(self) -> None:
        old, self._parser = self._parser, XTermParser(self._debug)
        for name in ("mouse_pixels", "terminal_size", "terminal_pixel_size"):
            setattr(self._parser, name, getattr(old, name))
