"""The tables of statistics, the kernels' columns, and the statistics' corner cases by hand."""

import numpy as np
import pytest
from engine.build import Build
from engine.compiled import compiled
from engine.twin_network import similarity

from nntui_engine.kernels import columns, measure
from nntui_engine.registry.statistic import (
    EVALUATION_STATISTICS,
    LAYER_BY_NAME,
    LAYER_STATISTICS,
    WHOLE_STATISTICS,
    Statistic,
)


@pytest.mark.parametrize(
    ("rows", "prefix", "count"),
    [
        ([row for row in LAYER_STATISTICS if row.cadence == "step"], "S_", columns.STEP_STATISTICS),
        ([row for row in LAYER_STATISTICS if row.cadence == "evaluation"], "E_", columns.LAYER_EVALUATIONS),
        (list(WHOLE_STATISTICS), "W_", columns.WHOLE),
        (list(EVALUATION_STATISTICS), "V_", columns.EVALUATIONS),
    ],
)
def test_tables_and_columns_agree(rows: list[Statistic], prefix: str, count: int) -> None:
    assert len(rows) == count
    for place, row in enumerate(rows):
        assert getattr(columns, prefix + row.name.upper()) == place, row.name


def test_names_are_unique_and_rows_complete() -> None:
    for table in (LAYER_STATISTICS, WHOLE_STATISTICS, EVALUATION_STATISTICS):
        assert len({row.name for row in table}) == len(table)
        for row in table:
            assert row.title
            assert row.formula
            assert row.summary.endswith((".", ")."))
    assert LAYER_BY_NAME["gradient_norm"].column == columns.S_GRADIENT_NORM


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moments_keep_their_digits_far_from_0(dtype: type) -> None:
    x = np.array([4096.0, 4097.0, 4098.0, 4099.0], dtype)
    assert compiled(measure.moments)(x) == (4097.5, 1.25, 0)
    assert compiled(measure.moments)(np.full(1000, 0.1, dtype))[1] == 0.0


def test_gradient_summary_by_hand() -> None:
    squares, largest, magnitudes, zeros, broken = compiled(measure.gradient_summary)(np.array([3.0, 0.0, -4.0, -0.0]))
    assert (squares, largest, magnitudes, zeros, broken) == (25.0, 4.0, 7.0, 2, 0)


@pytest.mark.parametrize("units", [1, 2, 5, 70, 130])
def test_weight_similarity(units: int) -> None:
    w = np.random.default_rng(units).standard_normal((4, units))
    w[:, 0] = 0.0
    got = compiled(measure.weight_similarity)(w, np.empty(4 * units), np.empty(columns.SIMILARITY_BLOCK * units))
    assert got == pytest.approx(similarity(w), rel=1e-12)


def test_the_herd(build: Build) -> None:
    alike = build({"hidden": [4], "init": "constant"}, {})
    assert alike.lanes[0].latest_layers["weight_similarity"] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(("activation", "silent"), [("relu", 3), ("threshold", 3), ("leaky_relu", 0)])
def test_units_far_below_0_are_dead_in_the_relu_family_alone(activation: str, silent: int, build: Build) -> None:
    experiment = build({"hidden": [3], "activation": activation, "bias": -50.0}, {})
    experiment.advance(1)
    statistics_now = experiment.lanes[0].statistics["layers"]
    assert statistics_now["dead_units"].tolist() == [silent, 0]
    assert statistics_now["inactive_units"].tolist() == [silent, 0]


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "gelu", "silu", "softplus", "elu", "linear"])
@pytest.mark.parametrize(("init", "bias"), [("zeros", 0.0), ("xavier_uniform", -2000.0)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_smooth_activations_are_never_dead(activation: str, init: str, bias: float, dtype: str, build: Build) -> None:
    """Not even where a happens to be exactly 0: tanh(0), or a sigmoid that underflows."""
    experiment = build({"hidden": [3], "activation": activation, "init": init, "bias": bias}, {"dtype": dtype})
    experiment.advance(1)
    assert experiment.lanes[0].latest_layers["dead_units"].tolist() == [0, 0]
    assert experiment.lanes[0].latest_layers["inactive_units"].tolist() == [0, 0]


def test_saturated_sigmoids(build: Build) -> None:
    experiment = build({"hidden": [4], "activation": "sigmoid", "bias": [30.0, 0.0]}, {})
    experiment.advance(1)
    assert experiment.lanes[0].latest_layers["saturated_fraction"].tolist() == [1.0, 0.0]


def test_update_ratio_of_a_net_of_zeros_is_infinite(build: Build) -> None:
    experiment = build({"hidden": [3], "init": "zeros", "activation": "sigmoid", "bias": 0.5}, {})
    experiment.advance(1)
    assert experiment.lanes[0].latest_layers["update_ratio"][1] == np.inf
