"""When plots over time look other than before: the newest step is in another column, or there is more to draw."""

from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .panel import PanelView
from .scales import step_axis

DOTS = 2  # columns of dots in a cell


def newest_columns(snapshot: Snapshot, view: PanelView, width: int) -> tuple[object, ...]:
    """All that plots of this width show, but for values that come into a column that has some already."""
    return snapshot.seed, snapshot.marks, [_newest(lane, view.window, width) for lane in snapshot.lanes]


def _newest(lane: LaneSnapshot, window: int, width: int) -> tuple[object, ...]:
    span = float(window) or step_axis(lane.step, lane.settings.steps).high
    column = int(lane.step / span * width * DOTS)
    bad, held = lane.network.first_non_finite, (tuple(lane.whole_history), tuple(lane.layer_history))
    return lane.name, lane.settings, lane.state, span, column, bad, held
