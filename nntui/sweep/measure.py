"""What is read of each run of a sweep, as ``--measure`` writes it."""

import re
from dataclasses import dataclass

from nntui_engine.errors import InputError, allowed_names
from nntui_engine.scenario import Expectation

FINDING = "finding:"


@dataclass(frozen=True, slots=True)
class Measure:
    """A statistic of the whole network or of a layer, or whether a diagnosis is made (1 or 0); at a step, or at the
    end. ``text`` is how it was written."""

    text: str
    statistic: str = ""
    layer: int | str | None = None
    finding: str = ""
    step: int | None = None

    def expectation(self, lane: str) -> Expectation:
        """What reads it of a lane."""
        if self.finding:
            return Expectation(lane=lane, step=self.step, finding=self.finding)
        return Expectation(
            lane=lane, step=self.step, statistic=self.statistic, layer=self.layer, above=float("-inf"), time=None
        )


def measure_of(text: str) -> Measure:
    """A measure from ``STATISTIC``, ``STATISTIC:LAYER`` or ``finding:RULE``, each perhaps with ``@STEP``. Raises
    InputError for another form or an unknown rule.

    >>> measure_of("gradient_norm:1@500").layer
    1
    """
    found = re.fullmatch(r"(finding:)?([a-z_0-9]+)(?::([^@]+))?(?:@(\d+))?", text.strip())
    if found is None or (found[1] and found[3]):
        raise InputError(
            f'--measure "{text}": write STATISTIC, STATISTIC:LAYER or finding:RULE; @STEP after it for another step '
            "than the last"
        )
    finding, name, layer, step = found.groups()
    at = None if step is None else int(step)
    if finding:
        from nntui_engine.diagnosis.verdict import RULE_NAMES

        if name not in RULE_NAMES:
            raise InputError(f'--measure: unknown rule "{name}"; {allowed_names(name, list(RULE_NAMES))}')
        return Measure(text, finding=name, step=at)
    number = re.fullmatch(r"-?\d+", layer or "")
    return Measure(text, name, None if layer is None else int(layer) if number else layer, step=at)
