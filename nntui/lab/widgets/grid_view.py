"""The one widget behind every panel: it shows the grid a function draws for its size."""

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from nntui.plotting.changes import Changes
from nntui.plotting.colours import DEFAULT
from nntui.plotting.grid import Grid, Spot
from nntui.plotting.theme import Theme, in_ascii

Draw = Callable[[int, int], Grid]


class GridView(Widget):
    """Draws with ``draw(width, height)``; drawn lines are kept until :meth:`show` or a new size or style. Of what is
    shown next only the cells that differ are written.

    It tells what the mouse does on the spots of its grid; ``about`` says what it shows.
    """

    DEFAULT_CSS = "GridView { height: 1fr; width: 1fr; }"

    class Pressed(Message):
        """A spot was clicked, ``times`` times in a row, at a column of it."""

        def __init__(self, view: "GridView", spot: Spot, column: int, times: int) -> None:
            super().__init__()
            self.view, self.spot, self.column, self.times = view, spot, column, times

    class Pointed(Message):
        """The mouse is over a column of a spot; over none where ``spot`` is None."""

        def __init__(self, view: "GridView", spot: Spot | None, column: int = 0) -> None:
            super().__init__()
            self.view, self.spot, self.column = view, spot, column

    class Wheeled(Message):
        """The wheel was turned, down (1) or up (−1)."""

        def __init__(self, view: "GridView", direction: int) -> None:
            super().__init__()
            self.view, self.direction = view, direction

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._draw: Draw | None = None
        self.about = ""
        self._spots: list[Spot] = []
        self._pointed: Spot | None = None
        self._strips: list[Strip] = []
        self._drawn_at: tuple[int, int] | None = None
        self._known: object = None  # all that is drawn, where that was said
        self._styles_by_name: dict[str, Style] = {}
        self._changes = Changes()
        self._unwritten: list[Region] = []

    def show(self, draw: Draw, about: str = "", write: bool = True, known: object = None) -> None:
        """Draw this from now on; without ``write`` what differs is written at the next :meth:`write` only. While
        ``known``, all that ``draw`` depends on, is what it was, nothing is drawn."""
        size, was, self._known = self.size, self._known, known
        same = known is not None and known == was
        if self._drawn_at != size or not size:
            self.about, self._draw, self._drawn_at = about, draw, None
            self.refresh()
            return
        if same:
            self._draw = draw
            return
        grid = draw(*size)  # first: what cannot be drawn is not tried again
        self.about, self._draw, self._spots = about, draw, grid.spots
        spans = self._changes.spans(grid)
        if spans is None:
            self._drawn_at = None
            self.refresh()
        elif spans:
            for row in {row for row, _, _ in spans}:
                self._strips[row] = self._strip(grid, row)
            self._unwritten += [Region(start, row, end - start, 1) for row, start, end in spans]
            if write:
                self.write()

    def write(self) -> None:
        """Have what was drawn written: each time, Textual puts the whole screen together."""
        if self._unwritten:
            self.refresh(*self._unwritten)
            self._unwritten = []

    def spots(self, what: str) -> list[Spot]:
        """Those of one kind, in its own cells."""
        self._update_strips()
        return [spot for spot in self._spots if spot.what == what]

    def _spot_at(self, column: int, row: int) -> Spot | None:
        self._update_strips()
        return next((spot for spot in reversed(self._spots) if spot.holds(row, column)), None)

    def on_click(self, event: events.Click) -> None:
        """Tell which spot."""
        spot = self._pointed = self._spot_at(event.x, event.y)
        if spot is not None:
            self.post_message(GridView.Pressed(self, spot, event.x - spot.column, event.chain))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Tell which spot the mouse is over, and when it leaves one."""
        spot = self._spot_at(event.x, event.y)
        if spot is not None:
            self.post_message(GridView.Pointed(self, spot, event.x - spot.column))
        elif self._pointed is not None:
            self.post_message(GridView.Pointed(self, None))
        self._pointed = spot

    def on_leave(self) -> None:
        """Tell that the mouse is over no spot."""
        if self._pointed is not None:
            self._pointed = None
            self.post_message(GridView.Pointed(self, None))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:  # noqa: ARG002
        """Tell which way."""
        self.post_message(GridView.Wheeled(self, 1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:  # noqa: ARG002
        """Tell which way."""
        self.post_message(GridView.Wheeled(self, -1))

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
        self._changes.forget()

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
        if self._draw is None or width == 0 or height == 0:
            self._strips, self._spots = [Strip.blank(width, self._style(""))] * height, []
            self._changes.forget()
            return
        try:
            grid = self._draw(width, height)
        except Exception as error:
            say = getattr(self.app, "cannot_draw", None)
            if say is None:
                raise
            say(error)
            grid = Grid.blank(width, height)
        self._spots = grid.spots
        self._changes.forget()
        self._changes.spans(grid)
        self._strips = [self._strip(grid, row) for row in range(height)]

    def _strip(self, grid: Grid, row: int) -> Strip:
        theme: Theme | None = getattr(self.app, "plot_theme", None)
        runs = grid.runs(row)
        if theme is not None and theme.ascii_only:  # whatever was written, also by people: names, titles, lessons
            runs = [(in_ascii(text), name) for text, name in runs]
        return Strip([Segment(text, self._style(name)) for text, name in runs], grid.width)

    def _style(self, name: str) -> Style:
        style = self._styles_by_name.get(name)
        if style is None:
            # strips are not given the widget's background by Textual
            colours = getattr(self.app, "colours", DEFAULT)
            style = self.rich_style + Style.parse(colours.restyle(name))
            for line_filter in self.get_line_filters():  # NO_COLOR and the like, which these lines pass by otherwise
                style = line_filter.apply([Segment(" ", style)], self.background_colors[1])[0].style or style
            self._styles_by_name[name] = style
        return style
