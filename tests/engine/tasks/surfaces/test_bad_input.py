"""Bad surfaces: one clear line that names the key, the value and what is allowed."""

import math
from typing import Any

import pytest
from engine.tasks.surfaces.builders import race, scenario

from nntui_engine.errors import InputError
from nntui_engine.experiment import Experiment

# surface table, train table, what the message must say
BAD: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"name": "beal"}, {}, 'unknown surface "beal"; did you mean "beale"? allowed: beale, long_valley, '),
    ({"name": ""}, {}, "surface.name"),
    ({}, {}, "surface.name is missing"),
    ({"name": 3}, {}, "surface.name = 3: must be text"),
    ({"name": "beale", "windwo": [[0, 1], [0, 1]]}, {}, 'unknown key "surface.windwo"; did you mean "window"?'),
    ({"name": "beale", "window": [[1, 1], [0, 1]]}, {}, "x must run from a smaller to a larger number"),
    ({"name": "beale", "window": [[0, 1], [2, 1]]}, {}, "y must run from a smaller to a larger number"),
    ({"name": "beale", "window": [[0, 1]]}, {}, "surface.window"),
    ({"name": "beale", "window": [[-1e308, 1e308], [0, 1]]}, {}, "surface.window"),
    ({"name": "beale", "start": [math.nan, 0.0]}, {}, "must be a finite number"),
    ({"name": "beale", "start": [math.inf, 0.0]}, {}, "must be a finite number"),
    ({"name": "beale", "start": [1e308, 0.0]}, {}, "surface.start[1] = 1e+308"),
    ({"name": "beale", "start": [1.0]}, {}, "surface.start = [1]: must be a list of 2"),
    ({"name": "beale", "start": "here"}, {}, 'surface.start = "here": must be a list'),
    ({"name": "beale", "noise": -0.1}, {}, "surface.noise = -0.1: must be at least 0"),
    ({"name": "beale", "noise": math.nan}, {}, "surface.noise = nan: must be a finite number"),
    ({"name": "bowl", "condition": 10.0}, {}, 'bowl has no parameter "condition"; it takes no parameters'),
    ({"name": "ravine", "samples": 10}, {}, 'ravine has no parameter "samples"; it takes condition'),
    (
        {"name": "ravine", "condition": 0.5},
        {},
        "surface.condition = 0.5: must be at least 1 and at most 1 000 000 000 000",
    ),
    ({"name": "ravine", "condition": "steep"}, {}, "must be a number"),
    ({"name": "noisy_moons", "batch_size": 0}, {}, "surface.batch_size = 0: must be at least 1"),
    ({"name": "noisy_moons", "batch_size": 2.5}, {}, "must be a whole number"),
    ({"name": "noisy_moons", "samples": 3}, {}, "surface.samples = 3: must be at least 10"),
    ({"name": "beale"}, {"lr": -0.1}, "train.lr = -0.1: must be at least 0"),
    ({"name": "beale"}, {"lr": 1e9}, "train.lr"),
    ({"name": "beale"}, {"lr": math.nan}, "train.lr = nan: must be a finite number"),
    ({"name": "beale"}, {"optimizer": "adm"}, 'unknown optimizer "adm"; did you mean "adam"?'),
    ({"name": "beale"}, {"beta1": 0.5}, 'sgd has no parameter "beta1"'),
    ({"name": "beale"}, {"steps": 0}, "train.steps = 0: must be at least 1"),
    ({"name": "beale"}, {"epochs": 3}, "train.epochs = 3: has no meaning on a surface"),
    ({"name": "beale"}, {"batch_size": 8}, "train.batch_size = 8: has no meaning on a surface"),
    ({"name": "beale"}, {"l2": 0.1}, "train.l2 = 0.1: has no meaning on a surface"),
    ({"name": "beale"}, {"schedule": "plateau"}, "train.schedule"),
    ({"name": "beale"}, {"clip_norm": -1.0}, "train.clip_norm = -1: must be at least 0"),
]


@pytest.mark.parametrize(("surface", "train", "says"), BAD)
def test_bad_tables(surface: dict[str, Any], train: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as error:
        race(surface, train)
    message = str(error.value)
    assert says in message
    assert "\n" not in message
    assert message.startswith("race: ")


OVERRIDES: list[tuple[dict[str, object], str]] = [
    ({"surface.condition": 3.0}, 'beale has no parameter "condition"'),
    ({"surface.name": "rosenbruck"}, 'did you mean "rosenbrock"?'),
    ({"surface.strat": [0, 0]}, 'did you mean "start"?'),
    ({"surface.noise": -1.0}, "must be at least 0"),
    ({"data.name": "moons"}, "[data] and [surface] cannot stand together"),
    ({"model.hidden": [3]}, "[model] has no place beside [surface]"),
]


@pytest.mark.parametrize(("settings", "says"), OVERRIDES)
def test_bad_overrides(settings: dict[str, object], says: str) -> None:
    with pytest.raises(InputError) as error:
        race({"name": "beale"}, overrides=[(settings, None)])
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_parameter_of_the_surface_can_be_overridden() -> None:
    lanes = [("10", {"surface.condition": 10.0}), ("1000", {"surface.condition": 1000.0})]
    run = race({"name": "ravine"}, {"lr": 0.001}, lanes)
    assert [lane.surface.curvatures for lane in run.snapshot().lanes] == [(1.0, 10.0), (1.0, 1000.0)]


def test_another_surface_brings_its_own_start_window_and_parameters() -> None:
    table = {"name": "ravine", "condition": 5.0, "start": [1.0, 1.0], "window": [[0, 2], [0, 2]], "noise": 0.1}
    settings = race(table, overrides=[({"surface.name": "beale"}, None)]).lanes[0].settings
    assert (settings.start, settings.window) == ((1.0, 1.5), ((-4.5, 4.5), (-4.5, 4.5)))
    assert settings.surface_parameters == {}
    assert settings.noise == 0.1


@pytest.mark.parametrize("every", [0, -1])
def test_samples_every_so_many_steps(every: int) -> None:
    with pytest.raises(InputError, match="every"):
        Experiment(scenario({"name": "beale"}), every=every)


EXPECTATIONS: list[tuple[dict[str, Any], str]] = [
    ({"statistic": "vale", "below": 1.0}, 'unknown statistic "vale"; did you mean "value"?'),
    ({"statistic": "loss", "below": 1.0}, "allowed: value, gradient_norm, distance"),
    ({"statistic": "position", "below": 1.0}, "position goes with equals = [x, y] only"),
    ({"statistic": "position", "equals": [1.0]}, "position goes with equals = [x, y] only"),
    ({"statistic": "value", "equals": [1.0, 2.0]}, "must be a number"),
    ({"statistic": "value"}, "give below, above (or both), between = [a, b] or equals"),
    ({"statistic": "value", "below": 1.0, "step": 99}, "the lane ends at step 50"),
]


@pytest.mark.parametrize(("expect", "says"), EXPECTATIONS)
def test_bad_expectations(expect: dict[str, Any], says: str) -> None:
    from nntui_engine.scenario import scenario_from_dict

    tables = {
        "schema": 1,
        "scenario": {"title": "A race"},
        "surface": {"name": "beale"},
        "train": {"steps": 50},
        "expect": [expect],
    }
    with pytest.raises(InputError) as error:
        scenario_from_dict(tables, name="race")
    assert says in str(error.value)
    assert "\n" not in str(error.value)
