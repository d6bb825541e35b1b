"""Jump mode: a letter on everything on screen that can be chosen; the letter chooses it."""

from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from nntui.lab.widgets.grid_view import GridView
from nntui.plotting.grid import Spot

from .dialog import DismissedOnce

LETTERS = "asdfghjklqwertyuiopzxcvbnmASDFGHJKLQWERTYUIOPZXCVBNM"
CHOSEN = ("lane", "layer", "group", "try", "finding")  # kinds of spots that have a letter


@dataclass(frozen=True, slots=True)
class Target:
    """What a letter chooses, and the cell of the screen that it stands on."""

    spot: Spot
    column: int
    row: int


def targets(screen: Screen[None]) -> list[Target]:
    """Everything on ``screen`` that a letter can choose, at most one for each letter: plots, views, and the rest."""
    found: dict[tuple[str, object], Target] = {}
    for view in screen.query(GridView):
        if not view.region.area or not view.is_on_screen:
            continue
        spots = [spot for what in CHOSEN for spot in view.spots(what)]
        if view.id == "header":
            spots = view.spots("call")
        if view.id == "knobs":
            spots = view.spots("knob")[:1] + spots
        if view.about and view.id != "zoom":
            spots.append(Spot("panel", view.about, 0, 0, view.size.width))
        for spot in spots:
            target = Target(spot, view.region.x + spot.column, view.region.y + spot.row)
            found.setdefault((spot.what, spot.which), target)
    first = {"panel": 0, "call": 1}
    return sorted(found.values(), key=lambda one: first.get(one.spot.what, 2))[: len(LETTERS)]


class JumpScreen(DismissedOnce, ModalScreen[Spot | None]):
    """Dismissed with the spot whose letter was pressed, or None on Esc."""

    BINDINGS = [  # noqa: RUF012 (Textual's own attribute)
        Binding("escape", "dismiss", "leave"),
    ]
    AUTO_FOCUS = ""

    def __init__(self, found: list[Target]) -> None:
        super().__init__()
        self.by_letter = dict(zip(LETTERS, found, strict=False))

    def compose(self) -> ComposeResult:
        """A letter where each target begins."""
        for letter, target in self.by_letter.items():
            label = Static(Text(f" {letter} "), classes="jump-letter")
            label.styles.offset = (target.column, target.row)
            yield label

    def on_key(self, event: events.Key) -> None:
        """Choose what has this letter."""
        target = self.by_letter.get(event.character or "")
        if target is not None:
            event.stop()
            self.dismiss(target.spot)

    def on_click(self, event: events.Click) -> None:
        """A click on a letter chooses the same; one elsewhere leaves."""
        here = (event.screen_x, event.screen_y)
        hit = (one.spot for one in self.by_letter.values() if one.row == here[1] and 0 <= here[0] - one.column < 3)
        self.dismiss(next(hit, None))

    def on_resize(self, event: events.Resize) -> None:
        """Everything stands elsewhere now: leave."""
        if event.size != self.app.size or self._sized:
            self.dismiss(None)
        self._sized = True

    _sized = False
