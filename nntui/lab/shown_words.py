"""A session's state and what was found wrong, in the words of the screen."""

from collections.abc import Sequence

from nntui.plotting import numbers
from nntui.plotting.explanation import Explained, measured_rows
from nntui.plotting.log_list import FindingLine
from nntui.plotting.panel import Found
from nntui.plotting.theme import ASCII, Theme
from nntui_engine.diagnosis.verdict import disproof
from nntui_engine.run.finding import Finding, details, fix_words, headline

from .session_view import SessionView


def state_name(view: SessionView) -> str:
    """One word for the header."""
    if view.stage != "ready":
        return view.stage
    if view.condition:
        return view.condition
    if "follow" in view.capabilities:
        return "record"
    return "finished" if view.finished else "running" if view.running else "paused"


def finding_line(finding: Finding, theme: Theme) -> FindingLine:
    """A finding of the engine as it stands on screen."""
    lines = tuple(_shown(f"{label}: {words}", theme) for label, words in details(finding))
    return FindingLine(finding.severity, _shown(headline(finding), theme), lines, bool(finding.because))


def found_marks(findings: Sequence[Finding], theme: Theme) -> tuple[Found, ...]:
    """What plots mark of the findings: of what is no more than an info, and of what follows from others, nothing."""
    return tuple(
        Found(one.lane, one.rule, one.first_step, one.layers, theme.glyphs.bad if one.severity == "critical" else "!")
        for one in findings
        if one.severity != "info" and not one.because
    )


def explained(finding: Finding, findings: Sequence[Finding], theme: Theme) -> Explained:
    """A finding in full; ``findings``: it and the others."""
    following = [one for one in findings if one.lane == finding.lane and one.because == finding.rule]
    return Explained(
        finding.severity,
        _shown(headline(finding), theme),
        measured_rows(finding.evidence),
        _shown(finding.message, theme),
        finding.because.replace("_", " "),
        tuple(_shown(headline(one), theme) for one in following),
        tuple(_shown(fix_words(fix), theme) for fix in finding.fixes),
        disproof(finding),
    )


def _shown(words: str, theme: Theme) -> str:
    words = numbers.short_exponents(words)
    return words.replace("·", ASCII.dot).replace("–", ASCII.dash) if theme.ascii_only else words
