"""The one widget behind every panel: it shows the grid a function draws for its size."""

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from nntui.plotting.grid import Grid

Draw = Callable[[int, int], Grid]


class GridView(Widget):
    """Draws with ``draw(width, height)``; drawn lines are kept until :meth:`show` or a new size or style."""

    DEFAULT_CSS = "GridView { height: 1fr; width: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._draw: Draw | None = None
        self._strips: list[Strip] = []
        self._drawn_at: tuple[int, int] | None = None
        self._styles_by_name: dict[str, Style] = {}

    def show(self, draw: Draw) -> None:
        """Draw this from now on."""
        self._draw = draw
        self._drawn_at = None
        self.refresh()

    @property
    def lines(self) -> list[str]:
        """What is shown, as plain text."""
        self._update_strips()
        return [strip.text for strip in self._strips]

    def notify_style_update(self) -> None:
        """Have everything drawn again with the new styles."""
        super().notify_style_update()
        self._drawn_at = None
        self._styles_by_name = {}

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows and columns of ``crop`` as strips."""
        self._update_strips()
        strips = self._strips[crop.y : crop.bottom]
        if crop.x != 0 or crop.right != self.size.width:
            return [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def _update_strips(self) -> None:
        width, height = self.size
        if self._drawn_at == (width, height):
            return
        self._drawn_at = (width, height)
        base = self.rich_style
        if self._draw is None or width == 0 or height == 0:
            self._strips = [Strip.blank(width, self._style("", base))] * height
            return
        grid = self._drawn(width, height)
        self._strips = [self._strip(grid, row, base) for row in range(height)]

    def _drawn(self, width: int, height: int) -> Grid:
        assert self._draw is not None
        return self._draw(width, height)

    def _strip(self, grid: Grid, row: int, base: Style) -> Strip:
        return Strip([Segment(text, self._style(name, base)) for text, name in grid.runs(row)], grid.width)

    def _style(self, name: str, base: Style) -> Style:
        style = self._styles_by_name.get(name)
        if style is None:
            # strips are not given the widget's background by Textual
            style = base + Style.parse(name)
            for line_filter in self.get_line_filters():  # NO_COLOR and the like, which these lines pass by otherwise
                style = line_filter.apply([Segment(" ", style)], self.background_colors[1])[0].style or style
            self._styles_by_name[name] = style
        return style
