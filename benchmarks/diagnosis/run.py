"""How right the diagnosis is: faults put into healthy runs, and healthy runs, each trained and judged.

python benchmarks/diagnosis/run.py            # figures on the data sets that no threshold was chosen on
python benchmarks/diagnosis/run.py --chosen   # on those that they were chosen on
"""

import argparse
import math
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from cases import BASES, FAULTS, ODD_BUT_HEALTHY, STEPS, Base, Fault
from data import CHOSEN_ON, REPORTED

from nntui_engine import Experiment
from nntui_engine.diagnosis.case import Case
from nntui_engine.errors import InputError
from nntui_engine.run.finding import Finding
from nntui_engine.scenario import scenario_from_dict

CLOSE = 0.05  # of the way from guessing to the healthy score: less is no fault
ON_THE_WAY = (0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75)  # shares of a run at which it is judged as well
ALARMS = ("warning", "critical")


@dataclass(frozen=True)
class Outcome:
    """What came of one run: ``score`` is its accuracy or R² on rows held out, ``learned`` on its own;
    ``on_the_way``: rules that alarmed before the end."""

    data: str
    base: str
    fault: str
    strength: int
    score: float
    learned: float
    bar: float
    chance: float
    findings: tuple[Finding, ...]
    on_the_way: frozenset[str]

    def __str__(self) -> str:
        told = ", ".join(f"{one.rule} ({one.severity})" for one in self.findings) or "nothing"
        return (
            f"{self.data} {self.base} {self.fault} {self.strength}: {self.score:.2f} on rows held out, "
            f"{self.learned:.2f} on its own, bar {self.bar:.2f}: {told}"
        )

    @property
    def alarms(self) -> list[str]:
        return [one.rule for one in self.findings if one.severity in ALARMS]


