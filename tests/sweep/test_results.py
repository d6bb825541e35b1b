"""The file of a sweep: whole after any end, and nobody else's."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sweep.test_cells import moons

from nntui.sweep.batch import Result
from nntui.sweep.plan import Plan, plan_of
from nntui.sweep.results import Results
from nntui.sweep.table import ends_of, table_of
from nntui_engine.errors import InputError

MADE_WITH = {"nntui": "1"}
FOUND = [
    Result(3, 0.25, "finished", 20),
    Result(0, math.nan, "diverged", 4),
    Result(1, math.inf, "diverged", 5),
    Result(2, None, "finished", 20),
]


def plan() -> Plan:
    return plan_of(moons(), ["train.lr=0.1,0.2", "model.hidden=[4],[8, 8]"], measure="loss", seeds=2)


def written(path: Path) -> Results:
    results = Results.begin(path, plan(), MADE_WITH)
    results.add(FOUND[:2])
    results.add(FOUND[2:])
    results.close()
    return results


def same(one: Results, other: Results) -> bool:
    return repr(sorted(one.found.items())) == repr(sorted(other.found.items()))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    results = written(tmp_path / "a.jsonl")
    again = Results.read(tmp_path / "a.jsonl")
    assert again.plan == plan()
    assert again.made_with == MADE_WITH
    assert same(again, results)
    assert again.missing == list(range(4, 16))


def test_a_file_that_was_cut_off_anywhere_goes_on(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl")
    whole = (tmp_path / "a.jsonl").read_bytes()
    head = whole.index(b"\n") + 1
    path = tmp_path / "b.jsonl"
    for length in range(head, len(whole) + 1):
        path.write_bytes(whole[:length])
        results = Results.resume(path)
        assert len(results.found) == whole[:length].count(b"\n") - 1
        results.add(FOUND)
        results.close()
        assert repr(sorted(Results.read(path).found.items())) == repr(sorted((one.cell, one) for one in FOUND))
    for length in range(0, head, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="not a sweep of nntui"):
            Results.resume(path)


def test_a_cell_is_kept_once(tmp_path: Path) -> None:
    results = Results.begin(tmp_path / "a.jsonl", plan(), MADE_WITH)
    results.add(FOUND[:1])
    results.add([Result(3, 9.0, "finished", 20), FOUND[1]])
    results.close()
    assert results.found[3].value == 0.25
    assert (tmp_path / "a.jsonl").read_text().count("\n") == 3


def test_what_is_added_is_in_the_file_at_once(tmp_path: Path) -> None:
    results = Results.begin(tmp_path / "a.jsonl", plan(), MADE_WITH)
    assert Results.read(tmp_path / "a.jsonl").found == {}
    results.add(FOUND[:1])
    assert list(Results.read(tmp_path / "a.jsonl").found) == [3]
    results.close()


def test_the_ends_are_those_of_runs_that_did_not_diverge() -> None:
    results = Results(plan(), {})
    assert ends_of(results) == []
    results.add([Result(0, 1e300, "diverged", 2), Result(1, math.nan, "diverged", 2), Result(2, None, "finished", 20)])
    assert ends_of(results) == []
    results.add([Result(3, 0.5, "finished", 20), Result(9, -1.0, "stopped early", 7), Result(12, 0.25, "finished", 20)])
    assert ends_of(results) == [("smallest", -1.0, 9), ("largest", 0.5, 3)]
    mean, spread, diverged = (table.ravel() for table in table_of(results))
    assert (mean[1], mean[4], mean[6]) == (0.5, -1.0, 0.25)
    assert (spread[1], math.isnan(mean[5])) == (0.0, True)
    assert diverged.tolist() == [True] + [False] * 7


def test_one_sweep_at_a_time_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    results = Results.begin(path, plan(), MADE_WITH)
    with pytest.raises(InputError, match="another sweep writes into it now"):
        Results.resume(path)
    with pytest.raises(InputError, match="exists already; go on with it by --resume"):
        Results.begin(path, plan(), MADE_WITH)
    results.add(FOUND)  # the first one goes on
    results.close()
    Results.resume(path).close()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a sweep"),
        ("hello\n", "not a sweep"),
        ("[1]\n", "not a sweep"),
        ("{}\n", "not a sweep"),
        ('{"nntui_sweep": 1, "plan": {}, "made_with": {}}\n', "not a sweep"),
        ('{"nntui_sweep": 2, "plan": {}, "made_with": {}}\n', "another version"),
        ("[" * 100_000 + "\n", "not a sweep"),
    ],
)
def test_another_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(text, encoding="utf-8")
    for read in (Results.read, Results.resume):
        with pytest.raises(InputError, match=words):
            read(path)
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "row",
    [
        '{"cell": 16}',
        '{"cell": -1, "value": 1, "state": "", "step": 1}',
        "x",
        "[]",
        "{}",
        '{"cell": 1, "value": "many", "state": "finished", "step": 2}',
    ],
)
def test_a_line_that_is_no_cell(tmp_path: Path, row: str) -> None:
    path = tmp_path / "a.jsonl"
    written(path)
    with path.open("a") as file:
        file.write(row + "\n")
    with pytest.raises(InputError, match="line 6 is no cell of this sweep"):
        Results.read(path)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_a_changed_byte_is_read_or_one_line(tmp_path: Path, place: int, byte: int) -> None:
    path = tmp_path / "a.jsonl"
    if not path.exists():
        written(path)
    whole = bytearray(path.read_bytes())
    whole[place % len(whole)] = byte
    other = tmp_path / "b.jsonl"
    other.write_bytes(bytes(whole))
    said = ""
    try:
        Results.read(other)
    except InputError as error:
        said = str(error)
    assert "\n" not in said


def test_a_folder_and_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        Results.read(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        Results.resume(tmp_path / "a.jsonl")
    with pytest.raises(InputError, match="cannot be written"):
        Results.begin(tmp_path / "nowhere" / "a.jsonl", plan(), MADE_WITH)


def test_a_full_disk_keeps_what_there_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = Results.begin(tmp_path / "a.jsonl", plan(), MADE_WITH)
    results.add(FOUND[:1])

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match=r"No space left on device; cells up to here are kept"):
        results.add(FOUND[1:])
    monkeypatch.undo()
    results.close()
    assert 3 in Results.read(tmp_path / "a.jsonl").found


def test_every_line_is_valid_json(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl")

    def refuse(word: str) -> None:
        raise AssertionError(word)

    for line in (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines():
        json.loads(line, parse_constant=refuse)
