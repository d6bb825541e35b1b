"""A finding in words, in one form everywhere: rule · lane · layers 1–5 · since step · cause · fix."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .diagnosis import Finding, Fix

SEPARATOR = " · "


def layer_words(layers: Sequence[int]) -> str:
    """ "layer 3", "layers 1–3, 5": consecutive ones as a range; "" for none."""
    ranges: list[list[int]] = []
    for layer in sorted(set(layers)):
        if ranges and layer == ranges[-1][-1] + 1:
            ranges[-1].append(layer)
        else:
            ranges.append([layer])
    words = ", ".join(f"{one[0]}–{one[-1]}" if len(one) > 1 else str(one[0]) for one in ranges)
    return f"layer{'s' if len(set(layers)) > 1 else ''} {words}" if words else ""


def headline(finding: "Finding") -> str:
    """What, where and since when: "vanishing gradient · sigmoid · layers 1–5 · since step 4"."""
    place = (finding.lane, layer_words(finding.layers), f"since step {finding.first_step}")
    return SEPARATOR.join([finding.rule.replace("_", " "), *filter(None, place)])


def fix_words(fix: "Fix") -> str:
    """What to set, and why: "model.batch_norm = before: normalised layers keep the signal's size"."""
    settings = ", ".join(f"{key} = {value}" for key, value in fix.set.items())
    return f"{settings}: {fix.why}"


def details(finding: "Finding") -> list[tuple[str, str]]:
    """The rest of it as (label, sentence): "cause", then "fix" and any other one as "or"."""
    fixes = [("or" if number else "fix", fix_words(fix)) for number, fix in enumerate(finding.fixes)]
    return [("cause", finding.message), *fixes]
