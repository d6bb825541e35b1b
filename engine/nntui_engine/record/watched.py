"""A run that another framework makes: what its record says of it, who writes that, and what it tells."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..data.dataset import LaneData
from ..data.facts import DataFacts, remember
from ..diagnosis.watched import watched_findings, watched_unchecked
from ..registry.activation import ACTIVATIONS
from ..run.finding import Finding, Fix, Unchecked
from ..run.history import History
from ..run.snapshot import LaneState, LayerInfo, NonFinite
from ..scenario.settings import TURNED, UNKNOWN_SEED, LaneSettings, LayerSettings
from ..tasks.network_lane import EVALUATION, EVALUATION_LAYER, WHOLE, NetworkLane, history_widths
from .about import columns_of, may_be_rounded, versions
from .networks import Networks, RecordedNetwork
from .noticed import MISTAKE, Mistake
from .outcome import KEY, LaneOutcome, Outcome
from .plain import from_text, to_text
from .recorder import LaneNow, Now
from .schema import created
from .tables import LaneRow
from .writer import Writer

Array = NDArray[np.float64]
NAN = float("nan")
LANE = ""  # the name of the only one
PANELS = ("loss", "gradient_norm", "activation_variance", "update_ratio", "dead_units")
LESSON = """
# A network of your own

**What you see.** Every layer by its name in the model. A healthy network's loss falls; its layers' gradient norms and
activation variances lie within a few powers of ten of each other; updates are about a thousandth of the weights.

**What you can do.** Turn the factor on the learning rate with the arrows while the script trains; *space* has it wait
after a step, *s* makes one. *w* and *enter* show a layer large. What is wrong is named under the plots, with the line
of code that mends it.

**What cannot be seen.** Activations that are functions and no modules, and the data.
"""
TOLD_LESSON = """
# A training of your own

**What you see.** What is told of each step, and of every layer by its name. A healthy network's loss falls; its
layers' gradient norms and activation variances lie within a few powers of ten of each other; updates are about a
thousandth of the weights.

**What you can do.** *,* and *.* go back and forward through the steps. *w* and *enter* show a layer large. What is
wrong is named under the plots. {orders}

**What cannot be seen.** What is not told, and the data.
"""
NO_ORDERS = "The run takes no orders."
ORDERS = """Turn the factor on the learning rate with the arrows while it trains; *space* has it wait after a
step, *s* makes one."""


@dataclass(frozen=True, slots=True)
class Description:
    """A network of another framework (``framework``: its name and version) as far as it is known.

    ``trainable`` is of each layer. ``turnable``: what may be turned from outside and where it stands at first, of "lr"
    a factor, of "dropout" a list where modules differ; nothing of a run that takes no orders. ``panels``: the plots
    that are shown first. ``in_pytorch``: whether a script of PyTorch makes it, and fixes are said as its code.
    """

    title: str
    framework: str
    layers: tuple[LayerInfo, ...]
    optimizer: str
    optimizer_parameters: dict[str, float]
    batch_size: int
    dtype: Literal["float32", "float64"]
    parameters: int
    trainable: tuple[bool, ...] = ()
    turnable: dict[str, float | list[float]] = field(default_factory=dict)
    panels: tuple[str, ...] = PANELS
    in_pytorch: bool = True

    @property
    def own_data(self) -> bool:
        """Whether it does not share the first lane's rows: there is no other."""
        return False

    def __post_init__(self) -> None:
        if not self.layers or any(layer.activation not in ACTIVATIONS for layer in self.layers):
            raise ValueError("a network needs layers with known activations")


@dataclass
class WatchedLane(NetworkLane):
    """A network whose layers are as they were described."""

    described_layers: tuple[LayerInfo, ...] = ()
    mistakes: tuple[Mistake, ...] = ()  # in the script, as far as they were noticed

    @cached_property
    def infos(self) -> tuple[LayerInfo, ...]:
        """Its layers."""
        return self.described_layers

    @cached_property
    def sequence_places(self) -> tuple[tuple[str, int, list[int]], ...]:
        """Nothing is measured by time step or gate."""
        return ()

    def applies(self, name: str) -> bool:  # noqa: ARG002
        """A script may measure anything."""
        return True


def _lesson(described: Description) -> str:
    told = TOLD_LESSON.format(orders=ORDERS if described.turnable else NO_ORDERS)
    return LESSON if described.in_pytorch else told


