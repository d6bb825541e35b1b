"""How things look: colours, markers and glyphs, for every kind of terminal.

Each of 16 lanes has its own marker beside its colour; kinds of data (classes) have small markers and colours of their
own; layers have a ramp that only grows lighter, so that its order survives in grey.
"""

import os
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from rich.cells import get_character_cell_size

from .colours import ACCENT as ACCENT
from .colours import BACKGROUND as BACKGROUND
from .colours import DEFAULT, LEAST_OF_LANES, Colours, readable
from .colours import DIM as DIM
from .colours import ERROR as ERROR
from .colours import FAINT as FAINT
from .colours import GOOD as GOOD
from .colours import TEXT as TEXT
from .colours import WARNING as WARNING
from .colours import luminance as luminance
from .colours import mix as mix
from .few_colours import steady

ColourMode = Literal["full", "256", "16", "grey"]

_LANES_16 = (  # of a terminal that has 16, as its library knows them: all but blue 4, which is unreadable on black
    "#55ffff", "#ffff55", "#55ff55", "#ff55ff", "#ffffff", "#ff5555", "#5555ff", "#aaaaaa",
    "#00aaaa", "#aa5500", "#00aa00", "#aa00aa",
)  # fmt: skip
_KINDS_16 = ("#ff55ff", "#ffff55", "#ff5555", "#55ffff", "#ffffff", "#5555ff")
PLUS, MINUS = "#56b4e9", "#e69f00"
_RAMP_16 = ("#5555ff", "#00aaaa", "#55ff55", "#ffff55", "#ffffff")


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Every character that is not plain text."""

    lane: str = "●■▲◆▼★✚○□△◇▽☆✦◐◧"
    kind: str = "•▴▪▮✶⋆"
    held_out: str = "◦▵▫▯✧✷"
    wrong: str = "╳×"  # of rows that are trained on, and held out
    dead: str = "×"  # of units that pass on nothing
    flat: str = "≡"  # of units whose activation is flat
    pattern: str = " ·╱╲┼▒"
    running: str = "▶"
    paused: str = "‖"
    finished: str = "▣"
    waiting: str = "…"
    frozen: str = "‖"
    bad: str = "×"
    above: str = "▴"
    done: str = "✓"
    stopped: str = "▬"
    below: str = "▾"
    up: str = "↑"
    down: str = "↓"
    mark: str = "┊"
    restart_mark: str = "╎"
    chosen: str = "▸"
    turn: str = "◂ ▸"
    dot: str = "·"
    dash: str = "—"
    arrow: str = "→"
    up_down: str = "↑↓"
    left_right: str = "←→"
    corners: str = "╭╮╰╯"
    line: str = "─"
    side: str = "│"
    full: str = "█"
    empty: str = "░"
    times: str = "×"
    end: str = "…"


ASCII = Glyphs(
    lane="*+xo#@%&KMNRTVWZ",
    kind="ABCDEF",
    held_out="abcdef",
    wrong="Xx",
    dead="x",
    flat="s",
    pattern=" .-|/,",
    running=">",
    paused="||",
    finished="=",
    waiting="...",
    frozen="=",
    bad="!",
    above="^",
    done="=",
    stopped="-",
    below="v",
    up="^",
    down="v",
    mark=":",
    restart_mark="!",
    chosen=">",
    turn="< >",
    dot="-",
    dash="-",
    arrow="->",
    up_down="up/down",
    left_right="left/right",
    corners="++++",
    line="-",
    side="|",
    full="#",
    empty=".",
    times="x",
    end="~",
)
UNICODE = Glyphs()
_PLAIN = dict(zip("·•–—−…×÷‖λσφθβδΔ∂∇Σ√≤≥≈→←↑↓✓█▀", "-----.x/|lsftbdDdDSv<>~><^vx# ", strict=True))


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours and glyphs of one terminal."""

    colour: ColourMode = "full"
    ascii_only: bool = False
    glyphs: Glyphs = field(default=UNICODE)
    colours: Colours = DEFAULT

    def lane(self, index: int) -> str:
        """A lane's colour as "#rrggbb"."""
        table = _LANES_16 if self.colour == "16" else self.colours.lanes
        return table[index % len(table)]

    def lane_marker(self, index: int) -> str:
        """A lane's one-character marker."""
        return self.glyphs.lane[index % len(self.glyphs.lane)]

    def kind(self, index: int) -> str:
        """The colour of a kind of data; white in grey, where only markers tell them apart."""
        table = {"16": _KINDS_16, "grey": ("#ffffff",)}.get(self.colour, self.colours.kinds)
        return table[index % len(table)]

    def kind_marker(self, index: int, held_out: bool = False) -> str:
        """The one-character marker of a kind of data that is trained on, or held out."""
        glyphs = self.glyphs.held_out if held_out else self.glyphs.kind
        return glyphs[index % len(glyphs)]

    def layer(self, index: float, count: int) -> str:
        """The colour of layer ``index`` (0-based; between two of them for a half) of ``count``: dark blue first, light
        yellow last."""
        share = index / (count - 1) if count > 1 else 1.0
        if self.colour == "16":
            return _RAMP_16[round(share * (len(_RAMP_16) - 1))]
        if self.colour == "256" and isinstance(index, int):
            return steady(tuple(self._on_ramp(i / (count - 1) if count > 1 else 1.0) for i in range(count)))[index]
        return self._on_ramp(share)

    def _on_ramp(self, share: float) -> str:
        ramp = self.colours.ramp
        place = share * (len(ramp) - 1)
        left = min(int(place), len(ramp) - 2)
        return mix(ramp[left], ramp[left + 1], place - left)

    def layer_marker(self, index: int, count: int) -> str:
        """One character for a layer: its number, "o" for the output layer, "+" past nine."""
        if index == count - 1:
            return "o"
        return str(index + 1) if index < 9 else "+"

    def on_ground(self, colour: str, share: float) -> str:
        """So much of a colour over the background that the screen has; the default set's colours are the theme's."""
        return mix(self.colours.background, self.colours.restyle(colour), share)

    def sign(self, positive: bool) -> str:
        """The colour of positive numbers or of negative ones, as dark or light as this background needs."""
        return readable(PLUS if positive else MINUS, self.colours.background, LEAST_OF_LANES)

    @property
    def nowhere(self) -> str:
        """What is behind where there is no finite number."""
        return "#3a1018" if self.colours.dark else self.on_ground(ERROR, 0.35)

    def faded(self, colour: str) -> str:
        """The same colour, dimmed, for the band between smallest and largest value."""
        return "#808080" if self.colour == "16" else mix(self.colours.background, colour, self.colours.fade)


