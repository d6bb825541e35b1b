"""The session: one thread, commands between launches, views that never block, errors that are seen."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab.fakes import Clock, FakeExperiment, NoWarming
from pseudo_terminal import wait_until

from nntui.lab.session import Session
from nntui.lab.session_view import SessionView
from nntui.lab.training import Training
from nntui_engine.errors import InputError


@pytest.fixture
def started() -> Iterator[Callable[..., tuple[Session, FakeExperiment]]]:
    sessions: list[Session] = []

    def start(experiment: FakeExperiment | None = None, **options: Any) -> tuple[Session, FakeExperiment]:
        fake = experiment or FakeExperiment()
        session = Session(lambda: fake, warming=NoWarming(), **options)  # type: ignore[arg-type]
        sessions.append(session)
        session.start()
        return session, fake

    yield start
    for session in sessions:
        session.stop(2.0)


def wait(session: Session, reached: Callable[[SessionView], object], seconds: float = 5.0) -> SessionView:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        view = session.poll()
        if reached(view):
            return view
        time.sleep(0.005)
    raise AssertionError(f"not reached: {session.poll()}")


def test_it_trains_to_the_end_and_says_so(started: Any) -> None:
    session, fake = started(speed=float("inf"))
    view = wait(session, lambda v: v.finished)
    assert view.snapshot.step == fake.steps
    assert not view.running


def test_pause_stops_and_goes_on(started: Any) -> None:
    session, fake = started(FakeExperiment(steps=10**9, step_seconds=1e-4), speed=float("inf"))
    wait(session, lambda v: v.snapshot is not None and v.snapshot.step > 0)
    ticket = session.order(Training.toggle)
    wait(session, lambda v: v.applied >= ticket and not v.running)
    step = fake.step
    time.sleep(0.1)
    assert fake.step == step
    session.order(Training.toggle)
    wait(session, lambda v: v.snapshot.step > step)


def test_steps_by_hand_are_counted_exactly(started: Any) -> None:
    session, fake = started(paused=True)
    wait(session, lambda v: v.stage == "ready")
    for _ in range(3):
        session.order(lambda run: run.steps(1))
    wait(session, lambda v: v.snapshot.step == 3 and not v.running)
    session.order(Training.epoch)
    wait(session, lambda v: v.snapshot.step == 13 and not v.running)
    assert fake.step == 13


def test_what_was_ordered_is_done_when_it_is_left_unless_it_takes_long(started: Any) -> None:
    session, _ = started(paused=True)
    wait(session, lambda v: v.stage == "ready")
    done: list[int] = []
    for number in range(3):
        session.order(lambda _, number=number: done.append(number))
    session.stop(30.0)
    assert done == [0, 1, 2]
    session, _ = started(paused=True)
    wait(session, lambda v: v.stage == "ready")
    held, left = threading.Event(), threading.Event()
    session.order(lambda _: (held.set(), left.wait()))
    session.order(lambda _: done.append(3))
    held.wait()
    session.stop(0.0)
    wait_until(lambda: session._late)
    left.set()
    session.stop(30.0)
    assert not session._thread.is_alive()
    assert done == [0, 1, 2]


def test_numbers_that_take_long_are_not_waited_for(
    started: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def many(_: object) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        begun.set()
        return {"loss": (np.arange(4e6), np.zeros(4_000_000))}

    monkeypatch.setattr("nntui.lab.numbers_file._columns", many)
    session, fake = started(paused=True)
    fake.scenario.name = "fake"
    fake.full_snapshot = lambda _: fake.snapshot()
    wait(session, lambda v: v.stage == "ready")
    session.order(lambda run: run.export(tmp_path))
    begun.wait()
    session.stop(60.0)
    assert not session._thread.is_alive()
    assert [text for text, _ in session.notices()] == ["The numbers were not saved: the lab was left."]
    assert list(tmp_path.iterdir()) == []


def test_the_speed_limit_holds() -> None:
    clock, fake = Clock(), FakeExperiment(steps=10**6)
    training = Training(lambda: fake, print, 100.0, paused=False, clock=clock)  # type: ignore[arg-type]
    training.build()
    steps = []
    for _ in range(50):  # looked at every hundredth of a second
        clock.now += 0.0101
        training.launch(training.due)
        steps.append(fake.step)
    assert steps == pytest.approx(np.arange(1, 51) * 1.01, abs=1)
    assert training.pace.rate() == pytest.approx(100.0, rel=0.05)


def test_tweaks_are_applied_and_undone_and_redone(started: Any) -> None:
    session, _ = started(FakeExperiment("a", "b"), paused=True)

    def lr(view: SessionView) -> list[float]:
        return [lane.settings.optimizer_parameters["lr"] for lane in view.snapshot.lanes]

    wait(session, lambda v: v.stage == "ready")
    ticket = session.order(lambda run: run.tweak({"train.lr": 0.5}, "a"))
    view = wait(session, lambda v: v.applied >= ticket)
    assert lr(view) == [0.5, 0.1]
    assert view.can_undo
    session.order(Training.undo)
    assert lr(wait(session, lambda v: v.can_redo)) == [0.1, 0.1]
    session.order(Training.redo)
    assert lr(wait(session, lambda v: not v.can_redo)) == [0.5, 0.1]


def test_a_refused_tweak_is_a_message_and_changes_nothing(started: Any) -> None:
    session, _ = started(paused=True)
    wait(session, lambda v: v.stage == "ready")
    ticket = session.order(lambda run: run.tweak({"train.lr": 1e9}, None))
    view = wait(session, lambda v: v.applied >= ticket)
    assert view.stage == "ready"
    assert not view.can_undo
    assert session.notices() == [("train.lr: 1000000000.0 must be at most 100", True)]


def test_an_exception_in_the_thread_is_shown_and_the_data_kept(started: Any) -> None:
    session, fake = started(FakeExperiment(fail_at=500), speed=float("inf"))
    view = wait(session, lambda v: v.stage == "failed")
    assert "ZeroDivisionError: the fake broke" in view.error
    assert view.bad_input is None
    fake._fail_at = None
    session.order(Training.restart)
    wait(session, lambda v: v.stage == "ready" and v.finished)


def test_bad_input_while_building_is_handed_over() -> None:
    def broken() -> Any:
        raise InputError("x.csv: no such file")

    session = Session(broken, warming=NoWarming())  # type: ignore[arg-type]
    session.start()
    view = wait(session, lambda v: v.bad_input)
    assert str(view.bad_input) == "x.csv: no such file"
    session.stop(2.0)


def test_restart_and_new_seed(started: Any) -> None:
    session, fake = started(paused=True)
    session.order(lambda run: run.steps(5))
    wait(session, lambda v: v.snapshot is not None and v.snapshot.step == 5)
    session.order(Training.toggle)
    session.order(Training.next_seed)
    wait(session, lambda v: v.snapshot.seed == 1)
    session.order(Training.restart)
    wait(session, lambda v: v.applied == 4)
    assert fake.seed == 1


def test_only_the_histories_shown_are_asked_for(started: Any) -> None:
    session, fake = started(paused=True)
    session.show(("loss",), ("gradient_norm",), None)
    wait(session, lambda v: v.stage == "ready" and v.applied == 1)
    assert fake.asked[-1] == (("gradient_norm",), ("loss",))


def test_stopping_ends_the_thread(started: Any) -> None:
    session, _ = started(FakeExperiment(steps=10**9, step_seconds=1e-4), speed=float("inf"))
    wait(session, lambda v: v.snapshot is not None)
    session.stop(2.0)
    assert not session._thread.is_alive()


def test_progress_of_the_warm_up_is_seen_before_the_experiment_is_there() -> None:
    session = Session(lambda: time.sleep(0.3) or FakeExperiment(), warming=NoWarming())  # type: ignore[arg-type]
    session.start()
    wait(session, lambda v: "building" in v.progress[2] and v.stage == "preparing")
    session.stop(2.0)


def test_a_new_change_after_an_undo_leaves_nothing_to_redo(started: Any) -> None:
    session, fake = started(paused=True)
    wait(session, lambda v: v.stage == "ready")
    session.order(lambda run: run.tweak({"train.lr": 0.5}, None))
    ticket = session.order(Training.undo)
    assert wait(session, lambda v: v.applied >= ticket).can_redo
    ticket = session.order(lambda run: run.tweak({"train.lr": 0.3}, None))
    assert not wait(session, lambda v: v.applied >= ticket).can_redo
    ticket = session.order(Training.redo)
    wait(session, lambda v: v.applied >= ticket)
    assert fake.lanes[0].settings.optimizer_parameters["lr"] == 0.3
    assert session.notices() == [("Nothing to redo.", False)]
    ticket = session.order(Training.undo)
    wait(session, lambda v: v.applied >= ticket)
    assert fake.lanes[0].settings.optimizer_parameters["lr"] == 0.1


def test_a_change_that_needs_too_much_memory_is_a_line_and_the_run_goes_on(started: Any) -> None:
    from nntui_engine.experiment import Experiment

    session, _ = started(Experiment("xor"), paused=True)
    wait(session, lambda v: v.stage == "ready", 120)
    ticket = session.order(lambda run: run.tweak({"model.hidden": [1_000_000, 150]}, None))
    view = wait(session, lambda v: v.applied >= ticket)
    assert [(error, "a run may take 8 GB" in text) for text, error in session.notices()] == [(True, True)]
    assert view.stage == "ready"
    assert all(layer.units != 1_000_000 for lane in view.snapshot.lanes for layer in lane.layers)
    session.order(lambda run: run.steps(3))
    wait(session, lambda v: v.snapshot.step == 3)


@pytest.mark.parametrize(("cost", "wait"), [(0.001, 0.5), (0.015, 0.75), (0.3, 1.0)])
def test_looking_for_what_is_wrong_takes_a_fiftieth_of_the_time_and_never_waits_longer_than_a_second(
    cost: float, wait: float
) -> None:
    clock, looks = Clock(), []

    class Slow(FakeExperiment):
        def findings(self) -> list[object]:
            clock.now += cost
            looks.append(clock.now)
            return [len(looks)]

    fake = Slow("sgd")
    training = Training(lambda: fake, print, 100.0, paused=False, clock=clock)  # type: ignore[arg-type]
    training.build()
    began = clock.now
    assert training.findings() == (1,)
    clock.now = began + wait - 0.01
    assert training.findings() == (1,)
    clock.now = began + wait + 0.01
    assert training.findings() == (2,)
    training.running = False
    assert training.findings() == (3,)  # what stands still is looked at whenever it is shown anew
