"""How many random mistakes the tests notice.

python tests/mutation/sample.py --mutants 300 --seed 1  in a copy of the sources; prints the rate and survivors
python tests/mutation/sample.py --mutants 300 --seed 2 --work DIR  … keeping, and using again, what covers what

A mutant is killed if one of the tests that pass through its line fails. Survivors that a person has judged to be no
mistake stand in ``equivalent.toml`` with the reason, and leave the rate.
"""

import argparse
import compileall
import filecmp
import hashlib
import json
import py_compile
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Queue

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))

from mutation.covering import COMPILED, PLAIN, Covering, environment, measure, mode_of  # noqa: E402
from mutation.places import Mutant, Place, mutant, places  # noqa: E402

FIRST_SECONDS = 4.0  # of the quickest tests, before all others
UNCOVERED, EQUIVALENT = "no test passes here", "equivalent"


def sources() -> list[str]:
    """The paths of the sources as they are now, committed or not."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [name for name in listed if name and (ROOT / name).is_file()]


def copy_tree(names: list[str], to: Path) -> None:
    """Files that differ are copied; the others keep their time, by which compiled kernels are known."""
    for name in names:
        if not (to / name).is_file() or not filecmp.cmp(ROOT / name, to / name, shallow=False):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def drawn(root: Path, count: int, seed: int) -> list[Mutant]:
    """``count`` mutants at different places, each place as likely as any other."""
    chance = random.Random(seed)
    everywhere: list[Place] = places(root)
    chance.shuffle(everywhere)
    found = []
    for place in everywhere:
        changes = list(place.changes)
        chance.shuffle(changes)
        made = next((m for change in changes if (m := mutant(root, place, change)) is not None), None)
        if made is not None:
            found.append(made)
        if len(found) == count:
            break
    return found


def equivalents() -> dict[tuple[str, ...], str]:
    """What a person has judged to be no mistake: key → reason."""
    tables = tomllib.loads((HERE / "equivalent.toml").read_text(encoding="utf-8"))["equivalent"]
    return {(t["file"], t["inside"], t["before"], t["after"]): t["reason"] for t in tables}


class Worker:
    """A copy of the sources, and a process for each mode that runs tests in it."""

    def __init__(self, tree: Path, seconds: float) -> None:
        self.tree, self._seconds = tree, seconds
        self._servers = {mode: self._server(mode) for mode in (PLAIN, COMPILED)}

    def _server(self, mode: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-B", "-m", "mutation.server"]
        server = subprocess.Popen(
            command,
            cwd=self.tree,
            env=environment(self.tree, mode),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        server.stdout.readline()
        return server

    def ask(self, mode: str, tests: dict[str, float]) -> str:
        """The outcome; from a new server where the one that was asked has ended."""
        for _ in range(3):
            server = self._servers[mode]
            assert server.stdin is not None
            assert server.stdout is not None
            with suppress(BrokenPipeError):
                print(json.dumps({"tests": tests}), file=server.stdin, flush=True)
                answer = server.stdout.readline().strip()
                if answer:
                    return answer
            server.kill()
            self._servers[mode] = self._server(mode)
        return "no answer"

    @contextmanager
    def changed(self, one: Mutant) -> Iterator[None]:
        path = self.tree / one.place.path
        before = path.read_text(encoding="utf-8")
        path.write_text(one.source, encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")

    def outcome(self, one: Mutant, covering: Covering) -> str:
        """What the tests make of a mutant: first the quickest, then the others."""
        tests = covering.tests(one.place.path, one.place.start[0], one.place.end[0])
        if "/kernels/" in one.place.path:  # a changed kernel would be compiled anew
            tests = {test for test in tests if mode_of(test) == PLAIN}
        if not tests:
            return UNCOVERED
        order = covering.in_turn(one.place.path, one.place.start[0], tests)
        rounds: dict[tuple[int, str], dict[str, float]] = {}
        spent = 0.0
        for test in order:
            usual = covering.times[test] + 0.02
            if spent > 0.0 and spent + usual > self._seconds:
                break
            rounds.setdefault((int(spent > FIRST_SECONDS), mode_of(test)), {})[test] = usual
            spent += usual
        with self.changed(one):
            for (_, mode), some in sorted(rounds.items()):
                found = self.ask(mode, some)
                if found != "survived":
                    return found
        return "survived"

    def close(self) -> None:
        for server in self._servers.values():
            assert server.stdin is not None
            server.stdin.close()
            server.wait(10)


def prepare(work: Path, jobs: int) -> list[Path]:
    """A copy of the sources for each job, and what covers what; what is there of these sources is used again."""
    names = sources()
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + (ROOT / name).read_bytes())
    stamp, coverage = work / "sources.sha256", work / "coverage"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != digest.hexdigest():
        for folder in (coverage, *work.glob("job-*")):
            shutil.rmtree(folder, ignore_errors=True)
        stamp.write_text(digest.hexdigest(), encoding="utf-8")
    trees = [work / f"job-{i}" / "tree" for i in range(1, jobs + 1)]
    for tree in trees:
        copy_tree(names, tree)  # also where it is there: a run that was stopped has left its last mutant
    if not (coverage / "done").exists():
        print("running the suite under coverage", file=sys.stderr, flush=True)
        shutil.rmtree(coverage, ignore_errors=True)
        coverage.mkdir()
        measure(trees[0], coverage)
        (coverage / "done").touch()
    checked = py_compile.PycInvalidationMode.CHECKED_HASH  # a mutant of the same size in the same second is noticed
    for tree in trees:
        for folder in (tree / "engine", tree / "nntui"):
            compileall.compile_dir(folder, quiet=1, force=True, invalidation_mode=checked)
        warm = [sys.executable, "-m", "nntui", "warmup"]
        subprocess.run(warm, cwd=tree, env=environment(tree, COMPILED), stdout=subprocess.DEVNULL, check=True)
    return trees


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=300, help="how many (300)")
    parser.add_argument("--seed", type=int, default=1, help="which (1)")
    parser.add_argument("--skip", type=int, default=0, help="leave the first N of them out, to go on where a run ended")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time (1)")
    parser.add_argument("--seconds", type=float, default=120.0, help="of tests for a mutant (120)")
    parser.add_argument("--work", type=Path, help="a folder to keep copies and coverage in (a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = (options.work or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        run(work, options)


def run(work: Path, options: argparse.Namespace) -> None:
    trees = prepare(work, options.jobs)
    covering, known = Covering(trees[0], work / "coverage"), equivalents()
    chosen = drawn(trees[0], options.mutants, options.seed)[options.skip :]
    workers: Queue[Worker] = Queue()
    for tree in trees:
        workers.put(Worker(tree, options.seconds))

    def judge(one: Mutant) -> str:
        if one.key in known:
            return EQUIVALENT
        worker = workers.get()
        try:
            return worker.outcome(one, covering)
        finally:
            workers.put(worker)

    outcomes = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for i, (one, found) in enumerate(zip(chosen, pool.map(judge, chosen), strict=True), options.skip + 1):
            outcomes.append(found)
            print(f"{i} {one.place.path}:{one.place.start[0]} {found}", file=sys.stderr, flush=True)
            if found not in ("killed", "timeout", EQUIVALENT):
                print(report(one, found), flush=True)
    while not workers.empty():
        workers.get().close()
    count = Counter(outcomes)
    killed, counted = count["killed"] + count["timeout"], len(outcomes) - count[EQUIVALENT]
    print(
        f"{killed} of {counted} killed ({100 * killed / max(counted, 1):.1f} %), {count['timeout']} by their time; "
        f"{count[UNCOVERED]} where no test passes, {count[EQUIVALENT]} equivalent; seed {options.seed}"
    )


def report(one: Mutant, found: str) -> str:
    """A survivor, as ``equivalent.toml`` would have it."""
    lines = [f"# line {one.place.start[0]}, {one.operator}: {found}", "[[equivalent]]", f'file = "{one.place.path}"']
    lines += [f'inside = "{one.inside}"']
    lines += [
        f"{name} = {json.dumps(text, ensure_ascii=False)}"
        for name, text in (("before", one.before), ("after", one.after))
    ]
    return "\n".join([*lines, 'reason = ""', ""])


if __name__ == "__main__":
    main()
