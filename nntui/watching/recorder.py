"""``nntui.Recorder``: the record of a training that any framework makes, told step by step."""

import atexit
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.watching.run_log import (
    DEAD_EVERY,
    EVALUATED,
    NAN,
    RunLog,
    announce,
    own_words,
    place_of_record,
    warn,
)
from nntui.watching.table import COLUMN, STEP, StepTable, Units
from nntui_engine.errors import InputError
from nntui_engine.record.watched import PANELS, Description
from nntui_engine.registry.activation import ACTIVATIONS
from nntui_engine.registry.statistic import WHOLE_STATISTICS
from nntui_engine.run.snapshot import LayerInfo

WHOLE = [row.name for row in WHOLE_STATISTICS]
ARRAYS = ("pre_activation", "activation", "backprop", "gradient", "weights")
BARE = "model"  # the only layer of a run that says nothing of its layers
Values = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Told(Units):
    """A layer as it was told of first; ``before``: its weights as the step began from them, None in the first one."""

    name: str
    inputs: int = 0
    parameters: int = 0
    shape: tuple[int, ...] = ()
    before: list[NDArray[Any]] = field(default_factory=list)

    def info(self, place: int) -> LayerInfo:
        """What the record says of it."""
        return LayerInfo(
            index=place + 1, name=self.name, inputs=self.inputs, units=self.units, activation=self.activation,
            shape=self.shape, sources=(place,), parameters=self.parameters,
        )  # fmt: skip