def in_ascii(text: str) -> str:
    """The text in ASCII alone, cell for cell: what has no letter or sign like it is "?", as often as it is wide."""
    return text if text.isascii() else "".join(_PLAIN.get(one) or _plain(one) for one in text)


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    letters = "".join(one for one in unicodedata.normalize("NFKD", character) if not unicodedata.combining(one))
    width = get_character_cell_size(character)
    return letters if letters.isascii() and len(letters) == width else "?" * width


def choose_theme(
    environment: Mapping[str, str] | None = None,
    encoding: str | None = None,
    colour_system: str | None = "truecolor",
    ascii_only: bool | None = None,
    no_colour: bool = False,
    colours: Colours = DEFAULT,
) -> Theme:
    """The theme for a terminal: NO_COLOR, NNTUI_ASCII, its encoding and its number of colours decide."""
    environment = os.environ if environment is None else environment
    encoding = (encoding or getattr(sys.stderr, "encoding", None) or "utf-8").lower().replace("-", "")
    if ascii_only is None:
        ascii_only = bool(environment.get("NNTUI_ASCII")) or not encoding.startswith(("utf", "cp65001"))
    colour: ColourMode = "full"
    if no_colour or environment.get("NO_COLOR"):
        colour = "grey"
    elif colour_system in ("standard", "windows", None):
        colour = "16"
    elif colour_system == "256":
        colour = "256"
    return Theme(colour, ascii_only, ASCII if ascii_only else UNICODE, colours)
