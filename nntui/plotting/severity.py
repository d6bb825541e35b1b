"""How bad a finding is, as one sign and colour wherever it stands."""

from collections.abc import Iterable

from .theme import ACCENT, BACKGROUND, ERROR, WARNING, Theme

WORST_FIRST = ("critical", "warning", "info")
_COLOURS = {"critical": ERROR, "warning": WARNING}


def severity_sign(severity: str, theme: Theme) -> tuple[str, str]:
    """The sign of a severity, and its colour."""
    sign = {"critical": theme.glyphs.bad, "warning": "!"}.get(severity, "i")
    return sign, _COLOURS.get(severity, ACCENT)


def lane_sign(severity: str, theme: Theme) -> tuple[str, str]:
    """The sign of a lane's worst finding and its style: on a ground of its own, which the eye finds before anything
    else, unless it is a mere remark."""
    sign, colour = severity_sign(severity, theme)
    return sign, f"bold {BACKGROUND} on {colour}" if severity in _COLOURS else f"bold {colour}"


def worst(severities: Iterable[str]) -> str:
    """The worst of them, "" of none."""
    return min(severities, key=WORST_FIRST.index, default="")
