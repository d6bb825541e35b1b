"""The engine's front door: a run of either kind, with its networks' numbers at hand."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .run.run import Run
from .run.timeline import ParametersSet


class Experiment(Run):
    """Train a scenario's networks in lockstep, or race its optimizers, and hand out what happens.

    >>> experiment = Experiment("digits", seed=1, steps=200)
    >>> experiment.advance(200)
    200
    >>> experiment.lanes[0].statistics["validation_accuracy"] > 0.8
    True

    The methods below are those of a network; on a surface they raise InputError.
    """

    def parameters(self, lane: str | int = 0) -> dict[str, NDArray[Any]]:
        """Copies of a lane's parameters and running statistics, by name: "1.weights" (inputs, units), "1.biases", …"""
        return self.network.parameters(self.index(lane))

    def set_parameters(self, lane: str | int, values: Mapping[str, NDArray[Any]]) -> None:
        """Overwrite some of a lane's parameters; names and shapes as in :meth:`parameters`."""
        index, kept = self.index(lane), {name: np.array(value) for name, value in values.items()}
        self.network.set_parameters(index, values)
        self._timeline.happened(ParametersSet(self.position, kept, index))

    def gradients(self, lane: str | int = 0) -> dict[str, NDArray[Any]]:
        """∂(loss + penalty)/∂ of every parameter on the next mini-batch, before clipping. Changes nothing.

        The penalty is without L1 where ``train.l1_method`` is "proximal": it then acts after the step, outside of g.
        """
        return self.network.gradients(self.index(lane))

    def loss(self, lane: str | int = 0) -> float:
        """The data loss on the next mini-batch, with its dropout masks and noise. Changes nothing."""
        return self.network.probe(self.index(lane))

    def penalty(self, lane: str | int = 0, in_gradient: bool = False) -> float:
        """Σ l1·‖W‖₁ + ½·l2·‖W‖² of a lane's weights as they are; ``in_gradient``: the part that :meth:`gradients` hold
        the derivative of."""
        return self.network.penalty(self.index(lane), in_gradient)

    def predict(self, x: NDArray[Any], lane: str | int = 0, sample: int | None = None) -> NDArray[np.float64]:
        """The network's outputs (rows, outputs) for preprocessed inputs ``x`` (rows, inputs). Changes nothing.

        With ``sample`` (0, 1, …) dropout and noise stay on, with other masks for each number: their spread is
        Monte-Carlo dropout's uncertainty (Gal & Ghahramani 2016). Batch norm then uses the statistics of ``x`` itself.
        """
        return self.network.predict(x, self.index(lane), sample)
