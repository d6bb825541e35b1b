"""What help says: first of what is on screen, then the keys that work here, then all keys."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nntui.plotting.panels import PanelWords
from nntui.plotting.theme import Theme

from .keys import PAIRS, Action, key_words

NO_LABELS: Mapping[str, str] = MappingProxyType({})
BOXES = {
    "Lanes": "What trains side by side, a variant each; tab chooses the one whose knobs are shown.",
    "Knobs": "Settings to turn while it trains: up and down choose one, left and right turn it.",
    "Layers": "The chosen lane's layers with their newest numbers: w or a click chooses one, enter shows it large.",
    "Findings and log": "What is wrong, why, and what to set; below it what was done, and at which step.",
    "Mouse": "Never needed. A click chooses; over a plot it reads every value there, clicked it stays, twice enlarges.",
}
VIEWS = {
    "overview": "Overview: how training goes",
    "layers": "Layers: every statistic of every layer, over the whole run",
    "network": "Network: what is inside",
    "map": "Map: where it stands, or what it answers",
    "landscape": "Landscape: the loss around the weights",
    "lesson": "Lesson: what to see and what to try",
    "fair": "Fair rates: every optimizer at its best",
}


@dataclass(frozen=True, slots=True)
class HelpLine:
    """A heading (neither ``keys`` nor ``dim``), a panel with its meaning, or keys with what they do."""

    text: str
    keys: str = ""
    heading: bool = False
    dim: bool = False


def help_lines(
    view: str,
    panels: Iterable[PanelWords],
    actions: tuple[Action, ...],
    available: Iterable[str],
    theme: Theme,
    labels: Mapping[str, str] = NO_LABELS,
) -> list[HelpLine]:
    """All of it; ``panels`` are those on screen, ``labels`` what some actions are called as long as they are."""
    there, ascii_only = set(available), theme.ascii_only
    lines = [HelpLine(VIEWS.get(view, view), heading=True)]
    for panel in panels:
        formula = f" Formula: {panel.formula}." if panel.formula else ""
        lines.append(HelpLine(f"{panel.meaning}.{formula}" if panel.meaning else formula.strip(), panel.title))
    lines += [HelpLine(words, box) for box, words in BOXES.items()]
    here = [action for action in actions if action.id in there]
    lines += [HelpLine(""), HelpLine("Keys that work here", heading=True)]
    now = {**labels, **{PAIRS[one]: words for one, words in labels.items() if one in PAIRS}}
    lines += [
        HelpLine(now[action.id].capitalize() if action.id in now else action.description, key_words(action, ascii_only))
        for action in here
    ]
    for group in dict.fromkeys(action.group for action in actions):
        lines += [HelpLine(""), HelpLine(f"All keys: {group}", heading=True)]
        lines += [
            HelpLine(action.description, key_words(action, ascii_only), dim=action.id not in there)
            for action in actions
            if action.group == group
        ]
    return lines
