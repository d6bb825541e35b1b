"""Whether a record is what its run gives: what ``nntui replay --verify`` says (docs/record.md)."""

from collections.abc import Iterator
from dataclasses import dataclass

from nntui.headless.numbers import full
from nntui.headless.output import Progress
from nntui_engine.record.checking import Checked, Difference, check
from nntui_engine.record.source import RecordSource
from nntui_engine.record.story import trained_with

# Of a number, or of the root mean square of its column, on another machine or with other versions
TOLERANCE = 0.01
WITHOUT_EFFECT = frozenset({"sqlite"})  # it keeps numbers, and works none out


@dataclass(frozen=True, slots=True)
class Other:
    """A version or the processor that is another here than when it was recorded."""

    what: str
    recorded: str
    here: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it; ``exact``: whether the same bits were asked for."""

    name: str
    others: tuple[Other, ...]
    exact: bool
    checked: Checked

    @property
    def holds(self) -> bool:
        """Whether it is the same run."""
        return self.checked.first is None


def verdict(source: RecordSource, here: dict[str, str], progress: Progress) -> Verdict:
    """Run a record's run again; ``here``: what it is trained with now. Raises InputError where that cannot be."""
    source.must_be_ours()
    recorded = trained_with(source.tables, source.line)
    others = tuple(
        Other(what, ", ".join(sorted(said)), here[what]) for what, said in recorded.items() if said != {here.get(what)}
    )
    exact = all(one.what in WITHOUT_EFFECT for one in others)
    return Verdict(source.path.name, others, exact, check(source, 0.0 if exact else TOLERANCE, progress))


def lines(found: Verdict) -> Iterator[str]:
    """What is said of it."""
    one = found.checked
    for other in found.others:
        yield f"{other.what}: {other.recorded} when it was recorded, {other.here} here"
    amount = f"{one.compared:,} numbers of {one.steps:,} steps"
    if one.first is not None:
        allowed = "" if found.exact else f" by more than {TOLERANCE:.0%}"
        yield f"{found.name}: other numbers{allowed}, first {_place(one.first)}: {_values(one.first)}"
        if not found.exact:
            yield "Elsewhere numbers are rounded otherwise, and some trainings make much of that: it is no proof."
    elif one.largest is None:
        yield f"{found.name}: the same bits: {amount}"
    else:
        yield f"{found.name}: the same within {TOLERANCE:.0%}: {amount}"
        yield f"The largest difference is {one.largest.size:.2g} {_place(one.largest)}: {_values(one.largest)}"
    if one.first is None:
        yield from _not_compared(one)


def _not_compared(one: Checked) -> Iterator[str]:
    if one.given_up:
        yield f"Not compared: {one.given_up:,} numbers of steps that were given up when the run went back"
    if one.merged:
        yield f"Not compared: {one.merged:,} numbers that stand for several steps each"


def _place(one: Difference) -> str:
    statistic, _, layer = one.column.partition("/")
    lane = f" of lane {one.lane}" if one.lane else ""
    return f"at step {one.step}{lane}, {statistic}" + (f" of layer {layer}" if layer else "")


def _values(one: Difference) -> str:
    recorded, measured = ("nothing" if value is None else full(value) for value in (one.recorded, one.measured))
    return f"{recorded} in the record, {measured} here"
