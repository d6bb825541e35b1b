"""Scenarios for the app: as the engine reads them, but only with panels that there are."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nntui_engine.scenario import Scenario

# Here, not where they are drawn: that takes a long time to import. Tests hold the two together
SURFACE_PANELS = ("value", "gradient_norm", "distance")
LOOK_PANELS = (
    "decision_regions",
    "prediction_curve",
    "sweep_loss",
    "sweep_accuracy",
    "backward_pass",
    "unit_weights",
    "prediction_spread",
    "coefficient_paths",
    "projected_rows",
    "confusion",
    "wrong_answers",
    "diagram",
    "units",
    "unit",
    "weight_pictures",
    "landscape",
    "edge_of_stability",
)
LAYER_PANELS = (
    "gradient_through_time",
    "gradient_by_time",
    "hidden_over_time",
    "gates",
    "filters",
    "feature_maps",
    "augmented",
    "layer_map",
    "layer_outputs",
    "layer",
)


def panel_names(is_surface: bool) -> list[str]:
    """What ``panels`` of a scenario may name: on a surface some, on a network every statistic over time, and more."""
    from nntui_engine.registry.statistic import EVALUATION_BY_NAME, LAYER_BY_NAME, WHOLE_BY_NAME

    measured = (*WHOLE_BY_NAME, *EVALUATION_BY_NAME, *LAYER_BY_NAME)
    return list(SURFACE_PANELS) if is_surface else list(dict.fromkeys((*measured, *LOOK_PANELS, *LAYER_PANELS)))


def load_scenario(path_or_name: str | Path) -> "Scenario":
    """A scenario file, a built-in scenario by its name, or one made for a CSV or NPZ file.

    Raises InputError for anything wrong, panels included.
    """
    from nntui.own_data import is_data, scenario_text
    from nntui_engine.errors import InputError
    from nntui_engine.scenario import load_scenario as load
    from nntui_engine.scenario import parse_scenario

    path = Path(path_or_name)
    if path.suffix == ".nntui" and path.is_file():
        raise InputError(f"{path}: is a record: nntui replay looks at it, nntui run --resume goes on with it")
    if is_data(path):
        return parse_scenario(scenario_text(path), path.stem, path.parent, path, panel_names)
    return load(path_or_name, panel_names)
