"""What is said of a run that nothing was found in: "healthy" only where that is known, else what was looked at."""

from collections.abc import Sequence

from nntui.plotting.header import has_learned
from nntui.plotting.numbers import share
from nntui.plotting.severity import worst
from nntui_engine.diagnosis.case import Case
from nntui_engine.diagnosis.verdict import LOOKED_FOR
from nntui_engine.diagnosis.watched import WATCHED_LOOKED_FOR
from nntui_engine.run.finding import Finding
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot
from nntui_engine.scenario.settings import UNKNOWN_SEED

NAMED = 5  # of what was looked for
NEAR_GUESSING = 0.1  # of the way from guessing to perfect


def health_lines(snapshot: Snapshot, findings: Sequence[Finding]) -> tuple[str, ...]:
    """Sentences that stand under the findings: about the lanes that have none."""
    if not snapshot.step:
        return ("Nothing was trained yet.",) if not findings else ()
    sick = {finding.lane for finding in findings}
    well = [lane for lane in snapshot.lanes if lane.name not in sick]
    asked = WATCHED_LOOKED_FOR if snapshot.seed == UNKNOWN_SEED else LOOKED_FOR
    looked = f"{', '.join(asked[:NAMED])} and {len(asked) - NAMED} more"
    if is_healthy(snapshot, findings):
        return (f"Healthy: it learns well. Looked for {looked}: none.",)
    guessing = [lane for lane in well if guesses(lane)]
    lines = [] if findings else [f"Looked for {looked}: none so far."]
    if guessing:
        lines.append(f"Not learning yet: {_named(guessing, len(snapshot.lanes) > 1)}.")
    return tuple(lines)


def is_healthy(snapshot: Snapshot, findings: Sequence[Finding]) -> bool:
    """Whether nothing was found, and every lane has learned and learns well."""
    lanes = snapshot.lanes
    return bool(snapshot.step) and not findings and all(Case(lane).learned and has_learned(lane) for lane in lanes)


def sick_lanes(snapshot: Snapshot | None, findings: Sequence[Finding]) -> dict[int, str]:
    """How bad the worst is that was found in a lane, by the index of each lane that something was found in."""
    lanes = snapshot.lanes if snapshot is not None else ()
    found = {lane.index: worst(one.severity for one in findings if one.lane == lane.name) for lane in lanes}
    return {index: severity for index, severity in found.items() if severity}


def guesses(lane: LaneSnapshot) -> bool:
    """Whether the lane is hardly better than guessing on its training rows; False where that is not measured."""
    score = _score(lane)
    chance = lane.network.facts.chance
    return score is not None and score <= chance + NEAR_GUESSING * (1.0 - chance)


def _score(lane: LaneSnapshot) -> float | None:
    """R² of numbers, else the accuracy, on the training rows."""
    return lane.whole.get("train_r2" if lane.network.settings.accuracy == "none" else "train_accuracy")


def _named(lanes: Sequence[LaneSnapshot], several: bool) -> str:
    """The lanes, and how well they do, each once."""
    words: dict[str, list[str]] = {}
    for lane in lanes:
        score = _score(lane)
        assert score is not None
        numbers = lane.network.settings.accuracy == "none"
        how = "R² near 0, as by guessing the mean" if numbers else f"accuracy {share(score)}, as by guessing"
        words.setdefault(how, []).append(lane.name)
    if not several:
        return next(iter(words))
    return "; ".join(f"{', '.join(names)} ({how})" for how, names in words.items())
