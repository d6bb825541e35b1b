"""A finding: what is wrong with a lane. In words it has one form everywhere: rule · lane · layers 1–5 · since step ·
cause · fix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

SEPARATOR = " · "
OUTPUT = "output"  # what the last layer is called
Severity = Literal["info", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Fix:
    """Settings to change, and why they help."""

    set: Mapping[str, object]
    why: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. ``layers`` are 1-based, ``names`` what they are called where that is no number;
    ``evidence`` holds measured numbers and their thresholds, of non_finite the fields of :class:`NonFinite`.
    ``because`` is the rule of the finding that this one follows from, "" for a root."""

    rule: str
    severity: Severity
    lane: str
    layers: tuple[int, ...]
    first_step: int
    evidence: Mapping[str, float | str]
    message: str
    fixes: tuple[Fix, ...] = field(default=())
    names: Mapping[int, str] = field(default_factory=dict)
    because: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, in the order of the fields; ``layers`` as a list."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "because": self.because,
            "layers": list(self.layers),
            "first_step": self.first_step,
            "evidence": dict(self.evidence),
            "message": self.message,
            "fixes": [{"set": dict(fix.set), "why": fix.why} for fix in self.fixes],
        }


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Rules that could not judge a lane ("all": none could), and why."""

    lane: str
    rules: tuple[str, ...]
    why: str


def layer_words(layers: Sequence[int], names: Mapping[int, str] | None = None) -> str:
    """ "layer 3", "layers 1–3, 5", "layers stem–b.2, output": consecutive ones as a range, each by its name in
    ``names``, or else its number; the output layer apart; "" for none."""
    called = {layer: str(layer) for layer in layers} | dict(names or {})
    ranges: list[list[int]] = []
    for layer in sorted(set(layers)):
        if ranges and layer == ranges[-1][-1] + 1 and called[layer] != OUTPUT:
            ranges[-1].append(layer)
        else:
            ranges.append([layer])
    words = ", ".join(called[one[0]] + (f"–{called[one[-1]]}" if len(one) > 1 else "") for one in ranges)
    if words == OUTPUT:
        return "output layer"
    return f"layer{'s' if len(set(layers)) > 1 else ''} {words}" if words else ""


def headline(finding: Finding, since: bool = True) -> str:
    """What, where and since when: "vanishing gradient · sigmoid · layers 1–5 · since step 4". Of what is not there yet
    one leaves out ``since``."""
    place = [finding.lane, layer_words(finding.layers, finding.names)]
    when = [f"since step {finding.first_step}"] if since else []
    return SEPARATOR.join([finding.rule.replace("_", " "), *filter(None, place), *when])


def fix_words(fix: Fix) -> str:
    """What to set, and why: "model.batch_norm = before: normalised layers keep the signal's size"."""
    shown = {key: f"{value:.6g}" if isinstance(value, float) else value for key, value in fix.set.items()}
    return f"{', '.join(f'{key} = {value}' for key, value in shown.items())}: {fix.why}"


def details(finding: Finding) -> list[tuple[str, str]]:
    """The rest of it as (label, sentence): "cause", "from" which finding it follows, "fix" and any other as "or"."""
    follows = [("from", finding.because.replace("_", " "))] if finding.because else []
    fixes = [("or" if number else "fix", fix_words(fix)) for number, fix in enumerate(finding.fixes)]
    return [("cause", finding.message), *follows, *fixes]
