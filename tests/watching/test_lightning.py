"""PyTorch Lightning's callback: its steps, losses and norms are those of the plain loop, and it changes nothing."""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is no dependency: without it there is nothing to watch")
lightning = pytest.importorskip("lightning.pytorch", reason="the extra adapters is not installed")

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402
from watching.loops import history  # noqa: E402
from watching.small_trainings import BATCH, RATE, assert_finished, network, plain, rows, weights  # noqa: E402

from nntui.adapters.lightning import NntuiCallback  # noqa: E402
from nntui.watching.orders import Order  # noqa: E402
from nntui.watching.run_log import NntuiWarning  # noqa: E402
from nntui.watching.watcher import Watch  # noqa: E402
from nntui_engine.record.source import RecordSource  # noqa: E402


class Classifier(lightning.LightningModule):  # type: ignore[name-defined,misc]
    def __init__(self) -> None:
        super().__init__()
        self.net = network()

    def training_step(self, batch: Any, _: int) -> torch.Tensor:
        return nn.functional.cross_entropy(self.net(batch[0]), batch[1])

    def validation_step(self, batch: Any, _: int) -> None:
        self.log("val_loss", nn.functional.cross_entropy(self.net(batch[0]), batch[1]))
        self.log("val_acc", (self.net(batch[0]).argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=RATE)


class Turns(Classifier):
    """Two optimizers in turn, by hand: the first for the first layer."""

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.told: list[float] = []

    def training_step(self, batch: Any, _: int) -> None:
        for number, optimizer in enumerate(self.optimizers()):
            loss = nn.functional.cross_entropy(self.net(batch[0]), batch[1]) * (number + 1)
            self.told += [loss.item()] * (number == 0)
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()

    def configure_optimizers(self) -> Any:
        return [torch.optim.SGD(self.net[place].parameters(), lr=RATE) for place in (0, 2)]


def batches() -> Any:
    return DataLoader(TensorDataset(*rows()), batch_size=BATCH)


def trained(path: Path, *callbacks: Any, model: Any = None, validate: bool = False, **options: Any) -> Any:
    model = model or Classifier()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="lightning")
        warnings.filterwarnings("always", category=NntuiWarning)
        trainer = lightning.Trainer(
            accelerator="cpu", devices=1, max_epochs=1, logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, default_root_dir=path.parent,
            callbacks=list(callbacks), **options,
        )  # fmt: skip
        trainer.fit(model, batches(), batches() if validate else None)
    return model


@pytest.mark.parametrize("group", [1, 2, 3])
@pytest.mark.parametrize("clip", [0.0, 0.05])
def test_steps_losses_and_norms_are_those_of_the_plain_loop(group, clip, path):
    options = {"accumulate_grad_batches": group, "gradient_clip_val": clip or None}
    model = trained(path, NntuiCallback(path), **options)
    expected = plain(group, clip)
    steps, losses, norms, clipped, rates = history(path, "loss", "gradient_norm", "clipped_gradient_norm", "lr")
    assert steps.tolist() == list(range(1, len(expected.losses) + 1))
    np.testing.assert_allclose(losses, expected.losses, rtol=0 if group < 3 else 2e-7)  # × 3 / 3 rounds
    np.testing.assert_allclose(norms, expected.norms, rtol=1e-6)
    np.testing.assert_allclose(clipped, expected.clipped, rtol=1e-4)
    assert set(rates) == {RATE}
    assert weights(model) == expected.weights == weights(trained(path, **options))
    assert_finished(path, "net.0", "net.2")
    assert not RecordSource(path).findings()


def test_options_are_those_of_watch(path):
    trained(path, NntuiCallback(path, every=4, layers=["net.2"], title="mine"))
    assert history(path)[0].tolist() == [1, 4, 8]
    assert_finished(path, "net.2")


def test_the_scaled_loss_of_mixed_precision_is_told_unscaled(path):
    from lightning.pytorch.plugins import MixedPrecision

    def precise() -> Any:
        return MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=1024.0))

    model = trained(path, NntuiCallback(path), plugins=[precise()])
    steps, losses, norms = history(path, "loss", "gradient_norm")
    assert steps.tolist() == list(range(1, 11))
    np.testing.assert_allclose(losses, plain().losses, rtol=5e-3)
    np.testing.assert_allclose(norms, plain().norms, rtol=5e-2)
    assert weights(model) == weights(trained(path, plugins=[precise()]))


def test_what_is_logged_of_the_validation_set_is_told(path, monkeypatch):
    told: list[Any] = []
    monkeypatch.setattr(Watch, "evaluated", lambda self, **values: told.append((self.step, values)))
    model, (x, y) = trained(path, NntuiCallback(path), validate=True), rows()
    ((step, values),) = told
    assert step == 10
    loss = nn.functional.cross_entropy(model.net(x), y).item()
    right = (model.net(x).argmax(1) == y).float().mean().item()
    assert values == pytest.approx({"validation_loss": loss, "validation_accuracy": right}, rel=1e-6)


def test_of_several_optimizers_the_first_is_watched_and_that_is_said(path):
    with pytest.warns(NntuiWarning, match="of 2 optimizers the first is watched, SGD") as caught:
        model = trained(path, NntuiCallback(path), model=Turns())
    assert len([one for one in caught if one.category is NntuiWarning]) == 1
    steps, losses = history(path, "loss")
    assert steps.tolist() == list(range(1, 11))
    assert losses.tolist() == model.told


def test_a_checkpoint_that_the_lab_asks_for_is_lightnings(path):
    callback = NntuiCallback(path)

    class Asks(lightning.Callback):  # type: ignore[name-defined,misc]
        def on_train_batch_start(self, *given: Any) -> None:
            if given[-1] == 3:
                callback.watch._controls._carry_out(Order(do="save"), lambda *_: None)

    trained(path, callback, Asks())
    (saved,) = path.parent.glob("*.ckpt")
    assert saved.name == "nntui-step=4.ckpt"
    assert torch.load(saved, weights_only=False)["global_step"] == 4


@pytest.mark.parametrize("where", ["open", "save_wanted", "evaluated"])
def test_a_mistake_of_ours_is_one_warning(where, path, monkeypatch):
    callback = NntuiCallback(path)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(callback, where, broken)
    with pytest.warns(NntuiWarning) as caught:
        model = trained(path, callback, validate=True)
    (one,) = [one for one in caught if one.category is NntuiWarning]
    assert "ZeroDivisionError: by nothing. The training goes on" in str(one.message)
    assert weights(model) == plain().weights


def test_the_example_is_right(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    text = (Path(__file__).parents[2] / "docs" / "watching.md").read_text(encoding="utf-8")
    (example,) = [one for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "lightning" in one]
    assert len(example.splitlines()) <= 12
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="lightning")
        exec(example, {"model": Classifier(), "loader": batches()})
    assert history(path)[0].tolist() == list(range(1, 31))
