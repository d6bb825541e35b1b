"""docs/record.md: its code reads a record as the engine does, its queries answer, its tables are those there are."""

import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from nntui_engine import Experiment
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.source import RecordSource
from nntui_engine.scenario import scenario_from_dict

TEXT = (Path(__file__).parents[3] / "docs" / "record.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    tables = {
        "schema": 1,
        "scenario": {"title": "documented"},
        "data": {"name": "moons", "samples": 60},
        "model": {"hidden": [4], "activation": "tanh"},
        "train": {"lr": 0.1, "steps": 700, "optimizer": "adam"},
    }
    path = tmp_path_factory.mktemp("docs") / "run.nntui"
    recorder = Recorder(path)
    run = Experiment(scenario_from_dict(tables), listener=recorder)
    run.advance(300)
    run.tweak({"train.lr": 0.05})
    run.advance(400)
    recorder.close()
    return path


def test_the_code_reads_what_the_engine_reads(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    found: dict = {}
    exec(re.search(r"```python\n(.*?)```", TEXT, re.S)[1], found)
    (wanted,) = RecordSource(path)._tables.blocks(1, "step", -1, 300)
    assert found["steps"].tobytes() == np.ascontiguousarray(wanted).tobytes()


def test_the_queries_answer(path):
    first, second, third, fourth = re.findall(r"```sql\n(.*?)```", TEXT, re.S)
    connection = sqlite3.connect(path)
    assert connection.execute(first).fetchall() == [("", 700, "finished")]
    assert connection.execute(second).fetchall() == [(300, None, '{"train.lr":0.05}')]
    noticed = [(one.at, one.event.state, one.event.lane, one.event.rule) for one in RecordSource(path).happened()]
    assert [row[:4] for row in connection.execute(third).fetchall()] == noticed
    assert connection.execute(fourth).fetchall() == [("", "adam", "4 tanh, 1 sigmoid")]


def test_it_names_every_table_and_column(path):
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
        listed = ", ".join(f"`{column}`" for column in columns)
        assert re.search(rf"\*\*{name}\*\*\s+\({re.escape(listed)}\)".replace(r"\ ", r"\s+"), TEXT), (name, listed)
