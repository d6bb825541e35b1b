"""The tool that counts unnoticed mistakes: what it changes, what it leaves alone, and how it knows a mutant again."""

import ast
from pathlib import Path

import pytest

pytest.importorskip("cosmic_ray", reason='mutants are an extra: pip install -e ".[test,mutation]"')

from mutation.covering import mode_of
from mutation.places import Mutant, enclosing, mutant, places
from mutation.sample import equivalents

SOURCE = '''\
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    LIMIT = 7

Number = int | float
SIZE = 3


@dataclass(frozen=True)
class Box:
    """A box of 4."""

    wide: int | None = None

    @kernel
    def area(self, high: "int | float" = 2) -> int | float:
        if self.kind == "flat":
            return 0
        return high + 10
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "nntui"
    folder.mkdir()
    (folder / "box.py").write_text(SOURCE, encoding="utf-8")
    (folder / "bench").mkdir()
    (folder / "bench" / "left_out.py").write_text("A = 1\n", encoding="utf-8")
    return tmp_path


def mutants(root: Path) -> list[Mutant]:
    made = (mutant(root, place, change) for place in places(root) for change in place.changes)
    return [one for one in made if one is not None]


def test_what_is_changed(root: Path) -> None:
    head = 'def area(self, high: "int | float" = 2) -> int | float:'
    found = {(one.inside, one.before, one.after) for one in mutants(root)}
    assert found == {
        ("", "SIZE = 3", "SIZE = 4"),
        ("", "SIZE = 3", "SIZE = 2"),
        ("Box", "@dataclass(frozen=True)", ""),
        ("Box.area", head, head.replace("= 2", "= 3")),
        ("Box.area", head, head.replace("= 2", "= 1")),
        ("Box.area", 'if self.kind == "flat":', 'if self.kind != "flat":'),
        ("Box.area", 'if self.kind == "flat":', 'if not self.kind == "flat":'),
        ("Box.area", "return 0", "return 1"),
        ("Box.area", "return 0", "return -1"),
        *(("Box.area", "return high + 10", f"return high {sign} 10") for sign in ("-", "*", "/", "//", "%", "**")),
        ("Box.area", "return high + 10", "return high + 11"),
        ("Box.area", "return high + 10", "return high + 9"),
    }  # fmt: skip


def test_a_mutant_is_known_again_where_lines_moved(root: Path) -> None:
    before = {one.key for one in mutants(root)}
    path = root / "nntui" / "box.py"
    path.write_text("# a new line\n" + SOURCE, encoding="utf-8")
    assert {one.key for one in mutants(root)} == before


def test_statements_around_a_line() -> None:
    tree = ast.parse(SOURCE)
    assert [type(node).__name__ for node in enclosing(tree, 20)] == ["ClassDef", "FunctionDef", "If", "Return"]
    assert [type(node).__name__ for node in enclosing(tree, 11)] == ["ClassDef"]


def test_every_judgement_has_a_reason_and_a_file_that_exists() -> None:
    root = Path(__file__).parents[2]
    for (file, _, before, after), reason in equivalents().items():
        lines = {line.strip() for line in (root / file).read_text(encoding="utf-8").splitlines()}
        assert before.splitlines()[0] in lines, f"{file}: {before} is not there any more"
        assert before != after
        assert len(reason) > 20


def test_the_engines_tests_run_as_plain_python() -> None:
    assert mode_of("tests/engine/test_x.py::test_y") == "plain"
    assert mode_of("tests/lab/test_x.py::test_y") == "compiled"
