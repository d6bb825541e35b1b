"""A watched training is the same training: what is measured when, what is turned is put back, and nothing ends it."""

import gc
import re
import subprocess
import sys
import textwrap
import time
import warnings
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pseudo_terminal import allowed, environment

torch = pytest.importorskip("torch", reason="PyTorch is no dependency: without it there is nothing to watch")

from torch import nn  # noqa: E402
from watching.loops import Loop, history  # noqa: E402

import nntui  # noqa: E402
from nntui.watching.orders import orders_path  # noqa: E402
from nntui.watching.run_log import NntuiWarning  # noqa: E402
from nntui.watching.watch import _WATCHED  # noqa: E402
from nntui.watching.watcher import Watch  # noqa: E402
from nntui_engine.record.source import RecordSource  # noqa: E402


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


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_loss_belongs_to_its_step_whether_it_is_told_before_or_after(when, every, path):
    loop = Loop(path, every=every)
    tell, loop.watch = loop.watch, None
    told = []
    for _ in range(7):
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
    steps, losses = history(path, "loss")
    assert steps.tolist() == ([1, 3, 6] if every == 3 else list(range(1, 8)))
    assert losses.tolist() == [told[int(step) - 1] for step in steps]


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


@pytest.mark.parametrize("when", ["before_step", "after_step"])
def test_a_mistake_of_ours_leaves_the_optimizers_other_hooks_alone(when, path, monkeypatch):
    loop = Loop(path)
    called = []
    loop.optimizer.register_step_pre_hook(lambda *_: called.append("before"))
    loop.optimizer.register_step_post_hook(lambda *_: called.append("after"))
    loop.step()

    def broken(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(loop.watch._measuring, when, broken)
    with pytest.warns(NntuiWarning, match="ZeroDivisionError"):
        loop.step()
    loop.step()
    assert called == ["before", "after"] * 3


@pytest.mark.parametrize("how", [lambda step, run: step(run), lambda step, run: step(closure=run)])
def test_a_step_that_is_given_a_closure_is_measured_after_it(how, path):
    bare, loop, plain = Loop(None), Loop(path), Loop(path.with_name("plain.nntui"))

    def run() -> torch.Tensor:
        loop.optimizer.zero_grad()
        loss = loop.watch(nn.functional.cross_entropy(loop.model(loop.x), loop.y))
        loss.backward()
        return loss

    losses = [how(loop.optimizer.step, run).item() for _ in range(3)]
    assert losses == [bare.step().item() for _ in range(3)]
    assert loop.weights() == bare.weights()
    plain.steps(3)
    for one in (loop, plain):
        one.watch.close()
    names = ("loss", "gradient_norm", "lr")
    for found, expected in zip(history(path, *names), history(path.with_name("plain.nntui"), *names), strict=True):
        assert found.tolist() == expected.tolist()


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
    loop.watch._log.flush(1, "running")
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


@pytest.mark.parametrize("fused", [False, True])
def test_mixed_precision_and_its_skipped_steps(fused, path):
    """A fused optimizer divides scaled gradients itself, and makes no step where one is infinite."""
    loop = Loop(None)
    model = loop.model.float()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    x = loop.x.float()
    expected, first, losses = [], [], []
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
                losses.append(loss.item())
                layer = [p.grad.ravel() for p in list(model.parameters())[:2]]
                first.append(float(torch.cat(layer).double().norm()) / scaler.get_scale())
            scaler.step(optimizer)
            scaler.update()
    steps, norms = history(path, "gradient_norm")
    assert steps.tolist() == [1, 2, 3]  # the one with the infinity was skipped
    assert norms == pytest.approx(expected, rel=1e-6)
    lane = RecordSource(path).full_snapshot(None).lanes[0]
    assert lane.layer_history["gradient_norm"].mean[:, 0] == pytest.approx(first, rel=1e-6)
    assert lane.per_layer["non_finite"].tolist() == [0.0] * len(lane.layers)
    if fused:  # else nobody says that a step was skipped, and its rows are taken for a part of the next one's
        assert lane.whole_history["loss"].mean[:, 0].tolist() == losses
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


MEMORY = """
import resource, sys, torch, nntui
from torch import nn
torch.set_num_threads(1)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 3))
optimizer = torch.optim.Adam(model.parameters())
x, y = torch.randn(16, 8), torch.randint(0, 3, (16,))
watch = nntui.watch(model, optimizer)
most = []
for step in range(12_000):
    if step in (2_000, 11_999):
        most.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    optimizer.zero_grad()
    watch(nn.functional.cross_entropy(model(x), y)).backward()
    optimizer.step()
print(watch.step, most[1] - most[0])
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is counted in other units elsewhere")
def test_memory_after_ten_thousand_steps_is_what_it_was(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], cwd=tmp_path, env=environment(OMP_NUM_THREADS="1"), capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    steps, grown = map(int, done.stdout.split())
    print(f"{grown} kB more after {steps} steps")
    assert steps == 12_000
    assert grown < 5_000  # kB: rows on their way into the record; keeping the numbers of every step takes 9 MB
