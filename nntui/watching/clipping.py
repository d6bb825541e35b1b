"""The norm that gradients had before a script clipped them: what ``clip_grad_norm_`` returns."""

import functools
from typing import Any

import torch
from torch import nn


class ClippingSeen:
    """Looks at what torch's clip_grad_norm_ returns for parameters of a model, wherever a script calls it as a function
    of its module."""

    def __init__(self, model: nn.Module) -> None:
        self._own = {id(parameter) for parameter in model.parameters()}
        self._norm: Any = None
        self._places = [torch.nn.utils, torch.nn.utils.clip_grad]
        self._original = original = torch.nn.utils.clip_grad.clip_grad_norm_

        @functools.wraps(original)
        def seen(parameters: Any, *rest: Any, **named: Any) -> torch.Tensor:
            parameters = [parameters] if isinstance(parameters, torch.Tensor) else list(parameters)
            norm = original(parameters, *rest, **named)
            if len(rest) < 2 and named.get("norm_type", 2.0) == 2.0 and any(id(one) in self._own for one in parameters):
                self._norm = norm
            return norm

        self._seen = seen
        for place in self._places:
            place.clip_grad_norm_ = seen

    def taken(self) -> float | None:
        """The norm before clipping since the last call; None where nothing was clipped."""
        norm, self._norm = self._norm, None
        return None if norm is None else float(norm)

    def remove(self) -> None:
        """Puts torch's own function back, unless somebody has put another there since."""
        for place in self._places:
            if place.clip_grad_norm_ is self._seen:
                place.clip_grad_norm_ = self._original
