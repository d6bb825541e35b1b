"""What callbacks of frameworks have in common: a watch that is made where training begins, and closed where it ends."""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nntui.watching.run_log import own_words, warn

EVALUATED = {
    "val_loss": "validation_loss", "validation_loss": "validation_loss", "eval_loss": "validation_loss",
    "val_accuracy": "validation_accuracy", "val_acc": "validation_accuracy",
    "val_binary_accuracy": "validation_accuracy", "val_categorical_accuracy": "validation_accuracy",
    "val_sparse_categorical_accuracy": "validation_accuracy",
    "validation_accuracy": "validation_accuracy", "eval_accuracy": "validation_accuracy",
}  # fmt: skip


def harmless(method: Callable[..., None]) -> Callable[..., None]:
    """A method of an Adapter in which a mistake is a warning, once: it ends the watching, and never the training."""

    @functools.wraps(method)
    def guarded(self: "Adapter", *given: Any, **named: Any) -> None:
        if self.broken:
            return
        try:
            method(self, *given, **named)
        except Exception as error:
            self.broken = True
            warn(f"{own_words(error)}. The training goes on unwatched.")
            self.close()

    return guarded


class Adapter:
    """Holds the options of ``nntui.watch`` until there are a model and an optimizer.

    ``watch``: what watches now, None before and after the training. ``broken``: there was a
    mistake. ``save`` is what saves a checkpoint where the lab asks for it; without, the framework does, after the step
    that is being made.
    """

    def __init__(
        self,
        record: str | os.PathLike[str] | None = None,
        *,
        every: int = 1,
        layers: Sequence[str] = (),
        controls: bool = True,
        title: str = "",
        save: Callable[[], object] | None = None,
    ) -> None:
        super().__init__()
        self.watch: Any = None
        self.broken = False
        self._record, self._controls, self._save = record, controls, save
        self._options: dict[str, Any] = {"every": every, "layers": layers, "title": title}
        self._save_wanted = False

    def open(self, model: Any, optimizer: Any, scaler: Any, *, processes: int) -> None:
        """Watches from here on. With several processes nothing is turned: each has weights of its own, and they must
        stay the same."""
        from nntui.watching.watch import watch  # imports PyTorch, which Keras can do without

        self.close()
        alone = processes == 1
        self.watch = watch(
            model, optimizer, self._record, scaler=scaler, controls=self._controls and alone,
            save=self._save or self._want_save, **self._options,
        )  # fmt: skip

    def _want_save(self) -> None:
        self._save_wanted = True

    def save_wanted(self) -> bool:
        """Whether a checkpoint was asked for since the last call."""
        wanted, self._save_wanted = self._save_wanted, False
        return wanted

    def evaluated(self, values: Mapping[str, Any]) -> None:
        """Takes note of what was measured on the validation set, of names that can mean nothing else."""
        found = {EVALUATED[name]: float(value) for name, value in values.items() if name in EVALUATED}
        if self.watch is not None and found:
            self.watch.evaluated(**found)

    def close(self) -> None:
        """Writes what is left, and takes all hooks out."""
        closing, self.watch = self.watch, None
        if closing is not None:
            closing.close()
