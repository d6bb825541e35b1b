"""A GridView that redraws only the rows that changed."""

from textual.geometry import Region

from nntui.plotting.grid import Grid
from nntui.plotting.map import changed_rows

from .grid_view import Draw, GridView


class PatchView(GridView):
    """Its grids must share one table of styles from frame to frame."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._grid: Grid | None = None

    def show(self, draw: Draw, about: str = "") -> None:
        """Draw this from now on."""
        width, height = self.size
        old = self._grid
        if old is None or self._drawn_at != (width, height) or (old.width, old.height) != (width, height):
            super().show(draw, about)
            return
        self._draw = draw
        new = draw(width, height)
        if new.styles is not old.styles:
            self._grid = None
            super().show(draw, about)
            return
        self._grid = new
        base = self.rich_style
        for start, end in changed_rows(old, new):
            for row in range(start, end):
                self._strips[row] = self._strip(new, row, base)
            self.refresh(Region(0, start, width, end - start))

    def _drawn(self, width: int, height: int) -> Grid:
        self._grid = super()._drawn(width, height)
        return self._grid
