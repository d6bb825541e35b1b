"""PyTorch Lightning: ``Trainer(callbacks=[NntuiCallback()])``."""

from pathlib import Path
from typing import Any

from lightning.pytorch import Callback

from nntui.adapters.adapter import Adapter, harmless
from nntui.watching.run_log import warn


class NntuiCallback(Adapter, Callback):
    """Watches the training as ``nntui.watch`` does, and takes the same options."""

    @harmless
    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Watches the first optimizer, in the first process."""
        if not trainer.is_global_zero:
            return
        optimizers = trainer.optimizers
        if len(optimizers) > 1:
            warn(f"of {len(optimizers)} optimizers the first is watched, {type(optimizers[0]).__name__}")
        self._losses: list[Any] = []
        self._scaler = getattr(trainer.precision_plugin, "scaler", None)
        self.open(pl_module, optimizers[0], self._scaler, processes=trainer.world_size)

    @harmless
    def on_before_backward(self, trainer: Any, pl_module: Any, loss: Any) -> None:
        """Takes note of the loss, as it was before Lightning divided it by the number of (micro-)batches of a step and
        scaled it."""
        if self.watch is None:
            return
        if pl_module.automatic_optimization:
            loss = loss * trainer.accumulate_grad_batches
        if self._scaler is not None:
            loss = loss / self._scaler.get_scale()
        if len(trainer.optimizers) == 1:
            self.watch(loss)
        else:
            self._losses.append(float(loss))

    @harmless
    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:  # noqa: ARG002
        """Of several optimizers, each has the losses that went backward since the step before."""
        if self.watch is None:
            return
        losses, self._losses = self._losses, []
        if optimizer is trainer.optimizers[0]:
            for loss in losses:
                self.watch(loss)

    @harmless
    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        """Saves, where the lab has asked for it."""
        if self.save_wanted():
            try:
                trainer.save_checkpoint(Path(trainer.default_root_dir) / f"nntui-step={trainer.global_step}.ckpt")
            except Exception as error:
                warn(f"saving failed: {type(error).__name__}: {error}")

    @harmless
    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Takes note of what was logged as val_loss, val_acc, val_accuracy, …"""
        if not trainer.sanity_checking:
            self.evaluated(trainer.callback_metrics)

    @harmless
    def teardown(self, *_: Any, **__: Any) -> None:
        """The training has ended, or was ended."""
        self.close()
