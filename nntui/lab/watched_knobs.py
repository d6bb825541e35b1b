"""The knobs of a run that a script makes: what it lets be turned, and where that stands."""

import math
from dataclasses import dataclass, replace

from nntui.plotting.numbers import setting
from nntui.watching.orders import RANGES, SETTABLE, named
from nntui_engine.registry.row import Parameter
from nntui_engine.scenario.settings import TURNED, LaneSettings

from .knob_readers import in_table, ladder
from .knobs import Knob, NumberKnob
from .network_knobs import BASICS, TENTHS, learning_rate

LADDERS = {
    "lr": ladder(-3, 2, 0.0),
    "weight_decay": ladder(-6, 0, 0.0),
    "clip_norm": ladder(-3, 3, 0.0),
    "dropout": TENTHS,
}


@dataclass(frozen=True)
class FactorKnob(NumberKnob):
    """The factor on the script's learning rate; ``rate``: the one in force in the last step."""

    rate: float = 0.0

    @property
    def shown_label(self) -> str:
        """With the rate in force."""
        return f"{self.label} (lr {setting(self.rate)})"


def _knob(name: str) -> NumberKnob:
    """Of what is set under a name, by one knob for each group of parameters where the optimizer has several."""
    what, group = named(name)
    low, high = RANGES[what]
    means = SETTABLE[what] if group is None else f"{SETTABLE[what]} of group {group} of the optimizer's parameters"
    parameter = Parameter(what, 0.0, means, low=low, high=high)
    kind = FactorKnob if name == "lr" else NumberKnob
    label = "lr ×" if what == "lr" else what.replace("_", " ")
    key = f"{TURNED}.{name}"
    return kind(
        key, label if group is None else f"{label} group {group}", in_table(key), group=BASICS, parameter=parameter,
        ladder=LADDERS[what], fine_step=0.01 if what == "dropout" else 0.0,
    )  # fmt: skip


KNOBS = {name: _knob(name) for name in SETTABLE}
RATE = learning_rate(2)  # which is seen alone, where nothing may be turned


def is_watched(settings: LaneSettings) -> bool:
    """Whether a script makes the run."""
    return TURNED in settings.table


def watched_knobs(settings: LaneSettings) -> tuple[Knob, ...]:
    """What may be turned."""
    found: list[Knob] = []
    turned = settings.table.get(TURNED)
    groups = [name for name in turned if named(name)[1] is not None] if isinstance(turned, dict) else []
    for knob in (*KNOBS.values(), *map(_knob, groups)):
        if knob.values(settings):
            rate = settings.optimizer_parameters.get("lr", 0.0)
            found.append(replace(knob, rate=rate) if isinstance(knob, FactorKnob) else knob)
    known = not math.isnan(settings.optimizer_parameters.get("lr", math.nan))
    return tuple(found) or ((RATE,) if known else ())
