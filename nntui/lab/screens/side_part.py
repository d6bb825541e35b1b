"""The column beside the plots: lanes, knobs, and where there is room layers or a race's curvature, and suggestions."""

from textual.app import ComposeResult
from textual.containers import Vertical

from nntui.lab.state import LabState
from nntui.lab.widgets.grid_view import GridView
from nntui.plotting.drawn_lanes import undrawn
from nntui.plotting.found_marks import found_signs
from nntui.plotting.knob_box import draw_knobs
from nntui.plotting.lane_table import draw_lanes, lanes_height
from nntui.plotting.layer_table import draw_layers, layers_height
from nntui.plotting.surface_side import CURVATURE_ROWS, draw_curvature, draw_racers, racers_height
from nntui.plotting.theme import Theme
from nntui.plotting.tries import draw_tries, tries_height

EXPLANATION_ROWS = 5  # under the knobs


class SidePart(Vertical):
    """Shows what stands beside the plots."""

    def __init__(self, theme: Theme, *, id: str) -> None:
        super().__init__(id=id)
        self.theme = theme
        self.lists_layers = False  # whether the table of a network's layers is on screen

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of this theme from now on."""
        self.theme = theme

    def compose(self) -> ComposeResult:
        """The boxes, from the top down."""
        for name in ("lanes", "knobs", "layers", "side-tries"):
            yield GridView(id=name)

    def show(self, state: LabState, width: int, rows: int, map_away: bool) -> None:
        """Draw this state in a column of this size; nothing where its width is 0.

        ``map_away`` says that in place of the map there are the plots that did not fit beside it.
        """
        self.display = width > 0 and state.anything is not None
        self.lists_layers = False
        if not self.display:
            return
        theme, snapshot, race = self.theme, state.snapshot, state.race
        chosen, everything, sweep = state.panel_view.lane, state.all_lanes, state.panel_view.sweep
        heights = side_heights(state, width, rows, map_away)
        self.lists_layers = heights["layers"] > 0 and race is None
        for name, height in heights.items():
            view = self._view(name)
            view.display = height > 0
            if height and (view.styles.height is None or view.styles.height.value != height):
                view.styles.height = height
        if race is not None:
            racer, several = race.lanes[chosen], len(race.lanes) > 1
            away = undrawn(race, state.panel_view)
            self._view("lanes").show(lambda w, h: draw_racers(race, chosen, everything, w, h, theme, away))
            self._view("layers").show(lambda w, h: draw_curvature(racer, several, w, h, theme))
        else:
            away = undrawn(snapshot, state.panel_view) if snapshot is not None else frozenset()
            self._view("lanes").show(
                lambda w, h: draw_lanes(snapshot, chosen, everything, w, h, theme, sweep, away, state.sick)
            )
        self._view("knobs").show(
            lambda w, h: draw_knobs(state.knobs, state.chosen_knob, state.target, state.explanation, w, h, theme)
        )
        self._view("side-tries").show(lambda w, h: draw_tries(state.tries, w, h, theme, state.tries_here))
        if snapshot is not None:
            lane = snapshot.lanes[chosen]
            layer, several = min(state.panel_view.layer, len(lane.layers)), len(snapshot.lanes) > 1
            signs = found_signs(lane, state.panel_view)
            self._view("layers").show(lambda w, h: draw_layers(lane, w, h, theme, layer, several, signs))

    def _view(self, name: str) -> GridView:
        return self.query_one(f"#{name}", GridView)


def side_heights(state: LabState, width: int, rest: int, map_away: bool) -> dict[str, int]:
    """Rows of ``rest`` for each box; layers and suggestions are shown where there is room for them."""
    knobs = len(state.knobs) + 2
    if state.race is not None:
        return _race_side_heights(state, racers_height(state.race), knobs, width, rest, map_away)
    lanes = min(lanes_height(state.snapshot), max(4, rest - min(knobs, rest // 2)))
    rest -= lanes + knobs
    layers = layers_height(state.snapshot.lanes[state.panel_view.lane]) if state.snapshot is not None else 0
    if rest < 7 + EXPLANATION_ROWS:
        return {"lanes": lanes, "knobs": knobs + rest, "layers": 0, "side-tries": 0}
    rest -= EXPLANATION_ROWS
    tries = tries_height(state.tries, width)
    if not tries or state.view == "lesson" or rest - tries < min(layers, 12):
        tries = 0
    return {"lanes": lanes, "knobs": knobs + EXPLANATION_ROWS, "layers": rest - tries, "side-tries": tries}


def _race_side_heights(
    state: LabState, lanes: int, knobs: int, width: int, rest: int, map_away: bool
) -> dict[str, int]:
    """The curvature has its rows first, then the suggestions, then the sentence about the knob."""
    if map_away and lanes + knobs + CURVATURE_ROWS > rest:
        lanes = 0  # the plots' legends name them
    lanes = min(lanes, max(4, rest - min(knobs, rest // 2)))
    rest -= lanes + knobs
    curvature = CURVATURE_ROWS if rest >= CURVATURE_ROWS else rest if rest >= 5 else 0
    rest -= curvature
    tries = tries_height(state.tries, width)
    if not tries or state.view == "lesson" or rest - tries < 0:
        tries = 0
    return {"lanes": lanes, "knobs": knobs + rest - tries, "layers": curvature, "side-tries": tries}
