"""Broken trainings that people asked about, and odd ones that work: what the diagnosis says of each.

``python tests/cases/judge.py`` prints a line for each and the rates; with names, those cases only.
"""

import math
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nntui_engine import Experiment
from nntui_engine.diagnosis.case import Case
from nntui_engine.errors import InputError
from nntui_engine.run.finding import Finding
from nntui_engine.scenario import parse_scenario

FOLDER = Path(__file__).parent
TRIES = 6  # of one who follows the advice
CLOSE = 0.05  # of the way from guessing to the score of the mended run
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """A file of ``broken``: the rules that name what is wrong, and the settings that mend it, the best first."""

    roots: tuple[str, ...]
    fixes: tuple[Settings, ...]


@dataclass(frozen=True)
class Trained:
    """A run at its end: its accuracy or R² on rows held out, or on its own where none are; that of guessing."""

    score: float
    chance: float
    findings: tuple[Finding, ...]

    @property
    def alarms(self) -> list[Finding]:
        return [one for one in self.findings if one.severity != "info"]


@dataclass(frozen=True)
class Judged:
    """``best``: the highest score of the fixes that are known; ``scores``: those of the fixes that the diagnosis
    proposes, in order; ``followed``: what one reaches who follows its advice, fix after fix."""

    name: str
    told: Told
    run: Trained
    best: float
    scores: tuple[float, ...]
    followed: float

    def works(self, score: float) -> bool:
        return score >= self.best - CLOSE * (self.best - self.run.chance)

    @property
    def right(self) -> dict[str, bool]:
        """Whether it was detected, its root named first, the first fix works, some fix does, and following
        its advice mends it."""
        alarms, fixes = self.run.alarms, [self.works(score) for score in self.scores]
        found = {"detected": bool(alarms), "root": bool(alarms) and alarms[0].rule in self.told.roots}
        if not self.told.fixes:
            return found
        mended = {"first fix": fixes[:1] == [True], "some fix": any(fixes), "advice": self.works(self.followed)}
        return found | mended


def told_in(path: Path) -> Told:
    """What a case's comments say."""
    lines = [line[2:] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# ")]
    roots = [line.removeprefix("Root: ").split(" or ") for line in lines if line.startswith("Root: ")]
    fixes = [tomllib.loads(f"fix = {line.removeprefix('Fix: ')}")["fix"] for line in lines if line.startswith("Fix: ")]
    return Told(tuple(roots[0]), tuple(fixes))


def train(path: Path, data: Path, fix: Settings | None = None) -> Trained:
    """Trains a case, or the same from the same seed with ``fix``. ``data`` is where rows.py wrote its files."""
    run = Experiment(parse_scenario(path.read_text(encoding="utf-8"), name=path.stem, base=data))
    if fix is not None:
        old = run.lanes[0].name
        run.add_lane("mended", old, fix)
        run.drop_lane(old)
    run.advance(run.steps)
    lane = run.snapshot().lanes[0]
    case = Case(lane)
    score = case.score if math.isnan(case.unseen) else case.unseen
    return Trained(score if math.isfinite(score) else -1.0, case.facts.chance, tuple(run.findings()))


def proposed(alarms: Iterable[Finding]) -> list[Settings]:
    """The fixes of the roots in order, then those of what follows from them, each once."""
    fixes: list[Settings] = []
    for finding in sorted(alarms, key=lambda one: bool(one.because)):
        fixes += [fix.set for fix in finding.fixes if fix.set not in fixes]
    return fixes


def judge(name: str, data: Path) -> Judged:
    """Trains a broken case, what is known to mend it, and what the diagnosis proposes."""
    path = FOLDER / "broken" / f"{name}.toml"
    told, run = told_in(path), train(path, data)
    best = max((train(path, data, fix).score for fix in told.fixes), default=math.nan)
    scores: list[float] = []
    for fix in proposed(run.alarms) if told.fixes else ():
        try:
            scores.append(train(path, data, fix).score)
        except InputError as error:
            print(f"{name}: {dict(fix)}: {error}", file=sys.stderr)
            scores.append(-1.0)
        if scores[-1] >= best - CLOSE * (best - run.chance):
            break
    enough = best - CLOSE * (best - run.chance)
    return Judged(name, told, run, best, tuple(scores), follow(path, data, run, enough) if told.fixes else math.nan)


def follow(path: Path, data: Path, run: Trained, enough: float) -> float:
    """The score of one who does what is proposed first, and asks again; what does not help is taken back."""
    kept: dict[str, Any] = {}
    tried: list[Settings] = []
    for _ in range(TRIES):
        new = [fix for fix in proposed(run.alarms) if {**kept, **fix} not in tried]
        if run.score >= enough or not new:
            break
        tried.append({**kept, **new[0]})
        try:
            mended = train(path, data, tried[-1])
        except InputError:
            continue
        if mended.score >= run.score:
            run, kept = mended, dict(tried[-1])
    return run.score


def names(folder: str) -> list[str]:
    """The cases in ``broken`` or ``healthy``."""
    return sorted(path.stem for path in (FOLDER / folder).glob("*.toml"))


def line(one: Judged) -> str:
    """What is said of a broken case, what its fixes reach, and what of it is wrong."""
    said = ", ".join(f"{x.rule}({x.because})" if x.because else x.rule for x in one.run.alarms) or "nothing"
    scores = " ".join(f"{score:.2f}" for score in one.scores) or "none"
    wrong = " ".join(what.upper() for what, right in one.right.items() if not right)
    return (
        f"{one.name:32s} {one.run.score:5.2f} → {one.best:5.2f} | {said} | fixes {scores}, "
        f"advice {one.followed:.2f} {wrong}"
    )


def main(chosen: list[str], write_rows: Callable[[Path], None]) -> None:
    """Prints what is right and wrong."""
    rights: dict[str, list[bool]] = {}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        write_rows(data)
        for name in names("broken"):
            if chosen and name not in chosen:
                continue
            one = judge(name, data)
            for what, right in one.right.items():
                rights.setdefault(what, []).append(right)
            print(line(one), flush=True)
        for name in names("healthy"):
            if chosen and name not in chosen:
                continue
            run = train(FOLDER / "healthy" / f"{name}.toml", data)
            rights.setdefault("healthy left alone", []).append(not run.alarms)
            said = ", ".join(f"{x.rule} ({x.severity})" for x in run.findings) or "nothing"
            print(f"{name:32s} {run.score:5.2f} | {said}", flush=True)
    for what, found in rights.items():
        print(f"{what:20s} {sum(found)} of {len(found)}")


if __name__ == "__main__":
    from rows import write_rows

    main(sys.argv[1:], write_rows)
