"""The Layers view: histograms that are kept while it trains, and what is drawn of them and of any statistic."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from builders import iris

from nntui.looks.histograms import BINS, Histogram, histogram
from nntui.looks.layer_histograms import LayerHistograms, layer_histograms
from nntui.looks.request import LookRequest, Looks
from nntui.looks.walk import MOST_MOMENTS, walk_of
from nntui.plotting.histograms import _resampled
from nntui.plotting.layers_view import STATISTICS, _shares, histogram_panel, layer_map_panel
from nntui.plotting.panel import PanelView
from nntui.plotting.plot import PlotSpec
from nntui.plotting.theme import ASCII, Theme
from nntui_engine.analysis.inside import outputs_of_layers, probe_set
from nntui_engine.experiment import Experiment
from nntui_engine.run.snapshot import Series
from nntui_engine.scenario import scenario_from_dict

TABLES: dict[str, Any] = {
    "schema": 1,
    "scenario": {"title": "Moons"},
    "data": {"name": "moons", "samples": 60},
    "model": {"hidden": [4, 3], "activation": "tanh"},
    "train": {"lr": 0.1, "steps": 600, "batch_size": 16},
    "lane": [{"name": "a"}, {"name": "b", "set": {"model.hidden": [2]}}],
}


def run(steps: int = 100, every: int = 10) -> Experiment:
    found = Experiment(scenario_from_dict(TABLES))
    walk_of(found).note(found)
    for _ in range(steps // every):
        found.advance(every)
        walk_of(found).note(found)
    return found


@pytest.mark.slow
def test_a_histogram_is_of_the_layers_outputs() -> None:
    experiment = run()
    found = layer_histograms(experiment, LookRequest(lane=0, layer=2))
    assert found is not None
    values = outputs_of_layers(experiment, 0, probe_set(experiment, 0, 128))[2]
    newest = found.histograms[-1]
    counts = np.histogram(values, BINS, (values.min(), values.max()))[0]
    np.testing.assert_allclose(newest.shares, counts / values.size)
    assert [one.step for one in found.histograms] == list(range(0, 101, 10))
    assert layer_histograms(experiment, LookRequest(lane=1, layer=9)).layer == 2  # type: ignore[union-attr]


@pytest.mark.slow
def test_as_many_are_kept_as_are_drawn_and_none_of_a_future_that_is_gone() -> None:
    experiment = run(600, 2)
    kept = walk_of(experiment).histograms("a", 1)
    assert kept[0].step == 0
    assert MOST_MOMENTS // 2 <= len(kept) <= MOST_MOMENTS + 1
    experiment.seek(100)
    walk_of(experiment).note(experiment)
    assert walk_of(experiment).histograms("a", 1)[-1].step == 100


def test_what_is_not_finite_is_left_out() -> None:
    one = histogram(5, np.array([0.0, 1.0, np.nan, np.inf]))
    assert (one.low, one.high, one.shares.sum()) == (0.0, 1.0, 1.0)
    assert not histogram(5, np.array([np.nan])).shares.any()
    assert histogram(5, np.zeros(4)).shares.sum() == 1.0


@pytest.mark.parametrize("columns", [8, 48, 77])
def test_drawing_a_histogram_on_another_axis_keeps_what_it_holds(columns: int) -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(BINS))
    one = Histogram(1, -1.0, 2.0, shares)
    wide = _resampled(one, -2.0, 4.0, columns)
    assert wide.sum() == pytest.approx(1.0)
    middles = np.linspace(-2.0, 4.0, columns + 1)[:-1] + 3.0 / columns
    assert wide @ middles == pytest.approx(
        shares @ (np.linspace(-1.0, 2.0, BINS + 1)[:-1] + 1.5 / BINS), abs=0.5 / columns
    )
    spike = _resampled(Histogram(1, 1.0, 1.0, np.eye(BINS)[0]), -2.0, 4.0, columns)
    assert spike.sum() == 1.0
    assert np.argmax(spike) == columns // 2


def test_shades_go_from_the_lowest_to_the_highest() -> None:
    values = np.array([[1e-4, 1e-2], [1.0, np.nan], [0.0, np.inf]])
    series = Series(np.arange(3.0), values, values, values)
    shares, ends = _shares(series, log=True)
    assert shares[0, 0] == 0.0
    assert shares[0, 1] == 1.0
    assert shares[1, 0] == 0.5
    assert np.isneginf(shares[0, 2])  # a zero is nothing on a log scale
    assert np.isnan(shares[1, 2])
    assert ends == ("1e-4", "1")
    assert _shares(series, log=False)[1][0] == "0"


def test_the_map_names_the_statistic_and_says_why_it_is_empty() -> None:
    snapshot = iris()
    lane = replace(snapshot.lanes[0], layer_history={"gradient_norm": snapshot.lanes[0].layer_history["gradient_norm"]})
    snapshot = replace(snapshot, lanes=(lane,))
    view = PanelView(statistic=STATISTICS.index("gradient_norm"))
    built = layer_map_panel(snapshot, view, Theme())
    assert not isinstance(built, PlotSpec)
    assert "Gradient norm" in built(60, 14).lines()[0]
    bare = layer_map_panel(snapshot, PanelView(statistic=STATISTICS.index("zero_weights")), Theme())
    assert isinstance(bare, PlotSpec)
    assert bare.empty == "Nothing of it in this network: v shows another statistic."


@pytest.mark.parametrize("theme", [Theme(), Theme(ascii_only=True, glyphs=ASCII)], ids=["full", "ascii"])
@pytest.mark.parametrize("size", [(30, 6), (60, 20), (20, 4)])
def test_histograms_stand_one_below_the_other(theme: Theme, size: tuple[int, int]) -> None:
    shares = np.zeros(BINS)
    shares[[0, -1]] = 0.5
    found = LayerHistograms(1, tuple(Histogram(step, -1.0, 1.0, shares) for step in (0, 50, 100)))
    looks = Looks(LookRequest(), 100, 0.0, {layer_histograms: found})
    built = histogram_panel(iris(), PanelView(looks=looks), theme)
    assert not isinstance(built, PlotSpec)
    lines = built(*size).lines()
    assert len(lines) == size[1]
    assert {len(line) for line in lines} == {size[0]}
    if size[0] >= 30:
        assert [line.split()[1] for line in lines[1:4]] == ["0", "50", "100"]
        assert lines[3].count("@" if theme.ascii_only else "█") == 2
