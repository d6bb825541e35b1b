"""A watched training is the same training: what is measured when, what is turned is put back, and nothing ends it."""

import gc
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pseudo_terminal import allowed

torch = pytest.importorskip("torch", reason="PyTorch is no dependency: without it there is nothing to watch")

from torch import nn  # noqa: E402
from watching.networks import CASES, made  # noqa: E402

import nntui  # noqa: E402
from nntui.watching.orders import Attendance, Order, give, orders_path  # noqa: E402
from nntui.watching.watch import _WATCHED  # noqa: E402
from nntui.watching.watcher import NntuiWarning, Watch  # noqa: E402
from nntui_engine.errors import InputError  # noqa: E402
from nntui_engine.record.source import RecordSource  # noqa: E402


class Loop:
    """A training loop as people write it; ``between`` is called after each step."""

    def __init__(self, path: Path | None, optimizer: str = "SGD", case: str = "dense", **options: Any) -> None:
        self.model, self.x, self.y = made(CASES[case])
        own = options.pop("own", {})
        self.optimizer = getattr(torch.optim, optimizer)(self.model.parameters(), lr=options.pop("lr", 0.1), **own)
        self.watch: Any = None if path is None else nntui.watch(self.model, self.optimizer, record=path, **options)

    def step(self) -> torch.Tensor:
        self.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.model(self.x), self.y)
        if self.watch is not None:
            self.watch(loss)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def steps(self, count: int) -> None:
        for _ in range(count):
            self.step()

    def weights(self) -> bytes:
        return b"".join(p.detach().numpy().tobytes() for p in self.model.parameters())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.nntui"


def history(path: Path, *names: str) -> tuple[np.ndarray, ...]:
    """The steps, and of each whole statistic its values."""
    lane = RecordSource(path).full_snapshot(None).lanes[0]
    return lane.whole_history["loss"].steps, *(lane.whole_history[name].mean[:, 0] for name in names)


@pytest.mark.parametrize("case", ["dense", "in place", "residual", "lstm", "attention", "shared"])
@pytest.mark.parametrize("optimizer", ["SGD", "AdamW"])
def test_weights_and_losses_are_the_same_bits_with_and_without(case, optimizer, path):
    bare, watched = Loop(None, optimizer, case), Loop(path, optimizer, case)
    for _ in range(5):
        assert bare.step().numpy().tobytes() == watched.step().numpy().tobytes()
    watched.watch.close()
    assert bare.weights() == watched.weights()
    assert history(path)[0].tolist() == [1, 2, 3, 4, 5]


def test_every_third_step_is_measured_and_that_alone(path):
    loop = Loop(path, every=3)
    loop.steps(10)
    loop.watch.close()
    exact = Loop(path.with_name("all.nntui"))
    exact.steps(10)
    exact.watch.close()
    steps, losses, norms = history(path, "loss", "gradient_norm")
    assert steps.tolist() == [1, 3, 6, 9]
    _, all_losses, all_norms = history(path.with_name("all.nntui"), "loss", "gradient_norm")
    chosen = [0, 2, 5, 8]
    assert losses.tolist() == all_losses[chosen].tolist()
    assert norms.tolist() == all_norms[chosen].tolist()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_loss_belongs_to_its_step_whether_it_is_told_before_or_after(when, path):
    loop = Loop(path)
    tell, loop.watch = loop.watch, None
    told = []
    for _ in range(4):
        loop.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(loop.model(loop.x), loop.y)
        if when == "before":
            tell.loss(loss)
        loss.backward()
        loop.optimizer.step()
        if when == "after":
            tell.loss(loss)
        told.append(loss.item())
    tell.close()
    assert history(path, "loss")[1].tolist() == told


def test_a_step_without_a_loss_is_not_a_number_and_all_else_is_there(path):
    loop = Loop(path)
    tell, loop.watch = loop.watch, None
    loop.steps(3)
    tell.close()
    steps, losses, norms = history(path, "loss", "gradient_norm")
    assert len(steps) == 3
    assert np.isnan(losses).all()
    assert (norms > 0.0).all()


