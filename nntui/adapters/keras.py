"""Keras 3 on PyTorch: ``model.fit(…, callbacks=[NntuiCallback()])``."""

import weakref
from collections.abc import Mapping
from typing import Any

import keras

from nntui.adapters.adapter import Adapter, harmless
from nntui.watching.run_log import announce, place_of_record, warn
from nntui_engine.errors import InputError

_WATCHING: "weakref.WeakKeyDictionary[Any, NntuiCallback]" = weakref.WeakKeyDictionary()


class NntuiCallback(Adapter, keras.callbacks.Callback):
    """Watches the training as ``nntui.watch`` does, and takes the same options.

    The loss is that of the batch, as ``model.compute_loss`` returns it: Keras' own is the mean of the epoch so far.
    """

    @harmless
    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        """Watches the model and the optimizer that it was compiled with. Raises InputError, which becomes a warning,
        for another backend than PyTorch and for a compiled step."""
        if keras.backend.backend() != "torch":
            raise InputError(
                f'of Keras the backend "torch" is watched; got "{keras.backend.backend()}" (KERAS_BACKEND chooses it)'
            )
        model = self.model
        if model.jit_compile:
            raise InputError("a compiled step is not watched: model.compile(…, jit_compile=False)")
        before = _WATCHING.get(model)
        if before is not None:  # its training was broken off
            before.close()
        self.open(model, model.optimizer, None, processes=1)
        _WATCHING[model] = self
        self._model_watched = weakref.ref(model)
        self._compute_loss = model.compute_loss
        model.__dict__["compute_loss"] = self._loss_computed

    def open(self, model: Any, optimizer: Any, scaler: Any, *, processes: int) -> None:  # noqa: ARG002
        """Watches from here on."""
        from nntui.adapters.keras_watch import KerasWatch  # imports PyTorch, which another backend can do without

        self.close()
        wanted, path = place_of_record(self._record)
        self.watch = KerasWatch(
            model, optimizer, path, controls=self._controls, save=self._save or self._want_save, **self._options
        )
        announce(path, wanted)

    def _loss_computed(self, *given: Any, **named: Any) -> Any:
        loss = self._compute_loss(*given, **named)
        self._note_loss(loss)
        return loss

    @harmless
    def _note_loss(self, loss: Any) -> None:
        if self.watch is not None and getattr(loss, "requires_grad", False):  # it has none in an evaluation
            self.watch(loss)

    @harmless
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Saves, where the lab has asked for it."""
        if self.save_wanted():
            try:
                self.model.save(self.watch.path.with_name(f"nntui-step={self.watch.step}.keras"))
            except Exception as error:
                warn(f"saving failed: {type(error).__name__}: {error}")

    @harmless
    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Takes note of val_loss, val_accuracy, val_sparse_categorical_accuracy, …"""
        self.evaluated(logs or {})

    @harmless
    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002
        """The training has ended."""
        self.close()

    def close(self) -> None:
        """Gives the model its own compute_loss back, too."""
        super().close()
        model = self._model_watched() if hasattr(self, "_model_watched") else None
        if model is not None and model.__dict__.get("compute_loss") == self._loss_computed:
            del model.__dict__["compute_loss"]