class Recorder:
    """Records a training of any framework, for the lab (``nntui watch``, ``nntui exec``) and all that reads records.

    ``record``: the file; where there is one of the name, the next free name is taken. Without, what the environment
    variable NNTUI_RECORD says, or run.nntui. ``layers``: the layers' names in the order of the forward pass, each with
    its activation where that is known: {"hidden": "relu", "output": "softmax"}; without, those of the first step.
    ``title`` and ``framework`` are shown. ``path``: the file in use, None where none could be made.

    Nothing that goes wrong here stops the training: it is a warning, once.
    """

    def __init__(
        self,
        record: str | os.PathLike[str] | None = None,
        *,
        layers: Mapping[str, str] | Sequence[str] = (),
        title: str = "",
        framework: str = "",
    ) -> None:
        self.path: Path | None = None
        self.position = 0
        self._title, self._framework = title, framework or "a script"
        self._table = StepTable()
        self._told: dict[str, Told] = {}
        self._warned: set[str] = set()
        self._log: RunLog | None = None
        self._measured = 0
        self._activations: Mapping[str, str] = {}
        try:
            self._activations = dict(layers) if isinstance(layers, Mapping) else dict.fromkeys(layers, "linear")
            _check(self._activations)
            wanted, path = place_of_record(record)
            self._log, self.path = RunLog(path), path
        except Exception as error:  # whatever it is, the training must not end by it
            warn(f"{own_words(error)}. The training goes on unrecorded.")
            return
        announce(path, wanted)
        atexit.register(self.close)

    def step(self, values: Values, at: int | None = None) -> None:
        """A step was made: what was measured of it.

        ``values``: statistics of the whole by their names ("loss", "accuracy", "gradient_norm", "lr", …; also
        "validation_loss" and the like, measured on whole sets), and of layers, under their names, a mapping of
        statistics of layers ("gradient_norm", "activation_variance", …) or of arrays, from which these are worked out:
        "pre_activation" and "activation" (rows, units), "backprop" (the gradient by the pre-activation),
        "gradient" (of its parameters: an array or several), "weights" (as they are now, after the step; an array or
        several; what the step has changed is told from the call before). ``at``: the number of the step, the next one
        if None.
        """
        if self._log is not None:
            self._safely(self._step, values, at)

    def evaluated(self, **values: float) -> None:
        """What was measured on whole sets now: train_loss, train_accuracy, validation_loss, validation_accuracy, …"""
        if self._log is not None:
            self._safely(self._evaluate, values)

    def close(self) -> None:
        """Writes what is left. Happens by itself where the script ends."""
        log, self._log = self._log, None
        if log is not None:
            atexit.unregister(self.close)
            with suppress(Exception):
                log.close(self.position)

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- inside -----------------------------------------------------------------------------------------------------

    def _safely(self, work: Any, *values: Any) -> None:
        try:
            work(*values)
        except Exception as error:
            self._say(f"step {self.position}: {own_words(error)}. The training goes on, the step is not recorded.")
            self._table.clear(used=False)

    def _say(self, text: str) -> None:
        """A warning, of each kind once."""
        kind = text.partition(": ")[2]
        if kind not in self._warned:
            self._warned.add(kind)
            warn(text)

    def _step(self, values: Values, at: int | None) -> None:
        log = self._log
        assert log is not None
        if not isinstance(values, Mapping):
            raise InputError(f"step: must be given a mapping of names to values; got {type(values).__name__}")
        position = self.position + 1 if at is None else at
        if isinstance(position, bool) or not isinstance(position, int) or position <= self.position:
            raise InputError(f"step: at must be a whole number above {self.position}; got {at!r}")
        whole = {name: _number(name, value) for name, value in values.items() if name in WHOLE}
        evaluated = {name: _number(name, value) for name, value in values.items() if name in EVALUATED}
        layers = {name: value for name, value in values.items() if isinstance(value, Mapping)}
        for name in values:
            if name not in whole and name not in evaluated and name not in layers:
                self._say(f'step: unknown statistic "{name}"; allowed: {", ".join([*WHOLE, *EVALUATED])}')
        self._take(layers)
        table = self._table.row()
        for place, (name, one) in enumerate(self._told.items()):
            for statistic, value in _statistics(name, layers.get(name, {})):
                table[place, COLUMN[statistic]] = value
            if "weights" in layers.get(name, {}):
                one.before = [array.copy() for array in _arrays(name, "weights", layers[name]["weights"])]
        if not log.begun:
            self._begin(log, whole, table)
        self.position = position
        if log.broken is None:
            log.broken = self._table.broken(position, whole.get("lr", NAN))
        norm = whole.get("gradient_norm", _norm_of(table))
        whole = {"loss": NAN, "accuracy": NAN, "penalty": 0.0, "clipped_gradient_norm": norm, "lr": NAN, **whole}
        log.add(position, [{**whole, "gradient_norm": norm}[name] for name in WHOLE], table)
        self._table.clear(used=bool(layers))
        self._measured += 1
        if evaluated:
            log.note_evaluation(evaluated)
        if evaluated or self._measured % DEAD_EVERY == 0:
            log.evaluated(position, self._table.dead())
        if log.due():
            log.flush(position, "running")

    def _evaluate(self, values: Values) -> None:
        log = self._log
        assert log is not None
        log.note_evaluation({name: _number(name, value) for name, value in values.items()})
        log.evaluated(self.position, self._table.dead())

    def _take(self, layers: Mapping[str, Values]) -> None:
        """Measures the arrays of a step."""
        if not self._told:
            for name in [*self._activations, *(name for name in layers if name not in self._activations)] or [BARE]:
                self._told[name] = _first(name, self._activations.get(name, "linear"), layers.get(name, {}))
                self._table.add(self._told[name])
        places = {name: place for place, name in enumerate(self._told)}
        for name, values in layers.items():
            if name not in places:
                self._say(f'step: layer "{name}" is left out: the first step had none of that name')
                continue
            self._take_layer(places[name], self._told[name], values)

    def _take_layer(self, place: int, one: Told, values: Values) -> None:
        for key in values:
            if key not in ARRAYS and key not in STEP:
                self._say(f'step: layer "{one.name}": unknown "{key}"; allowed: {", ".join([*ARRAYS, *STEP])}')
        arrays = {key: _arrays(one.name, key, values[key]) for key in ARRAYS if key in values}
        for z in arrays.get("pre_activation", ()):
            self._table.take_z(place, z)
        for number, a in enumerate(arrays.get("activation", ())):
            if a.shape[-1:] != (one.units,):
                raise InputError(f'layer "{one.name}": activation: it has {one.units} units; got the shape {a.shape}')
            given = arrays.get("pre_activation", ())
            z = given[number] if number < len(given) else a
            if z.shape != a.shape:
                raise InputError(f'layer "{one.name}": pre_activation {z.shape} and activation {a.shape} must be alike')
            self._table.take_a(place, z.astype(a.dtype, copy=False), a, channels_first=False)
        for delta in arrays.get("backprop", ()):
            self._table.take_delta(place, delta)
        for gradient in arrays.get("gradient", ()):
            self._table.take_gradient(place, gradient)
        if "weights" in arrays and [w.shape for w in arrays["weights"]] == [w.shape for w in one.before]:
            for weights, before in zip(arrays["weights"], one.before, strict=True):
                self._table.take_weights(place, before, np.empty(before.size, before.dtype))
                self._table.take_step(place, weights.astype(before.dtype, copy=False), before.reshape(-1))

    def _begin(self, log: RunLog, whole: Mapping[str, float], table: NDArray[np.float64]) -> None:
        shown = {"loss", *(name for name in STEP if np.isfinite(table[:, COLUMN[name]]).any())}
        if "gradient_norm" in whole:
            shown.add("gradient_norm")
        if any(one.before for one in self._told.values()):
            shown.add("update_ratio")
        if any(one.falls_silent for one in self._told.values()):
            shown.add("dead_units")
        log.begin(
            Description(
                title=self._title or "A training",
                framework=self._framework,
                layers=tuple(one.info(place) for place, one in enumerate(self._told.values())),
                optimizer="",
                optimizer_parameters={"lr": whole.get("lr", NAN)},
                batch_size=0,
                dtype="float64",
                parameters=sum(one.parameters for one in self._told.values()),
                panels=tuple(name for name in PANELS if name in shown),
                in_pytorch=False,
            ),
            1,
        )


