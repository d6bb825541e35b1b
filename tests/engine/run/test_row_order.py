"""Rows come in the order in which the run came to them, however it is divided: also where a lane starts again."""

from typing import Any

import pytest

from nntui_engine import Experiment
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.resume import resumed
from nntui_engine.scenario import scenario_from_dict

HEAD: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "rows"},
    "train": {"lr": 0.01, "steps": 24},
    "lane": [{"name": "a"}, {"name": "b"}],
}
NETWORK = {"data": {"name": "moons", "samples": 60}, "model": {"hidden": [2]}}
ANEW = {
    "race": ({"surface": {"name": "bowl"}}, {"surface.start": [1.0, 1.0]}),
    "networks": (NETWORK, {"model.hidden": [3]}),
}


def experiment(kind: str, **options: Any) -> Experiment:
    tables, anew = ANEW[kind]
    change = {"step": 10, "lane": "a", "set": anew}
    return Experiment(scenario_from_dict({**HEAD, **tables, "change": [change]}), keep_samples=1, **options)


def order(rows: Any) -> list[tuple[str, int]]:
    return [(row["lane"], row["step"]) for row in rows]


@pytest.mark.parametrize("kind", ANEW)
@pytest.mark.parametrize("pieces", [[34], [1] * 34, [9, 1, 1, 23], [12, 22], [3, 31]], ids=str)
def test_it_does_not_depend_on_how_the_run_is_divided(kind, pieces):
    run, found = experiment(kind), []
    for piece in pieces:
        run.advance(piece)
        found += order(run.samples())
    first = 0 if kind == "race" else 1  # a start is a row of a race alone
    before = [(lane, step) for step in range(first, 11) for lane in "ab"]
    start = [("a", 0)] if kind == "race" else []
    after = [row for step in range(1, 25) for row in (("a", step), ("b", 10 + step)) if row[1] <= 24]
    assert found == before + start + after


@pytest.mark.parametrize("kind", ANEW)
def test_nor_on_whether_it_was_ended_and_went_on(kind, tmp_path):
    path = tmp_path / "run.nntui"
    whole, recorder = experiment(kind), Recorder(path)
    whole.advance(13)
    list(whole.samples())
    whole.advance(11)
    experiment(kind, listener=recorder).advance(13)
    recorder.close()
    run, recorder = resumed(path, keep_samples=1)
    run.advance(11)
    recorder.close()
    assert order(run.samples()) == order(whole.samples())
