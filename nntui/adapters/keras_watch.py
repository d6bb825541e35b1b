"""How Keras trains on PyTorch, in the words of ``Watch``: its optimizer makes steps."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import torch
from torch import nn

from nntui.adapters.keras_layers import keras_layers
from nntui.watching.measuring import numbers
from nntui.watching.modules import Candidate
from nntui.watching.table import norm_of
from nntui.watching.watch import check_every
from nntui.watching.watcher import Watch
from nntui_engine.errors import InputError
from nntui_engine.record.watched import Description

NUMBERS = ("momentum", "rho", "beta_1", "beta_2", "epsilon")  # of optimizers, that are shown


class Steps:
    """A Keras optimizer while it is watched, with what ``Watch`` uses of those of PyTorch: hooks around a step, and a
    group of parameters, with their gradients and the rate.

    A step begins where gradients are clipped (then they are all there, averaged and not scaled), and ends where the
    optimizer is done. ``clipped``: the gradients after clipping, None where nothing clips. ``found_inf``: 1.0 while a
    step is told of that an optimizer with a scaled loss leaves out.
    """

    def __init__(self, optimizer: Any, parameters: list[nn.Parameter]) -> None:
        self.outer = optimizer
        self.optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # of a scaled loss
        self.clipped: Sequence[torch.Tensor] | None = None
        self.failed: Callable[[Exception], None] = lambda _: None
        own = self.optimizer
        self.found_inf: float | None = None
        self._apply, self._clip, self._rate = own.apply, own._clip_gradients, own._get_current_learning_rate
        self._apply_scaled = optimizer.apply
        config = own.get_config()
        self.param_groups: list[dict[str, Any]] = [
            {name: config[name] for name in NUMBERS if config.get(name)}
            | {"params": parameters, "lr": float(self._rate())}
        ]
        self._turned: float | None = None  # the rate that takes the place of its own in this step
        self._variables: list[Any] = []
        self._gradients: list[tuple[nn.Parameter, torch.Tensor | None]] = []  # as they were before
        self._made = self._applied = False
        self._before: list[Callable[..., object]] = []
        self._after: list[Callable[..., object]] = []
        if self.outer is not own:
            vars(self.outer)["apply"] = self.apply_scaled
        vars(own).update(apply=self.apply, _clip_gradients=self.clip, _get_current_learning_rate=self.rate)

    def get_scale(self) -> float:
        """What the gradients of a batch are multiplied by, against those of the step that it is a part of."""
        scale = getattr(self.outer, "dynamic_scale", None)
        scale = self.optimizer.loss_scale_factor if scale is None else scale
        return float(1.0 if scale is None else scale) * (self.optimizer.gradient_accumulation_steps or 1)

    def register_step_pre_hook(self, hook: Callable[..., object]) -> "Handle":
        """Called with three arguments, of which only the first is more than empty."""
        self._before.append(hook)
        return Handle(self)

    def register_step_post_hook(self, hook: Callable[..., object]) -> "Handle":
        """The same, after a step."""
        self._after.append(hook)
        return Handle(self)

    def remove(self) -> None:
        """The optimizer has its own functions again."""
        ours = {"apply": self.apply, "_clip_gradients": self.clip, "_get_current_learning_rate": self.rate}
        for name, function in ours.items():
            if vars(self.optimizer).get(name) == function:
                del vars(self.optimizer)[name]
        if vars(self.outer).get("apply") == self.apply_scaled:
            del vars(self.outer)["apply"]

    # -- what takes the place of the optimizer's own -------------------------------------------------------------------

    def apply_scaled(self, grads: Any, trainable_variables: Any = None) -> None:
        """Applies gradients that are scaled, unless some are infinite."""
        self._applied = False
        self._apply_scaled(grads, trainable_variables)
        if not self._applied:
            self.found_inf = 1.0
            for hook in [*self._before, *self._after]:
                hook(self, (), {})
            self.found_inf = None

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Applies gradients; every so many times, where they are accumulated, it is a step."""
        self._made, self._applied = False, True
        self._variables = []
        with self._guarded():
            known = self.optimizer._trainable_variables if trainable_variables is None else trainable_variables
            self._variables = [
                one
                for gradient, one in zip(grads, known, strict=True)
                if gradient is not None and not getattr(one, "overwrite_with_gradient", False)
            ]
        try:
            self._apply(grads, trainable_variables)
        finally:
            self._turned = None
            for parameter, gradient in self._gradients:
                parameter.grad = gradient
            self._gradients = []
        if self._made:
            for hook in self._after:
                hook(self, (), {})
            self.clipped = None

    def clip(self, grads: Any) -> Any:
        """Clips the gradients of a step, which begins."""
        with self._guarded():
            group = self.param_groups[0]
            for gradient, one in zip(grads, self._variables, strict=True):
                parameter = one._value
                self._gradients.append((parameter, parameter.grad))
                parameter.grad = gradient
            group["lr"] = rate = float(self._rate())
            self._made = True
            for hook in self._before:
                hook(self, (), {})
            self._turned = group["lr"] if group["lr"] != rate else None
        clipped = self._clip(grads)
        self.clipped = None if clipped is grads else clipped
        return clipped

    def rate(self) -> Any:
        """The learning rate in force."""
        return self._rate() if self._turned is None else self._turned

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.failed(error)


@dataclass(frozen=True, slots=True)
class Handle:
    """What takes hooks out of an optimizer again, all of them."""

    steps: Steps

    def remove(self) -> None:
        """Does it."""
        self.steps.remove()


class KerasWatch(Watch):
    """Watches a model of Keras that trains on PyTorch."""

    def __init__(self, model: Any, optimizer: Any, path: Path, *, every: int, layers: Sequence[str], **options: Any):
        check_every(every)
        self._found = list(keras_layers(model))
        names = [one.name for one in self._found]
        for name in layers:
            if name not in names:
                raise InputError(f'watch: layers: there is no layer "{name}"; allowed: {", ".join(names)}')
        parameters = [one for layer in self._found for _, one in layer.parameters]
        self._steps = Steps(optimizer, parameters)
        try:
            super().__init__(
                model,
                self._steps,
                path,
                every=every,
                layers=layers,
                scaler=self._steps,
                **options,
            )
        except BaseException:
            self._steps.remove()
            raise
        self._steps.failed = self._stop_watching

    def _candidates(self, model: nn.Module) -> Iterable[Candidate]:  # noqa: ARG002
        return self._found

    def _script_checks(self, model: nn.Module, optimizer: object) -> None:  # noqa: ARG002
        return None  # what they find is mended in a loop that Keras has written

    def _describe(self, model: nn.Module) -> Description:
        return replace(
            super()._describe(model),
            framework=f"Keras {keras.version()} on PyTorch",
            optimizer=type(self._steps.optimizer).__name__.lower(),
            parameters=sum(one.numel() for one in self._steps.param_groups[0]["params"]),
            in_pytorch=False,
        )

    def _after_step(self) -> None:
        if self._steps.clipped is not None and self._measuring.on:
            self._norms = self._norms[0], norm_of([numbers(one) for one in self._steps.clipped])
        super()._after_step()

    def close(self) -> None:
        """Gives the optimizer its own functions back, too, wherever it stands."""
        super().close()
        self._steps.remove()
