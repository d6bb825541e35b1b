"""Which tests run which line: one run of the suite under coverage, with a context for each test.

The engine's tests run with the kernels as plain Python; all others with compiled kernels. Processes that a test
starts count for it: they are told its name by pytest's own environment variable.
"""

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from coverage import CoverageData
from coverage.exceptions import DataError
from mutation.places import enclosing

HERE = Path(__file__).parent
# Left out: what builds packages, reads sources or takes minutes
SKIPPED = (
    "packaging/test_distribution.py",
    "packaging/test_imports.py",
    "mutation",
    "cli/test_bench.py",
    "cli/test_verify.py::test_the_same_bytes_each_time",
    "cli/test_verify.py::test_several_at_once_say_the_same_as_one_after_another",
    "engine/tasks/surfaces/test_scenarios.py",
    "engine/tasks/test_lockstep_torch.py",  # the suite must notice without torch, too
)
PLAIN, COMPILED = "plain", "compiled"
SLOW = 1.0  # seconds
DOCUMENTED = "tests/packaging/test_docs.py"
_CHILD = "import os\nif os.environ.get('PYTEST_CURRENT_TEST'):\n    import coverage\n    coverage.process_startup()\n"


def mode_of(test: str) -> str:
    """How a test runs."""
    return PLAIN if test.startswith("tests/engine/") else COMPILED


def environment(tree: Path, mode: str) -> dict[str, str]:
    paths = [str(tree), str(tree / "engine"), str(tree / "tests")]
    more = {"PYTHONPATH": os.pathsep.join(paths), "NUMBA_CACHE_DIR": str(tree.parent / "cache"), "PYTHONHASHSEED": "0"}
    kept = {key: value for key, value in os.environ.items() if key not in ("NUMBA_DISABLE_JIT", "NO_COLOR")}
    return {**kept, **more, "TEXTUAL_ANIMATIONS": "none", **({"NUMBA_DISABLE_JIT": "1"} if mode == PLAIN else {})}


def measure(tree: Path, folder: Path) -> None:
    """Run the suite in ``tree`` and leave what it covered, and how long each test took, in ``folder``."""
    for mode in (PLAIN, COMPILED):
        settings = folder / f"{mode}.coveragerc"
        common = f"[run]\nsource_pkgs = nntui, nntui_engine\nparallel = true\ndata_file = {folder / mode}\n"
        settings.write_text(common, encoding="utf-8")
        children = folder / f"{mode}-children.coveragerc"
        children.write_text(f"{common}sigterm = true\ncontext = ${{PYTEST_CURRENT_TEST}}\n", encoding="utf-8")
        hook = tree / "sitecustomize.py"
        hook.write_text(_CHILD, encoding="utf-8")
        names = sorted(path.name for path in (tree / "tests").iterdir() if path.is_dir() and path.name != "golden")
        folders = ["engine"] if mode == PLAIN else [name for name in names if name not in ("engine", *SKIPPED)]
        command = [sys.executable, "-m", "pytest", *(f"tests/{name}" for name in folders)]
        command += [f"--{'deselect' if '::' in name else 'ignore'}=tests/{name}" for name in SKIPPED]
        command += ["-q", "-p", "no:cacheprovider", "-p", "mutation.plugin", "--hypothesis-seed=0", "--cov"]
        command += [f"--cov-config={settings}", "--cov-context=test", "--cov-report="]
        command += ["-m", "not slow"] if mode == PLAIN else []
        more = {"COVERAGE_PROCESS_START": str(children), "MUTATION_TIMES": str(folder / f"{mode}.times.json")}
        with (folder / f"{mode}.log").open("w", encoding="utf-8") as log:
            subprocess.run(
                command, cwd=tree, env={**environment(tree, mode), **more}, stdout=log, stderr=log, check=False
            )
        hook.unlink()


