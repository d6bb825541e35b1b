"""The upper line of a plot: title and whose it is, a remark, and the legend; each in the longest form that fits."""

from rich.cells import cell_len

from .grid import Grid
from .plot import Key, PlotSpec
from .theme import DIM, FAINT, TEXT, Theme

Pieces = list[tuple[str, str]]


def draw_title(grid: Grid, spec: PlotSpec, left: int, right: int, theme: Theme) -> None:
    """The title from column ``left`` on, the legend ending before ``right``."""
    whose = f"{theme.glyphs.dot} {spec.whose} " if spec.whose else ""
    subtitle = f"{theme.glyphs.dot} {spec.subtitle} " if spec.subtitle else ""
    legends = _legend_forms(spec.legend, theme)
    short = spec.title.removesuffix(" by layer")
    room = right - left
    named = sum(bool(key.label) for key in spec.legend) > 1
    choices = [
        (title, sub, legend)
        # names, and then markers, are worth more than words that the plot shows as well
        for group in ((legends[:1], legends[1:2], legends[2:]) if named else (legends[:2], legends[2:]))
        for title in dict.fromkeys((spec.title, short))
        for sub in dict.fromkeys((whose + subtitle, whose))
        for legend in group
    ]
    bare, against, _ = short.partition(" against ")
    if legends and against:  # what cannot be told apart cannot be read
        choices.append((bare, "", legends[-1]))
    choices += [(spec.title, whose, []), (short, whose, []), (short, "", [])]
    title, sub, legend = next((c for c in choices if _width(*c) <= room), choices[-1])
    column = grid.write(0, left, f" {title} "[:room], f"bold {TEXT}")
    grid.write(0, column, sub, DIM)
    column = right - _legend_width(legend)
    for text, style in [(" ", FAINT), *legend, (" ", FAINT)] if legend else []:
        column = grid.write(0, column, text, style)


def _width(title: str, subtitle: str, legend: Pieces) -> int:
    return cell_len(title) + 2 + cell_len(subtitle) + _legend_width(legend)


def _legend_width(legend: Pieces) -> int:
    return sum(cell_len(text) for text, _ in legend) + 2 if legend else 0


def _legend_forms(legend: tuple[Key, ...], theme: Theme) -> list[Pieces]:
    """The legend in full, then with markers alone, then its first and last entry; one empty form if it is empty."""
    full: Pieces = []
    short: Pieces = []
    for index, key in enumerate(legend):
        gap = "  " if index and key.label else " " if index else ""
        full.append((f"{gap}{key.marker}", key.colour))
        if key.label:
            full.append((f" {key.label}", DIM))
        short.append((f"{' ' if index else ''}{key.marker}", key.colour))
    forms = [full, short]
    if len(legend) > 2:
        first, last = legend[0], legend[-1]
        forms.append([(first.marker, first.colour), (theme.glyphs.end, DIM), (last.marker, last.colour)])
    return forms