class Bench:
    """Runs of one half of the data sets."""

    def __init__(self, sets: Mapping[str, Any], folder: Path) -> None:
        self.sets, self.folder = sets, folder
        self.tasks: dict[str, str] = {}
        self.healthy: dict[tuple[str, str], Outcome] = {}

    def run(self, data: str, base: Base, changes: Mapping[str, Any], fault: str = "", strength: int = 0) -> Outcome:
        changes = dict(changes)
        path = self.file(data, changes.pop("x", 1.0), changes.pop("y", 1.0))
        tables: dict[str, Any] = {
            "schema": 1,
            "scenario": {"title": data},
            "data": {"path": str(path), "task": self.tasks[data]},
            "model": dict(base.model),
            "train": {"steps": STEPS, "batch_size": 32, **base.train},
        }
        tables["train"]["lr"] *= changes.pop("lr *", 1.0)
        for key, value in changes.items():
            table, _, name = key.partition(".")
            tables[table][name] = value
        if tables["model"]["init"] not in ("normal", "constant"):
            tables["model"].pop("init_scale", None)
        tables["train"]["evaluate_every"] = max(1, tables["train"]["steps"] // 20)
        run = Experiment(scenario_from_dict(tables, name=data))
        on_the_way = set[str]()
        for share_done in ON_THE_WAY:
            run.advance(round(share_done * tables["train"]["steps"]) - run.step)
            on_the_way |= {one.rule for one in run.findings() if one.severity in ALARMS}
        run.advance(tables["train"]["steps"] - run.step)
        lane = run.snapshot().lanes[0]
        score = lane.whole.get("r2" if self.tasks[data] == "regression" else "validation_accuracy", math.nan)
        return Outcome(
            data,
            base.name,
            fault,
            strength,
            score,
            Case(lane).score,
            Case(lane).bar,
            lane.network.facts.chance,
            tuple(run.findings()),
            frozenset(on_the_way),
        )

    def file(self, data: str, x_times: float, y_times: float) -> Path:
        x, y, self.tasks[data] = self.sets[data](np.random.default_rng(7))
        path = self.folder / f"{data}-{x_times}-{y_times}.npz"
        if not path.exists():
            classes = self.tasks[data] != "regression"
            np.savez(path, x=x * x_times, y=y.astype(np.int64) if classes else y * y_times)
        return path

    def healthy_runs(self) -> Iterator[Outcome]:
        for data in self.sets:
            for base in BASES:
                found = self.healthy[data, base.name] = self.run(data, base, {})
                yield found
                for strength, changes in enumerate(ODD_BUT_HEALTHY):
                    yield self.run(data, base, changes, "odd", strength)

    def faulty_runs(self) -> Iterator[tuple[Fault, Outcome]]:
        for data in self.sets:
            for base in BASES:
                for fault in FAULTS:
                    if (fault.only and self.tasks[data] not in fault.only) or base.name not in (
                        fault.bases or base.name
                    ):
                        continue
                    for strength, changes in enumerate(fault.strengths):
                        try:
                            yield fault, self.run(data, base, changes, fault.name, strength)
                        except InputError as error:
                            print(f"left out: {data} {base.name} {fault.name}: {error}", file=sys.stderr)

    def hurts(self, outcome: Outcome) -> bool:
        """Whether the fault cost the run a part of what the healthy one had."""
        healthy = self.healthy[outcome.data, outcome.base]
        score = outcome.score if math.isfinite(outcome.score) else -1.0
        return score < healthy.score - CLOSE * (healthy.score - healthy.chance)


def share(found: int, of: int) -> str:
    """A share with Wilson's 95 % interval."""
    if not of:
        return "none"
    p, z = found / of, 1.96
    middle, reach = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    low, high = (middle - reach) / (1 + z * z / of), (middle + reach) / (1 + z * z / of)
    return f"{found:4d} / {of:4d} = {p:6.1%}  ({low:.1%} to {high:.1%})"


def rooted(fault: Fault, one: Outcome) -> bool:
    """Whether the first alarm names the fault."""
    return bool(one.alarms) and one.alarms[0] in fault.roots


def mildest(fault: Fault, one: Outcome) -> bool:
    """Whether a fault of several strengths has its first."""
    return one.strength == 0 and len(fault.strengths) > 1


@contextmanager
def asked_for(what: str | None) -> Iterator[tuple[Bench, bool]]:
    """The bench of the data that the command line asks for, and whether to list every run that was judged wrongly."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--chosen", action="store_true", help="the data on which thresholds were chosen")
    parser.add_argument("--list", action="store_true", help="every run that was judged wrongly")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        yield Bench(CHOSEN_ON if options.chosen else REPORTED, Path(folder)), options.list


def main() -> None:
    """Prints the figures."""
    with asked_for(__doc__) as (bench, list_all):
        healthy = list(bench.healthy_runs())
        healthy = [one for one in healthy if not bench.hurts(one)]
        wrong = [one for one in healthy if one.alarms]
        faulty = [(fault, one) for fault, one in bench.faulty_runs() if bench.hurts(one)]
    instead = defaultdict(Counter[str])
    for fault, one in faulty:
        if not rooted(fault, one):
            instead[fault.name][one.alarms[0] if one.alarms else "nothing"] += 1
            if list_all:
                print(f"  {one}, healthy {bench.healthy[one.data, one.base].score:.2f}")
    print(f"{'fault':26s} runs  found  root first  in its place")
    for name in dict.fromkeys(fault.name for fault, _ in faulty):
        mine = [(fault, one) for fault, one in faulty if fault.name == name]
        others = ", ".join(f"{rule} {count}" for rule, count in instead[name].most_common(5))
        found, first = sum(bool(one.alarms) for _, one in mine), sum(rooted(*pair) for pair in mine)
        print(f"{name:26s} {len(mine):4d} {found:6d} {first:11d}  {others}")
    for title, pairs in (
        ("all", faulty),
        ("without the mildest of each", [pair for pair in faulty if not mildest(*pair)]),
    ):
        print(f"{title}:")
        print("  found        ", share(sum(bool(one.alarms) for _, one in pairs), len(pairs)))
        print("  root first   ", share(sum(rooted(*pair) for pair in pairs), len(pairs)))
    print("false alarms ", share(len(wrong), len(healthy)))
    for one in wrong:
        print(f"  {one}")
    early = [one for one in healthy if one.on_the_way]
    print("false alarms on the way", share(len(early), len(healthy)))
    counted = Counter(rule for one in early for rule in one.on_the_way)
    print("  ", ", ".join(f"{rule} {count}" for rule, count in counted.most_common()))


if __name__ == "__main__":
    main()
