"""Whether a scenario would notice if what it shows were taken out of it.

Every lane gets other settings, one swap at a time: each other lane's, and the neighbour of each setting. What is
expected of the lane is then measured again. If all of it still holds, the lane **survives** the swap: its expectations
do not tell the two apart. Either they are too weak, or the file says why that is right (``survives``).

A swap that cannot be resolved, or that resolves to the settings that the lane (or an earlier swap in it) has, is none.
Nor is a swap of what no expectation of the lane can read, by these two rules and no other:

- Measured before the first step, nothing can depend on how a step is made (``_MOVES``). That is: all values at step 0;
  and of a network, at step 1, those of cadence "step" (``registry/statistic.py``), but for ``update_ratio`` and ``lr``.
  ``lr_sharpness`` reads lr whenever it is asked.
- Operations are counted from the widths of the layers: no setting's neighbour changes them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from ..compiling.ahead import Progress as Compiling
from ..errors import InputError
from ..registry.statistic import LAYER_STATISTICS, SEQUENCE_STATISTICS, WHOLE_STATISTICS
from ..run.lanes import shown
from ..scenario import Expectation, LaneTables, Reason, Scenario, load_scenario, override
from ..tasks.resolve import resolve_lane, resolve_surface
from ..tasks.transfer import first_values
from .verify import Progress, first_seed, measure

NOTHING_EXPECTED = "any"  # the key of the reason for a lane that nothing is expected of
_LANES_AT_ONCE = 48

_ACTIVATION = {"relu": "tanh", "tanh": "relu", "sigmoid": "tanh", "linear": "tanh"}
_OTHER_ACTIVATION = "relu"
_INIT = {"xavier": "he_normal"}  # by the first word of the name
_OTHER_INIT = "xavier_normal"
_OPTIMIZER = {"sgd": "adam"}
_OTHER_OPTIMIZER = "sgd"
_RATE_FACTORS = (10.0, 0.1)
# What is switched off where it is on
_OFF: dict[str, object] = {
    "model.batch_norm": "none",
    "model.dropout": 0.0,
    "model.input_dropout": 0.0,
    "model.dropconnect": 0.0,
    "train.momentum": 0.0,
    "train.weight_decay": 0.0,
    "train.schedule": "constant",
    "train.l1": 0.0,
    "train.l2": 0.0,
    "train.clip_norm": 0.0,
    "train.clip_value": 0.0,
    "train.early_stopping": "none",
    "train.noise.inputs": 0.0,
    "train.noise.weights": 0.0,
    "train.noise.gradients": 0.0,
    "data.label_noise": 0.0,
    "data.preprocess": "none",
    "data.augment": "none",
}
_SURFACE_OFF: dict[str, object] = {
    "train.weight_decay": 0.0,
    "train.schedule": "constant",
    "train.clip_norm": 0.0,
    "train.clip_value": 0.0,
    "surface.noise": 0.0,
}
_MOVES = (
    "train.optimizer",
    "train.lr",
    "train.momentum",
    "train.weight_decay",
    "train.schedule",
    "train.early_stopping",
)
_READ_MOVES = ("lr", "lr_sharpness", "update_ratio")
_MEASURED = (*LAYER_STATISTICS, *WHOLE_STATISTICS, *SEQUENCE_STATISTICS)
_AT_STEP = {row.name for row in _MEASURED if row.cadence == "step"}


@dataclass(frozen=True, slots=True)
class Swap:
    """Other settings for one lane. ``key`` is the setting's key, or the name of the lane whose settings these are;
    ``text`` says it as a file would (``train.lr = 0.1``, or again the lane's name). Both are "" for no swap at all."""

    lane: str
    key: str
    text: str
    tables: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Survivor:
    """A lane whose expectations all still hold after a swap; ``reason`` is what the file says to that ("": nothing).

    A lane that nothing is expected of survives everything: then ``swap`` and ``text`` are "any".
    """

    lane: str
    swap: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sabotage:
    """What came of the swaps in a scenario's lanes.

    ``unmet`` are the lanes whose expectations do not hold to begin with: of them nothing can be said. ``stale`` are the
    reasons in the file that excuse no survivor.
    """

    swaps: int
    survivors: tuple[Survivor, ...]
    stale: tuple[Reason, ...]
    unmet: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every survivor has its reason and every reason its survivor."""
        return not self.unmet and not self.stale and all(survivor.reason for survivor in self.survivors)


def sabotage(
    scenario: Scenario | str,
    seed: int | None = None,
    progress: Progress | None = None,
    compiling: Compiling | None = None,
) -> Sabotage:
    """Make every swap in every lane of a scenario and measure what is expected of the lane again.

    What is expected of several seeds is measured on so many, of those that the rest has not found out. Arguments as for
    :func:`verify`; raises InputError on bad input.
    """
    if isinstance(scenario, str):
        scenario = load_scenario(scenario)
    first = first_seed(scenario) if seed is None else seed
    claims = {lane.name: claims_on(scenario, lane.name) for lane in scenario.lanes}
    tried = [swap for lane in scenario.lanes if claims[lane.name] for swap in _tried(scenario, lane, first)]
    alive = _alive(scenario, tried, claims, first, progress, compiling)
    unmet = [swap.lane for swap in tried if not swap.key and swap not in alive]
    found = [swap for swap in alive if swap.key and swap.lane not in unmet]
    survivors, stale = _account(scenario, found, [name for name, own in claims.items() if not own], unmet)
    return Sabotage(sum(bool(swap.key) for swap in tried), survivors, stale, tuple(unmet))


def claims_on(scenario: Scenario, lane: str) -> tuple[Expectation, ...]:
    """The expectations that read this lane: its own, those that set another lane over it, those of all lanes."""
    only = scenario.lanes[0].name if len(scenario.lanes) == 1 else None
    return tuple(
        e
        for e in scenario.expectations
        if (e.lane if e.lane is not None else only) in (lane, None) or (e.over is not None and e.over.lane == lane)
    )


def swaps_for(scenario: Scenario, lane: LaneTables) -> Iterator[Swap]:
    """The swaps in one lane: the other lanes' settings, then each setting's neighbour. Some may not resolve."""
    for other in scenario.lanes:
        if other.name != lane.name:
            yield Swap(lane.name, other.name, other.name, other.tables)
    for key, value in _neighbours(lane.tables, scenario.is_surface):
        try:
            tables = override(lane.tables, {key: value}, scenario.name)
        except InputError:
            continue  # no such setting here: momentum of an optimizer that has none
        text = f'"{value}"' if isinstance(value, str) else shown(value)
        yield Swap(lane.name, key, f"{key} = {text}", tables)


def _neighbours(tables: Mapping[str, Any], is_surface: bool) -> Iterator[tuple[str, object]]:
    train = tables["train"]
    if not is_surface:
        model = tables["model"]
        activation, init = _first(model["activation"]), _first(model["init"])
        yield "model.activation", _ACTIVATION.get(activation, _OTHER_ACTIVATION)
        yield "model.init", _INIT.get(init.partition("_")[0], _OTHER_INIT)
        if model["batch_norm"] == "none":
            yield "model.batch_norm", "before"
    yield "train.optimizer", _OPTIMIZER.get(train["optimizer"], _OTHER_OPTIMIZER)
    for factor in _RATE_FACTORS:
        yield "train.lr", float(f"{train['lr'] * factor:.12g}")
    if is_surface:
        yield "train.momentum", 0.0 if train.get("momentum") else 0.9
    yield from (_SURFACE_OFF if is_surface else _OFF).items()


def _first(value: Any) -> str:
    return value[0] if isinstance(value, list) and value else value or ""


def _tried(scenario: Scenario, lane: LaneTables, seed: int) -> list[Swap]:
    """No swap, and then those that resolve to settings of their own and that something expected can read."""
    claims = claims_on(scenario, lane.name)
    tried = [Swap(lane.name, "", "", lane.tables)]
    known = [_resolved(scenario, lane.tables, seed)]
    for swap in swaps_for(scenario, lane):
        if "." in swap.key and not any(_can_read(claim, swap.key, scenario.is_surface) for claim in claims):
            continue
        try:
            settings = _resolved(scenario, swap.tables, seed)
        except InputError:
            continue  # lists that do not fit, a batch larger than the data
        if settings not in known:
            known.append(settings)
            tried.append(swap)
    return tried


def _resolved(scenario: Scenario, tables: Mapping[str, Any], seed: int) -> object:
    """What a lane with these tables runs on; equal if it runs alike."""
    tables = override(tables, {"train.seed": seed}, scenario.name)
    if scenario.is_surface:
        return replace(resolve_surface(tables, where=scenario.name), window=((0.0, 0.0), (0.0, 0.0)))
    lane = resolve_lane(tables, where=scenario.name)
    first_values(lane.settings, scenario.name)  # weights learned before fit some networks only
    return lane.settings, lane.data.key


def _can_read(claim: Expectation, key: str, is_surface: bool) -> bool:
    """Whether what the claim measures can depend on the setting; the rules stand at the top of this file."""
    name = claim.statistic
    if name is not None and name.startswith("operations_"):
        return False
    if name is None or key not in _MOVES or name in _READ_MOVES:
        return True
    early = 1 if name in _AT_STEP and not is_surface else 0
    steps = [claim.step]
    if claim.over is not None:
        steps.append(claim.over.step if claim.over.step is not None else claim.step)
    return any(step is None or step > early for step in steps)


def _alive(
    scenario: Scenario,
    tried: Sequence[Swap],
    claims: Mapping[str, tuple[Expectation, ...]],
    first: int,
    progress: Progress | None,
    compiling: Compiling | None,
) -> list[Swap]:
    """The swaps after which every claim on their lane still holds.

    The first seed goes first, with all claims; what lives on is then tried on the further seeds that claims ask for.
    """
    number, alive = 0, list(tried)
    misses: dict[tuple[int, int], int] = {}  # (swap, claim), as numbers in ``tried`` and in its lane's claims
    places = {id(swap): place for place, swap in enumerate(tried)}
    while alive:
        asked = [(swap, [at for at, claim in enumerate(claims[swap.lane]) if number < claim.seeds]) for swap in alive]
        asked = [(swap, ats) for swap, ats in asked if ats]
        if not asked:
            break
        dead = set()
        for start in range(0, len(asked), _LANES_AT_ONCE):
            part = asked[start : start + _LANES_AT_ONCE]
            told = None if progress is None else _part_of(progress, start, len(part), len(asked))
            changed = _sabotaged(scenario, [(swap, [claims[swap.lane][at] for at in ats]) for swap, ats in part])
            outcomes = iter(measure(changed, first + number, told, compiling))
            for swap, ats in part:
                for at in ats:
                    claim, place = claims[swap.lane][at], (places[id(swap)], at)
                    misses[place] = misses.get(place, 0) + (not next(outcomes).passed)
                    if misses[place] > claim.seeds - (claim.at_least or claim.seeds):
                        dead.add(id(swap))
        alive = [swap for swap in alive if id(swap) not in dead]
        number += 1
    return alive


def _part_of(progress: Progress, start: int, count: int, total: int) -> Progress:
    """Progress of one part of the lanes, as a share of all."""
    return lambda done, last: progress(start * last + count * done, total * last)


def _sabotaged(scenario: Scenario, changed: Sequence[tuple[Swap, Sequence[Expectation]]]) -> Scenario:
    """A scenario with one lane for each swap, its claims made of that lane, and the lanes they are compared with.

    Lanes train side by side without a word to each other, so all of it can be one run.
    """
    lanes, claims = [], []
    for number, (swap, own) in enumerate(changed):
        name = f"\0{number}"  # no file can call a lane so
        lanes.append(LaneTables(name, dict(swap.tables)))
        claims += [_of_lane(claim, swap.lane, name, len(scenario.lanes) == 1) for claim in own]
    compared = {claim.lane for claim in claims} | {claim.over.lane for claim in claims if claim.over is not None}
    lanes += [lane for lane in scenario.lanes if lane.name in compared]
    return replace(scenario, lanes=tuple(lanes), expectations=tuple(claims))


def _of_lane(claim: Expectation, lane: str, name: str, only: bool) -> Expectation:
    """``claim`` with the lane called ``name`` in the place of ``lane``."""
    over = claim.over
    if over is not None and over.lane == lane:
        over = msgspec.structs.replace(over, lane=name)
    moved = claim.lane == lane or (claim.lane is None and (only or claim.statistic is None))
    return msgspec.structs.replace(claim, lane=name if moved else claim.lane, over=over)


def _account(
    scenario: Scenario, found: Sequence[Swap], unclaimed: Sequence[str], unmet: Sequence[str]
) -> tuple[tuple[Survivor, ...], tuple[Reason, ...]]:
    """The survivors with their reasons, lane by lane, and the reasons that excuse none of them."""
    used: set[int] = set()

    def survivor(lane: str, key: str, text: str) -> Survivor:
        fitting = [n for n, r in enumerate(scenario.reasons) if lane in r.lanes and r.swap in (key, text)]
        used.update(fitting)
        return Survivor(lane, key, text, scenario.reasons[fitting[0]].why if fitting else "")

    survivors = [survivor(swap.lane, swap.key, swap.text) for swap in found]
    survivors += [survivor(lane, NOTHING_EXPECTED, NOTHING_EXPECTED) for lane in unclaimed]
    order = [lane.name for lane in scenario.lanes]
    survivors.sort(key=lambda one: order.index(one.lane))
    stale = [
        reason
        for number, reason in enumerate(scenario.reasons)
        if number not in used and not set(reason.lanes) & set(unmet)
    ]
    return tuple(survivors), tuple(stale)
