"""What only a script can get wrong: the model, its optimizer and its loss do not belong together."""

import gc
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler

from nntui_engine.record.noticed import Mistake
from nntui_engine.run.finding import Severity

SEEN = 20  # steps that must show a sign
_DEEPEST = 12  # steps back from a loss that are looked at
_SCALED = ("MulBackward0", "DivBackward0")  # of a loss: it is the same one


class ScriptChecks:
    """Looks at a script's steps until enough of them were seen; each mistake is noticed once."""

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self._model, self._optimizer = model, optimizer
        self._names = {id(parameter): name for name, parameter in model.named_parameters()}
        self._noticed: set[str] = set()
        self._steps = 0
        self._in_eval = self._kept = 0
        self._without: dict[str, int] = {}  # parameters without a gradient, and in how many steps
        self._versions: dict[int, tuple[int, int]] = {}  # of gradients before: which tensor, and its version
        self._loss_seen = False
        self._scheduled = _times_scheduled(optimizer)

    @property
    def done(self) -> bool:
        """Whether enough was seen."""
        return self._steps > SEEN

    def loss(self, loss: Any) -> list[Mistake]:
        """What is wrong with a loss, as a script hands it over."""
        if self._loss_seen or not isinstance(loss, torch.Tensor):
            return []
        self._loss_seen = True
        if not torch.is_grad_enabled():
            return []
        if loss.grad_fn is None:
            return self._once(
                "loss_detached", "The loss does not depend on any parameter: nothing can be learned from it.",
                "loss", "criterion(model(x), y)  # without .detach(), .item() or torch.no_grad()",
            )  # fmt: skip
        names = [name for name in _behind(loss.grad_fn) if name not in _SCALED]
        if names[:3] == ["NllLossBackward0", "LogSoftmaxBackward0", "SoftmaxBackward0"]:
            return self._once(
                "softmax_before_cross_entropy",
                "The outputs go through a softmax, and cross_entropy takes another one of them: gradients are weak, "
                "and the loss cannot come near 0.",
                "model", "the network without its softmax: cross_entropy takes the raw outputs",
            )  # fmt: skip
        return []

    def step(self, backward: int) -> list[Mistake]:
        """What is wrong, right before a step; ``backward``: how often gradients have come since the one before."""
        self._steps += 1
        if self.done:
            return []
        return [*self._held(), *self._order(), *self._gradients(backward), *self._mode()]

    def _order(self) -> Iterator[Mistake]:
        if self._steps > 1:
            return
        now = _times_scheduled(self._optimizer)
        if any(now.get(one, 0) > before for one, before in self._scheduled.items()):
            yield from self._once(
                "scheduler_before_optimizer",
                "The scheduler steps before the optimizer: the first value of the schedule is passed over.",
                "scheduler.step()", "after optimizer.step()",
            )  # fmt: skip

    def _held(self) -> Iterator[Mistake]:
        if self._steps > 1:
            return
        held = {id(one) for group in self._optimizer.param_groups for one in group["params"]}
        trained = {name: p for name, p in self._model.named_parameters() if p.requires_grad}
        outside = [name for name, parameter in trained.items() if id(parameter) not in held]
        if outside:
            yield from self._once(
                "not_in_optimizer", f"The optimizer does not hold {_listed(outside)}: they never change.",
                "optimizer", f"torch.optim.{type(self._optimizer).__name__}(model.parameters(), …)",
            )  # fmt: skip
        frozen = [name for name, p in self._model.named_parameters() if not p.requires_grad and id(p) in held]
        if frozen:
            yield from self._once(
                "requires_grad_lost", f"The optimizer holds {_listed(frozen)}, which have requires_grad = False.",
                "parameter.requires_grad", "True  # if they are to learn", severity="info",
            )  # fmt: skip

    def _gradients(self, backward: int) -> Iterator[Mistake]:
        parameters = [p for group in self._optimizer.param_groups for p in group["params"] if p.requires_grad]
        without = [p for p in parameters if p.grad is None]
        if parameters and len(without) == len(parameters) and self._steps >= 2:
            yield from self._once(
                "no_gradient", "No parameter has a gradient: the loss is not attached, or backward() is not called.",
                "loss", "loss.backward() before optimizer.step()",
            )  # fmt: skip
            return
        for parameter in without:
            name = self._names.get(id(parameter), "?")
            self._without[name] = self._without.get(name, 0) + 1
        if self._steps == SEEN:
            never = [name for name, count in self._without.items() if count == SEEN]
            if never:
                yield from self._once(
                    "parameters_without_gradient",
                    f"{_listed(never)} got no gradient in {SEEN} steps: the loss does not depend on them.",
                    "forward", "a way from them to the loss",
                )  # fmt: skip
        kept, now = 0, {}
        for parameter in parameters:
            if parameter.grad is not None:
                gradient = parameter.grad
                before = self._versions.get(id(parameter))
                now[id(parameter)] = id(gradient), gradient._version
                kept += before == (id(gradient), gradient._version - backward) and backward > 0
        self._kept += bool(now) and kept == len(now)
        self._versions = now
        if self._steps == SEEN and self._kept == SEEN - 1:
            yield from self._once(
                "gradients_not_zeroed",
                "Gradients are never set to 0: each step makes all those before again, too.",
                "optimizer.zero_grad()", "before each backward()",
            )  # fmt: skip

    def _mode(self) -> Iterator[Mistake]:
        matters = any(
            isinstance(one, nn.modules.dropout._DropoutNd | nn.modules.batchnorm._NormBase)
            for one in self._model.modules()
        )
        self._in_eval += matters and not self._model.training
        if self._in_eval == SEEN:
            yield from self._once(
                "eval_mode", "The model trains in eval mode: dropout is off, and batch norm does not follow the data.",
                "model.train()", "before the training loop, and again after each evaluation",
            )  # fmt: skip

    def _once(self, rule: str, message: str, name: str, code: str, severity: Severity = "warning") -> list[Mistake]:
        if rule in self._noticed:
            return []
        self._noticed.add(rule)
        return [Mistake(rule, severity, max(self._steps, 1), message, name, code)]


def _times_scheduled(optimizer: torch.optim.Optimizer) -> dict[int, int]:
    """How often each scheduler of an optimizer has stepped, by its id; only the schedulers know their optimizer."""
    found = {}
    for one in gc.get_referrers(optimizer):
        owners = gc.get_referrers(one) if isinstance(one, dict) else [one]
        found.update({id(owner): owner.last_epoch for owner in owners if isinstance(owner, LRScheduler)})
    return found


def _behind(node: Any) -> Iterator[str]:
    """The names of what made a loss, back along the first inputs."""
    for _ in range(_DEEPEST):
        if node is None:
            return
        yield type(node).__name__
        node = node.next_functions[0][0] if node.next_functions else None


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
