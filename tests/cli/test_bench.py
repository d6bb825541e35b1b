"""``nntui bench``. What is checked is that it measures what it says; how fast that is depends on the machine."""

import json
import os
import subprocess
import sys
from statistics import median
from typing import Any

import jsonschema
import numpy as np
import pytest
from cli.conftest import Invoke, run_apart

from nntui.bench import timing
from nntui.bench.bench import Bench, MeasureError
from nntui.bench.children import Child, environment
from nntui.bench.nets import NETS, ROWS, batches, random_data, random_weights
from nntui.bench.parts import PARTS, all_sheets, module_of
from nntui.bench.tables import Sheet, rate_spread_text, sheet_text, spread_text
from nntui.bench.terminal import ScreenText
from nntui.headless.numbers import measured
from nntui.headless.schemas import schema_document

SCHEMA = schema_document("bench")
SPREAD = SCHEMA["properties"]["nets"]["additionalProperties"]["properties"]["nntui"]
QUICK = ("--net", "tiny", "--seconds", "0.05")


def document_of(invoke: Invoke, *arguments: str) -> dict[str, Any]:
    """The JSON of a quick call that must work."""
    result = invoke("bench", "--json", *QUICK, *arguments)
    assert (result.status, result.err) == (0, "")
    document: dict[str, Any] = json.loads(result.out)
    jsonschema.validate(document, SCHEMA)
    return document


def test_the_nets_have_these_sizes() -> None:
    assert {net.name: (list(net.sizes), net.batch) for net in NETS.values()} == {
        "tiny": ([2, 8, 8, 1], 32),
        "deep": ([64] * 11 + [1], 64),
        "thin50": ([32] * 51 + [1], 64),
        "mnist30": ([784, 30, 30, 10], 32),
        "mnist256": ([784, 256, 256, 10], 128),
        "wide1024": ([784, 1024, 1024, 10], 256),
    }
    assert ROWS == 4096
    assert NETS["tiny"].products == 32 * (3 * (2 * 8 + 8 * 8 + 8 * 1) - 2 * 8)


