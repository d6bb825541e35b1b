"""What leaves the lab: the run as a scenario file and as a command, and what was measured."""

import csv
import io
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.run.test_lanes import lane_bits
from lab.driving import ready, text, until
from lab.test_new_lanes import TABLES, TWO, lab, lanes

from nntui.files import free_name
from nntui.headless.exporting import export
from nntui.headless.sets import parse_sets
from nntui.lab.files import save
from nntui.lab.keeping import command_line, scenario_text
from nntui.lab.numbers_file import lines_text, numbers_text
from nntui.lab.training import Training
from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.source import RecordSource
from nntui_engine.scenario import load_scenario, parse_scenario, scenario_from_dict, scenario_paths


def experiment(tables: dict[str, Any] = TWO) -> Experiment:
    return Experiment(scenario_from_dict(tables), rewind_memory=10**8)


@pytest.mark.slow
def test_the_file_gives_the_run_on_screen_to_the_bit() -> None:
    run = experiment()
    run.advance(20)
    run.tweak({"train.lr": 0.3})
    run.add_lane("relu [x]", "a", {"model.activation": "relu"})
    run.advance(10)
    run.add_lane("branch", "b", {}, fresh=False)
    run.tweak({"train.optimizer": "adam", "train.lr": 0.01}, "branch")
    run.advance(20)
    run.drop_lane("a")
    written = parse_scenario(scenario_text(run))
    again = Experiment(written)
    assert [lane.name for lane in again.lanes] == ["b", "relu [x]", "branch"]
    for lane in run.lanes:
        alone = Experiment(written)
        alone.advance(run.step_of(lane.name))
        assert lane_bits(alone, lane.name) == lane_bits(run, lane.name)
    assert [(change.step, change.lane, change.set) for change in written.changes] == [
        (20, "b", {"train.lr": 0.3}),
        (20, "branch", {"train.lr": 0.3}),
        (30, "branch", {"train.optimizer": "adam", "train.lr": 0.01}),
    ]
    assert written.summary == "scenario, as it was in the lab, with 3 changes on the way."


@pytest.mark.slow
def test_a_lane_without_a_name_stays_one() -> None:
    run = experiment(TABLES)
    run.advance(5)
    run.tweak({"train.lr": 0.3})
    written = parse_scenario(scenario_text(run))
    assert [lane.name for lane in written.lanes] == [""]
    assert [(change.step, change.lane) for change in written.changes] == [(5, None)]


def test_defaults_are_left_out() -> None:
    text = scenario_text(experiment(TABLES))
    assert "lr = 0.1" in text
    assert "dropout" not in text
    assert "seed" not in text


@pytest.mark.parametrize("settings", [{"train.lr": 0.01}, {"train.momentum": 0.0}, {"model.activation": "tanh"}])
def test_a_knob_at_its_default_is_left_out_only_where_the_file_says_the_same(settings: dict[str, Any]) -> None:
    tables = {**TWO, "train": {**TWO["train"], "momentum": 0.9}}
    for lane in (None, "b"):
        run = experiment(tables)
        run.tweak(settings, lane)
        written = parse_scenario(scenario_text(run))
        assert [one.tables for one in written.lanes] == [one.tables for one in run.recipes()]
        key = next(iter(settings)).partition(".")
        whose = [one for one in written.lanes if lane in (None, one.name)]
        assert {one.tables[key[0]][key[2]] for one in whose} == set(settings.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for i, name in enumerate(scenario_paths()) if i % 6 == 0])
def test_built_in_scenarios_can_be_kept(name: str) -> None:
    run = Experiment(name)
    written = parse_scenario(scenario_text(run))
    assert [lane.tables for lane in written.lanes] == [lane.tables for lane in load_scenario(name).lanes]


def test_weights_set_by_hand_cannot_be_kept() -> None:
    run = experiment(TABLES)
    run.set_parameters(0, {"1.biases": np.ones(4)})
    with pytest.raises(InputError, match="set by hand"):
        scenario_text(run)


