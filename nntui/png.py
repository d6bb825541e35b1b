"""PNG from SVG by way of Chromium: the other converters let borders and braille dots drift."""

import math
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from nntui_engine.errors import InputError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
TIMEOUT_SECONDS = 60

_PAGE = """<!doctype html><meta charset="utf-8">
<style>
html, body {{ margin: 0; padding: 0; background: transparent }}
svg {{ display: block; width: {width}px }}
</style>
{svg}"""


def find_browser() -> str:
    """The path of a Chromium, or an InputError that says what is missing."""
    for name in BROWSERS:
        path = shutil.which(name)
        if path:
            return path
    raise InputError("PNG pictures need Chromium or Chrome on the PATH; write .svg or .txt instead")


def svg_to_png(svg: str) -> bytes:
    """``svg`` drawn at its own size. Raises InputError when the browser fails."""
    browser = find_browser()
    width, height = _size(svg)
    with tempfile.TemporaryDirectory(prefix="nntui-png-") as folder:
        page, picture = Path(folder, "frame.html"), Path(folder, "frame.png")
        page.write_text(_PAGE.format(width=width, svg=svg), encoding="utf-8")
        arguments = [
            browser,
            "--headless",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
            "--host-resolver-rules=MAP * ~NOTFOUND",  # fonts named in the SVG are not fetched
            f"--user-data-dir={folder}/profile",
            f"--window-size={width},{height}",
            f"--screenshot={picture}",
            page.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            arguments.insert(1, "--no-sandbox")  # Chromium's sandbox refuses to start as root
        try:
            subprocess.run(arguments, check=True, capture_output=True, timeout=TIMEOUT_SECONDS)
            return picture.read_bytes()
        except (OSError, subprocess.SubprocessError):
            raise InputError(f"{Path(browser).name} could not draw the PNG; write .svg or .txt instead") from None


def _size(svg: str) -> tuple[int, int]:
    match = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    if match is None:
        raise ValueError("the SVG has no viewBox")
    return math.ceil(float(match[1])), math.ceil(float(match[2]))