def watched_lane(name: str, described: Description, tables: Mapping[str, Any]) -> WatchedLane:
    """A lane with an empty past, whose data are not known."""
    rows = np.empty((0, 0))
    data = LaneData("", "classes", (), (), rows, rows, rows, rows, (described.layers[0].inputs,), lambda x: x)
    remember(data, DataFacts())
    widths = history_widths(len(described.layers))
    settings, (steps, evaluations) = settings_of(name, described, tables), map(History, widths)
    return WatchedLane(name, tables, settings, data, steps, evaluations, described_layers=described.layers)


def settings_of(name: str, described: Description, tables: Mapping[str, Any]) -> LaneSettings:
    """What is known of how a network is trained; the rest is as if it were not used."""
    layers = described.layers
    turned = tables.get(TURNED, {})
    trainable = described.trainable or (True,) * len(layers)
    return LaneSettings(
        name=name, optimizer=described.optimizer,
        optimizer_parameters=dict(described.optimizer_parameters),
        schedule="constant", schedule_parameters={}, steps=0, clip_norm=float(turned.get("clip_norm", 0.0)),
        clip_value=0.0, seed=UNKNOWN_SEED, table=tables, inputs=layers[0].inputs, shape=(layers[0].inputs,),
        layers=tuple(
            LayerSettings(
                index=layer.index, units=layer.units, activation=layer.activation, alpha=0.0, init="", init_scale=None,
                bias=0.0, bias_scale=0.0, batch_norm="none", dropout=0.0, l1=0.0, l2=0.0,
                trainable=trainable[at], kind=layer.kind, name=layer.name, sources=layer.sources,
            )
            for at, layer in enumerate(layers)
        ),
        batch_norm_inputs=False, batch_norm_momentum=0.9, input_dropout=0.0, dropconnect=0.0, loss="",
        huber_delta=1.0, accuracy="argmax", accuracy_threshold=0.5, batch_size=described.batch_size, evaluate_every=1,
        early_stopping=None, noise_inputs=0.0, noise_weights=0.0, noise_gradients=0.0, dtype=described.dtype,
    )  # fmt: skip


class WatchedRecorder:
    """Writes the record of such a run into a new file. Raises InputError where none can be made.

    ``about``: more keys and values of the table ``run``. Nobody waits for it, and none of its methods raises for what
    happens to the file: ``trouble`` says it then.
    """

    def __init__(self, path: Path, about: Mapping[str, str]) -> None:
        connection, self._journal = created(path)
        self.writer = Writer(path, connection)
        self._about = dict(about)
        self._events = self._arrangement = 0
        self._tables: dict[str, Any] = {}
        self._described: Description | None = None
        self._latest: dict[str, float] = {}

    @property
    def trouble(self) -> str:
        """Why nothing is recorded any more, "" while all is well."""
        return self.writer.trouble

    def begin(self, described: Description, every: int) -> None:
        """The run has layers now, and begins; it is measured at every so many steps."""
        self._described = described
        self._tables = {
            "train": {"optimizer": described.optimizer, **described.optimizer_parameters},
            TURNED: dict(described.turnable),
            "data": {"name": described.framework},
        }
        head = {
            "name": self.writer.path.stem, "title": described.title, "summary": f"A network of {described.framework}.",
            "lesson": _lesson(described), "source": "", "panels": described.panels,
            "is_surface": False, "tries": (), "expectations": (), "changes": (),
        }  # fmt: skip
        said = {
            "head": to_text(head), "kind": Watched.name, "seed": str(UNKNOWN_SEED), "steps": "0", "every": str(every),
            "journal": self._journal, "scenario": "", "framework": described.framework, **versions(), **self._about,
        }  # fmt: skip
        for key, value in said.items():
            self._insert("run", key, value)
        self._arrange(0, {"what": "begin"})
        self.stands(0, "running", None)
        self.writer.start()

    def _arrange(self, at: int, event: Mapping[str, object]) -> None:
        assert self._described is not None
        before, self._arrangement = self._arrangement or None, self._arrangement + 1
        self._insert("arrangement", self._arrangement, before, at, to_text(event))
        lane = watched_lane(LANE, self._described, self._tables)
        texts = (self._tables, lane.settings, self._described.layers, self._described, columns_of(lane))
        self._insert("lane", self._arrangement, self._arrangement, 0, LANE, before, at, *map(to_text, texts))
        for kind, columns in may_be_rounded(lane).items():
            self.writer.may_round((self._arrangement, kind), columns)
        self.writer.do(self.writer.end_blocks)

    def tweak(self, at: int, settings: Mapping[str, Mapping[str, object]]) -> None:
        """Settings that are others from step ``at`` on: {"watch": {"lr": the factor}}."""
        for table, values in settings.items():
            self._tables = {**self._tables, table: {**self._tables.get(table, {}), **values}}
        flat = {f"{table}.{key}": value for table, values in settings.items() for key, value in values.items()}
        self._arrange(at, {"what": "tweak", "lane": None, "set": flat, "steps": {LANE: at}, "restarted": []})

    def measured(self, steps: Array, whole: Array, layers: Array) -> None:
        """Steps (m,), WHOLE statistics (m, …) and those of layers (m, depth, STEP_STATISTICS)."""
        self._latest.update(zip(WHOLE, whole[-1].tolist(), strict=True))
        flat = np.concatenate([whole, layers.transpose(0, 2, 1).reshape(len(whole), -1)], axis=1)
        self.writer.add((self._arrangement, "step"), steps, flat)

    def evaluated(self, step: int, values: Array, layers: Array) -> None:
        """Of a step: EVALUATION_STATISTICS (…,) and those of layers (depth, …)."""
        self._latest.update(zip(EVALUATION, values.tolist(), strict=True))
        flat = np.concatenate([values, layers.T.reshape(-1)])[None]
        self.writer.add((self._arrangement, "evaluation"), np.array([float(step)]), flat)

    def stands(self, position: int, state: LaneState, broken: NonFinite | None) -> None:
        """The run has made so many steps."""
        text = to_text(Now(self._arrangement, position, (LaneNow(position, state, broken),)))
        known = {name: value for name, value in self._latest.items() if name == "loss" or not np.isnan(value)}
        outcome = to_text(Outcome((LaneOutcome(LANE, position, state, known),), ()))
        self.writer.do(lambda: self.writer.at_commit("run", "now", lambda: text))
        self.writer.do(lambda: self.writer.at_commit("run", KEY, lambda: outcome))

    def note(self, at: int, what: str, detail: Mapping[str, object]) -> None:
        """Something happened that changes no number."""
        self._events += 1
        self._insert("event", self._events, at, what, to_text(detail))

    def notice(self, mistake: Mistake) -> None:
        """A mistake in the script."""
        self.note(mistake.step, MISTAKE, msgspec.to_builtins(mistake))

    def _insert(self, table: str, *values: Any) -> None:
        self.writer.do(lambda: self.writer.insert(table, values))

    def close(self) -> None:
        """Writes what is left and closes the file; removes one that has nothing."""
        if self._described is None:
            self.writer.discard(new=True)
        self.writer.close()


