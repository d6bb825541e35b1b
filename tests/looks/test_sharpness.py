"""The sharpness beside the training: what it is, of which lane, and that it is gone where a lane went back."""

from dataclasses import replace

import numpy as np
import pytest
from looks.looking import TWO_LANES

from nntui.looks import sharpness as looks
from nntui.looks.request import LookRequest, Looks
from nntui.looks.sharpness import SeenSharpness, sharpness_past
from nntui.plotting.landscape_panel import EDGE, edge_panel
from nntui.plotting.panel import PanelView
from nntui.plotting.plot import PlotSpec
from nntui.plotting.theme import Theme
from nntui_engine.analysis.curvature import sharpness
from nntui_engine.experiment import Experiment
from nntui_engine.scenario import scenario_from_dict

pytestmark = pytest.mark.slow
REQUEST = LookRequest((sharpness_past,))


@pytest.fixture(autouse=True)
def _never_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "SHARE", 1.0)


def settled(run: Experiment) -> SeenSharpness:
    """What is seen once nothing more is being worked out."""
    for _ in range(1000):
        found = sharpness_past(run, REQUEST)
        if found.complete:
            return found
        for thread in looks.threading.enumerate():
            if thread.name == "sharpness":
                thread.join()
    raise AssertionError("never complete")


def test_it_is_the_largest_eigenvalue_of_every_lane() -> None:
    run = Experiment(scenario_from_dict(TWO_LANES))
    want: dict[str, list[float]] = {"a": [], "b": []}
    for _ in range(2):
        run.advance(10)
        found = settled(run)
        for index, name in enumerate(want):
            want[name].append(sharpness(run, index))
    for name, values in want.items():
        steps, seen = found.lanes[name]
        assert steps.tolist() == [10, 20]
        assert seen == pytest.approx(values, rel=1e-9)
    assert want["a"] != want["b"]


def test_a_lane_that_goes_back_has_nothing_of_what_was_ahead() -> None:
    run = Experiment(scenario_from_dict(TWO_LANES), rewind_memory=2**22)
    run.advance(10)
    settled(run)
    run.advance(10)
    settled(run)
    run.seek(15)
    found = settled(run)
    assert found.lanes["a"][0].tolist() == [10, 15]
    assert found.lanes["a"][1][-1] == pytest.approx(sharpness(run, 0), rel=1e-9)


def test_a_network_that_is_no_chain_says_so() -> None:
    layers = [{"kind": "dense", "units": 4, "name": "one"}, {"kind": "add", "from": ["one", "one"]}]
    tables = TWO_LANES | {"model": {"layers": [*layers, {"kind": "dense", "units": 1}]}, "lane": [{"name": "a"}]}
    tables["model"]["layers"][-1]["activation"] = "sigmoid"
    run = Experiment(scenario_from_dict(tables))
    run.advance(1)
    found = settled(run)
    assert "chains" in found.why
    assert not len(found.lanes["a"][0])


def drawn(values: tuple[float, ...]) -> PlotSpec:
    """The plot of two lanes whose sharpness at step 10 is ``values``, as far as they go."""
    run = Experiment(scenario_from_dict(TWO_LANES))
    run.advance(20)
    snapshot = run.full_snapshot(None)
    past = {name: (np.array([10]), np.array([v])) for name, v in zip(("a", "b"), values, strict=False)}
    seen = Looks(REQUEST, 20, found={sharpness_past: SeenSharpness(past, True)})
    plot = edge_panel(snapshot, replace(PanelView(), looks=seen, lane=1), Theme())
    assert isinstance(plot, PlotSpec)
    return plot


def test_the_plot_multiplies_by_each_lanes_own_rate() -> None:
    plot = drawn((30.0, 30.0))
    line, a, b = plot.curves
    assert line.mean.tolist() == [EDGE, EDGE]
    assert a.mean.tolist() == pytest.approx([3.0])
    assert b.mean.tolist() == pytest.approx([6.0])
    assert "now 6.0" in plot.subtitle
    assert plot.whose == "b"
    assert plot.scale == "linear"


def test_a_lane_that_nothing_is_known_of_has_no_curve() -> None:
    _, a, b = drawn((30.0,)).curves
    assert (len(a.steps), len(b.steps)) == (1, 0)


def test_far_below_the_edge_the_axis_is_logarithmic() -> None:
    assert drawn((0.1, 0.1)).scale == "log"
