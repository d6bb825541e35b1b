"""What is ordered acts between two steps, is put back after each, and is answered in the record."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pseudo_terminal import allowed

torch = pytest.importorskip("torch", reason="PyTorch is no dependency: without it there is nothing to watch")

from torch import nn  # noqa: E402
from watching.loops import Loop, history  # noqa: E402

import nntui  # noqa: E402
from nntui.watching.orders import Attendance, Order, give, orders_path  # noqa: E402
from nntui_engine.errors import InputError  # noqa: E402
from nntui_engine.record.source import RecordSource  # noqa: E402


def ordered(loop: Loop, path: Path, *orders: Order) -> None:
    """Has the run take them after its next step."""
    for order in orders:
        give(path, order)
    loop.watch._controls._inbox._looked = 0.0


def test_a_factor_on_the_rate_acts_in_the_step_alone_and_schedulers_stay_right(path):
    loop, bare = Loop(path), Loop(None)
    schedules = [torch.optim.lr_scheduler.ExponentialLR(one.optimizer, 0.5) for one in (loop, bare)]
    loop.step()
    schedules[0].step()
    ordered(loop, path, Order("set", "lr", 3.0))
    loop.step()
    schedules[0].step()
    loop.step()
    assert loop.optimizer.param_groups[0]["lr"] == 0.025
    for rate in (0.1, 0.05, 3.0 * 0.025):
        bare.optimizer.param_groups[0]["lr"] = rate
        bare.step()
    loop.watch.close()
    assert history(path, "lr")[1] == pytest.approx([0.1, 0.05, 0.075])
    assert loop.weights() == bare.weights()
    marks = RecordSource(path).snapshot().marks
    assert [mark.step for mark in marks] == [2]


def test_a_group_of_parameters_has_a_factor_of_its_own_times_that_of_all(path):
    loop, bare = Loop(None), Loop(None)
    for one in (loop, bare):
        first, *rest = one.model.parameters()
        one.optimizer = torch.optim.SGD([{"params": [first], "lr": 0.1}, {"params": rest, "lr": 0.01}], lr=0.1)
    loop.watch = nntui.watch(loop.model, loop.optimizer, record=path)
    loop.step()
    ordered(loop, path, Order("set", "lr", 0.5), Order("set", "lr", 0.1, 1))
    loop.steps(2)
    loop.watch.close()
    for rates in ((0.1, 0.01), (0.1, 0.01), (0.05, 0.0005)):
        for group, rate in zip(bare.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        bare.step()
    assert [group["lr"] for group in loop.optimizer.param_groups] == [0.1, 0.01]
    for one, other in zip(loop.model.parameters(), bare.model.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)
    tables = RecordSource(path).lane_tables()[0].tables["watch"]
    assert {name: tables[name] for name in ("lr", "lr_0", "lr_1")} == {"lr": 0.5, "lr_0": 1.0, "lr_1": 0.1}


def test_a_rate_that_is_a_tensor_is_filled_and_never_replaced(path):
    loop = Loop(path, "Adam", lr=torch.tensor(0.1, dtype=torch.float64), own={"foreach": False, "capturable": False})
    rate = loop.optimizer.param_groups[0]["lr"]
    loop.step()
    ordered(loop, path, Order("set", "lr", 0.5))
    loop.steps(2)
    assert loop.optimizer.param_groups[0]["lr"] is rate
    assert float(rate) == 0.1
    loop.watch.close()
    assert history(path, "lr")[1] == pytest.approx([0.1, 0.1, 0.05])


def test_a_step_that_fails_leaves_the_rate_as_it_was(path):
    loop = Loop(path)
    loop.step()
    ordered(loop, path, Order("set", "lr", 0.5))
    loop.step()
    held = loop.optimizer.param_groups[0]
    loop.watch._controls.hold(1.0)  # and the optimizer fails
    assert held["lr"] == 0.05
    loop.step()
    assert held["lr"] == 0.1
    loop.watch.close()
    assert history(path, "lr")[1] == pytest.approx([0.1, 0.1, 0.05])


def test_weight_decay_clipping_and_dropout_are_what_they_are_set_to(path):
    class WithDropout(nn.Module):
        def __init__(self, model: nn.Module) -> None:
            super().__init__()
            self.model, self.drop = model, nn.Dropout(0.0)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.model(self.drop(x))

    loops = []
    for record in (path, None):
        loop = Loop(None)
        loop.model = WithDropout(loop.model)
        loop.optimizer = torch.optim.SGD(loop.model.parameters(), lr=0.1)
        if record is not None:
            loop.watch = nntui.watch(loop.model, loop.optimizer, record=record)
        loop.step()
        loops.append(loop)
    watched, bare = loops
    ordered(
        watched, path, Order("set", "weight_decay", 0.3), Order("set", "clip_norm", 0.01), Order("set", "dropout", 0.5)
    )
    watched.step()
    bare.step()
    assert watched.weights() == bare.weights()  # they act from the next step on
    assert watched.model.drop.p == 0.5
    bare.model.drop.p = 0.5
    bare.optimizer.param_groups[0]["weight_decay"] = 0.3
    torch.manual_seed(5)
    bare.optimizer.zero_grad()
    nn.functional.cross_entropy(bare.model(bare.x), bare.y).backward()
    torch.nn.utils.clip_grad_norm_(bare.model.parameters(), 0.01)
    bare.optimizer.step()
    torch.manual_seed(5)
    watched.step()
    np.testing.assert_allclose(np.frombuffer(watched.weights()), np.frombuffer(bare.weights()), rtol=1e-12)
    assert watched.optimizer.param_groups[0]["weight_decay"] == 0
    watched.watch.close()
    _, norm, clipped = history(path, "gradient_norm", "clipped_gradient_norm")
    assert norm[2] > 0.02
    assert clipped[2] == pytest.approx(0.01, rel=1e-3)
    layers = RecordSource(path).full_snapshot(None).lanes[0].layer_history["gradient_norm"].mean[2]
    assert np.sqrt((layers**2).sum()) == pytest.approx(norm[2], rel=1e-9)  # also of layers before clipping


def test_it_waits_makes_one_step_and_goes_on_as_it_is_told(path):
    loop = Loop(path)
    loop.step()
    there = Attendance(path)
    ordered(loop, path, Order("pause"))
    trains = threading.Thread(target=loop.steps, args=(20,), daemon=True)
    trains.start()
    end = time.monotonic() + allowed(10)
    while loop.watch.step < 2 and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.2)
    assert loop.watch.step == 2
    give(path, Order("step"))
    while loop.watch.step < 3 and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.2)
    assert loop.watch.step == 3
    for _ in range(2):  # at once: both are made
        give(path, Order("step"))
    while loop.watch.step < 5 and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.2)
    assert loop.watch.step == 5
    give(path, Order("go"))
    trains.join(allowed(10))
    assert loop.watch.step == 21
    there.close()
    loop.watch.close()


HOLDER = """
import sys, time
from pathlib import Path
from nntui.watching.orders import Attendance, Order, give
there = Attendance(Path(sys.argv[1]))
give(Path(sys.argv[1]), Order("pause"))
print("there", flush=True)
time.sleep(600)
"""


def test_a_run_that_was_paused_goes_on_when_who_looked_at_it_is_killed(path):
    loop = Loop(path)
    loop.step()
    looks = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert looks.stdout is not None
    assert looks.stdout.readline() == "there\n"
    loop.watch._controls._inbox._looked = 0.0
    trains = threading.Thread(target=loop.steps, args=(20,), daemon=True)
    trains.start()
    time.sleep(0.5)
    assert loop.watch.step == 2
    looks.kill()
    looks.wait()
    trains.join(allowed(20))
    assert loop.watch.step == 21
    loop.watch.close()
    events = RecordSource(path).tables._rows("SELECT what, detail FROM event ORDER BY id")
    assert [what for what, _ in events] == ["pause", "go"]
    assert "nobody looks" in events[1][1]


def test_it_is_stopped_as_by_ctrl_c(path):
    loop = Loop(path)
    loop.step()
    ordered(loop, path, Order("stop"))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt):
        loop.step()
    loop.watch.close()
    assert history(path)[0].tolist() == [1, 2]


def test_orders_are_refused_in_a_line_and_not_taken_where_that_is_not_wanted(path):
    saved = []
    loop = Loop(path, save=lambda: saved.append(1))
    loop.step()
    with orders_path(path).open("ab") as stream:
        stream.write(b'nonsense\n{"do": "fly"}\n{"do": "set", "what": "lr", "value": "much"}\n')
        stream.write(b'{"do": "set", "what": "lr", "value": 1, "group": 7}\n' + b"x" * 10_000 + b"\n")
    ordered(loop, path, Order("save"), Order("set", "dropout", 0.5))
    loop.steps(2)
    loop.watch.close()
    assert saved == [1]
    events = RecordSource(path).tables._rows("SELECT what, detail FROM event ORDER BY id")
    assert [what for what, _ in events] == ["refused"] * 5 + ["save", "refused"]
    assert "7" in events[3][1]
    assert not orders_path(path).exists()
    with pytest.raises(InputError, match="takes no orders"):
        give(path, Order("go"))
    closed = Loop(path.with_name("other.nntui"), controls=False)
    closed.step()
    with pytest.raises(InputError, match="takes no orders"):
        give(path.with_name("other.nntui"), Order("go"))
    closed.watch.close()
