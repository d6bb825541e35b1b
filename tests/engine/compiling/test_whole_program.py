"""What compiling as one program needs of Numba is there, under the version that is pinned."""

import subprocess
import sys

import numba
import numba.core.codegen
import pytest

from nntui_engine.compiling import whole_program


def test_every_hook_is_where_it_was() -> None:
    assert whole_program.missing_hooks() == [], f"Numba {numba.__version__} has moved these"


@pytest.mark.parametrize("name", ["finalize", "_finalize_dynamic_globals"])
def test_a_hook_that_has_moved_is_named_and_nothing_is_patched(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(whole_program.HOOKS, "core.codegen.CPUCodeLibrary", (f"{name}_elsewhere",))
    before = numba.core.codegen.CPUCodeLibrary.finalize
    assert whole_program.missing_hooks() == [f"numba.core.codegen.CPUCodeLibrary.{name}_elsewhere"]
    assert not whole_program.enable()
    assert numba.core.codegen.CPUCodeLibrary.finalize is before
    monkeypatch.setitem(whole_program.HOOKS, "core.gone.Nothing", ("part",))
    assert "numba.core.gone.Nothing.part" in whole_program.missing_hooks()


def test_it_is_patched_in_a_process_of_its_own() -> None:
    code = "from nntui_engine.compiling import whole_program; import sys; sys.exit(0 if whole_program.enable() else 1)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
