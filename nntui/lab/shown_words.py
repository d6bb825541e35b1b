"""A session's state and what was found wrong, in the words of the screen."""

from nntui.plotting import numbers
from nntui.plotting.log_list import FindingLine
from nntui.plotting.theme import ASCII, Theme
from nntui_engine.run.finding import Finding, details, headline

from .session_view import SessionView


def state_name(view: SessionView) -> str:
    """One word for the header."""
    if view.stage != "ready":
        return view.stage
    if "follow" in view.capabilities:
        return "record"
    return "finished" if view.finished else "running" if view.running else "paused"


def finding_line(finding: Finding, theme: Theme) -> FindingLine:
    """A finding of the engine as it stands on screen."""

    def shown(words: str) -> str:
        words = numbers.short_exponents(words)
        return words.replace("·", ASCII.dot).replace("–", ASCII.dash) if theme.ascii_only else words

    lines = tuple(shown(f"{label}: {words}") for label, words in details(finding))
    return FindingLine(finding.severity, shown(headline(finding)), lines, bool(finding.because))
