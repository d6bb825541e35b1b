"""Public functions say what shape their arrays have, and what they raise."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ARRAYS = re.compile(r"\bNDArray\b|\bArray\b|\bndarray\b|\bFloats\b")
# "(rows, columns)", "1-D", "in the shape of", "flat", …
SHAPES = re.compile(r"\([\w·²₁₂ ]+(, ?[\w+·…² ]*)*\)|1-D|2-D|\bshapes?\b|\bflat\b|any number of|any form")
RAISING = re.compile(r"Error|[Rr]efuse|[Ss]top with|[Rr]aise")


def public_functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for folder in ("engine/nntui_engine", "nntui"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
            for node in (node for body in bodies for node in body if isinstance(node, ast.FunctionDef)):
                if not node.name.startswith("_"):
                    yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def is_command(node: ast.FunctionDef) -> bool:
    """A click command: its docstring is its help, for users."""
    return any("command" in ast.unparse(decorator) for decorator in node.decorator_list)


def test_arrays_have_their_shape_in_words() -> None:
    seen, missing = 0, []
    for name, node in public_functions():
        types = [a.annotation for a in (*node.args.args, *node.args.kwonlyargs)] + [node.returns]
        if any(ARRAYS.search(ast.unparse(one)) for one in types if one is not None):
            seen += 1
            if not SHAPES.search(ast.get_docstring(node) or ""):
                missing.append(name)
    assert seen > 50
    assert missing == []


def test_errors_raised_on_purpose_are_named() -> None:
    seen, missing = 0, []
    for name, node in public_functions():
        raised = [one.exc for one in ast.walk(node) if isinstance(one, ast.Raise) and one.exc is not None]
        of_a_user = [one for one in raised if re.match(r"(\w*Input|Value|click\.Usage)Error\b", ast.unparse(one))]
        if of_a_user and not is_command(node):
            seen += 1
            if not RAISING.search(ast.get_docstring(node) or ""):
                missing.append(name)
    assert seen > 50
    assert missing == []
