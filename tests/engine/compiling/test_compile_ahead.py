"""Kernels are compiled in a child process and only ever loaded here, so that first runs equal later ones."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from nntui_engine.compiling.ahead import compile_ahead, read_stage

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
from nntui_engine.kernels.layers.linked import addresses
parts = [f"float32 {kind}" for kind in LINKED]
print(compile_ahead(parts) or "ahead", all(map(is_warm, parts)))

class Here(event.Listener):
    def on_start(self, event): ...
    def on_end(self, event): print("compiled here:", event.data["dispatcher"].py_func.__name__)

with event.install_listener("numba:compile", Here()):
    places = [address for kind in LINKED for address in addresses(kind, np.dtype("float32"))]
print(len(places) == len(set(places)) == 2 * len(LINKED))
"""


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_linked_kinds_are_loaded_and_never_compiled_where_they_are_used(tmp_path):
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
