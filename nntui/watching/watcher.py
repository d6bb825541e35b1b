"""Who watches a network while its optimizer makes steps: hooks at both ends of a step, the record, what was ordered."""

import atexit
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from nntui.watching.clipping import ClippingSeen
from nntui.watching.controls import Controls
from nntui.watching.measuring import Measuring
from nntui.watching.modules import Candidate, candidates
from nntui.watching.run_log import DEAD_EVERY, NAN, RunLog, warn
from nntui.watching.script_checks import ScriptChecks
from nntui.watching.table import unscaled
from nntui_engine.errors import InputError
from nntui_engine.record.watched import Description


class Watch:
    """Watches a model while its optimizer makes steps; see ``watch`` (watch.py).

    ``path``: the record, None if there is none.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        path: Path,
        *,
        every: int,
        layers: Sequence[str],
        controls: bool,
        title: str,
        scaler: Any,
        save: Callable[[], object] | None,
    ) -> None:
        self.path: Path | None = path
        self.step = 0
        self._every, self._title, self._scaler = every, title, scaler
        self._optimizer = optimizer
        self._log = RunLog(path)
        try:
            self._controls = Controls(path, model, optimizer, save) if controls else None
        except OSError:
            self._log.close(0)
            raise
        watched = [one for one in self._candidates(model) if not layers or one.name in layers]
        self._measuring = Measuring(watched, self._stop_watching)
        self._clipping = ClippingSeen(model)
        self._checks = self._script_checks(model, optimizer)
        self._model = weakref.ref(model)
        self._closed = self._in_hook = False
        self._skipped = False  # the step that is being made, by a fused optimizer, since a gradient is infinite
        self._losses: list[Any] = []
        self._accuracies: list[float] = []
        self._pending: dict[str, Any] | None = None
        self._measured = 0
        self._norms, self._shortened, self._rate = (0.0, 0.0), 1.0, 0.0
        self._handles = [
            optimizer.register_step_pre_hook(self._before),
            optimizer.register_step_post_hook(self._after),
        ]
        atexit.register(self.close)

    # -- what a script calls ----------------------------------------------------------------------------------------

    def __call__(self, loss: Any, accuracy: Any = None) -> Any:
        """Takes note of the loss of a (micro-)batch, and of the share of right answers; returns the loss."""
        if not self._closed:
            self._safely(self._note_loss, loss, accuracy)
        return loss

    def loss(self, loss: Any, accuracy: Any = None) -> Any:
        """The same."""
        return self(loss, accuracy)

    def evaluated(self, **values: float) -> None:
        """What was measured on whole sets now: train_loss, train_accuracy, validation_loss, validation_accuracy, …"""
        self._safely(self._note_evaluation, values)

    def close(self) -> None:
        """Writes what is left, and takes all hooks out. Happens by itself where the script ends."""
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        if not self._in_hook:  # else the optimizer is going through its hooks: there they stay, and do nothing
            for handle in self._handles:
                handle.remove()
        self._measuring.remove()
        self._clipping.remove()
        with suppress(Exception):
            self._commit()
        if self._controls is not None:
            self._controls.close()
        self._log.close(self.step)

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- hooks ------------------------------------------------------------------------------------------------------

    def _before(
        self, _: object, given: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        """A step that is given a closure runs the network, and begins only then: what is returned takes the place of
        its arguments."""
        closure = named.get("closure", given[1] if len(given) > 1 else None)
        if closure is None:
            with self._hooked():
                self._safely(self._before_step)
            return None
        begun = False

        def run() -> Any:
            nonlocal begun
            loss = closure()
            if not begun:
                begun = True
                with torch.no_grad():
                    self._safely(self._before_step)
            return loss

        return given[:1], {**named, "closure": run}

    def _after(self, *_: object) -> None:
        with self._hooked():
            if self._controls is not None:  # first of all: what it holds is given back whatever else happens
                self._controls.give_back()
            self._safely(self._after_step)
            if self._controls is not None and not self._closed:
                self._controls.obey(self._tell)

    @contextmanager
    def _hooked(self) -> Iterator[None]:
        self._in_hook = True
        try:
            yield
        finally:
            self._in_hook = False

    def _safely(self, work: Callable[..., object], *values: Any) -> None:
        """Does something of our own: a mistake in it is said once, ends the watching, and never the training."""
        if self._closed:
            return
        try:
            work(*values)
        except Exception as error:
            self._stop_watching(error)

    def _stop_watching(self, error: Exception) -> None:
        if self._closed:
            return
        said = str(error).partition("\n")[0][:300]
        warn(f"watching has stopped at step {self.step}: {type(error).__name__}: {said}. The training goes on.")
        with suppress(Exception):
            self.close()

    def _note_loss(self, loss: Any, accuracy: Any) -> None:
        if isinstance(loss, torch.Tensor):
            if self._checks is not None:
                self._log.notice(self._checks.loss(loss))
            loss = loss.detach()
        if self._measuring.used or not self.step:
            losses, accuracies = self._losses, self._accuracies
        elif self._pending is not None:  # nothing was run forward since the last step: it is that step's
            losses, accuracies = self._pending["losses"], self._pending["accuracies"]
        else:
            return  # that step was not measured
        losses.append(loss)
        if accuracy is not None:
            accuracies.append(accuracy)

    def _note_evaluation(self, values: dict[str, float]) -> None:
        self._log.note_evaluation(values)
        self._log.evaluated(self.step, self._measuring.table.dead())

    def _before_step(self) -> None:
        measuring = self._measuring
        if self._controls is not None:
            self._controls.give_back()  # of a step that failed
        self._skipped = _number(self._optimizer, "found_inf", 0.0) > 0.0
        if self._skipped:
            return
        if not measuring.settled:
            if not measuring.layers:
                raise InputError("no watched layer was run forward before the first step")
            measuring.settle()
        if self._checks is not None and not self._checks.done:
            self._log.notice(self._checks.step(measuring.backward))
        scale = _number(self._optimizer, "grad_scale", 1.0)
        if not measuring.on:
            if self._controls is not None:
                self._controls.hold(None, scale)
            return
        measuring.before_step()
        norm = measuring.table.gradient_norm() / scale
        if self._controls is not None:
            self._controls.hold(norm, scale)
        shortens = self._controls is not None and self._controls.clips(norm)
        clipped = measuring.clipped_norm() / scale if shortens else norm
        taken = self._clipping.taken()
        before = norm if taken is None else taken / scale
        self._norms = before, clipped
        self._shortened = (before / norm if norm > 0.0 else 1.0) / scale  # times, by the script itself
        self._rate = float(self._optimizer.param_groups[0]["lr"])

    def _after_step(self) -> None:
        measuring = self._measuring
        if self._skipped:
            self._losses, self._accuracies = [], []
            measuring.clear()
            return
        self.step += 1
        if measuring.on:
            measuring.after_step()
            table = unscaled(measuring.table.row(), self._shortened, self._loss_scale())
            if not self._log.begun:
                self._begin()
            self._commit()
            norm, clipped = self._norms
            self._pending = {
                "step": self.step, "table": table, "norm": norm, "clipped": clipped, "lr": self._rate,
                "losses": self._losses, "accuracies": self._accuracies,
            }  # fmt: skip
            if self._log.broken is None:
                self._log.broken = measuring.table.broken(self.step, self._rate)
            self._losses, self._accuracies = [], []
            measuring.clear()
            self._measured += 1
            if self._measured % DEAD_EVERY == 0:
                self._log.evaluated(self.step, measuring.table.dead())
            if self._log.due():
                self._log.flush(self.step, "running")
        else:
            self._commit()
            self._losses, self._accuracies = [], []
            measuring.used = False
        measuring.on = (self.step + 1) % self._every == 0 or self._every == 1

    # -- what a framework has of its own ------------------------------------------------------------------------------

    def _candidates(self, model: nn.Module) -> Iterable[Candidate]:
        return candidates(model)

    def _script_checks(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> ScriptChecks | None:
        return ScriptChecks(model, optimizer)

    def _describe(self, model: nn.Module) -> Description:
        group = self._optimizer.param_groups[0]
        numbers = {
            key: float(value) for key, value in group.items() if isinstance(value, int | float) and key != "params"
        }
        numbers["lr"] = float(group["lr"])
        return Description(
            title=self._title or type(model).__name__,
            framework=f"PyTorch {torch.__version__.partition('+')[0]}",
            layers=tuple(layer.info() for layer in self._measuring.layers),
            optimizer=type(self._optimizer).__name__.lower(),
            optimizer_parameters=numbers,
            batch_size=max(1, self._measuring.rows),
            dtype="float64" if next(model.parameters()).dtype == torch.float64 else "float32",
            parameters=sum(parameter.numel() for parameter in model.parameters()),
            trainable=tuple(
                any(part.parameter.requires_grad for part in layer.parts) for layer in self._measuring.layers
            ),
            turnable={} if self._controls is None else self._controls.turnable(),
        )

    # -- inside -----------------------------------------------------------------------------------------------------

    def _loss_scale(self) -> float:
        """What the loss was multiplied by, to keep small gradients from vanishing in half precision."""
        return float(self._scaler.get_scale()) if self._scaler is not None else 1.0

    def _begin(self) -> None:
        model = self._model()
        assert model is not None
        self._log.begin(self._describe(model), self._every)

    def _commit(self) -> None:
        """The step before this one has all that it gets."""
        if self._pending is None:
            return
        one, self._pending = self._pending, None
        loss, accuracy = mean(one["losses"]), mean(one["accuracies"])
        self._log.add(one["step"], (loss, accuracy, 0.0, one["norm"], one["clipped"], one["lr"]), one["table"])

    def _tell(self, what: str, detail: dict[str, Any]) -> None:
        """Something was done to the run: a change of a setting, or another order."""
        if self._log.begun:
            self._commit()
            self._log.tell(self.step, what, detail)


def _number(optimizer: torch.optim.Optimizer, name: str, otherwise: float) -> float:
    """What a GradScaler tells a fused optimizer, which does its work: "grad_scale", or whether it has "found_inf"."""
    value = getattr(optimizer, name, None)
    return otherwise if value is None else float(value)


def mean(values: Sequence[Any]) -> float:
    """Of losses, tensors or numbers; NaN without any."""
    return float(np.mean([float(value) for value in values])) if values else NAN