def _check(layers: Mapping[str, str]) -> None:
    for name, activation in layers.items():
        if not isinstance(name, str) or not name:
            raise InputError(f"Recorder: layers: a name must be a text; got {name!r}")
        if activation not in ACTIVATIONS:
            raise InputError(
                f'Recorder: layers: unknown activation "{activation}" of "{name}"; allowed: {", ".join(ACTIVATIONS)}'
            )


def _first(name: str, activation: str, values: Values) -> Told:
    """A layer as its first step shows it."""
    arrays = {key: _arrays(name, key, values[key]) for key in ARRAYS if key in values}
    weights = arrays.get("weights") or arrays.get("gradient") or []
    passed = [*arrays.get("activation", ()), *arrays.get("pre_activation", ()), *arrays.get("backprop", ())]
    units = int((passed or weights)[0].shape[-1]) if (passed or weights) and (passed or weights)[0].ndim else 1
    inputs = int(np.prod(weights[0].shape[:-1])) if weights else 0
    shape = tuple(passed[0].shape[1:]) if passed else (units,)
    return Told(
        name=name, units=units, activation=activation, inputs=inputs, shape=shape,
        parameters=sum(array.size for array in weights),
    )  # fmt: skip


def _arrays(layer: str, key: str, value: object) -> list[NDArray[Any]]:
    """The arrays that a layer was given under a key, as floats. Raises InputError for what is no array of numbers."""
    found = []
    for one in value if isinstance(value, list | tuple) else (value,):
        array = np.asarray(one)
        if array.dtype.kind in "OSUcMm":
            raise InputError(f'layer "{layer}": {key}: must be an array of numbers; got {type(one).__name__}')
        kept = np.float64 if array.dtype.kind in "iub" or array.dtype == np.float64 else np.float32
        array = np.ascontiguousarray(array, dtype=kept)
        found.append(array if array.flags.writeable else array.copy())  # no other kernels for those
    return found


def _number(name: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(f"{name}: must be a number; got {type(value).__name__}") from None


def _statistics(layer: str, values: Values) -> Iterator[tuple[str, float]]:
    for name in STEP:
        if name in values:
            yield name, _number(f'layer "{layer}": {name}', values[name])


def _norm_of(table: NDArray[np.float64]) -> float:
    """The norm of the whole gradient, from those of layers; NaN where one is not known."""
    return float(np.sqrt((table[:, COLUMN["gradient_norm"]] ** 2).sum()))