@pytest.mark.parametrize(
    "tweak",
    [
        ({"train.lr": 0.25}, None),
        ({"train.lr": 0.25}, "b"),
        ({"model.hidden": [5, 4], "model.activation": "relu"}, None),
        ({"train.schedule": {"kind": "exponential", "decay": 0.01}}, None),
        ({"train.seed": 7}, None),
    ],
)
def test_the_command_gives_the_run(tweak: tuple[dict[str, Any], str | None]) -> None:
    run = experiment()
    run.tweak(*tweak)
    words = shlex.split(command_line(run))
    assert words[:3] == ["nntui", "run", "scenario"]
    overrides = parse_sets(words[4::2], ["a", "b"])
    again = Experiment(scenario_from_dict(TWO), overrides=overrides)
    assert [lane.settings for lane in again.lanes] == [lane.settings for lane in run.lanes]


def test_the_command_cannot_say_what_was_done_on_the_way() -> None:
    run = experiment()
    run.advance(5)
    run.tweak({"train.lr": 0.3})
    with pytest.raises(InputError, match="E writes a file"):
        command_line(run)
    run = experiment()
    run.add_lane("c", "a", {})
    with pytest.raises(InputError, match="E writes a file"):
        command_line(run)


def test_numbers_are_those_that_were_measured() -> None:
    run = experiment()
    run.advance(30)
    rows = list(csv.DictReader(io.StringIO(numbers_text(run.full_snapshot(None)))))
    assert [row["lane"] for row in rows] == ["a"] * 31 + ["b"] * 31
    last = next(row for row in rows if row["lane"] == "b" and row["step"] == "30")
    assert float(last["loss"]) == run.lanes[1].statistics["loss"]
    assert float(last["gradient_norm 1"]) == run.lanes[1].statistics["layers"]["gradient_norm"][0]
    assert float(last["gradient_norm output"]) == run.lanes[1].statistics["layers"]["gradient_norm"][1]
    evaluated = [row["step"] for row in rows if row["lane"] == "a" and row["train_loss"]]
    assert evaluated == ["0", "10", "20", "30"]


def test_numbers_of_long_runs_keep_their_steps_and_gaps() -> None:
    run = experiment()
    run.advance(100)
    of = run.full_snapshot(None).lanes[0]
    late = 12_345_678.0  # more digits than a short form of a number has
    whole = {name: replace(one, steps=one.steps + late) for name, one in of.whole_history.items()}
    loss = whole["loss"].mean.copy()
    loss[3] = np.nan
    whole["loss"] = replace(whole["loss"], mean=loss)
    layers = {name: replace(one, steps=one.steps + late) for name, one in of.layer_history.items()}
    moved = replace(of, whole_history=whole, layer_history=layers)
    nothing = replace(of, name="nothing", whole_history={}, layer_history={})
    snapshot = replace(run.full_snapshot(None), lanes=(moved, nothing))
    rows = list(csv.DictReader(io.StringIO(numbers_text(snapshot))))
    assert {row["lane"] for row in rows} == {"a"}
    assert [int(row["step"]) for row in rows] == [12_345_678 + step for step in range(101)]
    by_step = {int(row["step"]): row for row in rows}
    for name, series in whole.items():
        told = dict(zip(series.steps.astype(int).tolist(), series.mean[:, 0].tolist(), strict=True))
        written = {step: row[name] for step, row in by_step.items() if row.get(name)}
        if np.isnan(series.mean).all():
            told = {}  # never measured: no column
        assert written == {step: repr(float(value)) for step, value in told.items()}
    assert [row["loss"] for row in rows].count("nan") == 1


