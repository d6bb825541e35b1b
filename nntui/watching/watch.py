"""``nntui.watch``: one line in a training script of PyTorch, and its run is measured, recorded and can be turned."""

import os
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nntui.watching.run_log import announce, own_words, place_of_record, warn
from nntui.watching.watcher import Watch
from nntui_engine.errors import InputError


class NotWatching:
    """What stands in for a watch where none could be made: the script goes on without."""

    path: Path | None = None
    step = 0

    def __call__(self, loss: Any, accuracy: Any = None) -> Any:  # noqa: ARG002
        """Returns the loss."""
        return loss

    loss = __call__

    def evaluated(self, **values: float) -> None:
        """Takes no note."""

    def close(self) -> None:
        """There is nothing."""

    def __enter__(self) -> "NotWatching":
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing."""


_WATCHED: "weakref.WeakKeyDictionary[nn.Module, Watch]" = weakref.WeakKeyDictionary()


def watch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    record: str | os.PathLike[str] | None = None,
    *,
    every: int = 1,
    layers: Sequence[str] = (),
    controls: bool = True,
    title: str = "",
    scaler: Any = None,
    save: Callable[[], object] | None = None,
) -> Watch | NotWatching:
    """Record every layer's vital signs at each step of ``optimizer``, and take orders from the lab.

    ``record``: the file; where there is one of the name, the next free name is taken. Without, what the environment
    variable NNTUI_RECORD says, or run.nntui. ``every``: measure every that many steps. ``layers``: the names of the
    modules to watch, as ``model.named_modules()`` has them; all that have parameters or are activations. ``controls``:
    whether the lab may turn the learning rate and the like. ``scaler``: the GradScaler of mixed precision. ``save``:
    is called where the lab asks for a checkpoint.

    Nothing that goes wrong here stops the training: it is a warning, and training goes on unwatched.
    """
    try:
        _check(model, optimizer, every, layers)
        wanted, path = place_of_record(record)
        found = Watch(
            model, optimizer, path, every=every, layers=layers, controls=controls, title=title, scaler=scaler, save=save
        )
    except Exception as error:  # whatever it is, the training must not end by it
        warn(f"{own_words(error)}. The training goes on unwatched.")
        return NotWatching()
    _WATCHED[model] = found
    announce(path, wanted)
    return found


def check_every(every: object) -> None:
    """Raises InputError for what is no number of steps."""
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise InputError(f"watch: every must be a whole number of at least 1; got {every!r}")


def _check(model: object, optimizer: object, every: object, layers: Sequence[str]) -> None:
    if not isinstance(model, nn.Module):
        raise InputError(f"watch: the model must be a torch.nn.Module; got {type(model).__name__}")
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise InputError(f"watch: the optimizer must be a torch.optim.Optimizer; got {type(optimizer).__name__}")
    check_every(every)
    own = {id(parameter) for parameter in model.parameters()}
    if not own:
        raise InputError(f"watch: {type(model).__name__} has no parameters: there is nothing to watch")
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    if not own & held:
        raise InputError("watch: the optimizer holds none of the model's parameters: it was made for another model")
    names = {name or "model" for name, _ in model.named_modules()}
    for name in layers:
        if name not in names:
            raise InputError(f'watch: layers: there is no module "{name}"; allowed: the names of model.named_modules()')
    before = _WATCHED.get(model)
    if before is not None and not before._closed:
        raise InputError(f"watch: this model is watched already, into {before.path}")
