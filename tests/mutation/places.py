"""Where the sources can be changed, and how: cosmic-ray's operators, less what no test could or should notice.

cosmic-ray has twelve replacements for a ``+`` and one for a ``for``; sampled one by one, its mutants would be mostly
``a >> b`` of floating-point numbers, which anything notices. So a *place* is drawn first, and then one of its changes.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

FOLDERS = ("engine/nntui_engine", "nntui")
# Files left out: regular expression → why
LEFT_OUT = {
    r"nntui/(bench/|commands/bench)": "times things: what it says depends on the machine, and its tests take minutes",
    r"kernels/(atomics|bits|blas|views)\.py": "writes machine code, which plain Python never runs",
    r"kernels/policy\.py|whole_program\.py": "the compiler's settings, which plain Python never uses",
}
# Changes of these keyword arguments change what a mistake of ours would raise, and nothing else
GUARDS = {"frozen", "slots", "strict"}
# Decorators that compile or remember: without them the same comes out, later
COMPILERS = {"cache", "kernel", "leaf_kernel", "exact_kernel", "inlined_kernel", "entry_kernel", "parallel_kernel"}

_FAMILIES = ({"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"}, {"RShift", "LShift", "BitOr", "BitAnd", "BitXor"})
_ORDER = {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"}
_OTHERS = (
    "ReplaceUnaryOperator_USub_UAdd|ReplaceUnaryOperator_Delete_(Not|Invert)|AddNot|ReplaceTrueWithFalse|"
    "ReplaceFalseWithTrue|ReplaceAndWithOr|ReplaceOrWithAnd|ReplaceBreakWithContinue|ReplaceContinueWithBreak|"
    "ExceptionReplacer|NumberReplacer|RemoveDecorator|ZeroIterationForLoop"
)
Position = tuple[int, int]  # line from 1, column from 0


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of a source file, and the (operator, occurrence) pairs that change it."""

    path: str
    start: Position
    end: Position
    changes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed file. ``before`` and ``after`` are the lines that differ, without indentation."""

    place: Place
    operator: str
    inside: str
    before: str
    after: str
    source: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is, wherever in its function it stands."""
        return (self.place.path, self.inside, self.before, self.after)


def _wanted(operator: str) -> bool:
    kind, *names = operator.removeprefix("core/").split("_")
    if kind == "ReplaceBinaryOperator":
        return any(set(names) <= family for family in _FAMILIES)
    if kind == "ReplaceComparisonOperator":
        return set(names) <= _ORDER or set(names) == {"Is", "IsNot"}
    return re.fullmatch(_OTHERS, operator.removeprefix("core/")) is not None


def operators() -> dict[str, Any]:
    """cosmic-ray's operators that are used here, by name."""
    return {
        name: cosmic_ray.plugins.get_operator(name)() for name in cosmic_ray.plugins.operator_names() if _wanted(name)
    }


def source_files(root: Path) -> list[str]:
    """Paths of the mutated files, relative to ``root``."""
    found = (path.relative_to(root).as_posix() for folder in FOLDERS for path in (root / folder).rglob("*.py"))
    return sorted(path for path in found if not any(re.search(pattern, path) for pattern in LEFT_OUT))


def places(root: Path) -> list[Place]:
    """Every place of every file, in order."""
    known = operators()
    return [place for path in source_files(root) for place in _in_file(root, path, known)]


def _in_file(root: Path, path: str, known: dict[str, Any]) -> Iterator[Place]:
    source = (root / path).read_text(encoding="utf-8")
    silent = list(_silent(ast.parse(source)))
    found: dict[tuple[Position, Position], list[tuple[str, int]]] = {}
    seen = dict.fromkeys(known, 0)
    for node in ast_nodes(get_ast(source)):
        if node.type in ("name", "newline", "string", "endmarker"):
            continue
        for name, operator in known.items():
            for start, end in operator.mutation_positions(node):
                if not _orders_names(name, node):
                    found.setdefault((start, end), []).append((name, seen[name]))
                seen[name] += 1
    for (start, end), changes in sorted(found.items()):
        if not any(first <= start and end <= last for first, last in silent):
            yield Place(path, start, end, tuple(changes))


def _orders_names(operator: str, node: Any) -> bool:
    """Whether names would be put in alphabetical order, which nobody does by mistake: ``kind < "relu"``."""
    words = any(child.type in ("string", "fstring") for child in getattr(node, "children", ()))
    return words and "Comparison" in operator and operator.rpartition("_")[2] in ("Lt", "LtE", "Gt", "GtE")


def _span(node: Any) -> tuple[Position, Position]:
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _silent(tree: ast.Module) -> Iterator[tuple[Position, Position]]:
    """The spans of what runs never, or only to please readers and type checkers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.returns is not None:
                yield _span(node.returns)
            if any(_name(decorator) == "overload" for decorator in node.decorator_list):
                yield _span(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                if _name(decorator) in COMPILERS:
                    (line, column), end = _span(decorator)
                    yield (line, column - 1), (end[0] + 1, 0)  # with its @ and the end of its line
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield _span(node.annotation)
        if isinstance(node, ast.keyword) and node.arg in GUARDS:
            yield _span(node)
        if isinstance(node, ast.If) and _name(node.test) in ("TYPE_CHECKING", "__name__"):
            yield _span(node)
    for node in tree.body:  # names of types: A = B | C
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.BitOr):
            yield _span(node)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _name(node.func)
    if isinstance(node, ast.Compare):
        return _name(node.left)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def mutant(root: Path, place: Place, change: tuple[str, int]) -> Mutant | None:
    """The change made; None where what comes out is no Python, or the same Python."""
    source = (root / place.path).read_text(encoding="utf-8")
    name, occurrence = change
    changed = mutate_code(source, cosmic_ray.plugins.get_operator(name)(), occurrence)
    if changed is None:
        return None
    try:
        if ast.dump(ast.parse(changed)) == ast.dump(ast.parse(source)):
            return None
    except SyntaxError:
        return None
    before, after = _difference(source.splitlines(), changed.splitlines())
    inside = ".".join(node.name for node in enclosing(ast.parse(source), place.start[0]) if hasattr(node, "name"))
    return Mutant(place, name.removeprefix("core/"), inside, before, after, changed)


def _difference(old: list[str], new: list[str]) -> tuple[str, str]:
    first = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    same = 0
    while same < min(len(old), len(new)) - first and old[-1 - same] == new[-1 - same]:
        same += 1
    before, after = (lines[first : len(lines) - same] for lines in (old, new))
    return "\n".join(map(str.strip, before)).strip(), "\n".join(map(str.strip, after)).strip()


def enclosing(tree: ast.Module, line: int) -> list[Any]:
    """The statements around a line, the outermost first."""
    found: list[Any] = []
    body: list[Any] = list(tree.body)
    while body:
        inner = next((s for s in body if _first_line(s) <= line <= s.end_lineno), None)
        if inner is None:
            break
        if isinstance(inner, ast.stmt):
            found.append(inner)
        body = [
            part
            for field in ("body", "orelse", "handlers", "finalbody", "cases")
            for part in (getattr(inner, field, None) or [])
            if isinstance(part, ast.stmt | ast.ExceptHandler | ast.match_case)
        ]
    return found


def _first_line(node: Any) -> int:
    if isinstance(node, ast.match_case):
        return int(node.pattern.lineno)
    return min([int(node.lineno), *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
