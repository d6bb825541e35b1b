"""Sets of colours: what the words, lines and data of a theme are drawn in.

Everything is drawn in the colours of the default set; a screen with another set puts its own in their place as the last
thing it does (:meth:`Colours.restyle`), so that whoever draws need not know. The default's lanes have Okabe & Ito's
colours, a little lighter; past eight darker and paler ones.
"""

import re
from dataclasses import dataclass

BACKGROUND = "#10141a"
SURFACE = "#161c24"
PANEL = "#1a212b"
TEXT = "#d5dbe3"
DIM = "#8791a0"
FAINT = "#4a5463"
ACCENT = "#57b4e9"  # no colour of data, which stays what it is in every theme
WARNING = "#f0c040"
ERROR = "#ff7b6b"
GOOD = "#4cc38a"

_LANES = (
    "#56b4e9", "#e69f00", "#2cc295", "#e58fc1", "#f0e442", "#f4743b", "#9a9cff", "#c0c7d1",
    "#3a86d8", "#ffd59a", "#a8f0c6", "#cc5cb4", "#b3b030", "#ff9f8a", "#d3c4ff", "#9c8f7f",
)  # fmt: skip
_KINDS = ("#c58cff", "#cfe04a", "#ff8f70", "#46d3e6", "#f5f5f5", "#b98a5a", "#6f8cff", "#ff6fb5")
_RAMP = ("#5d6be0", "#4a93e0", "#35b8c4", "#5fd08c", "#b9de55", "#fbe96b")
_RAMP_ON_LIGHT = ("#17174f", "#20428f", "#1d6799", "#1c8080", "#4f8c33", "#98801a")
# Okabe & Ito 2008, and the same paler
_OKABE_ITO = ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2", "#ffffff")
_PALER = ("#b2dcf5", "#f4d490", "#85cfbb", "#f8f3b0", "#e7bfd5", "#eeb48a", "#8abcda", "#a0a0a0")
_HEX = re.compile("#[0-9a-f]{6}")
LEAST_OF_LANES, LEAST_OF_RAMP, LEAST_OF_WORDS, LEAST_OF_KINDS = 3.0, 2.8, 4.0, 1.8  # contrast with the background


@dataclass(frozen=True, slots=True)
class Colours:
    """One set, all as "#rrggbb"; ``ramp`` only grows lighter. ``fade``: of a colour that is dimmed, what is left."""

    name: str = "default"
    background: str = BACKGROUND
    surface: str = SURFACE
    panel: str = PANEL
    text: str = TEXT
    dim: str = DIM
    faint: str = FAINT
    accent: str = ACCENT
    warning: str = WARNING
    error: str = ERROR
    good: str = GOOD
    lanes: tuple[str, ...] = _LANES
    kinds: tuple[str, ...] = _KINDS
    ramp: tuple[str, ...] = _RAMP
    fade: float = 0.42

    @property
    def dark(self) -> bool:
        """Whether words are lighter than what is behind them."""
        return luminance(self.background) < luminance(self.text)

    def restyle(self, style: str) -> str:
        """A style in which the colours of the default set are this set's."""
        if self.name == DEFAULT.name or "#" not in style:
            return style
        table = {
            BACKGROUND: self.background, SURFACE: self.surface, PANEL: self.panel, TEXT: self.text, DIM: self.dim,
            FAINT: self.faint, ACCENT: self.accent, WARNING: self.warning, ERROR: self.error, GOOD: self.good,
        }  # fmt: skip
        return _HEX.sub(lambda found: table.get(found[0], found[0]), style)


DEFAULT = Colours()
COLOUR_BLIND = Colours(
    "colour-blind",
    good="#7cc8f5",
    warning="#f0e442",
    error="#f07020",
    lanes=(*_OKABE_ITO, *_PALER),
    ramp=("#5670aa", "#72809c", "#908f88", "#b4a56e", "#dac257", "#ffea46"),
)


def mix(first: str, second: str, share: float) -> str:
    """``share`` of the way from one "#rrggbb" colour to another."""
    pairs = ((int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb", 0 to 1 (WCAG 2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """How well two colours can be told apart by lightness: 1 (not at all) to 21 (WCAG 2)."""
    low, high = sorted((luminance(one) + 0.05, luminance(other) + 0.05))
    return high / low


def ink_on(behind: str) -> str:
    """Black or white: what can be read better on this colour."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, behind))


def readable(colour: str, behind: str, least: float) -> str:
    """The colour itself, or as much lighter or darker as it must be to have so much contrast with what is behind."""
    end = "#ffffff" if luminance(behind) < 0.3 else "#000000"
    found = (mix(colour, end, share / 20) for share in range(21))
    return next((one for one in found if contrast(one, behind) >= least), end)


def on_background(
    name: str, background: str, text: str, surface: str, panel: str, accent: str, warning: str, error: str, good: str
) -> Colours:
    """A set around these colours: each as readable as it must be, and the default's colours for data."""
    words = [readable(one, background, LEAST_OF_WORDS) for one in (text, mix(background, text, 0.6))]
    signs = [readable(one, background, LEAST_OF_WORDS) for one in (accent, warning, error, good)]
    dark = luminance(background) < luminance(text)
    return Colours(
        name=name,
        background=background,
        surface=surface,
        panel=panel,
        text=words[0],
        dim=words[1],
        faint=mix(background, text, 0.32),
        accent=signs[0],
        warning=signs[1],
        error=signs[2],
        good=signs[3],
        lanes=tuple(readable(one, background, LEAST_OF_LANES) for one in _LANES),
        kinds=tuple(readable(one, background, LEAST_OF_KINDS if dark else LEAST_OF_LANES) for one in _KINDS),
        ramp=_ramp_on(background, dark),
        fade=0.42 if dark else 0.6,
    )


def _ramp_on(background: str, dark: bool) -> tuple[str, ...]:
    """The ramp, all of it as much lighter or darker as its worst colour must be, so that it keeps its order."""
    ramp, end = (_RAMP, "#ffffff") if dark else (_RAMP_ON_LIGHT, "#000000")
    moved = (tuple(mix(one, end, share / 20) for one in ramp) for share in range(20))
    return next(one for one in moved if min(contrast(colour, background) for colour in one) >= LEAST_OF_RAMP)


def _high_contrast() -> Colours:
    lanes = tuple(readable(one, "#000000", 7.0) for one in _LANES)
    ramp = ("#8f9bff", "#86bdff", "#6bdfe8", "#96f2b4", "#dcf670", "#ffffff")
    return Colours(
        "high-contrast", "#000000", "#000000", "#1c1c1c", "#ffffff", "#d6d6d6", "#a0a0a0", "#66d9ff", "#ffe14d",
        "#ff9d8a", "#5dffb0", lanes, _KINDS, ramp, 0.65,
    )  # fmt: skip


HIGH_CONTRAST = _high_contrast()
