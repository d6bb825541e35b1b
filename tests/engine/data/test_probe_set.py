"""The probe set: 512 training rows drawn by the seed, for dead units and for sharpness alike."""

from typing import Any

import numpy as np
import pytest
from engine.build import Build

from nntui_engine import Experiment
from nntui_engine.analysis.curvature import Problem, sharpness
from nntui_engine.data.probe import PROBE_ROWS, probe_rows
from nntui_engine.kernels import columns as c

ROWS = 2000
REGRESSION = {"task": "regression"}


def test_the_draw() -> None:
    drawn = probe_rows(ROWS, 7)
    assert drawn.size == PROBE_ROWS == 512
    assert (np.diff(drawn) > 0).all()
    assert 0 <= drawn[0] <= drawn[-1] < ROWS
    np.testing.assert_array_equal(drawn, probe_rows(ROWS, 7))
    assert (drawn != probe_rows(ROWS, 8)).any()


@pytest.mark.parametrize("rows", [1, 511, 512])
def test_few_rows_are_all_probed(rows: int) -> None:
    np.testing.assert_array_equal(probe_rows(rows, 3), np.arange(rows))


def test_every_row_has_the_same_chance() -> None:
    """Over 400 seeds each tenth of the rows has its tenth of the places, within 5 standard deviations."""
    counts = sum(np.bincount(probe_rows(ROWS, seed) // (ROWS // 10), minlength=10) for seed in range(400))
    share = PROBE_ROWS / ROWS
    assert np.abs(counts - 400 * PROBE_ROWS / 10).max() < 5.0 * np.sqrt(400 * ROWS / 10 * share * (1.0 - share))


def sorted_file(build: Build, seed: int, **options: Any) -> Experiment:
    """A wave, its rows sorted by the input: the first quarter of them is its left end."""
    x = np.linspace(-3.0, 3.0, ROWS)[:, None]
    model = {"hidden": [8], "activation": "relu", "init": "he_normal"}
    train = {"seed": seed, "batch_size": 50, "evaluate_every": 1, "optimizer": "sgd", "lr": 0.01}
    return build(model, train, x=x, t=np.sin(x), data=REGRESSION, **options)


def silent_units(run: Experiment, rows: np.ndarray) -> int:
    p = run.parameters()
    return int(((run.lanes[0].data.x_train[rows] @ p["1.weights"] + p["1.biases"]) <= 0.0).all(axis=0).sum())


def test_a_sorted_file_makes_no_unit_dead(build: Build) -> None:
    """Units that fire right of the middle are silent on the first 512 rows, and alive."""
    falsely_dead = 0
    for seed in range(20):
        run = sorted_file(build, seed)
        run.advance(1)
        assert silent_units(run, np.arange(ROWS)) == 0
        assert run.lanes[0].latest_layers["dead_units"][0] == silent_units(run, probe_rows(ROWS, seed)) == 0.0
        assert [finding for finding in run.findings() if finding.rule == "dead_relu"] == []
        falsely_dead += silent_units(run, np.arange(PROBE_ROWS)) >= 4
    assert falsely_dead >= 6  # in so many of the 20 the first 512 rows would have called half the layer dead


def test_sharpness_does_not_depend_on_the_order_of_the_file(build: Build) -> None:
    x = np.linspace(-3.0, 3.0, ROWS)[:, None]
    model, train = {"hidden": []}, {"loss": "mse"}
    design = np.column_stack([x, np.ones(ROWS)])
    whole = np.linalg.eigvalsh(2.0 / ROWS * design.T @ design)[-1]
    for seed in range(5):
        found = sharpness(build(model, {**train, "seed": seed}, x=x, t=np.sin(x), data=REGRESSION))
        assert found == pytest.approx(whole, rel=0.1)
        probed = design[probe_rows(ROWS, seed)]
        assert found == pytest.approx(np.linalg.eigvalsh(2.0 / PROBE_ROWS * probed.T @ probed)[-1], rel=1e-9)


def test_lanes_with_the_same_rows_and_seed_share_the_draw(build: Build) -> None:
    lanes = [
        ("plain", {}),
        ("wide", {"model.hidden": [5, 3]}),
        ("other seed", {"train.seed": 9}),
    ]
    run = sorted_file(build, 4, lanes=lanes)
    run.tweak({"train.optimizer": "adam"}, "wide")
    draws = []
    for lane in range(3):
        ints = run.network.arena.ints[lane]
        at, count = ints[c.I_PROBE], ints[c.I_PROBE_ROWS]
        draws.append(run.network.arena.order[at : at + count].copy())
        np.testing.assert_array_equal(Problem.of(run, lane).x, run.lanes[lane].data.x_train[draws[lane]])
    np.testing.assert_array_equal(draws[0], draws[1])
    np.testing.assert_array_equal(draws[0], probe_rows(ROWS, 4))
    np.testing.assert_array_equal(draws[2], probe_rows(ROWS, 9))


def test_a_tweak_in_the_middle_of_an_evaluation_begins_it_again(build: Build) -> None:
    """The dead units of an evaluation that a tweak cut short are those of one that was not."""
    x = np.linspace(-3.0, 3.0, ROWS)[:, None]
    model = {"hidden": [8], "activation": "relu", "init": "he_normal", "bias": "normal"}
    run = build(model, {"batch_size": 50}, x=x, t=np.sin(x), data=REGRESSION)
    calm = run.lanes[0].latest_layers["dead_units"].tolist()
    run.network.arena.ints[0, c.I_EVALUATION_ROW] = 512
    run.network.arena.ints[0, c.I_PROBE_NEXT] = 300
    run.tweak({"train.lr": 0.02})
    assert run.lanes[0].latest_layers["dead_units"].tolist() == calm
