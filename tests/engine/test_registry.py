"""Registries: rows by name, and that what a row says of itself is true."""

import numpy as np
import pytest

from nntui_engine.activations import ACTIVATIONS, HIDDEN_ACTIVATIONS
from nntui_engine.curvature import SLOPES, VALUES
from nntui_engine.errors import InputError
from nntui_engine.kernels.activation import largest_slope
from nntui_engine.registry import Parameter, Registry, Row

BELOW, AWAY = np.linspace(-40.0, -0.01, 50), np.array([-40.0, 40.0])


@pytest.mark.parametrize("name", HIDDEN_ACTIVATIONS)
def test_the_traits_of_an_activation_are_those_of_its_formula(name: str) -> None:
    row = ACTIVATIONS[name]
    alpha = row.parameters[0].default if row.parameters else 0.0
    value, slope = VALUES[name](BELOW + 0j, alpha).real, SLOPES[name](BELOW + 0j, alpha).real
    ends = np.abs(SLOPES[name](AWAY + 0j, alpha).real) < 0.05 * largest_slope(row.code, alpha)
    assert row.falls_silent == (not value.any())
    assert row.rectifies == (not value.any() and not slope.any())
    assert row.squashes == bool(ends.all())


def test_two_rows_of_one_name_or_code_are_refused() -> None:
    with pytest.raises(ValueError, match="duplicate"):
        Registry("thing", (Row("a", 0, "One."), Row("a", 1, "Two.")))
    with pytest.raises(ValueError, match="duplicate"):
        Registry("thing", (Row("a", 0, "One."), Row("b", 0, "Two.")))


def test_a_name_that_is_not_there_is_an_error_that_lists_the_others() -> None:
    things = Registry(
        "thing", (Row("apple", 0, "One.", (Parameter("size", 1.0, "how large"),)), Row("pear", 1, "Two."))
    )
    assert (list(things), len(things), things.find("pear").summary) == (["apple", "pear"], 2, "Two.")
    assert things["apple"].parameter("size") is not None
    assert things["apple"].parameter("weight") is None
    with pytest.raises(InputError, match=r'^here: unknown thing "aple"; did you mean "apple"\? allowed: apple, pear$'):
        things.find("aple", "here")