class Covering:
    """What a run of the suite covered, by file and line."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self._tree = tree
        self.times: dict[str, float] = {}
        self._lines: dict[str, dict[int, set[str]]] = {}
        for mode in (PLAIN, COMPILED):
            self.times.update(json.loads((folder / f"{mode}.times.json").read_text(encoding="utf-8")))
        for path in sorted(folder.iterdir()):
            if re.fullmatch(rf"({PLAIN}|{COMPILED})(\.(?!coveragerc|log|times).*)?", path.name):
                self._read(path)

    def _read(self, path: Path) -> None:
        data = CoverageData(str(path))
        try:
            data.read()
        except DataError:  # of a process that a test killed while it wrote
            return
        for file in data.measured_files():
            name = re.sub(r"^.*?/(?=(engine/nntui_engine|nntui)/)", "", file)
            lines = self._lines.setdefault(name, {})
            for line, contexts in data.contexts_by_lineno(file).items():
                tests = {re.sub(r"\|(run|setup|teardown)$| \((call|setup|teardown)\)$", "", c) for c in contexts}
                lines.setdefault(line, set()).update(test for test in tests if test in self.times)

    @cached_property
    def _cheapest(self) -> list[str]:
        """All tests, first those that are quick and pass through few lines, and are therefore most about these."""
        breadth = Counter(test for lines in self._lines.values() for tests in lines.values() for test in tests)
        return sorted(self.times, key=lambda test: (breadth[test] * (0.1 + self.times[test]), test))

    @cached_property
    def _masks(self) -> dict[str, dict[int, int]]:
        """The tests of each line as the bits of a number, the cheapest test lowest."""
        bit = {test: 1 << i for i, test in enumerate(self._cheapest)}
        return {
            path: {line: sum(bit[test] for test in tests) for line, tests in lines.items()}
            for path, lines in self._lines.items()
        }

    def in_turn(self, path: str, line: int, tests: set[str]) -> list[str]:
        """The order in which to run ``tests`` of a mutant at ``line``, the likeliest to notice first.

        That is one for every line of the function around, since a changed condition shows in the branch it guards; then
        one for every line of the program that none so far passes through, the quickest first, since a test with an
        option of its own goes where others do not; then a test of every file, every file's second, and so on.
        Slow tests come last, in the same order.
        """
        rank = {test: i for i, test in enumerate(self._cheapest)}
        wanted = sum(1 << rank[test] for test in tests)
        around = [
            n for n in enclosing(self._tree_of(path), line) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        near = self._masks.get(path, {})
        lines = range(around[-1].lineno, around[-1].end_lineno + 1) if around else range(0)
        order: list[str] = []
        chosen, first = 0, 0
        for masks in ({near.get(i, 0) for i in lines}, {m for part in self._masks.values() for m in part.values()}):
            for mask in sorted({mask & wanted for mask in masks}, key=lambda mask: (mask.bit_count(), mask)):
                if mask and not mask & chosen:
                    lowest = mask & -mask
                    chosen |= lowest
                    order.append(self._cheapest[lowest.bit_length() - 1])
            order[first:] = sorted(order[first:], key=lambda test: self.times[test])
            first = len(order)
        files: dict[str, list[str]] = {}
        for test in sorted(tests, key=lambda test: rank[test]):
            files.setdefault(test.partition("::")[0], []).append(test)
        turn = {test: (i, place) for place, queue in enumerate(files.values()) for i, test in enumerate(queue)}
        order = list(dict.fromkeys([*order, *sorted(tests, key=lambda test: turn[test])]))
        return sorted(order, key=lambda test: self.times[test] > SLOW)

    def _tree_of(self, path: str) -> ast.Module:
        return ast.parse((self._tree / path).read_text(encoding="utf-8"))

    @cached_property
    def _sources(self) -> dict[str, list[str]]:
        return {name: (self._tree / name).read_text(encoding="utf-8").splitlines() for name in self._lines}

    @cached_property
    def _tests(self) -> dict[str, str]:
        files = {test.partition("::")[0] for test in self.times}
        return {
            file: (self._tree / file).read_text(encoding="utf-8") for file in files if (self._tree / file).is_file()
        }

    def tests(self, path: str, first: int, last: int) -> set[str]:
        """The tests that pass (and passed) through these lines."""
        around = enclosing(self._tree_of(path), first)
        found = self._at(path, range(first, last + 1))
        body = getattr(around[-1], "body", None) if around else None
        if not found and around:  # a line in the middle of a statement
            end = body[0].lineno - 1 if body else around[-1].end_lineno
            found = self._at(path, range(around[-1].lineno, end + 1))
        functions = [node for node in around if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        if not functions or (functions[-1] is around[-1]):  # runs on import, and matters where its names are used
            found |= self._users({name for node in around for name in _defined(node)})
        if not functions:  # a row of a table: what is documented of it counts
            found |= {test for test in self.times if test.startswith(DOCUMENTED)}
        return found

    def _at(self, path: str, lines: Iterable[int]) -> set[str]:
        known = self._lines.get(path, {})
        return set().union(*(known.get(line, set()) for line in lines))

    def _users(self, names: set[str]) -> set[str]:
        """The tests that pass through lines which name one of these, or a name defined by such a line, and the tests
        in files that name one."""
        word = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b") if names else None
        files = {file for file, text in self._tests.items() if word is not None and word.search(text)}
        found = {test for test in self.times if test.partition("::")[0] in files}
        direct = set(found)
        for _ in range(3):
            if not names or found - direct:
                break
            word = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
            more: set[str] = set()
            for path, lines in self._sources.items():
                hits = [i for i, text in enumerate(lines, 1) if word.search(text)]
                found |= self._at(path, hits)
                if hits:
                    tree = ast.parse("\n".join(lines))
                    more |= {name for hit in hits for node in enclosing(tree, hit)[:1] for name in _defined(node)}
            names = more - names
        return found


def _defined(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
