"""Panels of what a network with more than two inputs answers: its rows laid flat, a matrix of mistakes, pictures."""

from nntui.looks.answers import answered_pictures, confusion
from nntui.looks.projected import projected_rows
from nntui_engine.run.snapshot import Snapshot

from .answered_pictures import draw_answered
from .confusion import draw_confusion
from .lane_maps import draw_lane_maps, with_names
from .numbers import share
from .panel import Panel, PanelView, Picture
from .plot import PlotSpec
from .theme import Theme


def has_projection(snapshot: Snapshot, view: PanelView) -> bool:
    """Whether the chosen lane's rows can be laid flat: more than two inputs, none of them words, one answer a row."""
    network = snapshot.lanes[view.lane].network
    words = any(layer.kind == "embedding" for layer in network.settings.layers)
    return network.settings.inputs > 2 and network.task != "multilabel" and not words


def projected_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """Every lane's rows of data in the plane that they vary most in."""
    found = None if view.looks is None else view.looks.of(projected_rows)
    if found is None:
        return PlotSpec(title="Rows by PCA", empty="One moment.")
    named, title = with_names(found.lanes, snapshot), "Rows by PCA"
    words = (f"{title}, {share(found.share)} of variation", title)
    known, count = (found, view.lane, theme, *(lane.name for lane in snapshot.lanes)), len(snapshot.lanes)
    return view.once(title, known, lambda w, h: draw_lane_maps(named, view.lane, count, words, w, h, theme))


def has_classes(snapshot: Snapshot, view: PanelView) -> bool:
    """Whether each of the chosen lane's rows is of one class."""
    network = snapshot.lanes[view.lane].network
    return network.settings.accuracy != "none" and network.task in ("binary", "classes")


def needs_matrix(snapshot: Snapshot, view: PanelView) -> bool:
    """Whether answers are classes that neither regions nor a curve shows."""
    settings = snapshot.lanes[view.lane].network.settings
    drawn = settings.inputs == 2 or (settings.inputs == 1 and settings.outputs == 1)
    return has_classes(snapshot, view) and not drawn


def confusion_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """How often the chosen lane takes which class for which."""
    found = None if view.looks is None else view.looks.of(confusion)
    if found is None:
        return PlotSpec(title="Confusion matrix", empty="One moment.")
    title = _titled("Confusion matrix", snapshot, view, theme)
    return view.once("confusion", (found, title, theme), lambda w, h: draw_confusion(found, title, w, h, theme))


def has_pictures(snapshot: Snapshot, view: PanelView) -> bool:
    """Whether the chosen lane classifies images."""
    return has_classes(snapshot, view) and len(snapshot.lanes[view.lane].network.settings.shape) == 3


def pictures_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """Images that the chosen lane answers wrong."""
    found = None if view.looks is None else view.looks.of(answered_pictures)
    if found is None:
        return PlotSpec(title="Wrong answers", empty="One moment.")
    title = _titled("Wrong answers", snapshot, view, theme)
    return view.once("answers", (found, title, theme), lambda w, h: draw_answered(found, title, w, h, theme))


def _titled(title: str, snapshot: Snapshot, view: PanelView, theme: Theme) -> str:
    """The title with the lane that was looked at, where there are several."""
    at = min(view.looks.request.lane if view.looks else view.lane, len(snapshot.lanes) - 1)
    lane = snapshot.lanes[at]
    mark = f"{theme.lane_marker(lane.index)} {lane.name}"
    return f"{title} {theme.glyphs.dot} {mark}" if len(snapshot.lanes) > 1 else title


ANSWER_PANELS: tuple[Panel, ...] = (
    Panel(
        "projected_rows",
        (),
        (),
        projected_panel,
        has_projection,
        projected_rows,
        "map",
        True,
        meaning="All rows of data, laid flat along their main directions (PCA); crosses: answered wrong",
        short="data; crosses are wrong",
        formula="the first two principal components (PCA) of the training rows, of all inputs",
    ),
    Panel(
        "confusion",
        (),
        (),
        confusion_panel,
        needs_matrix,
        confusion,
        "map",
        True,
        meaning="How often rows of a class (line) get which answer (column): off the diagonal is wrong",
        short="off the diagonal: wrong",
        formula="number of held-out rows of each class with each answer; of training rows where none are held out",
    ),
    Panel(
        "wrong_answers",
        (),
        (),
        pictures_panel,
        has_pictures,
        answered_pictures,
        "map",
        True,
        meaning="Pictures that get a wrong answer: what they are, and what they are taken for",
        short="true, then answered",
        formula="rows whose largest output is not their class's, the surest first",
    ),
)
