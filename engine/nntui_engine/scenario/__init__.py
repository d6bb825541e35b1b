"""Scenarios: reading and checking files, and overriding keys.

Names are imported when first asked for, so that ``list_scenarios`` costs no NumPy.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .library import ScenarioSummary, course, list_scenarios, scenario_folder, scenario_paths
    from .load import LaneTables, Reason, Scenario, load_scenario, parse_scenario, scenario_from_dict
    from .overrides import override, parse_assignment
    from .schema import Change, Expectation, Over, Try

__all__ = [
    "Change",
    "Expectation",
    "LaneTables",
    "Over",
    "Reason",
    "Scenario",
    "ScenarioSummary",
    "Try",
    "course",
    "list_scenarios",
    "load_scenario",
    "override",
    "parse_assignment",
    "parse_scenario",
    "scenario_folder",
    "scenario_from_dict",
    "scenario_paths",
]

_HOME = {
    "library": ("ScenarioSummary", "course", "list_scenarios", "scenario_folder", "scenario_paths"),
    "load": ("LaneTables", "Reason", "Scenario", "load_scenario", "parse_scenario", "scenario_from_dict"),
    "overrides": ("override", "parse_assignment"),
    "schema": ("Change", "Expectation", "Over", "Try"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value
