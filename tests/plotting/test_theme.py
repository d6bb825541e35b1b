"""Colours and markers: lanes, kinds of data and layers are told apart in every kind of terminal."""

import itertools

import numpy as np
import pytest
from rich.cells import cell_len
from rich.color import Color, ColorSystem
from rich.style import Style

from nntui.looks.regions import Regions
from nntui.plotting.colours import contrast
from nntui.plotting.regions import draw_regions
from nntui.plotting.theme import ASCII, BACKGROUND, UNICODE, Glyphs, Theme, choose_theme, in_ascii, luminance

LANES = range(16)


def in_sixteen(colour: str) -> int:
    """The number of the colour that a terminal with 16 shows."""
    return int(Color.parse(colour).downgrade(ColorSystem.STANDARD).number or 0)


def test_the_layer_ramp_only_grows_lighter() -> None:
    for mode in ("full", "grey", "16"):
        layers = 12 if mode != "16" else 5
        ramp = [luminance(Theme(mode).layer(i, layers)) for i in range(layers)]
        assert all(b > a for a, b in itertools.pairwise(ramp))


@pytest.mark.parametrize("mode", ["full", "16", "grey"])
def test_what_is_drawn_in_a_lane_s_or_layer_s_colour_can_be_read(mode: str) -> None:
    theme = Theme(mode)  # type: ignore[arg-type]
    colours = [
        *(theme.lane(i) for i in LANES),
        *(theme.kind(i) for i in range(8)),
        *(theme.layer(i, 9) for i in range(9)),
    ]
    assert min(contrast(colour, BACKGROUND) for colour in colours) >= 2.8


def test_sixteen_lanes_differ_in_colour_and_in_marker() -> None:
    assert len({Theme().lane(i) for i in LANES}) == 16
    for glyphs in (UNICODE, ASCII):
        theme = Theme(glyphs=glyphs)
        assert len({theme.lane_marker(i) for i in LANES}) == 16
        assert all(cell_len(theme.lane_marker(i)) == 1 for i in LANES)


def test_no_marker_means_two_things() -> None:
    for g in (UNICODE, ASCII):
        of_kinds, of_lanes = set(g.kind) | set(g.held_out), set(g.lane)
        signs = {g.bad, g.done, g.finished, g.stopped, g.chosen, g.paused, g.below}
        assert len(of_kinds) == len(g.kind) + len(g.held_out)
        assert not of_kinds & of_lanes
        assert not (of_kinds | of_lanes) & signs
        assert not of_lanes & set("0123456789")  # layers
    assert not {Theme().kind(i) for i in range(8)} & {Theme().lane(i) for i in LANES}


def test_in_sixteen_colours_none_is_blue_on_black_and_the_first_eight_lanes_differ() -> None:
    theme = Theme("16")
    assert len({in_sixteen(theme.lane(i)) for i in range(8)}) == 8
    shown = [*map(theme.lane, LANES), *(theme.layer(i, 6) for i in range(6)), *map(theme.kind, range(6))]
    assert not {in_sixteen(colour) for colour in shown} & {0, 4}  # black, dark blue


def half_and_half() -> Regions:
    xs = np.linspace(-1.0, 1.0, 64)
    kind = np.tile((xs > 0).astype(np.int64), (48, 1))
    points = np.array([(-0.9, 0.0), (0.9, 0.0)])
    return Regions(((-1.0, 1.0), (-1.0, 1.0)), kind, np.ones(kind.shape), points, np.array([0, 1]), np.zeros(2, bool),
                   ("no", "yes"), ("x", "y"), np.zeros(2, bool), ((-1.0, 1.0), (-1.0, 1.0)), even=False)  # fmt: skip


@pytest.mark.parametrize("theme", [Theme("grey"), Theme("grey", True, ASCII), Theme("16"), Theme()])
def test_regions_are_told_apart_without_colours(theme: Theme) -> None:
    grid = draw_regions(half_and_half(), ("Regions",), 50, 20, theme)
    row = 12
    left, right = grid.chars[row, 14], grid.chars[row, 44]
    behind = [Style.parse(grid.styles[grid.inks[row, column]]).bgcolor for column in (14, 44)]
    colours = [colour.triplet.hex for colour in behind if colour is not None and colour.triplet is not None]
    if theme.colour == "grey":
        assert left != right
        assert contrast(*colours) > 1.8
    elif theme.colour == "16":
        assert in_sixteen(colours[0]) != in_sixteen(colours[1])
    else:
        assert (left, right) == (" ", " ")
        assert colours[0] != colours[1]
    markers = theme.glyphs.kind[:2]
    assert all(marker in grid.lines()[0] for marker in markers)  # the legend


def test_the_two_sets_of_glyphs_have_as_many_of_each() -> None:
    for name in ("lane", "kind", "held_out", "wrong"):
        assert len(getattr(UNICODE, name)) == len(getattr(ASCII, name))
    assert all(text.isascii() for name in Glyphs.__dataclass_fields__ for text in (getattr(ASCII, name),))


@pytest.mark.parametrize(
    ("environment", "encoding", "system", "expected"),
    [
        ({}, "utf-8", "truecolor", ("full", False)),
        ({"NO_COLOR": "1"}, "utf-8", "truecolor", ("grey", False)),
        ({"NNTUI_ASCII": "1"}, "utf-8", "256", ("256", True)),
        ({}, "iso-8859-1", "truecolor", ("full", True)),
        ({}, "UTF8", "standard", ("16", False)),
    ],
)
def test_the_terminal_decides(
    environment: dict[str, str], encoding: str, system: str, expected: tuple[str, bool]
) -> None:
    theme = choose_theme(environment, encoding, system)
    assert (theme.colour, theme.ascii_only) == expected


def test_in_ascii_every_cell_is_kept() -> None:
    for words, plain in (
        ("a · b", "a - b"),
        ("R² − λ", "R2 - l"),
        ("Größe", "Gro?e"),
        ("日本", "????"),
        ("½ …", "? ."),
        ("plain", "plain"),
    ):
        assert in_ascii(words) == plain
        assert len(plain) == cell_len(words)
