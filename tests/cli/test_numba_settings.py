"""Settings of Numba in the environment that it cannot use: one line that names the variable, and status 2."""

import pytest
from cli.conftest import run_apart
from engine.compiled import needs_jit

from nntui_engine.kernels import numba_settings

CASES = [
    ("NUMBA_NUM_THREADS", "0", "must be a whole number from 1 to 1024"),
    ("NUMBA_NUM_THREADS", "-2", "must be a whole number from 1 to 1024"),
    ("NUMBA_NUM_THREADS", "many", "must be a whole number from 1 to 1024"),
    ("NUMBA_NUM_THREADS", "1025", "must be a whole number from 1 to 1024"),
    ("NUMBA_THREADING_LAYER", "", "allowed: default, "),
    ("NUMBA_THREADING_LAYER", "opm", 'did you mean "omp"?'),
    ("NUMBA_THREADING_LAYER_PRIORITY", "omp", "must be tbb, omp, workqueue in any order"),
    ("NUMBA_OPT", "9", "must be 0, 1, 2, 3 or max"),
    ("NUMBA_BOUNDSCHECK", "x", "must be a whole number"),
]


@needs_jit
@pytest.mark.parametrize("scenario", ["beale", "xor"])
@pytest.mark.parametrize(("name", "value", "allowed"), CASES)
def test_a_bad_setting_is_one_line(scenario, name, value, allowed):
    result = run_apart("run", scenario, "--headless", "--steps", "1", **{name: value})
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f'nntui: {name}: "{value}" ')
    assert allowed in result.err
    assert result.err.count("\n") == 1


@needs_jit
@pytest.mark.parametrize(
    "arguments", [["verify", "beale", "--jobs", "2"], ["verify", "xor", "--jobs", "1"]], ids=" ".join
)
def test_commands_that_compute_say_it_too(arguments):
    result = run_apart(*arguments, NUMBA_THREADING_LAYER="junk")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith('nntui: NUMBA_THREADING_LAYER: "junk" is not a threading layer; allowed: default, ')
    assert result.err.count("\n") == 1


@needs_jit
def test_a_first_start_says_it_too(tmp_path):
    result = run_apart("warmup", NUMBA_NUM_THREADS="0", NUMBA_CACHE_DIR=str(tmp_path))
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert result.err.startswith('nntui: NUMBA_NUM_THREADS: "0" is not allowed; ')


def test_a_layer_whose_library_is_missing(monkeypatch):
    monkeypatch.setattr(numba_settings, "_is_here", lambda layer: layer == "workqueue")
    for layer in ("tbb", "omp", "safe", "threadsafe"):
        monkeypatch.setenv("NUMBA_THREADING_LAYER", layer)
        with pytest.raises(
            ValueError, match=f'"{layer}" is not installed here; .*allowed: default, workqueue, forksafe'
        ):
            numba_settings._check_layer()
    for layer in ("default", "workqueue", "forksafe"):
        monkeypatch.setenv("NUMBA_THREADING_LAYER", layer)
        numba_settings._check_layer()


def test_good_settings_change_nothing():
    plain = run_apart("run", "beale", "--headless", "--steps", "50", "--format", "json")
    for name, value in [
        ("NUMBA_NUM_THREADS", "3"),
        ("NUMBA_THREADING_LAYER", "workqueue"),
        ("NUMBA_THREADING_LAYER_PRIORITY", "workqueue omp tbb"),
    ]:
        assert run_apart("run", "beale", "--headless", "--steps", "50", "--format", "json", **{name: value}) == plain
    assert (plain.status, plain.err) == (0, "")