@pytest.mark.parametrize("net", NETS.values(), ids=str)
def test_every_net_gets_its_data(net: Any) -> None:
    x, y = random_data(net)
    assert (x.shape, x.dtype, y.shape) == ((ROWS, net.sizes[0]), np.float32, (ROWS,))
    assert set(np.unique(y)) == set(range(max(2, net.sizes[-1])))
    assert [w.shape for w in random_weights(net)] == net.shapes
    order = batches(net)
    epoch = [next(order) for _ in range(ROWS // net.batch)]
    assert all(len(rows) == net.batch for rows in epoch)
    assert sorted(np.concatenate(epoch)) == list(range(ROWS))


def test_json_of_nets_and_statistics(invoke: Invoke) -> None:
    document = document_of(invoke, "--part", "nets", "--part", "statistics", "--against", "blas")
    assert list(document["nets"]) == ["tiny"]
    assert not {"lanes", "startup", "lab", "memory", "surfaces"} & set(document)
    one = document["nets"]["tiny"]
    assert set(one) == {"nntui", "nntui_all", "nntui_off", "blas", "ratios", "threads"}
    assert one["nntui_all"] == one["nntui"]
    assert one["ratios"] == {
        f"nntui/{name}": one["nntui"]["median"] / one[name]["median"] for name in ("nntui_off", "blas")
    }
    assert one["threads"]["blas"] == 1
    for name in ("nntui", "nntui_off", "blas"):
        assert one[name]["low"] <= one[name]["median"] <= one[name]["high"]
    measured = document["statistics"]["tiny"]  # the same numbers, not measured twice
    assert (measured["on"], measured["off"]) == (one["nntui"], one["nntui_off"])
    assert measured["ratios"]["on/off"] == one["ratios"]["nntui/nntui_off"]
    assert document["versions"]["numpy"] == np.__version__


def test_tables(invoke: Invoke) -> None:
    result = invoke("bench", *QUICK, "--part", "nets", "--part", "statistics")
    assert (result.status, result.err) == (0, "")
    words = [line.split() for line in result.out.splitlines()]
    assert ["net", "nntui", "nntui_off"] in words
    assert ["net", "on", "off", "on/off"] in words
    assert sum(line[:1] == ["tiny"] for line in words) == 3
    assert "\x1b" not in result.out


def test_a_peer_that_is_not_installed(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    result = invoke("bench", "--json", *QUICK, "--part", "nets", "--against", "jax, blas")
    assert (result.status, result.err) == (0, "nntui: jax is not installed here; it is left out\n")
    document = json.loads(result.out)
    assert "jax" not in document["nets"]["tiny"]
    assert "blas" in document["nets"]["tiny"]
    assert "jax" not in document["versions"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--against", "keras"), 'unknown peer "keras"; allowed: torch, jax, blas'),
        (("--against", "blas,"), 'unknown peer ""'),
        (("--net", "big"), "'big' is not one of 'tiny', 'deep'"),
        (("--part", "speed"), "'speed' is not one of 'nets'"),
        (("--seconds", "0"), '"0" is not a number of seconds above 0'),
        (("--seconds", "nan"), '"nan" is not a number of seconds'),
        (("--seconds", "soon"), '"soon" is not a number of seconds'),
        (("--seconds", "601"), "up to 600"),
    ],
)
def test_bad_input_is_one_line(invoke: Invoke, arguments: tuple[str, str], words: str) -> None:
    result = invoke("bench", *arguments)
    assert (result.status, result.out) == (2, "")
    assert words in result.err
    assert result.err.count("\n") == 1


def test_peers_are_not_imported_unless_asked_for() -> None:
    code = (
        "import sys; from nntui import cli\n"
        f"cli.run(['bench', *{QUICK!r}, '--part', 'nets'])\n"
        "assert not {'torch', 'jax'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], env=environment(), stdout=subprocess.DEVNULL, check=True)


@pytest.mark.slow
@pytest.mark.parametrize("peer", ["torch", "jax"])
def test_a_peer_beside_it(peer: str) -> None:
    pytest.importorskip(peer)
    result = run_apart("bench", "--json", *QUICK, "--part", "nets", "--against", peer)
    assert (result.status, result.err) == (0, "")
    document = json.loads(result.out)
    jsonschema.validate(document, SCHEMA)
    one = document["nets"]["tiny"]
    assert one["ratios"][f"nntui/{peer}"] == one["nntui"]["median"] / one[peer]["median"]
    assert peer in document["versions"]


def test_lanes(invoke: Invoke) -> None:
    one = document_of(invoke, "--part", "lanes")["lanes"]["tiny"]
    assert one["ratios"] == {
        f"{lanes}/one_core": one[str(lanes)]["median"] / one["one_core"]["median"] for lanes in (1, 2, 4, 8)
    }


def test_surfaces(invoke: Invoke) -> None:
    document = document_of(invoke, "--part", "surfaces")
    assert list(document["surfaces"]) == ["sgd", "momentum", "adam", "rmsprop"]


@pytest.mark.slow
def test_memory_does_not_grow(invoke: Invoke) -> None:
    memory = document_of(invoke, "--part", "memory")["memory"]
    assert memory["steps"] == [10_000, 1_000_000]
    if memory["growth_megabytes"] is not None:
        assert memory["growth_megabytes"] < 5


@pytest.mark.slow
def test_startup_without_a_cold_start() -> None:
    found = module_of("startup").measure(Bench(parts=()))
    jsonschema.validate(found, SCHEMA["properties"]["startup"])
    assert "cold" not in found
    if os.name == "posix":
        assert found["warm"]["first_frame_seconds"]["median"] < found["warm"]["first_numbers_seconds"]["median"]
    assert "nntui list" in sheet_text(module_of("startup").sheets(found)[0])


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_the_lab(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_of("lab"), "KEYS_SENT", 4)
    document = document_of(invoke, "--part", "lab")
    lab = document["lab"]
    for name in ("steps_per_second", "headless_steps_per_second", "frames_per_second"):
        jsonschema.validate(lab[name], SPREAD)
    for name in ("choose_knob", "turn_knob", "help"):
        assert 0 < lab[f"{name}_milliseconds"]["median"] <= lab[f"{name}_milliseconds"]["p95"]
    assert lab["ratios"] == {
        "lab/headless": lab["steps_per_second"]["median"] / lab["headless_steps_per_second"]["median"]
    }
    assert "frames a second" in sheet_text(*all_sheets(document))


def test_a_part_that_fails_is_one_line(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(bench: Bench) -> dict[str, Any]:  # noqa: ARG001  # the shape of a part
        raise MeasureError("no such luck")

    monkeypatch.setattr(module_of("memory"), "measure", fail)
    result = invoke("bench", "--json", "--part", "memory")
    assert (result.status, result.err) == (1, "nntui: memory: no such luck\n")
    assert "memory" not in json.loads(result.out)


def test_every_part_has_its_functions() -> None:
    for part in PARTS:
        assert callable(module_of(part).measure)
        assert callable(module_of(part).sheets)


def test_a_child_that_ends_too_early_is_noticed() -> None:
    with Child(["net", "tiny"]) as child:
        child._process.kill()
        with pytest.raises(MeasureError, match="ended before"):
            child(0.01)


def test_turns_are_taken_one_after_another_and_each_round_begins_with_another() -> None:
    taken: list[str] = []
    values = {"a": iter([9.0, 1.0, 2.0, 3.0, 4.0, 50.0]), "b": iter([9.0, 5.0, 5.0, 5.0, 5.0, 5.0])}

    def turn(name: str) -> timing.Turn:
        def run(seconds: float) -> list[float]:  # noqa: ARG001  # the shape of a turn
            taken.append(name)
            return [next(values[name])]

        return run

    found = timing.take_turns({"a": turn("a"), "b": turn("b")}, 0.01)
    assert "".join(taken) == "ab" + "ab" + "ba" + "ab" + "ba" + "ab"
    assert found == {"a": {"median": 3.0, "low": 1.0, "high": 50.0}, "b": {"median": 5.0, "low": 5.0, "high": 5.0}}


def test_calls_are_timed_by_the_step() -> None:
    import time

    calls = 0

    def call() -> int:
        nonlocal calls
        calls += 1
        time.sleep(0.01)
        return 5

    took = timing.timed_calls(call, 0.05)
    assert len(took) == calls - 1  # the first is not counted
    assert median(took) >= 2000


def test_what_is_repeated_takes_as_many_steps_as_a_clock_can_time() -> None:
    import time

    made: list[int] = []

    def advance(steps: int) -> None:
        made.append(steps)
        time.sleep(steps * 1e-4)

    turn = timing.Repeated(advance)
    turn(0.04)
    assert 1 < made[-1] <= 100
    at_once = made[-1]
    turn(0.04)
    assert made[-1] == at_once


def test_numbers_made_of_numbers() -> None:
    took: timing.Spread = {"median": 100.0, "low": 50.0, "high": 200.0}
    assert timing.per_second(took, 4) == {"median": 40_000.0, "low": 20_000.0, "high": 80_000.0}
    assert timing.spread([3.0, 1.0, 2.0]) == {"median": 2.0, "low": 1.0, "high": 3.0}
    assert timing.percentile(range(1, 31), 95) == 29
    assert timing.percentile([7.0], 95) == 7.0


def test_text_of_numbers() -> None:
    assert [measured(value) for value in (0.0123, 1.234, 12.34, 12345.6)] == ["0.012", "1.23", "12.3", "12346"]
    assert spread_text({"median": 1.5, "low": 1.25, "high": 20.0}) == "1.50 (1.25–20.0)"
    assert rate_spread_text({"median": 1.5e6, "low": 9e5, "high": 2e6}) == "1.50M (0.900–2.00)"
    assert rate_spread_text({"median": 150.0, "low": 90.0, "high": 200.0}) == "150 (90.0–200)"
    assert sheet_text(Sheet("Title", ["net", "x"], [["tiny", "1"]])) == "Title\nnet   x\ntiny  1"


def test_the_screen_that_is_read() -> None:
    screen = ScreenText(20, 3)
    output = "\x1b[?2026h\x1b[1;1H\x1b[38;2;1;2;3m nntui step \x1b[1m1 234\x1b[0m / 9\x1b]0;title\x07\r\n▸ lr".encode()
    for byte in output:  # cut everywhere, within characters and sequences too
        screen.feed(bytes([byte]))
    assert screen.lines == [" nntui step 1 234 / ", "▸ lr".ljust(20), " " * 20]
    assert screen.step == 1234
    screen.feed(b"\x1b[2;3Hxy")
    assert screen.lines[1] == "▸ xy".ljust(20)
    screen.feed(b"\x1b[2J")
    assert screen.step is None
