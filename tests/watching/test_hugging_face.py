"""Hugging Face's callback: its steps, losses and norms are those of the plain loop, and it changes nothing."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is no dependency: without it there is nothing to watch")
transformers = pytest.importorskip("transformers", reason="the extra adapters is not installed")
pytest.importorskip("accelerate", reason="the extra adapters is not installed")

import torch  # noqa: E402
from torch import nn  # noqa: E402
from watching.loops import history  # noqa: E402
from watching.small_trainings import BATCH, RATE, assert_finished, network, plain, rows, weights  # noqa: E402

from nntui.adapters.hugging_face import NntuiCallback  # noqa: E402
from nntui.watching.orders import Order  # noqa: E402
from nntui.watching.run_log import NntuiWarning  # noqa: E402
from nntui.watching.watcher import Watch  # noqa: E402
from nntui_engine.record.source import RecordSource  # noqa: E402


class Classifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = network()

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> Any:
        outputs = self.net(x)
        return {"loss": nn.functional.cross_entropy(outputs, labels), "logits": outputs}


class Tuple(Classifier):
    """Returns no dictionary."""

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> Any:
        return tuple(super().forward(x, labels).values())


class Counting(Classifier):
    """Is told of how many rows a step has, as the library's own models are, and divides by it."""

    def forward(self, x: torch.Tensor, labels: torch.Tensor, num_items_in_batch: Any = None, **_: Any) -> Any:
        outputs = self.net(x)
        if num_items_in_batch is None:
            return {"loss": nn.functional.cross_entropy(outputs, labels), "logits": outputs}
        loss = nn.functional.cross_entropy(outputs, labels, reduction="sum") / num_items_in_batch
        return {"loss": loss, "logits": outputs}


class InOrder(transformers.Trainer):  # type: ignore[name-defined,misc]
    """Takes the rows in their order."""

    def _get_train_sampler(self, *_: Any) -> Any:
        return torch.utils.data.SequentialSampler(self.train_dataset)


class Other(InOrder):
    """Works out a loss of its own."""

    def compute_loss(self, model: Any, inputs: Any, *_: Any, **__: Any) -> Any:
        return nn.functional.multi_margin_loss(model(**inputs)["logits"], inputs["labels"])


def data() -> list[dict[str, torch.Tensor]]:
    return [{"x": x, "labels": y} for x, y in zip(*rows(), strict=True)]


def trained(
    path: Path,
    *callbacks: Any,
    model: Any = None,
    kind: Any = InOrder,
    group: int = 1,
    clip: float = 0.0,
    **options: Any,
) -> Any:
    model = model or Classifier()
    arguments = transformers.TrainingArguments(
        output_dir=str(path.parent / "out"), num_train_epochs=1, per_device_train_batch_size=BATCH, use_cpu=True,
        gradient_accumulation_steps=group, max_grad_norm=clip, learning_rate=RATE, lr_scheduler_type="constant",
        report_to="none", disable_tqdm=True, save_strategy=options.pop("save_strategy", "no"), logging_strategy="no",
        **options,
    )  # fmt: skip
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    kind(
        model, arguments, train_dataset=data(), eval_dataset=data(), callbacks=list(callbacks),
        optimizers=(optimizer, None),
    ).train()  # fmt: skip
    return model


@pytest.mark.parametrize("group", [1, 2, 3])
@pytest.mark.parametrize("clip", [0.0, 0.05])
@pytest.mark.parametrize("kind", [Classifier, Tuple, Counting])
def test_steps_losses_and_norms_are_those_of_the_plain_loop(group, clip, kind, path):
    model = trained(path, NntuiCallback(path), model=kind(), group=group, clip=clip)
    expected = plain(group, clip, weigh_rest=True)
    steps, losses, norms, clipped, rates = history(path, "loss", "gradient_norm", "clipped_gradient_norm", "lr")
    assert steps.tolist() == list(range(1, len(expected.losses) + 1))
    np.testing.assert_allclose(losses, expected.losses, rtol=1e-6)
    np.testing.assert_allclose(norms, expected.norms, rtol=1e-5)
    np.testing.assert_allclose(clipped, expected.clipped, rtol=1e-4)
    assert set(rates) == {RATE}
    assert weights(model) == weights(trained(path, model=kind(), group=group, clip=clip))
    if kind is Classifier and group < 3:
        assert weights(model) == expected.weights
        assert losses.tolist() == expected.losses
    assert_finished(path, "net.0", "net.2")
    assert not RecordSource(path).findings()


def test_options_are_those_of_watch(path):
    trained(path, NntuiCallback(path, every=4, layers=["net.2"], title="mine"))
    assert history(path)[0].tolist() == [1, 4, 8]
    assert_finished(path, "net.2")


def test_a_loss_that_the_model_does_not_return_is_left_out(path):
    trained(path, NntuiCallback(path), kind=Other)
    steps, losses, norms = history(path, "loss", "gradient_norm")
    assert steps.tolist() == list(range(1, 11))
    assert np.isnan(losses).all()
    assert (norms > 0.0).all()


def test_what_is_measured_on_the_validation_set_is_told(path, monkeypatch):
    told: list[Any] = []
    monkeypatch.setattr(Watch, "evaluated", lambda self, **values: told.append((self.step, values)))
    options = {"eval_strategy": "epoch", "per_device_eval_batch_size": BATCH, "label_names": ["labels"]}
    model, (x, y) = trained(path, NntuiCallback(path), **options), rows()
    ((step, values),) = told
    assert step == 10
    loss = nn.functional.cross_entropy(model.net(x), y).item()
    assert values == pytest.approx({"validation_loss": loss}, rel=1e-6)


def test_a_checkpoint_that_the_lab_asks_for_is_the_trainers(path):
    callback = NntuiCallback(path)

    class Asks(transformers.TrainerCallback):  # type: ignore[name-defined,misc]
        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            if state.global_step == 3:
                callback.watch._controls._carry_out(Order(do="save"), lambda *_: None)

    trained(path, callback, Asks())
    assert [one.name for one in (path.parent / "out").glob("checkpoint-*")] == ["checkpoint-4"]


@pytest.mark.parametrize("where", ["open", "save_wanted", "evaluated"])
def test_a_mistake_of_ours_is_one_warning(where, path, monkeypatch):
    callback = NntuiCallback(path)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(callback, where, broken)
    with pytest.warns(NntuiWarning) as caught:
        model = trained(path, callback, eval_strategy="epoch")
    (one,) = [one for one in caught if one.category is NntuiWarning]
    assert "ZeroDivisionError: by nothing. The training goes on" in str(one.message)
    assert weights(model) == plain().weights
    assert not model._forward_hooks


def test_the_example_is_right(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    text = (Path(__file__).parents[2] / "docs" / "watching.md").read_text(encoding="utf-8")
    (example,) = [one for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "transformers" in one]
    assert len(example.splitlines()) <= 12
    exec(example, {"model": Classifier(), "data": data()})
    assert history(path)[0].tolist() == list(range(1, 16))
