"""Registries: rows by name, and that what a row says of itself is true."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nntui_engine.analysis.curvature import DERIVATIVES, VALUES
from nntui_engine.errors import InputError, allowed_names
from nntui_engine.kernels import activation, loss, optimizer, schedule, surface
from nntui_engine.kernels.activation import largest_slope
from nntui_engine.registry.activation import ACTIVATIONS, HIDDEN_ACTIVATIONS
from nntui_engine.registry.loss import LOSSES
from nntui_engine.registry.optimizer import OPTIMIZERS
from nntui_engine.registry.row import Parameter, Registry, Row
from nntui_engine.registry.schedule import SCHEDULES
from nntui_engine.registry.surface import SURFACES

KERNELS: tuple[tuple[ModuleType, Registry[Any]], ...] = (
    (activation, ACTIVATIONS),
    (loss, LOSSES),
    (optimizer, OPTIMIZERS),
    (schedule, SCHEDULES),
    (surface, SURFACES),
)
BELOW, AWAY = np.linspace(-40.0, -0.01, 50), np.array([-40.0, 40.0])


@pytest.mark.parametrize("name", HIDDEN_ACTIVATIONS)
def test_the_traits_of_an_activation_are_those_of_its_formula(name: str) -> None:
    row = ACTIVATIONS[name]
    alpha = row.parameters[0].default if row.parameters else 0.0
    value, slope = VALUES[name](BELOW + 0j, alpha).real, DERIVATIVES[name](BELOW + 0j, alpha).real
    ends = np.abs(DERIVATIVES[name](AWAY + 0j, alpha).real) < 0.05 * largest_slope(row.code, alpha)
    assert row.falls_silent == (not value.any())
    assert row.rectifies == (not value.any() and not slope.any())
    assert row.squashes == bool(ends.all())


def test_a_row_s_code_is_its_place_and_no_name_comes_twice() -> None:
    things = Registry("thing", (Row("a", "One."), Row("b", "Two."), Row("c", "Three.")))
    assert [row.code for row in things.rows] == [things[name].code for name in things] == [0, 1, 2]
    assert things.codes("c", "a") == (2, 0)
    with pytest.raises(ValueError, match="duplicate"):
        Registry("thing", (Row("a", "One."), Row("a", "Two.")))


def test_the_kernels_switch_on_the_codes_of_the_registries() -> None:
    for module, registry in KERNELS:
        named = {name: getattr(module, name.upper()) for name in registry if hasattr(module, name.upper())}
        assert named == {name: registry[name].code for name in named}
        assert len(named) >= len(registry) - 1  # nothing is to be done for the constant schedule


def test_a_name_that_is_not_there_is_an_error_that_lists_the_others() -> None:
    things = Registry("thing", (Row("apple", "One.", (Parameter("size", 1.0, "how large"),)), Row("pear", "Two.")))
    assert (list(things), len(things), things.find("pear").summary) == (["apple", "pear"], 2, "Two.")
    assert things["apple"].parameter("size") is not None
    assert things["apple"].parameter("weight") is None
    with pytest.raises(InputError, match=r'^here: unknown thing "aple"; did you mean "apple"\? allowed: apple, pear$'):
        things.find("aple", "here")


@pytest.mark.parametrize(
    ("options", "good", "bad", "words"),
    [
        ({"low": 0.0, "high": 1.0, "exclusive_high": True}, (0, 0.5), (-0.1, 1.0, 2), "must be at least 0 and below 1"),
        ({"low": 0.0, "exclusive_low": True}, (1e-9, 1e30), (0.0, -1), "must be above 0"),
        ({"high": 1_000_000}, (-5, 1e6), (1e6 + 1,), "must be at most 1 000 000"),
        ({"whole": True}, (3, 3.0), (2.5,), "must be a whole number"),
        ({"flag": True}, (True, False), (1, 0.0, "yes"), "must be true or false"),
        ({}, (0, -1e300), (float("nan"), float("inf"), 10**400), "must be a finite number"),
        ({}, (7,), ("7", True, None), "must be a number"),
    ],
)
def test_a_parameter_says_what_it_takes(
    options: dict[str, Any], good: tuple[object, ...], bad: tuple[object, ...], words: str
) -> None:
    parameter = Parameter("p", 0.0, "what it does", **options)
    assert [parameter.problem(value) for value in good] == [None] * len(good)
    assert [parameter.problem(value) for value in bad] == [words] * len(bad)


def test_many_names_are_left_to_the_command_that_lists_them() -> None:
    few, many = [f"n{i}" for i in range(24)], [f"n{i}" for i in range(25)]
    assert allowed_names("zz", few, "nntui list") == f"allowed: {', '.join(few)}"
    assert allowed_names("N2", many, "nntui list") == 'did you mean "n2"? "nntui list" lists all 25'
