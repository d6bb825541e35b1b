"""A run that a script makes, in the lab: it is followed, turned by orders, and may end at any time."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from lab.driving import text, until
from lab.scripted import NAMES, Scripted
from pseudo_terminal import allowed

from nntui.lab.app import LabApp
from nntui.lab.health import NAMED
from nntui.lab.opening import watched_session
from nntui.lab.session import Session
from nntui.lab.warming import Warming
from nntui.lab.watched import LOST, WatchedSource, has_begun
from nntui.lab.watched_knobs import watched_knobs
from nntui.plotting.layer_signs import short_path
from nntui.watching.orders import Order, orders_path
from nntui_engine import Experiment
from nntui_engine.diagnosis.watched import WATCHED_RULES
from nntui_engine.errors import InputError
from nntui_engine.record.recorder import Recorder
from nntui_engine.record.source import RecordSource
from nntui_engine.scenario import scenario_from_dict


@pytest.fixture
def run(tmp_path: Path):
    made = Scripted(tmp_path / "run.nntui").begin().steps(30)
    yield made
    if made.recorder.writer._thread.is_alive():
        made.close()


def known(source: RecordSource, reached: Callable[[], object]) -> None:
    """Reads what is new until it has come to that."""
    end = time.monotonic() + allowed(20)
    while not reached():
        assert time.monotonic() < end, "it did not come to that"
        source.refresh()
        time.sleep(0.01)


def begun(path: Path) -> None:
    end = time.monotonic() + allowed(20)
    while not has_begun(path):
        assert time.monotonic() < end
        time.sleep(0.01)


def opened(run: Scripted) -> WatchedSource:
    begun(run.path)
    source = WatchedSource(run.path)
    known(source, lambda: source.step == run.position)
    return source


def turned(source: WatchedSource) -> dict:
    return dict(source.lanes[0].settings.table["watch"])  # type: ignore[attr-defined]


def test_it_follows_the_run_and_knows_how_it_is(run):
    source = opened(run)
    assert source.condition == "running"
    run.steps(12)
    known(source, lambda: source.step == 42)
    source.order("pause")
    run.obey()
    known(source, lambda: source.condition == "paused")
    source.order("step")
    run.obey().steps(1)
    known(source, lambda: source.step == 43)
    assert source.condition == "paused"
    source.toggle()
    run.obey()
    known(source, lambda: source.condition == "running")
    assert [order.do for order in run.taken] == ["pause", "step", "go"]
    run.end()
    known(source, lambda: source.condition == "finished")
    assert source.news()[-1] == ("The run has ended, at step 43.", False)
    with pytest.raises(InputError, match="has ended"):
        source.order("pause")


def test_two_quick_toggles_ask_for_a_pause_and_an_end_of_it(run):
    source = opened(run)
    source.toggle()
    source.toggle()
    run.obey()
    assert [order.do for order in run.taken] == ["pause", "go"]


def test_a_run_whose_process_is_gone_without_a_word_is_lost_and_not_one_that_has_ended(run):
    source = opened(run)
    run.close()
    known(source, lambda: source.condition == "lost")
    assert source.news() == [(LOST, True)]
    run.inbox = None
    orders_path(run.path).touch()  # as after kill -9
    with pytest.raises(InputError, match="has ended"):
        source.tweak({"watch.lr": 0.5})
    assert not orders_path(run.path).read_bytes()
    assert WatchedSource(run.path).condition == "lost"


def test_what_is_asked_for_stands_there_at_once_and_what_is_refused_goes_back(run):
    source = opened(run)
    source.tweak({"watch.lr": 0.5})
    source.tweak({"watch.lr": 0.2})
    assert turned(source)["lr"] == 0.2
    run.obey().steps(1)
    known(source, lambda: source.step == 31)
    assert run.taken == [Order("set", "lr", 0.5), Order("set", "lr", 0.2)]
    assert turned(source)["lr"] == 0.2
    assert source.lanes[0].settings.optimizer_parameters["lr"] == pytest.approx(0.002)
    assert [mark.text for mark in source.snapshot().marks] == ["lr × 0.5", "lr × 0.2"]
    source.tweak({"watch.weight_decay": 0.3})
    assert turned(source)["weight_decay"] == 0.3
    run.recorder.note(31, "refused", {"what": "weight_decay", "value": 0.3, "group": None, "why": "Rprop has none"})
    known(source, lambda: turned(source)["weight_decay"] == 0.01)
    assert ("The run has not done it: Rprop has none.", True) in source.news()


def test_the_factor_is_taken_for_no_rate(run):
    source = opened(run)
    source.tweak({"watch.lr": 0.5})
    run.obey().steps(1)
    known(source, lambda: source.step == 31)
    tables = source.lane_tables()[0].tables
    assert tables["train"]["lr"] == 0.01
    assert tables["watch"]["lr"] == 0.5


def test_each_group_of_parameters_has_a_factor_of_its_own(tmp_path):
    run = Scripted(tmp_path / "run.nntui", turnable={"lr": 1.0, "lr_0": 1.0, "lr_1": 1.0}).begin().steps(3)
    source = opened(run)
    knobs = watched_knobs(source.lanes_now[0].lane.settings)
    assert [knob.label for knob in knobs] == ["lr ×", "lr × group 0", "lr × group 1"]
    source.tweak({knobs[2].key: 0.25})
    assert [knob.read(source.lanes_now[0].lane.settings) for knob in knobs] == [1.0, 1.0, 0.25]
    run.obey().steps(1)
    assert run.taken == [Order("set", "lr", 0.25, 1)]
    known(source, lambda: source.step == 4)
    assert source.lane_tables()[0].tables["watch"] == {"lr": 1.0, "lr_0": 1.0, "lr_1": 0.25}
    assert not source._asked
    source.close()
    run.close()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"watch.lr": -1.0}, "lr: must be a number from 0 to"),
        ({"watch.dropout": 1.0}, "dropout: must be a number from 0 to 0.999"),
        ({"watch.dropout": [0.1, 0.2]}, "one number for all"),
        ({"watch.momentum": 0.9}, "cannot be set"),
    ],
)
def test_what_no_run_takes_is_not_asked_for(run, settings, words):
    source = opened(run)
    with pytest.raises(InputError, match=words):
        source.tweak(settings)
    assert not list(run.inbox.new())


def test_from_the_past_nothing_is_turned(run):
    source = opened(run)
    source.seek(10)
    with pytest.raises(InputError, match="What you see is step 10"):
        source.tweak({"watch.lr": 0.5})


def test_a_script_that_allows_nothing_is_looked_at(tmp_path):
    run = Scripted(tmp_path / "run.nntui", turnable={}).begin().steps(3)
    source = opened(run)
    assert source.condition == "running"
    with pytest.raises(InputError, match="controls=False"):
        source.order("pause")
    run.close()


def test_the_record_of_another_kind_is_refused_in_a_line(tmp_path):
    tables = {
        "schema": 1,
        "scenario": {"title": "Own"},
        "data": {"name": "moons"},
        "model": {"hidden": [4]},
        "train": {"steps": 3},
    }
    recorder = Recorder(tmp_path / "own.nntui")
    Experiment(scenario_from_dict(tables), listener=recorder).advance(3)
    recorder.close()
    with pytest.raises(InputError, match="is no run that nntui"):
        WatchedSource(tmp_path / "own.nntui")


# -- on the screen --------------------------------------------------------------------------------------------------


def lab_on(run: Scripted) -> LabApp:
    source = opened(run)
    return LabApp(watched_session(source), source.scenario.title)


@pytest.mark.asyncio
async def test_the_lab_shows_it_turns_it_and_takes_it_back(run):
    app = lab_on(run)
    async with app.run_test(size=(150, 44)) as pilot:
        await until(pilot, lambda: "step 30   ▶ running" in text(app))
        shown = text(app)
        for words in ("stem", "…self_attn", "b.linear1", "b.linear2", "head", "lr × (lr 0.01)", "clip norm"):
            assert words in shown
        assert "seed" not in shown.splitlines()[0]  # which nobody knows
        assert f"and {len(WATCHED_RULES) + 1 - NAMED} more: none so far" in " ".join(shown.split())
        await pilot.press("left")
        await until(pilot, lambda: "1 → ◂ 0.5" in text(app))
        run.obey().steps(5)
        await until(pilot, lambda: "step 35" in text(app) and "lr × (lr 0.005)" in text(app))
        assert "lr × 0.5" in text(app)
        await pilot.press("u")
        await until(pilot, lambda: list(map(str, run.obey().taken))[1:])
        await pilot.press("down", "enter", *"0.2", "enter")
        await until(pilot, lambda: len(run.obey().taken) == 3)
        await pilot.press("backspace")
        await until(pilot, lambda: len(run.obey().taken) == 4)
        given = [(order.what, order.value) for order in run.taken]
        assert given == [("lr", 0.5), ("lr", 1.0), ("weight_decay", 0.2), ("weight_decay", 0.01)]


@pytest.mark.asyncio
async def test_space_and_s_act_on_the_run_and_other_keys_say_why_not(run):
    app = lab_on(run)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "▶ running" in text(app))
        await pilot.press("space")
        await until(pilot, lambda: run.obey().taken)
        await until(pilot, lambda: "paused" in text(app).splitlines()[0] and "space go on" in text(app))
        await pilot.press("s")
        await until(pilot, lambda: len(run.obey().taken) == 2)
        assert [order.do for order in run.taken] == ["pause", "step"]
        for key in ("r", "a", "S"):
            await pilot.press(key)
            await until(pilot, lambda: "A script makes this run" in app.model._message.shown[0])
        run.end()
        await until(pilot, lambda: "finished" in text(app).splitlines()[0])
        await pilot.press("space")
        await until(pilot, lambda: "takes no orders" in app.model._message.shown[0])


@pytest.mark.asyncio
async def test_a_checkpoint_and_an_end_are_asked_for_by_name(run):
    run.save = False
    app = lab_on(run)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "▶ running" in text(app))
        app.action_save_checkpoint()
        await until(pilot, lambda: run.obey().taken)
        await until(pilot, lambda: "no way to save" in text(app))
        app.action_stop_run()
        await until(pilot, lambda: "Stop the training?" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Stop the training?" not in text(app))
        app.action_stop_run()
        await until(pilot, lambda: "Stop the training?" in text(app))
        await pilot.press("s")
        await until(pilot, lambda: len(run.obey().taken) == 2)
        assert [order.do for order in run.taken] == ["save", "stop"]


@pytest.mark.asyncio
async def test_a_killed_run_leaves_its_record_on_the_screen(run):
    app = lab_on(run)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "▶ running" in text(app))
        run.close()
        await until(pilot, lambda: "× lost" in text(app) and "ended without a word" in text(app))
        await pilot.press(",")
        await until(pilot, lambda: app.model.view.snapshot.step == 29)


@pytest.mark.asyncio
async def test_replay_shows_it_as_any_record(run):
    run.end()
    source = RecordSource(run.path)
    app = LabApp(Session(lambda: source, warming=Warming(())), source.scenario.title)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "step 30 / 30" in text(app))
        await pilot.press("2")
        await until(pilot, lambda: "every layer over the run" in text(app))
        await pilot.press("left")
        await until(pilot, lambda: "cannot be turned" in app.model._message.shown[0])


def test_names_of_layers_stay_different():
    assert [short_path(name, 10, "…") for name in NAMES] == ["stem", "…self_attn", "b.linear1", "b.linear2", "head"]
    assert short_path("encoder.layers.3.linear2", 13, "…") == "e.l.3.linear2"
    assert short_path("convolution", 8, "…") == "convolu…"


# -- a script under the lab -----------------------------------------------------------------------------------------


class FakeChild:
    """A script that has written two lines."""

    script = Path("train.py")

    def __init__(self) -> None:
        self.ended: int | None = None
        self.interrupted = 0
        self.lines = ["epoch 1", "[bold]epoch 2"]

    def status(self) -> int | None:
        return self.ended

    def interrupt(self) -> None:
        self.interrupted += 1

    def new_lines(self) -> list[str]:
        lines, self.lines = self.lines, []
        return lines


@pytest.mark.asyncio
@pytest.mark.parametrize(("key", "interrupted"), [("s", 1), ("g", 0)])
async def test_q_asks_what_becomes_of_the_script(run, key, interrupted):
    app, child = lab_on(run), FakeChild()
    app.show_output_of(child)  # type: ignore[arg-type]
    async with app.run_test(size=(150, 44)) as pilot:
        await until(pilot, lambda: "6 output" in text(app).splitlines()[0])
        await pilot.press("6")
        await until(pilot, lambda: "Output of train.py" in text(app) and "[bold]epoch 2" in text(app))
        await pilot.press("q")
        await until(pilot, lambda: "train.py is still training" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "still training" not in text(app))
        assert not app._exit
        await pilot.press("q")
        await until(pilot, lambda: "train.py is still training" in text(app))
        await pilot.press(key)
        await pilot.pause()
        assert app._exit
    assert (child.interrupted, app.return_code) == (interrupted, 0)


@pytest.mark.asyncio
async def test_a_script_that_has_ended_says_so_and_q_leaves(run):
    app, child = lab_on(run), FakeChild()
    app.show_output_of(child)  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "▶ running" in text(app))
        child.ended = 3
        await until(pilot, lambda: "train.py has ended with status 3" in text(app))
        await pilot.press("q")
        await pilot.pause()
        assert app._exit
