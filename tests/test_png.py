"""PNG by way of a browser."""

import shutil
import struct

import pytest

from nntui import png
from nntui_engine.errors import InputError

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 123.4"><rect width="320" height="124" fill="red"/></svg>'
)


def test_without_a_browser_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(InputError, match=r"Chromium.*\.svg or \.txt"):
        png.svg_to_png(SVG)


def test_a_browser_that_fails_is_one_line(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/false")
    with pytest.raises(InputError, match="could not draw"):
        png.svg_to_png(SVG)


@pytest.mark.slow
@pytest.mark.skipif(not any(shutil.which(name) for name in png.BROWSERS), reason="needs Chromium")
def test_the_picture_has_the_size_of_the_drawing():
    picture = png.svg_to_png(SVG)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) == (320, 124)
