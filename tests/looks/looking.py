"""Small networks to look at, and what one look finds in them."""

from typing import Any

from nntui.looks.request import Look, LookRequest, take_looks
from nntui_engine import Experiment
from nntui_engine.scenario import scenario_from_dict

TWO_LANES: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "Moons"},
    "data": {"name": "moons", "samples": 60},
    "model": {"hidden": [4], "activation": "tanh"},
    "train": {"lr": 0.1, "steps": 1000, "batch_size": 16},
    "lane": [{"name": "a"}, {"name": "b", "set": {"train.lr": 0.2}}],
}


def experiment(data: str = "moons", panels: tuple[str, ...] = (), lanes: Any = (), **more: Any) -> Experiment:
    tables: dict[str, Any] = {
        "schema": 1,
        "scenario": {"title": "Close", "panels": list(panels)},
        "data": {"name": data, "samples": 80} if data != "digits" else {"name": data},
        "model": {"hidden": [3], "activation": "tanh"},
        "train": {"lr": 0.5, "steps": 200, "batch_size": 8},
        "lane": list(lanes),
        **{key: value for key, value in more.items() if key in ("sweep",)},
    }
    for key, value in more.items():
        if key == "model":
            tables["model"].update(value)
    return Experiment(scenario_from_dict(tables))


def taken(run: Experiment, look: Look) -> Any:
    return take_looks(run, LookRequest((look,))).of(look)
