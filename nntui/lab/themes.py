"""The themes a person can choose: the lab's own, and Textual's."""

from functools import cache

from textual.theme import BUILTIN_THEMES
from textual.theme import Theme as TextualTheme

from nntui.plotting.colours import COLOUR_BLIND, DEFAULT, HIGH_CONTRAST, Colours, mix, on_background

OWN = {one.name: one for one in (DEFAULT, COLOUR_BLIND, HIGH_CONTRAST)}
THEMES = (*OWN, *(name for name in BUILTIN_THEMES if not name.startswith(("ansi", "textual-ansi"))))


@cache
def colours_named(name: str) -> Colours:
    """The colours of the theme ``name``, one of ``THEMES``."""
    if name in OWN:
        return OWN[name]
    theme = BUILTIN_THEMES[name]
    background = (theme.background or ("#121212" if theme.dark else "#e0e0e0")).lower()
    text = (theme.foreground or ("#e0e0e0" if theme.dark else "#1f1f1f")).lower()
    return on_background(
        name,
        background,
        text,
        (theme.surface or mix(background, text, 0.06)).lower(),
        (theme.panel or mix(background, text, 0.1)).lower(),
        theme.primary.lower(),
        (theme.warning or "#ffa62b").lower(),
        (theme.error or "#ba3c5b").lower(),
        (theme.success or "#4ebf71").lower(),
    )


def textual_theme(colours: Colours) -> TextualTheme:
    """The same for Textual's own widgets."""
    return TextualTheme(
        name=f"nntui-{colours.name}",
        primary=colours.accent,
        secondary=colours.dim,
        accent=colours.accent,
        foreground=colours.text,
        background=colours.background,
        surface=colours.surface,
        panel=colours.panel,
        success=colours.good,
        warning=colours.warning,
        error=colours.error,
        dark=colours.dark,
    )


def variables(colours: Colours) -> dict[str, str]:
    """What the lab's style sheet names."""
    names = ("background", "surface", "panel", "text", "dim", "faint", "accent", "warning", "error")
    return {f"nn-{name}": getattr(colours, name) for name in names}
