"""Kernels are compiled in a child process and only ever loaded here, so that first runs equal later ones."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from nntui_engine.compiling.ahead import compile_ahead, processes_of, read_stage
from nntui_engine.compiling.parts import PARTS

RUN = """
import hashlib, sys
from nntui_engine import Experiment
from nntui_engine.scenario import parse_scenario
heard = []
text = "schema = 1\\n[scenario]\\ntitle = 'x'\\n[data]\\nname = 'xor'\\n[train]\\ndtype = 'float64'\\nsteps = 50\\n"
run = Experiment(parse_scenario(text), compiling=lambda *stage: heard.append(stage))
run.advance(50)
numbers = b"".join(value.tobytes() for value in run.parameters(0).values()) + repr(run.lanes[0].statistics).encode()
print(len(heard), hashlib.sha256(numbers).hexdigest())
"""


@pytest.mark.parametrize(
    ("line", "stage"),
    [("done 3 62 train_step\n", ("train_step", 3, 62)), ("Traceback", None), ("done x y z", None), ("", None)],
)
def test_the_lines_of_the_child(line, stage):
    assert read_stage(line) == stage


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 16])
def test_parts_are_dealt_to_as_many_processes_as_cores(cores: int) -> None:
    parts = ["float32", "float32 rows", "float32 lstm", "float32 max_pool"]
    groups = processes_of(parts, cores)
    assert sorted(part for group in groups for part in group) == sorted(parts)
    assert len(groups) == min(cores, len(parts))
    assert all(groups)
    if cores > 1:  # the two longest are never in one
        assert not any({"float32", "float32 rows"} <= set(group) for group in groups)
        loads = [sum(PARTS[part] for part in group) for group in groups]
        assert max(loads) - min(loads) <= PARTS["float32"]


def test_the_race_is_compiled_by_itself() -> None:
    assert processes_of(["race", "float32", "float32 rows"], 2) == [["float32"], ["float32 rows"], ["race"]]
    assert processes_of(["race"], 2) == [["race"]]
    assert processes_of([], 2) == []


def run(cache: Path, code: str = RUN) -> list[str]:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    import nntui_engine

    environment["PYTHONPATH"] = str(Path(nntui_engine.__path__[0]).parent)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.slow
@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_the_first_run_of_a_machine_gives_the_bits_of_later_ones(tmp_path):
    first, later = run(tmp_path), run(tmp_path)
    assert int(first[0]) > 50, "the first run must tell how compiling goes"
    assert later[0] == "0"
    assert first[1] == later[1]


KINDS = """
import numpy as np
from numba.core import event
from nntui_engine.compiling.ahead import compile_ahead
from nntui_engine.compiling.parts import LINKED
from nntui_engine.kernels.cache import is_warm
from nntui_engine.kernels.entries import compile_entries
from nntui_engine.kernels.layers.linked import addresses, rows_address
kinds = [kind for kind in LINKED if kind != "rows"]
parts = ["float32", *(f"float32 {kind}" for kind in LINKED)]
print(compile_ahead(parts) or "ahead", all(map(is_warm, parts)))

class Here(event.Listener):
    def on_start(self, event): ...
    def on_end(self, event): print("compiled here:", event.data["dispatcher"].py_func.__name__)

with event.install_listener("numba:compile", Here()):
    float32 = np.dtype("float32")
    places = [rows_address(float32), *(address for kind in kinds for address in addresses(kind, float32))]
    compile_entries(float32)
print(len(places) == len(set(places)) == 2 * len(kinds) + 1)
"""


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_what_was_compiled_ahead_is_loaded_and_never_compiled_where_they_are_used(tmp_path):
    assert run(tmp_path, KINDS) == ["ahead", "True", "True"]


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_a_child_that_fails_is_one_line_and_no_more(monkeypatch):
    monkeypatch.setattr("nntui_engine.compiling.ahead.is_warm", lambda _: False)
    said = compile_ahead(["no-such-part"])
    assert "compiling ahead did not work" in said
    assert "no-such-part" in said
    assert "\n" not in said


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_a_folder_with_files_named_like_modules_does_no_harm(monkeypatch, tmp_path):
    (tmp_path / "re.py").write_text("raise SystemExit('the wrong re')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nntui_engine.compiling.ahead.is_warm", lambda _: False)
    said = compile_ahead(["no-such-part"])
    assert "no-such-part" in said  # the child has come so far
    assert "the wrong re" not in said
