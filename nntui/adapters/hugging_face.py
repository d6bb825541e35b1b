"""Hugging Face: ``Trainer(…, callbacks=[NntuiCallback()])``."""

from functools import partial
from typing import Any

import torch
from transformers import TrainerCallback

from nntui.adapters.adapter import Adapter, harmless


class NntuiCallback(Adapter, TrainerCallback):
    """Watches the training as ``nntui.watch`` does, and takes the same options.

    The loss is the one that the model itself returns, weighted as it goes backward, which says how the Trainer has
    divided it among the (micro-)batches of a step. A loss that something else works out from the outputs is not seen.
    """

    @harmless
    def on_train_begin(self, args: Any, state: Any, control: Any, **known: Any) -> None:  # noqa: ARG002
        """Watches the optimizer inside of Accelerate's, in the first process."""
        if not state.is_world_process_zero:
            return
        model, optimizer = known["model"], known["optimizer"]
        self._scaler = getattr(optimizer, "scaler", None)
        self.open(model, getattr(optimizer, "optimizer", optimizer), self._scaler, processes=args.world_size)
        self._losses: list[Any] = []
        self._hook = model.register_forward_hook(self._forward)

    @harmless
    def _forward(self, module: Any, _: Any, output: Any) -> None:
        if module.training and torch.is_grad_enabled():
            loss = output.get("loss") if isinstance(output, dict) else output[0]
            if isinstance(loss, torch.Tensor) and loss.requires_grad:
                loss.register_hook(partial(self._backward, loss.detach()))

    @harmless
    def _backward(self, loss: Any, weight: Any) -> None:
        self._losses.append((loss * weight).sum())

    @harmless
    def on_pre_optimizer_step(self, *_: Any, **__: Any) -> None:
        """Takes note of the loss of the step."""
        if self.watch is not None and self._losses:
            scale = 1.0 if self._scaler is None else self._scaler.get_scale()
            losses, self._losses = self._losses, []
            self.watch(sum(float(loss) for loss in losses) / scale)

    @harmless
    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Has the Trainer save, where the lab has asked for it."""
        if self.save_wanted():
            control.should_save = True

    @harmless
    def on_evaluate(self, args: Any, state: Any, control: Any, **known: Any) -> None:  # noqa: ARG002
        """Takes note of eval_loss and eval_accuracy."""
        self.evaluated(known["metrics"])

    @harmless
    def on_train_end(self, *_: Any, **__: Any) -> None:
        """The training has ended."""
        self.close()

    def close(self) -> None:
        """Takes the hook on the model out, too."""
        super().close()
        if hasattr(self, "_hook"):
            self._hook.remove()
