"""A network for a person's own CSV or NPZ file: what is guessed of it, and what it cannot be made for."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from cli.conftest import Invoke

from nntui.own_data import scenario_text
from nntui.scenario import load_scenario
from nntui_engine import Experiment
from nntui_engine.scenario import load_scenario as load_file


def table(path: Path, header: str, rows: list[list[object]]) -> Path:
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path


def numbers(target: list[object]) -> list[list[object]]:
    chance = random.Random(1)
    return [[chance.random(), chance.random(), one] for one in target]


@pytest.mark.parametrize(
    ("target", "task", "words"),
    [
        (["yes", "no"] * 30, "binary", 'the class "kind" (no, yes), because it holds text'),
        (["a", "b", "c"] * 20, "classes", 'the class "kind" (a, b, c)'),
        ([1, 2, 3] * 20, "classes", "because it holds few different whole numbers"),
        (list(range(60)), "regression", 'the number "kind", because it holds numbers'),
        ([n / 7 for n in range(60)], "regression", 'the number "kind", because it holds numbers'),
    ],
)
def test_the_last_column_says_what_is_predicted(tmp_path: Path, target: list[object], task: str, words: str) -> None:
    scenario = load_scenario(table(tmp_path / "my.csv", "a,b,kind", numbers(target)))
    tables = scenario.lanes[0].tables
    assert tables["data"]["task"] == task
    assert tables["data"]["preprocess"] == "standardize"
    assert tables["data"]["target_scale"] == ("standardize" if task == "regression" else "none")
    assert [lane.name for lane in scenario.lanes] == ["network", "linear"]
    assert scenario.lanes[1].tables["model"]["hidden"] == []
    assert words in " ".join(scenario.lesson.split())
    assert scenario.summary.startswith("60 rows, 2 inputs. Guessed: ")


def test_the_network_learns_what_a_line_cannot(tmp_path: Path) -> None:
    chance = random.Random(0)
    points = [(chance.uniform(-1, 1), chance.uniform(-1, 1)) for _ in range(300)]
    path = table(
        tmp_path / "ring.csv", "x,y,where", [[x, y, "in" if x * x + y * y < 0.5 else "out"] for x, y in points]
    )
    run = Experiment(load_scenario(path))
    run.advance(run.steps)
    network, linear = (lane.whole["validation_accuracy"] for lane in run.snapshot().lanes)
    assert network > 0.9
    assert linear < 0.8


def test_arrays(tmp_path: Path) -> None:
    path = tmp_path / "my.npz"
    np.savez(path, x=np.random.default_rng(0).normal(size=(40, 4, 4)), y=np.arange(40.0)[:, None] * [1.0, 0.5])
    scenario = load_scenario(path)
    assert scenario.summary == "40 rows, 16 inputs. Guessed: 2 columns of numbers."
    assert "They are what is to be predicted" in scenario.lesson
    Experiment(scenario).advance(2)


@pytest.mark.parametrize("rows", [10, 11, 40, 91, 92])
def test_few_rows_still_make_batches(tmp_path: Path, rows: int) -> None:
    path = table(tmp_path / "my.csv", "a,b,kind", numbers([n / 7 for n in range(rows)]))
    Experiment(load_scenario(path)).advance(1)


def test_it_can_be_saved_and_means_the_same(tmp_path: Path) -> None:
    data = table(tmp_path / 'it "is" mine.csv', 'a,"b\\",kind', numbers(["x", "y"] * 10))
    made = load_scenario(data)
    (tmp_path / "made.toml").write_text(scenario_text(data), encoding="utf-8")
    saved = load_file(tmp_path / "made.toml")
    assert (saved.title, saved.lanes, saved.lesson) == (made.title, made.lanes, made.lesson)
    other = tmp_path / "other"
    other.mkdir()
    (other / "made.toml").write_text(scenario_text(data, other), encoding="utf-8")
    assert load_file(other / "made.toml").lanes == made.lanes


def test_the_commands_take_it(invoke: Invoke, tmp_path: Path) -> None:
    path = table(tmp_path / "my.csv", "a,b,kind", numbers(["yes", "no"] * 30))
    result = invoke("run", path, "--headless", "--steps", 20, "--format", "json")
    assert result.status == 0
    assert [lane["name"] for lane in json.loads(result.out)["lanes"]] == ["network", "linear"]
    assert result.err.startswith('my.csv: 60 rows, 2 inputs. Guessed: the class "kind" (no, yes).\n')
    assert 'the class "kind"' in invoke("show", path).out
    assert invoke("validate", path).status == 0
    copy = tmp_path / "mine.toml"
    assert invoke("new", copy, "--from", path).status == 0
    assert invoke("validate", copy).status == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the first line is empty"),
        ("a,b\n", "0 rows below the header"),
        ("0.5,-1,dog\n1,2,dog\n3,4,cat\n5,6,dog\n", "line 1 is a row of data; the first line must hold"),
        ("a,b\n1,2\n3,4\n", "2 rows of data; at least 3 are needed"),
        ("a,b\n1,2\n", "1 row of data"),
        ("name,city\n" + "x,y\n" * 20, 'column "name": "x" is not a finite number (nntui learns from numbers'),
        ("a\n" + "1\n" * 20, "no column is left for the inputs"),
        ("1,2\n" + "3,4\n" * 20, "the first line must hold the column names"),
        ("a,b\n" + "1,2,3\n" * 20, "line 2 has 3 cells"),
        ("a,b\n" + "1,\n" * 20, "the cell is empty"),
        ("\0", "not a CSV file"),
    ],
)
def test_what_no_network_can_be_made_for(invoke: Invoke, tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "my.csv"
    path.write_text(content, encoding="utf-8")
    for command in (("run", path, "--headless"), ("show", path)):
        result = invoke(*command)
        assert (result.status, result.out) == (2, "")
        assert words in result.err
        assert "my.csv" in result.err
        assert result.err.count("\n") == 1


def test_files_that_are_not_there_or_are_something_else(invoke: Invoke, tmp_path: Path) -> None:
    assert "no such file" in invoke("run", tmp_path / "none.csv", "--headless").err
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder" in invoke("run", tmp_path / "folder.csv", "--headless").err
    (tmp_path / "bad.npz").write_bytes(b"PK")
    result = invoke("run", tmp_path / "bad.npz", "--headless")
    assert result.status == 2
    assert "not an NPZ file" in result.err