def test_norms_before_and_after_the_script_has_clipped(path):
    loop = Loop(path)
    loop.optimizer.zero_grad()
    loop.watch(nn.functional.cross_entropy(loop.model(loop.x), loop.y)).backward()
    before = torch.nn.utils.clip_grad_norm_(loop.model.parameters(), 0.01)
    loop.optimizer.step()
    loop.watch.close()
    _, norm, clipped = history(path, "gradient_norm", "clipped_gradient_norm")
    assert norm[0] == pytest.approx(float(before), rel=1e-9)
    assert clipped[0] == pytest.approx(0.01, rel=1e-3)
    lane = RecordSource(path).full_snapshot(None).lanes[0]
    assert np.sqrt((lane.per_layer["gradient_norm"] ** 2).sum()) == pytest.approx(float(before), rel=1e-9)
    assert torch.nn.utils.clip_grad_norm_ is torch.nn.utils.clip_grad.clip_grad_norm_
    assert "nntui" not in torch.nn.utils.clip_grad_norm_.__code__.co_filename


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


def refused(**changes: Any) -> str:
    """The one line of warning that a watch gives, and that what it returns can be used all the same."""
    model = changes.pop("model", None) or nn.Linear(2, 2)
    optimizer = changes.pop("optimizer", None) or torch.optim.SGD(model.parameters(), lr=0.1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = nntui.watch(model, optimizer, **changes)
    (warning,) = caught
    assert issubclass(warning.category, NntuiWarning)
    assert found("loss") == found.loss("loss") == "loss"
    found.evaluated(train_loss=1.0)
    found.close()
    text = str(warning.message)
    assert text.startswith("nntui: ")
    assert "\n" not in text
    return text


def test_what_cannot_be_watched_is_one_warning_and_training_goes_on(tmp_path, path):
    other = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(other.parameters(), lr=0.1)
    assert "no parameters" in refused(model=nn.ReLU(), optimizer=optimizer, record=path)
    assert "another model" in refused(optimizer=optimizer, record=path)
    assert "nn.Module" in refused(model=3, optimizer=optimizer, record=path)  # type: ignore[arg-type]
    assert "Optimizer" in refused(optimizer=3, record=path)
    assert "at least 1" in refused(every=0, record=path)
    assert "at least 1" in refused(every=True, record=path)
    assert 'no module "sixth"' in refused(layers=["sixth"], record=path)
    assert "no folder" in refused(record=tmp_path / "nowhere" / "run.nntui")
    assert not list(tmp_path.iterdir())
    orders_path(path).mkdir()
    assert "directory" in refused(record=path)
    assert [one.name for one in tmp_path.iterdir()] == [orders_path(path).name]
    orders_path(path).rmdir()
    watch = nntui.watch(other, optimizer, record=path)
    assert "watched already" in refused(model=other, optimizer=optimizer, record=path)
    watch.close()


def test_a_mistake_of_ours_is_one_warning_and_training_goes_on(path, monkeypatch):
    loop, bare = Loop(path), Loop(None)
    loop.step()

    def broken(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(loop.watch._measuring, "after_step", broken)
    with pytest.warns(NntuiWarning, match=r"stopped at step 2: ZeroDivisionError: by nothing"):
        loop.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loop.steps(3)
    bare.steps(5)
    assert loop.weights() == bare.weights()


def test_a_mistake_in_a_hook_of_ours_is_one_warning_too(path, monkeypatch):
    loop, bare = Loop(path), Loop(None)
    loop.step()

    def broken(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("nntui.watching.measuring.numbers", broken)
    with pytest.warns(NntuiWarning, match="ZeroDivisionError"):
        loop.step()
    loop.steps(3)
    bare.steps(5)
    assert loop.weights() == bare.weights()


def test_no_tensor_is_kept_alive(path):
    loop = Loop(path, case="in place")
    kept: list[weakref.ref[torch.Tensor]] = []
    for module in loop.model:
        module.register_forward_hook(lambda _m, _i, output: kept.append(weakref.ref(output)))
    loop.steps(3)
    gc.collect()
    assert len(kept) == 15
    assert [one() for one in kept] == [None] * 15
    loop.watch.close()


def test_nan_is_a_result_and_the_first_is_named(path):
    loop = Loop(path, lr=1e200)
    loop.steps(6)
    loop.watch.close()
    source = RecordSource(path)
    lane = source.full_snapshot(None).lanes[0]
    broken = lane.network.first_non_finite
    assert broken is not None
    assert 1 < broken.step <= 6
    assert np.isnan(lane.whole_history["loss"].mean[-1, 0])
    assert lane.per_layer["non_finite"].sum() > 0


def test_a_full_disk_or_a_lost_file_is_one_warning(path):
    loop, bare = Loop(path), Loop(None)
    loop.step()
    loop.watch._flush("running")
    path.unlink()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        end = time.monotonic() + allowed(10)
        count = 1
        while not caught and time.monotonic() < end:
            loop.step()
            count += 1
            time.sleep(0.02)
        loop.steps(5)
        loop.watch.close()
    assert [str(one.message) for one in caught if "deleted" in str(one.message)] == [str(caught[0].message)]
    bare.steps(count + 5)
    assert loop.weights() == bare.weights()


SCRIPT = """
import sys, time
import torch
from torch import nn
import nntui
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
optimizer = torch.optim.Adam(model.parameters())
watch = nntui.watch(model, optimizer, record={path!r})
x, y = torch.randn(16, 4), torch.randint(0, 2, (16,))
for step in range({steps}):
    optimizer.zero_grad()
    watch(nn.functional.cross_entropy(model(x), y)).backward()
    optimizer.step()
    if step == 2000:
        print("there", flush=True)
"""


def test_a_script_that_is_killed_leaves_a_whole_record(path):
    text = textwrap.dedent(SCRIPT.format(path=str(path), steps=10**9))
    child = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "there\n"
    time.sleep(0.5)  # what was measured half a second ago is there
    child.kill()
    child.wait()
    source = RecordSource(path)
    source.tables.check()
    steps = history(path)[0]
    assert steps[-1] >= 2000
    assert source.full_snapshot(None).lanes[0].state == "running"


def test_a_script_that_ends_by_itself_closes_its_record_and_says_nothing(path):
    text = textwrap.dedent(SCRIPT.format(path=str(path), steps=50))
    for number in range(2):
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
        assert done.stdout == ""
        assert done.stderr == (
            "" if number == 0 else f"nntui: {path} exists already: recording into {path.stem}-2.nntui\n"
        ).replace(f"{path.stem}-2", str(path.with_name(f"{path.stem}-2")))
    for one in (path, path.with_name("run-2.nntui")):
        assert history(one)[0][-1] == 50
    assert len(list(path.parent.iterdir())) == 2


def test_torch_is_imported_only_where_something_is_watched():
    text = (
        "import nntui, sys; assert 'torch' not in sys.modules and 'numba' not in sys.modules; print(nntui.__version__)"
    )
    assert subprocess.run([sys.executable, "-c", text], capture_output=True, check=True).stdout


def test_mixed_precision_and_its_skipped_steps(path):
    loop = Loop(None)
    model = loop.model.float()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    x = loop.x.float()
    expected = []
    with nntui.watch(model, optimizer, record=path, scaler=scaler) as watch:
        for step in range(4):
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = nn.functional.cross_entropy(model(x), loop.y)
            watch(loss)
            scaler.scale(loss).backward()
            if step == 2:
                next(model.parameters()).grad[0, 0] = float("inf")
            else:
                grads = torch.cat([p.grad.ravel() for p in model.parameters()]) / scaler.get_scale()
                expected.append(float(grads.double().norm()))
            scaler.step(optimizer)
            scaler.update()
    steps, norms = history(path, "gradient_norm")
    assert steps.tolist() == [1, 2, 3]  # the one with the infinity was skipped
    assert norms == pytest.approx(expected, rel=1e-6)
    assert isinstance(watch, Watch)


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_a_compiled_model_is_watched(backend, path):
    loop, bare = Loop(path), Loop(None)
    loop.model = torch.compile(loop.model, backend=backend)
    loop.steps(3)
    loop.watch.close()
    bare.steps(3)
    lane = RecordSource(path).full_snapshot(None).lanes[0]
    assert [layer.name for layer in lane.layers] == ["0", "2", "4", "6"]
    assert np.isfinite(lane.layer_history["activation_variance"].mean).all()
    np.testing.assert_allclose(
        lane.whole_history["loss"].mean[-1, 0], float(nn.functional.cross_entropy(bare_before(3), bare.y)), rtol=1e-9
    )


def test_the_readme_is_right(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (example,) = [text for text in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "nntui.watch" in text]
    loop = Loop(None)
    names = {"model": loop.model, "optimizer": loop.optimizer, "criterion": nn.functional.cross_entropy}
    exec(example, {**names, "loader": [(loop.x, loop.y)] * 3})
    _WATCHED[loop.model].close()
    assert history(tmp_path / "run.nntui")[0].tolist() == [1, 2, 3]


def bare_before(steps: int) -> torch.Tensor:
    """What the model answers before its last of so many steps."""
    loop = Loop(None)
    loop.steps(steps - 1)
    return loop.model(loop.x).detach()
