"""What may go wrong with a scenario, said before anything of it is trained."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.text import Text

from nntui.headless.findings_text import wrapped
from nntui_engine.run.finding import Finding, details, headline
from nntui_engine.tasks.ahead import findings_ahead
from nntui_engine.tasks.resolve import ResolvedLane

_LABEL = 10  # "    cause " and the like


@dataclass(frozen=True, slots=True)
class Ahead:
    """What may go wrong in the lanes of these names: in ``all_lanes``, or in some."""

    finding: Finding
    lanes: tuple[str, ...]
    all_lanes: bool

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"lanes": list(self.lanes), **self.finding.as_dict()}


def may_go_wrong(lanes: Sequence[ResolvedLane]) -> list[Ahead]:
    """What is expected of the lanes, each once."""
    found: dict[tuple[object, ...], list[Finding]] = {}
    for lane in lanes:
        for one in findings_ahead(lane):
            found.setdefault((one.rule, one.layers, one.message), []).append(one)
    return [Ahead(same[0], tuple(one.lane for one in same), len(same) == len(lanes)) for same in found.values()]


def ahead_lines(expected: Sequence[Ahead], width: int) -> Iterator[Text]:
    """What may go wrong and where; set in below it, and wrapped, the cause and what helps."""
    for one in expected:
        where = replace(one.finding, lane="" if one.all_lanes else "; ".join(one.lanes))
        yield from wrapped("  may go wrong: ", headline(where, since=False), width)
        for label, words in details(one.finding):
            yield from wrapped(f"    {label:<{_LABEL - 4}}", words, width)
