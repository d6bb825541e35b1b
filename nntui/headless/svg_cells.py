"""The colours of a frame's cells, read back from the SVG that Rich made of it."""

import html
import re

CELL_WIDTH = 12.2
LINE_HEIGHT = 24.4
FIRST_LINE = 1.5

Styles = dict[tuple[int, int], str]

_RULE = re.compile(r"\.[\w-]+-(r\d+) \{ ([^}]*) \}")
_RUN = re.compile(
    r'<text class="[\w-]+-(?P<rule>r\d+)" x="(?P<x>[\d.]+)"[^>]*clip-path="url\(#[\w-]+-line-(?P<row>\d+)\)"[^>]*>'
    r"(?P<text>[^<]*)</text>"
)
_BACKGROUND = re.compile(
    r'<rect fill="(?P<fill>[^"]+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" width="(?P<width>[\d.]+)" height="24.65"'
)


def cell_styles(svg: str) -> Styles:
    """(row, column) → the style of that cell, as CSS of the character and colour behind it.

    A blank cell has only what is behind it; a cell without any style is left out.
    """
    rules = dict(_RULE.findall(svg))
    styles: Styles = {}
    for run in _RUN.finditer(svg):
        start = round(float(run["x"]) / CELL_WIDTH)
        for offset, character in enumerate(html.unescape(run["text"])):
            if not character.isspace():
                styles[int(run["row"]), start + offset] = rules.get(run["rule"], "")
    for patch in _BACKGROUND.finditer(svg):
        row = round((float(patch["y"]) - FIRST_LINE) / LINE_HEIGHT)
        start, width = (round(float(patch[name]) / CELL_WIDTH) for name in ("x", "width"))
        for column in range(start, start + width):
            styles[row, column] = f"{styles.get((row, column), '')} on {patch['fill']}"
    return styles
