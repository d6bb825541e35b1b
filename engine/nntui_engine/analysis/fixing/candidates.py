"""What could mend a lane: settings with a reason each, in the order in which they are worth a try."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from ...diagnosis.fixes import ADAM, STANDARD_INPUTS, STANDARD_TARGETS, fitting_init, fitting_output
from ...registry.activation import ACTIVATIONS
from ...run.finding import Finding
from ...scenario.settings import LaneSettings

LR_FACTORS = (1 / 3, 3.0, 1 / 10, 10.0, 1 / 100, 100.0)
SEARCH, PAIR = "search", "pair"
_DECIDED = ("model.output", "model.outputs", "train.loss", "data.target_coding", "data.task")  # may be "auto"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Settings to change, and why they may help. ``of``: the rule whose fix it is, or how else it came about."""

    set: Mapping[str, object]
    why: str
    of: str

    def and_(self, other: "Candidate", of: str) -> "Candidate | None":
        """Both at once; None where they contradict each other, or one holds the other."""
        both = {**self.set, **other.set}
        if any(other.set.get(key, value) != value for key, value in self.set.items()):
            return None
        if both in (self.set, other.set):
            return None
        return Candidate(both, _both_words(self.why, other.why), of)


def candidates(findings: Sequence[Finding], settings: LaneSettings) -> list[Candidate]:
    """Every fix that the findings propose, in their order (the cause first), once each.

    Left out is what changes nothing in the lane's present ``settings``. Whether they allow it shows when it is tried.
    """
    fixes = (Candidate(_tidy(fix.set), fix.why, found.rule) for found in findings for fix in found.fixes)
    return _new(fixes, settings)


def pairs(singles: Sequence[Candidate], settings: LaneSettings) -> list[Candidate]:
    """Every two of them that can be had together."""
    both = (one.and_(other, PAIR) for one, other in combinations(singles, 2))
    return _new((pair for pair in both if pair is not None), settings)


def followed(tried: Candidate, findings: Sequence[Finding], settings: LaneSettings) -> list[Candidate]:
    """``tried`` with each fix of what is still found after it: a rate ten times too high twice over, for one."""
    fixes = (
        Candidate({**tried.set, **_tidy(fix.set)}, _both_words(tried.why, fix.why), found.rule)
        for found in findings
        for fix in found.fixes
    )
    return _new(fixes, settings)


def usual_changes(settings: LaneSettings) -> list[Candidate]:
    """What helps untold networks, whatever was found: scaled data, an output that fits the task, an initializer that
    fits the activation, an optimizer that finds its own step, less that holds back, and other learning rates."""
    return [*_new(_conditions(settings), settings), *_new(_rates(settings), settings)]


def together(changes: Sequence[Candidate], settings: LaneSettings) -> list[Candidate]:
    """All the conditions among ``changes`` at once, with the rate as it is and with each other one."""
    whole: Candidate | None = None
    for one in changes:
        if "train.lr" not in one.set and "train.optimizer" not in one.set:
            whole = one if whole is None else whole.and_(one, SEARCH) or whole
    if whole is None:
        return []
    rates = [one for one in changes if "train.lr" in one.set]
    more = [whole.and_(rate, SEARCH) for rate in rates]
    return _new([whole, *(one for one in more if one is not None)], settings)


def extended(best: Candidate, changes: Sequence[Candidate], settings: LaneSettings) -> list[Candidate]:
    """``best`` with each of ``changes`` beside it."""
    more = (best.and_(one, SEARCH) for one in changes)
    return _new((one for one in more if one is not None), settings)


def _tidy(settings: Mapping[str, object]) -> dict[str, object]:
    """With six digits at most: a tenth of 0.003 is 0.0003, not 0.00030000000000000003."""
    return {key: float(f"{one:.6g}") if isinstance(one, float) else one for key, one in settings.items()}


def _both_words(one: str, other: str) -> str:
    return one if other in one.split("; ") else f"{one}; {other}"


def _new(found: Iterator[Candidate] | Sequence[Candidate], settings: LaneSettings) -> list[Candidate]:
    """Each once, without the settings that the lane has already, and without those that change nothing at all."""
    kept: list[Candidate] = []
    for one in found:
        less = replace(one, set={key: value for key, value in one.set.items() if _changes(key, value, settings)})
        if any(_now(settings.table, key) != value for key, value in less.set.items()) and not any(
            less.set == other.set for other in kept
        ):
            kept.append(less)
    return kept


def _changes(key: str, value: object, settings: LaneSettings) -> bool:
    """Whether the lane has another value, or might have: what is decided by other settings may change with them."""
    return key in _DECIDED or _now(settings.table, key) != value


def _now(table: Mapping[str, Any], key: str) -> object:
    value: Any = table
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return ...
        value = value[part]
    return value


def _conditions(settings: LaneSettings) -> Iterator[Candidate]:
    """Everything but rates."""
    task = _now(settings.table, "data.task")
    yield Candidate(STANDARD_INPUTS.set, STANDARD_INPUTS.why, SEARCH)
    if task == "regression":
        yield Candidate(STANDARD_TARGETS.set, STANDARD_TARGETS.why, SEARCH)
    yield Candidate(_fitting_head(settings), "the output and the loss that go with the task", SEARCH)
    hidden = [layer.activation for layer in settings.layers[:-1] if layer.init and layer.activation]
    if hidden:
        first = hidden[0]
        words = f"weights that keep the signal's size through {first} layers"
        yield Candidate({"model.init": fitting_init(first), "model.bias": 0.0}, words, SEARCH)
        if ACTIVATIONS[first].squashes or first == "linear" or ACTIVATIONS[first].rectifies:
            swapped = {"model.activation": "leaky_relu", "model.init": "he_normal", "model.bias": 0.0}
            yield Candidate(swapped, "a slope of 1 above 0 and some slope below it", SEARCH)
    held = {"train.l1": 0.0, "train.l2": 0.0, "model.dropout": 0.0, "model.dropconnect": 0.0}
    held_back = {key: value for key, value in held.items() if _now(settings.table, key) not in (..., value, 0)}
    if held_back:
        yield Candidate(held_back, "nothing holds the weights back", SEARCH)


def _fitting_head(settings: LaneSettings) -> dict[str, object]:
    """What must change for an output, a loss and a coding that go with the task; nothing where they do."""
    task = str(_now(settings.table, "data.task"))
    if task == "binary" and settings.outputs == 2:
        task = "classes"
    output, loss = fitting_output(task, 2 if task == "classes" else settings.outputs)
    coding = {"binary": "label", "classes": "one_hot"}.get(task, "as_is")
    wanted = {"model.output": output, "train.loss": loss, "data.target_coding": coding}
    changed: dict[str, object] = {k: value for k, value in wanted.items() if _now(settings.table, k) != value}
    return {**changed, "model.outputs": "auto"} if "data.target_coding" in changed else changed


def _rates(settings: LaneSettings) -> Iterator[Candidate]:
    lr = settings.optimizer_parameters["lr"]
    for factor in LR_FACTORS:
        words = f"{factor:g} times the rate" if factor > 1 else f"{1 / factor:g} times less"
        yield Candidate({"train.lr": float(f"{lr * factor:.3g}")}, words, SEARCH)
    yield Candidate(ADAM.set, ADAM.why, SEARCH)
