"""What a person sees of a map: the window, and the new start while one is being chosen."""

import math
from dataclasses import dataclass

from nntui.looks.projection import Point, Window

ZOOM = 0.7
PAN = 0.15  # of the window
WIDEST, NARROWEST = 1e4, 1e-7  # of the scenario's window
FURTHEST = 1e7  # from the origin


@dataclass(slots=True)
class MapView:
    """``window`` is None until a person changes it: then the scenario's own is shown; ``basins``: whether shades say
    which minimum is reached from there, in place of how high the surface is."""

    window: Window | None = None
    crosshair: Point | None = None
    basins: bool = False

    def shown(self, home: Window) -> Window:
        """The window to show, where the scenario's own is ``home``."""
        return self.window or home

    def zoom(self, home: Window, direction: int, at: Point | None = None) -> None:
        """Closer (1) or further (−1); the point ``at`` stays where it is, the middle if None."""
        factor = ZOOM if direction > 0 else 1 / ZOOM
        window = self.shown(home)
        about = at or middle(window)
        new = []
        for (low, high), (home_low, home_high), centre in zip(window, home, about, strict=True):
            full = home_high - home_low
            span = high - low
            wanted = min(max(span * factor, full * NARROWEST, abs(centre) * 1e-9), full * WIDEST)
            share = (centre - low) / span
            new.append((centre - share * wanted, centre + (1 - share) * wanted))
        self.window = (new[0], new[1])

    def pan(self, home: Window, right: float, up: float) -> None:
        """Move the window by shares of its size."""
        (x0, x1), (y0, y1) = self.shown(home)
        dx, dy = right * (x1 - x0), up * (y1 - y0)
        if max(abs(x0 + dx), abs(x1 + dx), abs(y0 + dy), abs(y1 + dy)) <= FURTHEST:
            self.window = ((x0 + dx, x1 + dx), (y0 + dy, y1 + dy))

    def reset(self) -> None:
        """Back to the scenario's own window."""
        self.window = None

    def move_crosshair(self, home: Window, right: int, up: int, fine: bool) -> None:
        """By a fortieth of the window, or a tenth of that."""
        if self.crosshair is None:
            return
        window = self.shown(home)
        (x0, x1), (y0, y1) = window
        part = 1 / 400 if fine else 1 / 40
        x, y = self.crosshair
        x, y = x + right * part * (x1 - x0), y + up * part * (y1 - y0)
        self.crosshair = (min(max(x, x0), x1), min(max(y, y0), y1))


def middle(window: Window) -> Point:
    """The centre of a window."""
    (x0, x1), (y0, y1) = window
    return (x0 + x1) / 2, (y0 + y1) / 2


def rounded(point: Point, window: Window) -> list[float]:
    """The point in as many digits as a thousandth of the window needs."""
    return [
        float(f"{round(value / step) * step:.9g}")
        for value, (low, high) in zip(point, window, strict=True)
        for step in [10.0 ** math.floor(math.log10((high - low) / 1000))]
    ]
