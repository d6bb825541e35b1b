"""Orders carried out between two steps, on the thread that trains: what is turned is put back after each step, so that
schedulers and checkpoints see what the script has set."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nntui.watching.orders import Inbox, Order, name_of

MOST_GROUPS = 8  # whose rates have knobs of their own
PAUSE = 0.02  # seconds between two looks while it waits
_DROPOUT = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)
Tell = Callable[[str, dict[str, Any]], None]


class Controls:
    """What the lab has turned: factors on the rate, of all groups of parameters (None) and of each; weight decay by
    group; the largest norm."""

    def __init__(
        self, record: Path, model: nn.Module, optimizer: torch.optim.Optimizer, save: Callable[[], object] | None
    ) -> None:
        self._inbox: Inbox | None = Inbox(record)
        self._model, self._optimizer, self._save = model, optimizer, save
        self.factors: dict[int | None, float] = {}
        self.decays: dict[int, float] = {}
        self.clip_norm = 0.0
        self._held: list[tuple[dict[str, Any], str, Any, Any]] = []
        self._steps_left = -1  # before the next pause; -1: it goes on

    def turnable(self) -> dict[str, float | list[float]]:
        """What may be turned of this model and optimizer, and where it stands."""
        found: dict[str, float | list[float]] = {"lr": 1.0}
        groups = len(self._optimizer.param_groups)
        if 1 < groups <= MOST_GROUPS:
            found |= {name_of("lr", number): 1.0 for number in range(groups)}
        decay = self._optimizer.param_groups[0].get("weight_decay")
        if isinstance(decay, int | float):
            found["weight_decay"] = float(decay)
        found["clip_norm"] = 0.0
        shares = [float(module.p) for module in self._dropouts()]
        if shares:
            found["dropout"] = shares if len(set(shares)) > 1 else shares[0]
        return found

    def _dropouts(self) -> list[Any]:
        return [module for module in self._model.modules() if isinstance(module, _DROPOUT)]

    def clips(self, norm: float) -> bool:
        """Whether gradients of this norm are shortened."""
        return 0.0 < self.clip_norm < norm

    def hold(self, norm: float | None, scale: float = 1.0) -> None:
        """Right before a step: what was turned takes the place of what the script has set. ``norm``: of the gradients,
        None where it is not known yet; they are ``scale`` times as large still."""
        if self.clip_norm > 0.0 and (norm is None or self.clips(norm)):
            parameters = [one for group in self._optimizer.param_groups for one in group["params"]]
            torch.nn.utils.clip_grad._clip_grads_with_norm_(
                parameters,
                self.clip_norm * scale,
                torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None]),
            )
        for number, group in enumerate(self._optimizer.param_groups):
            factor = self.factors.get(None, 1.0) * self.factors.get(number, 1.0)
            if factor != 1.0:
                self._put(group, "lr", group["lr"] * factor)
            if number in self.decays and "weight_decay" in group:
                self._put(group, "weight_decay", self.decays[number])

    def _put(self, group: dict[str, Any], key: str, value: Any) -> None:
        before = group[key]
        if isinstance(before, torch.Tensor):  # filled, never replaced: a compiled step holds on to it
            self._held.append((group, key, before.clone(), None))
            before.copy_(value)
        else:
            group[key] = float(value)
            self._held.append((group, key, before, group[key]))

    def give_back(self) -> None:
        """Right after the step: what the script had set is there again."""
        held, self._held = self._held, []
        for group, key, before, put in reversed(held):
            if isinstance(group[key], torch.Tensor):
                group[key].copy_(before)
            elif group[key] == put:  # else the step itself has changed it
                group[key] = before

    def obey(self, tell: Tell) -> None:
        """Carries out what was ordered, and waits while it is paused. Ctrl-C ends the waiting as ever."""
        if self._inbox is None or not (self._inbox.due() or self._steps_left >= 0):
            return
        self._take(tell)
        if self._steps_left > 0:
            self._steps_left -= 1
        while self._steps_left == 0:
            time.sleep(PAUSE)
            self._take(tell)
            if self._steps_left == 0 and self._inbox is not None and not self._inbox.attended():
                self._steps_left = -1
                tell("go", {"why": "nobody looks at it any more"})

    def _take(self, tell: Tell) -> None:
        assert self._inbox is not None
        try:
            orders = list(self._inbox.new())
        except OSError as error:
            tell("refused", {"why": f"orders cannot be read: {error.strerror or error}"})
            self._steps_left = -1
            self._inbox = None
            return
        for order in orders:
            if isinstance(order, str):
                tell("refused", {"why": order})
            else:
                self._carry_out(order, tell)

    def _carry_out(self, order: Order, tell: Tell) -> None:
        if order.do == "set":
            why = self._set(order)
            detail = {"what": order.what, "value": order.value, "group": order.group}
            tell("refused", {**detail, "why": why}) if why else tell("set", detail)
        elif order.do == "save":
            self._checkpoint(tell)
        else:
            self._steps_left = {"pause": 0, "step": max(self._steps_left, 0) + 1}.get(order.do, -1)
            tell(order.do, {})
            if order.do == "stop":
                signal.raise_signal(signal.SIGINT)  # as Ctrl-C does: a script that saves then does so

    def _set(self, order: Order) -> str:
        """Sets one thing; why not, where it cannot."""
        groups = self._optimizer.param_groups
        chosen = range(len(groups)) if order.group is None else [order.group]
        if order.group is not None and order.group >= len(groups):
            return f"there is no group {order.group}: the optimizer has {len(groups)}"
        if order.what == "lr":
            self.factors[order.group] = order.value
        elif order.what == "weight_decay":
            if not all("weight_decay" in groups[number] for number in chosen):
                return f"{type(self._optimizer).__name__} has no weight decay"
            self.decays.update(dict.fromkeys(chosen, order.value))
        elif order.what == "clip_norm":
            self.clip_norm = order.value
        else:
            found = self._dropouts()
            if not found:
                return "the model has no dropout modules"
            for module in found:
                module.p = order.value
        return ""

    def _checkpoint(self, tell: Tell) -> None:
        if self._save is None:
            tell("refused", {"why": "the script has given no way to save: watch(…, save=function)"})
            return
        try:
            self._save()
        except Exception as error:
            tell("refused", {"why": f"saving failed: {type(error).__name__}: {error}"[:300]})
        else:
            tell("save", {})

    def close(self) -> None:
        """Takes no more orders."""
        self.give_back()
        if self._inbox is not None:
            self._inbox.close()
            self._inbox = None
