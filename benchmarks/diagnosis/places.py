"""Two harder questions: does a finding name the layer that is sick, and are two faults at once both found?

python benchmarks/diagnosis/places.py            # on the data sets that no threshold was chosen on
python benchmarks/diagnosis/places.py --chosen   # on those that they were chosen on; --list: what was judged wrongly
"""

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from cases import BASES, FAULTS, Base, Fault
from run import Bench, Outcome, asked_for, share

from nntui_engine.errors import InputError


def faults_of_a_layer(base: Base, layer: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(what is done, the rule that names it, settings) of faults that are put into one hidden layer (0-based)."""
    hidden = base.model["hidden"]
    initializers = [base.model["init"]] * (len(hidden) + 1)
    initializers[layer] = "zeros"
    yield "no weights", "symmetric_units", {"model.init": initializers}
    dropout = [0.0] * len(hidden)
    dropout[layer] = 0.95
    yield "dropout", "dropout_too_high", {"model.dropout": dropout}
    penalty = [0.0] * (len(hidden) + 1)
    penalty[layer] = 3.0
    yield "penalty", "penalty_too_strong", {"train.l2": penalty}


def layer_runs(bench: Bench) -> Iterator[tuple[str, int, Outcome]]:
    """(the rule that names the fault, the layer (1-based) that it was put into, the run) of those that it hurts."""
    for data in bench.sets:
        for base in BASES:
            bench.healthy[data, base.name] = bench.run(data, base, {})
            for layer in range(len(base.model["hidden"])):
                for what, rule, changes in faults_of_a_layer(base, layer):
                    found = bench.run(data, base, changes, f"{what} in layer {layer + 1}", layer)
                    if bench.hurts(found):
                        yield rule, layer + 1, found


def pair_runs(bench: Bench) -> Iterator[tuple[Fault, Fault, Outcome]]:
    """Two faults at once, each of middle strength, in the first setting that both are faults of."""
    for data in bench.sets:
        bench.healthy.setdefault((data, BASES[0].name), bench.run(data, BASES[0], {}))
        for one, other in combinations(FAULTS, 2):
            changes = [fault.strengths[len(fault.strengths) // 2] for fault in (one, other)]
            tasks_fit = all(not fault.only or bench.tasks[data] in fault.only for fault in (one, other))
            bases = [base for base in BASES if all(base.name in (f.bases or base.name) for f in (one, other))]
            if not tasks_fit or not bases or set(changes[0]) & set(changes[1]):
                continue
            try:
                run = bench.run(data, bases[0], {**changes[0], **changes[1]}, f"{one.name} and {other.name}")
            except InputError:
                continue
            bench.healthy.setdefault((data, bases[0].name), bench.run(data, bases[0], {}))
            if bench.hurts(run):
                yield one, other, run


def named(fault: Fault, one: Outcome) -> bool:
    """Whether an alarm names the fault."""
    return bool(fault.roots & set(one.alarms))


def main() -> None:
    """Prints the figures."""
    with asked_for(__doc__) as (bench, list_all):
        layers, pairs = list(layer_runs(bench)), list(pair_runs(bench))
    told = [(layer, one, next((f for f in one.findings if f.rule == rule), None)) for rule, layer, one in layers]
    named_layers = [(layer, one, finding.layers) for layer, one, finding in told if finding is not None]
    right = sum(layers == (layer,) for layer, _, layers in named_layers)
    within = sum(layer in layers for layer, _, layers in named_layers)
    print("a fault in one layer:")
    print("  its rule finds it       ", share(len(named_layers), len(layers)))
    print("  names that layer alone  ", share(right, len(named_layers)))
    print("  that one among others   ", share(within, len(named_layers)))
    both = [(one, other, run) for one, other, run in pairs if named(one, run) and named(other, run)]
    broken = sum("non_finite" in run.alarms for _, _, run in pairs)
    print("two faults at once:")
    print("  something found         ", share(sum(bool(run.alarms) for _, _, run in pairs), len(pairs)))
    print("  at least one named      ", share(sum(named(a, r) or named(b, r) for a, b, r in pairs), len(pairs)))
    print("  both named              ", share(len(both), len(pairs)))
    print(f"  numbers overflowed in {broken}: there nothing else can be named")
    missed = Counter[str](f.name for a, b, run in pairs for f in (a, b) if not named(f, run))
    print("  not named beside another:", ", ".join(f"{name} {count}" for name, count in missed.most_common()))
    if list_all:
        for layer, one, finding in told:
            if finding is None or finding.layers != (layer,):
                print(f"  {one}; names {finding and finding.layers}")
        for a, b, run in pairs:
            if not (named(a, run) and named(b, run)):
                print(f"  {run}")


if __name__ == "__main__":
    main()
