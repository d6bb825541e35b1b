"""Checks the numbers in the scenarios' words; README.md beside this file says how claims are written.

python tests/lessons/check.py                                every scenario with a claims file, on seeds 0 to 9
python tests/lessons/check.py digits beale --seeds 3 --jobs 2
python tests/lessons/check.py --draft xor > tests/lessons/activations/xor.toml
python tests/lessons/check.py --list                         scenarios without a claims file
"""

import argparse
import math
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
_ROOTS = [str(folder) for folder in (HERE.parent, HERE.parents[1], HERE.parents[1] / "engine")]
sys.path[:] = [*_ROOTS, *(place for place in sys.path if place not in (*_ROOTS, str(HERE)))]

from lessons.claims import SEEDS, Matched, claims_path, load_claims, match, problem_of  # noqa: E402
from lessons.draft import draft  # noqa: E402
from lessons.measuring import Check, Found, checks_of, measure_checks  # noqa: E402
from lessons.words import one_line  # noqa: E402

from nntui_engine.compiling.ahead import compile_ahead  # noqa: E402
from nntui_engine.errors import InputError  # noqa: E402
from nntui_engine.scenario import Scenario, load_scenario, scenario_paths  # noqa: E402
from nntui_engine.warmup import parts_for  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="measure on seeds 0 to N − 1 (default: 10)")
    parser.add_argument("--jobs", type=int, default=2, help="so many runs at a time (default: 2)")
    parser.add_argument("--misses", action="store_true", help="print only what does not hold")
    parser.add_argument("--draft", metavar="SCENARIO", help="print a claims file to fill in")
    parser.add_argument("--list", action="store_true", help="list scenarios without a claims file")
    options = parser.parse_args()
    try:
        if options.draft:
            print(draft(load_scenario(options.draft)))
            return 0
        if options.list:
            print("\n".join(name for name in scenario_paths() if not claims_path(name).exists()))
            return 0
        names = options.scenarios or [name for name in scenario_paths() if claims_path(name).exists()]
        return _check_all(names, range(options.seeds), options.jobs, options.misses)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2


def _check_all(names: Sequence[str], seeds: Sequence[int], jobs: int, misses: bool) -> int:
    scenarios = [load_scenario(name) for name in names]
    compile_ahead(tuple(dict.fromkeys(part for s in scenarios for part in parts_for(s))), lambda *_: None)
    if jobs <= 1:
        wrong = sum(_check(scenario, seeds, map, misses) for scenario in scenarios)
    else:
        os.environ["NUMBA_NUM_THREADS"] = "1"  # read by the workers, which share the cores
        with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
            wrong = sum(_check(scenario, seeds, pool.map, misses) for scenario in scenarios)
    print(f"{wrong or 'no'} miss{'' if wrong == 1 else 'es'} in {len(names)} scenario{'' if len(names) == 1 else 's'}")
    return 1 if wrong else 0


def _check(scenario: Scenario, seeds: Sequence[int], run: Callable[..., Any], misses: bool) -> int:
    """Print a scenario's claims, one line each; how many do not hold."""
    print(f"{scenario.name}")
    path = claims_path(scenario.name)
    if not path.exists():
        print(f"  MISS  no claims file: {path}")
        return 1
    matched, problems = match(scenario, load_claims(path))
    rows: list[tuple[Matched, Check | None, str | None]] = []
    for one in matched:
        problem = problem_of(one, scenario)
        if problem is None and one.claim.kind == "measure":
            try:
                rows += [(one, check, None) for check in checks_of(one, scenario)]
            except InputError as error:
                rows.append((one, None, str(error).removeprefix(f"{one.where}: ")))
        else:
            rows.append((one, None, problem))
    found = iter(measure_checks(scenario, [check for _, check, _ in rows if check is not None], seeds, run))
    wrong = len(problems)
    for one, check, problem in rows:
        line, held = _line(one, check, problem, next(found) if check is not None else [], seeds)
        wrong += not held
        if not (misses and held):
            print(f"  {'ok  ' if held else 'MISS'}  {line}", flush=True)
    for problem in problems:
        print(f"  MISS  {problem.removeprefix(f'{scenario.name}: ')}")
    return wrong


def _line(
    one: Matched, check: Check | None, problem: str | None, found: Sequence[Found], seeds: Sequence[int]
) -> tuple[str, bool]:
    says = f"“{one_line(one.claim.says)}”"
    if check is None:
        claim = one.claim
        held_by = getattr(claim, claim.kind)
        return (f"{says}  {problem}", False) if problem else (f"{says}  {claim.kind}: {held_by}", True)
    missed = [seed for seed, one_found in zip(seeds, found, strict=True) if not one_found.passed]
    held = (len(seeds) - len(missed)) * SEEDS >= one.claim.at_least * len(seeds)
    share = f"{len(seeds) - len(missed)}/{len(seeds)}"
    if missed:
        share += f", not on {', '.join(map(str, missed))}"
    return f"{says}  {check.text}: {_spread([f.value for f in found])}{_allowed(check)}  {share}", held


def _spread(values: Sequence[Any]) -> str:
    """Smallest … median … largest over the seeds."""
    numbers = sorted(value for value in values if isinstance(value, float) and not math.isnan(value))
    if not numbers:
        return " | ".join(dict.fromkeys(_shown(value) for value in values))
    chosen = dict.fromkeys(f"{numbers[i]:.4g}" for i in (0, len(numbers) // 2, -1))
    none = len(values) - len(numbers)
    return " … ".join(chosen) + (f" (and {none} without a value)" if none else "")


def _shown(value: Any) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], float):
        return f"({', '.join(f'{part:.4g}' for part in value)})"
    return "no value" if value is None else ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value}"


def _allowed(check: Check) -> str:
    bounds = check.bounds
    if bounds is None:
        what = check.readings["value"].what
        bounds = getattr(what, "bounds", None) or getattr(what, "between", None)
        if bounds is None:
            return _of_expectation(what)
    return f"  [{bounds[0]:.4g}, {bounds[1]:.4g}]"


def _of_expectation(what: Any) -> str:
    keys = ("above", "below", "equals", "finding", "no_finding")
    return f"  [{', '.join(f'{key} {getattr(what, key)}' for key in keys if getattr(what, key) is not None)}]"


if __name__ == "__main__":
    sys.exit(main())