@pytest.mark.parametrize("name", ["noisy-moons", "adding-problem", "receptive-field", "beale"])
def test_json_lines_are_those_of_a_record(name: str, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run.nntui")
    run = Experiment(load_scenario(name), steps=12, listener=recorder)
    run.advance(12)
    recorder.close()
    source = RecordSource(tmp_path / "run.nntui")
    export(source, "jsonl", tmp_path / "run.jsonl")
    source.close()
    written = lines_text(run.full_snapshot(None))
    assert written.count("\n") == 13 * len(run.lanes)
    assert written == (tmp_path / "run.jsonl").read_text(encoding="utf-8")


def test_numbers_are_called_those_of_every_step_only_where_they_are(tmp_path: Path) -> None:
    said: list[str] = []
    training = Training(
        lambda: experiment({**TABLES, "train": {**TABLES["train"], "steps": 2000}}), said.append, 1.0, True
    )
    training.build()
    for steps, words in ((300, "every statistic of every lane and step."), (1700, "of older steps means")):
        training.run.advance(steps)
        training.export(tmp_path)
        assert words in said[-1]
        rows = sorted(tmp_path.glob("*.csv"), key=lambda path: path.stat().st_mtime_ns)[-1].read_text().count("\n") - 1
        assert (rows >= training.run.step) == (words.endswith("step."))


async def test_the_keys_write_files_and_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = lab()
    copied: list[str] = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot)
        await pilot.press("right", "S", "E")
        await until(pilot, lambda: "Saved scenario-kept.toml" in text(app))
        assert parse_scenario((tmp_path / "scenario-kept.toml").read_text()).lanes[0].tables["train"]["lr"] == 0.2
        await pilot.press("e")
        await until(pilot, lambda: "Saved scenario-numbers.csv" in text(app))
        assert (tmp_path / "scenario-numbers.csv").read_text().startswith("lane,step,loss")
        await pilot.press("ctrl+e")
        await until(pilot, lambda: "Saved scenario-numbers.jsonl" in text(app))
        assert (tmp_path / "scenario-numbers.jsonl").read_text().startswith('{"lane":"","step":0,"train_loss":')
        await pilot.press("y")
        await until(pilot, lambda: copied)
        assert copied == ["nntui run scenario --set train.lr=0.2"]
        await pilot.press("E")
        await until(pilot, lambda: "Saved scenario-kept-2.toml" in text(app))
        app.source.stop()


@pytest.mark.parametrize(
    ("number", "reason"), [(28, "No space left on device"), (30, "Read-only file system"), (13, "Permission denied")]
)
@pytest.mark.parametrize("key", ["x", "e", "E"])
async def test_a_disk_that_takes_nothing_is_said_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, number: int, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    real = Path.write_bytes

    def refused(path: Path, *words: Any, **more: Any) -> int:
        if path.parent != tmp_path:
            return real(path, *words, **more)
        if number == 28:
            path.touch()  # begun, and then it was full
        raise OSError(number, reason)

    monkeypatch.setattr(Path, "write_bytes", refused)
    app = lab()
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot)
        await pilot.press(key)
        await until(pilot, lambda: f"could not be saved: {reason}" in text(app))
        assert list(tmp_path.iterdir()) == []
        await pilot.press("s")
        await until(pilot, lambda: lanes(app)[""].step == 1)
        assert app.model.view.stage == "ready"
        app.source.stop()


async def test_a_folder_that_is_gone_is_said_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = lab()
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot)
        monkeypatch.setattr(Path, "cwd", lambda: gone)
        await pilot.press("E")
        await until(pilot, lambda: "could not be saved" in text(app))
        await pilot.press("s")
        await until(pilot, lambda: lanes(app)[""].step == 1)
        app.source.stop()
    monkeypatch.chdir(tmp_path)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert save(tmp_path, "a", ".txt", "one").name == "a.txt"
    assert save(tmp_path, "a", ".txt", "two").name == "a-2.txt"
    assert free_name(tmp_path, "a", ".txt").name == "a-3.txt"

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match=r"a-3.txt could not be saved: No space left on device"):
        save(tmp_path, "a", ".txt", "three")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-2.txt", "a.txt"]
