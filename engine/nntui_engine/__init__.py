"""The nntui engine: trains small networks, lane by lane, and emits every layer's vital signs.

>>> import nntui_engine
>>> experiment = nntui_engine.Experiment("digits", steps=100)
>>> experiment.advance(100)
100
>>> sorted(experiment.lanes[0].statistics)[:2]
['accuracy', 'clipped_gradient_norm']

Names are loaded on first use, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import InputError
    from .experiment import Experiment
    from .run.snapshot import LaneSnapshot, Mark, Series, Snapshot
    from .scenario import Scenario, list_scenarios, load_scenario, parse_scenario

_HOME = {
    "Experiment": ".experiment",
    "InputError": ".errors",
    "LaneSnapshot": ".run.snapshot",
    "Mark": ".run.snapshot",
    "Scenario": ".scenario",
    "Series": ".run.snapshot",
    "Snapshot": ".run.snapshot",
    "list_scenarios": ".scenario",
    "load_scenario": ".scenario",
    "parse_scenario": ".scenario",
}

__all__ = [
    "Experiment",
    "InputError",
    "LaneSnapshot",
    "Mark",
    "Scenario",
    "Series",
    "Snapshot",
    "list_scenarios",
    "load_scenario",
    "parse_scenario",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name], __name__), name)
