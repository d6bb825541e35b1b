"""How a lane came to where it stands, as a scenario file could say it: what it begins with, and what was changed since.

A lane may have been added, branched off another, changed, and started again; since no lane depends on another, all of
it comes down to this.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..scenario import override
from .timeline import Event, LanesArranged, Tweaked

Tables = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recipe:
    """``tables`` are what the lane ``name`` begins with, ``changes`` (step, settings) what was changed at its steps.

    ``exact``: whether that is all, as it is unless parameters were set by hand.
    """

    name: str
    tables: Tables
    changes: tuple[tuple[int, Mapping[str, object]], ...] = ()
    exact: bool = True

    @property
    def now(self) -> Tables:
        """The tables with all changes."""
        tables = self.tables
        for _, settings in self.changes:
            tables = override(tables, settings, where="lane")
        return tables

    def changed(self, settings: Mapping[str, object], step: int, restarted: bool) -> "Recipe":
        """After a change; what needs a fresh start is what the lane begins with."""
        if restarted:
            return replace(self, tables=override(self.now, settings, where="lane"), changes=())
        if step == 0:
            return replace(self, tables=override(self.tables, settings, where="lane"))
        return replace(self, changes=(*self.changes, (step, dict(settings))))


def recipes(first: Mapping[str, Tables], events: Iterable[Event]) -> list[Recipe]:
    """The lanes after ``events``, which began with the tables ``first``."""
    found = {name: Recipe(name, tables) for name, tables in first.items()}
    for event in events:
        if isinstance(event, Tweaked):
            for name in found if event.lane is None else {event.lane} & set(found):
                step = event.steps.get(name, event.at)
                found[name] = found[name].changed(event.settings, step, name in event.restarted)
        elif isinstance(event, LanesArranged):
            found = {name: _descended(found, name, event) for name in event.lanes}
        else:
            found = {name: replace(one, exact=False) for name, one in found.items()}
    return list(found.values())


def _descended(before: Mapping[str, Recipe], name: str, event: LanesArranged) -> Recipe:
    descent = event.lanes[name]
    one = replace(before[descent.origin], name=name)
    if descent.fresh:
        tables = override(one.now, descent.settings, where="lane") if descent.settings else one.now
        return Recipe(name, tables, exact=one.exact)
    if descent.settings:
        return one.changed(descent.settings, event.steps.get(name, event.at), name in event.restarted)
    return one
