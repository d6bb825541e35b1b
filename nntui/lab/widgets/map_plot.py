"""The map as a widget: it tells where the mouse turned its wheel, dragged and clicked, in its own cells."""

from textual import events
from textual.message import Message

from .grid_view import GridView


class MapPlot(GridView):
    """Draws like every GridView."""

    class Zoomed(Message):
        """The wheel was turned at a cell: 1 to come closer, −1 to go back."""

        def __init__(self, direction: int, column: int, row: int) -> None:
            super().__init__()
            self.direction, self.column, self.row = direction, column, row

    class Dragged(Message):
        """The mouse moved by some cells with its button down."""

        def __init__(self, right: int, down: int) -> None:
            super().__init__()
            self.right, self.down = right, down

    class Clicked(Message):
        """The button was pressed and let go on one cell."""

        def __init__(self, column: int, row: int) -> None:
            super().__init__()
            self.column, self.row = column, row

    _pressed_at: tuple[int, int] | None = None
    _dragged = False

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Post that the wheel asks to come closer at this cell."""
        event.stop()
        self.post_message(self.Zoomed(1, event.x, event.y))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Post that the wheel asks to go back at this cell."""
        event.stop()
        self.post_message(self.Zoomed(-1, event.x, event.y))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Note where the button was pressed, and hear the mouse wherever it goes from there."""
        self._pressed_at, self._dragged = (event.x, event.y), False
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Post how many cells the mouse has moved with its button down."""
        if self._pressed_at is None:
            return
        x, y = self._pressed_at
        if (event.x, event.y) != (x, y):
            self._dragged, self._pressed_at = True, (event.x, event.y)
            self.post_message(self.Dragged(event.x - x, event.y - y))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Post a click if the mouse has not moved since the button was pressed."""
        self.release_mouse()
        pressed, self._pressed_at = self._pressed_at, None
        if pressed is not None and not self._dragged:
            self.post_message(self.Clicked(event.x, event.y))
