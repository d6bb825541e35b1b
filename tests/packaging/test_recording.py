"""The README's recording: an SVG that draws what changes, and needs nothing from anywhere."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nntui.lab.frame import Cell

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))

from recording_svg import Shot, recording  # noqa: E402

PICTURES = ("recording", "map", "network", "landscape", "confusion")
SVG = "{http://www.w3.org/2000/svg}"


def cells(*rows: str, colour: str = "#ffffff") -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(Cell(char, colour, "#000000") for char in row) for row in rows)


def groups(*shots: Shot, seconds: float = 4.0) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(recording(shots, seconds, "#000000", "a & b"))[3])


def words(group: ElementTree.Element) -> list[tuple[str, str, str]]:
    """The letters of a group but its caption, with their places."""
    return [(text.get("x", ""), text.get("y", ""), text.text or "") for text in group.iter(f"{SVG}text")][:-1]


def test_what_changes_is_drawn_over_what_was_there_from_its_time_on() -> None:
    one, two = cells("a<b     x", "         "), cells("a<b     y", "         ")
    first, second = groups(Shot(0.0, one, "", "said"), Shot(1.0, two, "f", "more"))
    assert words(first) == [("0", "12", "a<b     x")]
    assert first.get("visibility") is None
    assert first.find(f"{SVG}animate") is None  # it stays
    assert words(second)[0] == ("64", "12", "y")
    assert second.get("visibility") == "hidden"
    animation = second.find(f"{SVG}animate")
    assert animation is not None
    assert (animation.get("values"), animation.get("keyTimes")) == ("hidden;visible", "0;0.25")
    assert "M64 0h8v16h-8z" in {path.get("d") for path in second.iter(f"{SVG}path")}  # hides the x


def test_a_scene_leaves_nothing_of_those_before_and_a_frame_like_the_last_is_nothing() -> None:
    same, other = cells("abc"), cells("xyz")
    found = groups(Shot(0.0, same, "", "w"), Shot(1.0, same, "", "w"), Shot(2.0, other, "", "w", scene=True))
    assert len(found) == 2
    ends = [(one.get("values"), one.get("keyTimes")) for group in found for one in group.iter(f"{SVG}animate")]
    assert ends == [("visible;hidden", "0;0.5"), ("hidden;visible", "0;0.5")]
    assert words(found[1]) == [("0", "12", "xyz")]


def test_blocks_are_rectangles_and_letters_are_held_to_their_cells() -> None:
    (group,) = groups(Shot(0.0, cells("▀▀█ a⠓b"), "", ""))
    paths = [path.get("d") for path in group.iter(f"{SVG}path")]
    assert paths[:2] == ["M0 0h56v16h-56z", "M0 0h16v8h-16zM16 0h8v16h-8z"]
    found = list(group.iter(f"{SVG}text"))[:-1]
    assert [(text.text, text.get("textLength")) for text in found] == [(" a", "16"), ("⠓", "8"), ("b", "8")]


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_of_the_readme_are_whole_small_and_need_nothing_from_elsewhere(name: str) -> None:
    svg = (ROOT / "screenshots" / f"{name}.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(svg)
    assert len(svg.encode()) < 1_500_000
    assert f"screenshots/{name}.svg" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert not re.search(r"url\(|href|@import|@font-face|<script", svg)
    assert ("repeatCount" in svg) == (name == "recording")
