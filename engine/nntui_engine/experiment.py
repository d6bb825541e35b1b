"""The engine's front door: a run of either kind, with its networks' numbers at hand."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiling.ahead import Progress
from .errors import InputError
from .registry.statistic import LAYER_HISTORIES, SURFACE_BY_NAME, WHOLE_HISTORIES
from .run.lanes import lane_tables
from .run.listener import Listener
from .run.run import Run
from .run.snapshot import Snapshot
from .run.source import Capability
from .run.timeline import ParametersSet
from .scenario import Scenario, load_scenario
from .tasks.network import NetworkTask
from .tasks.surface import SurfaceTask


class Experiment(Run):
    """Train a scenario's networks in lockstep, or race its optimizers, and hand out what happens.

    >>> experiment = Experiment("digits", seed=1, steps=200)
    >>> experiment.advance(200)
    200
    >>> experiment.lanes[0].statistics["validation_accuracy"] > 0.8
    True

    :meth:`parameters` and what follows is a network's; on a surface it raises InputError.
    """

    def __init__(
        self,
        scenario: Scenario | str,
        seed: int | None = None,
        steps: int | None = None,
        overrides: Iterable[tuple[Mapping[str, object], str | None]] = (),
        every: int = 1,
        keep_samples: int = 0,
        compiling: Progress | None = None,
        rewind_memory: int = 0,
        listener: Listener | None = None,
    ) -> None:
        """``scenario``: a :class:`Scenario`, a built-in name or a path. ``every``: sample per-step statistics every
        that many steps. ``keep_samples``: keep every step divisible by it, and the last, for :meth:`samples`; 0 keeps
        none. ``overrides``: (settings, lane name or None for all). ``compiling(name, done, total)`` hears of the
        kernels' compilation, if this is their first use. ``rewind_memory``: bytes for moments kept on the way, so that
        :meth:`seek` need not begin at the start. ``listener`` hears of all that is measured. Raises InputError on bad
        input."""
        if isinstance(scenario, str):
            scenario = load_scenario(scenario)
        if every < 1:
            raise InputError(f"every: {every} is not allowed; must be a whole number, at least 1")
        kind = SurfaceTask if scenario.is_surface else NetworkTask
        tables = lane_tables(scenario, seed, steps, overrides)
        super().__init__(scenario, kind(scenario.name, every, keep_samples), tables, compiling, rewind_memory, listener)

    @property
    def network(self) -> NetworkTask:
        """What only a run of networks has. Raises InputError for a surface."""
        if not isinstance(self._task, NetworkTask):
            raise InputError(f"{self.scenario.name}: a surface has no network")
        return self._task

    @property
    def surface(self) -> SurfaceTask:
        """What only a run on a surface has. Raises InputError for a network."""
        if not isinstance(self._task, SurfaceTask):
            raise InputError(f"{self.scenario.name}: there is no [surface] to descend")
        return self._task

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this run can do beside handing out snapshots."""
        own: tuple[Capability, ...] = ("survey",) if self.scenario.is_surface else ("diagnose", "predict")
        return frozenset(("advance", "tweak", "rewind", *own))

    def full_snapshot(self, points: int | None = 512) -> Snapshot:
        """A snapshot with the history of every statistic."""
        if self.scenario.is_surface:
            return self.snapshot((), SURFACE_BY_NAME, points)
        return self.snapshot(LAYER_HISTORIES, WHOLE_HISTORIES, points)

    def parameters(self, lane: str | int = 0) -> dict[str, NDArray[Any]]:
        """Copies of a lane's parameters and running statistics, by name: "1.weights" (inputs, units), "1.biases", …"""
        return self.network.parameters(self.index(lane))

    def set_parameters(self, lane: str | int, values: Mapping[str, NDArray[Any]]) -> None:
        """Overwrite some of a lane's parameters; names and shapes as in :meth:`parameters`."""
        index, kept = self.index(lane), {name: np.array(value) for name, value in values.items()}
        self.network.set_parameters(index, values)
        self.happened(ParametersSet(self.position, kept, index))

    def gradients(self, lane: str | int = 0) -> dict[str, NDArray[Any]]:
        """∂(loss + penalty)/∂ of every parameter on the next mini-batch, before clipping. Changes nothing.

        Names and shapes as in :meth:`parameters`.
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
