"""Findings in the words of every report for people."""

from collections.abc import Iterator

from rich.text import Text

from nntui.headless.numbers import number
from nntui.plotting.grid import wrap
from nntui_engine.run.finding import Finding, details, headline

INDENT = 10  # "critical" and two blanks


def finding_lines(finding: Finding, width: int, evidence: bool = False) -> Iterator[Text]:
    """What, where and since when; set in below it, and wrapped, the cause and the fixes. ``evidence``: with the numbers
    that were measured."""
    yield from wrapped(f"{finding.severity:<{INDENT}}", headline(finding), width)
    more = [("numbers", evidence_words(finding))] if evidence and finding.evidence else []
    for label, words in (*more, *details(finding)):
        yield from wrapped(f"  {label:<{INDENT - 2}}", words, width)


def evidence_words(finding: Finding) -> str:
    """The numbers of a finding and their thresholds: "ratio 3.1e-06, ratio below 0.001"."""
    return ", ".join(
        f"{key.replace('_', ' ')} {value if isinstance(value, str) else number(float(value))}"
        for key, value in finding.evidence.items()
    )


def wrapped(label: str, words: str, width: int) -> Iterator[Text]:
    """``words`` after ``label``; further lines stand under the first word, or under the label where that takes more
    than half of the width."""
    if len(label) > width // 2:
        indent = " " * (len(label) - len(label.lstrip()))
        label, words = indent, f"{label.strip()} {words}"
    for place, line in enumerate(wrap(words, width - len(label))):
        yield Text((label if place == 0 else " " * len(label)) + line)