class Watched(Networks):
    """The only lane of a run of another framework; ``mistakes`` reads those in its script."""

    name = "watched"

    def __init__(self, mistakes: Callable[[], Sequence[Mistake]]) -> None:
        self._mistakes = mistakes

    def begun(self, row: LaneRow) -> RecordedNetwork:
        """A lane whose data are not known."""
        described = from_text(row.about, Description)
        return RecordedNetwork(row, watched_lane(row.name, described, row.tables), described)  # type: ignore[arg-type]

    def settle(self, one: RecordedNetwork, step: int, last: int, now: LaneNow | None, at_end: bool) -> None:
        """Where it stood, with the rate in force then; how long it goes on nobody knows."""
        lane = one.lane
        assert isinstance(lane, WatchedLane)
        lane.settings = replace(lane.settings, steps=max(last, step, 1))
        lane.mistakes = tuple(mistake for mistake in self._mistakes() if mistake.step <= step)
        super().settle(one, step, last, now, at_end)
        lane.latest = dict.fromkeys(EVALUATION, NAN) | lane.latest  # of whole sets a script may measure nothing
        for name in EVALUATION_LAYER:
            lane.latest_layers.setdefault(name, np.full(len(lane.infos), NAN))
        if not math.isnan(lane.latest.get("lr", NAN)):
            rates = {**lane.settings.optimizer_parameters, "lr": lane.latest["lr"]}
            lane.settings = replace(lane.settings, optimizer_parameters=rates)
        if not at_end:
            one.state = "running"

    def findings(self, lanes: Sequence[RecordedNetwork]) -> list[Finding]:
        """The mistakes in the script, and what the rules that need to know no data find."""
        mistakes = [
            Finding(
                one.rule, one.severity, lane.row.name, (), one.step, {}, one.message,
                (Fix({one.name: one.code}, "what the script should say"),),
            )
            for lane in lanes
            if isinstance(lane.lane, WatchedLane)
            for one in lane.lane.mistakes
        ]  # fmt: skip
        in_pytorch = all(isinstance(lane.about, Description) and lane.about.in_pytorch for lane in lanes)
        return [*mistakes, *watched_findings(self._watched(lanes), in_pytorch)]

    def unchecked(self, lanes: Sequence[RecordedNetwork]) -> list[Unchecked]:
        """What they could not look at."""
        return watched_unchecked(self._watched(lanes))
