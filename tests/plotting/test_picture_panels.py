"""Pictures of what stands inside a convolutional network, and of augmented rows."""

from typing import Any

import numpy as np
import pytest
from rich.style import Style

from nntui.looks.inside import VARIANTS, augmented, feature_maps, filters
from nntui.looks.request import LookRequest, Looks, take_looks
from nntui.plotting.grid import Grid
from nntui.plotting.panel import PanelView, draw_panel
from nntui.plotting.panels import PANELS, build_panel, panel_order
from nntui.plotting.picture_panels import PICTURE_PANELS
from nntui.plotting.plot import PlotSpec
from nntui.plotting.shades import resized, signed
from nntui.plotting.theme import ASCII, BACKGROUND, Theme
from nntui.plotting.tiles import tiled, zoom_for
from nntui_engine import Experiment
from nntui_engine.analysis.inside import probe_set, probed
from nntui_engine.scenario import scenario_from_dict

NAMES = tuple(panel.name for panel in PICTURE_PANELS)
THEMES = [Theme(), Theme("16"), Theme("grey"), Theme("full", True, ASCII)]
LAYERS: list[dict[str, Any]] = [
    {"kind": "convolution", "name": "first", "filters": 5, "kernel": [3, 2], "activation": "tanh"},
    {"kind": "convolution", "name": "second", "filters": 3, "kernel": 2},
    {"kind": "max_pool"},
    {"kind": "flatten"},
    {"kind": "dense", "units": 6},
]
AUGMENT = {"shift": 1, "rotate": 20, "noise": 0.1, "flip": "horizontal"}


def experiment(layers: list[dict[str, Any]] = LAYERS, data: dict[str, Any] | None = None, **more: Any) -> Experiment:
    return Experiment(
        scenario_from_dict(
            {
                "schema": 1,
                "scenario": {"title": "Pictures"},
                "data": data or {"name": "digits", "augment": AUGMENT},
                "model": {"layers": layers, "activation": "relu"},
                "train": {"steps": 20, "batch_size": 16, "lr": 0.01},
                **more,
            }
        )
    )


def looked(run: Experiment, *looks: Any, layer: int = 1) -> Looks:
    return take_looks(run, LookRequest(looks, layer=layer))


def drawn(name: str, run: Experiment, size: tuple[int, int], theme: Theme = THEMES[0], layer: int = 1) -> Grid:
    view = PanelView(looks=looked(run, PANELS[name].look, layer=layer), layer=layer)
    return draw_panel(build_panel(name, run.snapshot(), view, theme), *size, theme)


def half_cells(grid: Grid) -> list[list[str]]:
    """The colour of every half cell, as the eye sees it."""
    found: list[list[str]] = []
    for marks, inks in zip(grid.chars, grid.inks, strict=True):
        upper, lower = [], []
        for mark, ink in zip(marks, inks, strict=True):
            style = Style.parse(grid.styles[ink])
            below = style.bgcolor.name if style.bgcolor else BACKGROUND
            upper.append(style.color.name if mark == "▀" and style.color else below)
            lower.append(below)
        found += [upper, lower]
    return found


def test_filters_are_the_columns_of_the_weights_and_stand_the_right_way_up() -> None:
    run = experiment()
    weights = np.zeros((6, 5))
    weights[0, 0], weights[5, 0], weights[1, 4] = 1.0, -1.0, 1.0  # row by row of the window
    run.set_parameters(0, {"first.weights": weights})
    found = looked(run, filters).of(filters)
    assert found is not None
    assert found.pictures.shape == (5, 3, 2)
    np.testing.assert_array_equal(found.pictures[0], [[1.0, 0.0], [0.0, 0.0], [0.0, -1.0]])
    np.testing.assert_array_equal(found.pictures[4], [[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    grid, palette = drawn("filters", run, (15, 6)), signed(THEMES[0])  # 5 pictures of one pixel a half cell
    seen = half_cells(grid)
    assert [row[2:4] for row in seen[2:5]] == [
        [palette.colours[-3], palette.colours[12]],
        [palette.colours[12]] * 2,
        [palette.colours[12], palette.colours[0]],
    ]
    assert seen[2][4] == BACKGROUND  # a gap between two
    assert "Filters" in grid.lines()[0]


def test_filters_of_many_channels_are_their_mean_and_of_the_chosen_layer() -> None:
    run = experiment()
    run.advance(5)
    found = looked(run, filters, layer=2).of(filters)
    weights = run.parameters()["second.weights"].astype(float)  # 2×2 windows of 5 channels
    assert found is not None
    assert (found.layer.name, found.channels) == ("second", 5)
    for number in range(3):
        expected = [[weights[5 * (2 * i + j) : 5 * (2 * i + j) + 5, number].mean() for j in (0, 1)] for i in (0, 1)]
        np.testing.assert_allclose(found.pictures[number], expected)
    assert "2×2, largest " in drawn("filters", run, (60, 12), layer=2).lines()[10]
    assert "mean over 5 channels" in drawn("filters", run, (60, 12), layer=2).lines()[10]


def test_filters_along_time_have_a_line_for_each_channel() -> None:
    layers = [{"kind": "convolution", "filters": 4, "kernel": 3}, {"kind": "flatten"}]
    run = experiment(layers, {"name": "adding", "samples": 40, "length": 9})
    found = looked(run, filters).of(filters)
    weights = run.parameters()["1.weights"]
    assert found is not None
    assert found.pictures.shape == (4, 2, 3)
    np.testing.assert_allclose(found.pictures[1], [weights[0::2, 1], weights[1::2, 1]])


def test_feature_maps_are_what_the_layers_make_of_the_first_probe_row() -> None:
    run = experiment()
    run.advance(5)
    found = looked(run, feature_maps).of(feature_maps)
    assert found is not None
    assert [(words, pictures.shape) for words, pictures in found.maps] == [
        ("inputs", (1, 8, 8)),
        ("first", (5, 6, 7)),
        ("second", (3, 5, 6)),
        ("max pool", (3, 2, 3)),
        ("dense", (1, 1, 6)),
        ("output", (1, 1, 10)),
    ]
    x = probe_set(run, 0, 1)[0].reshape(8, 8)
    maps = dict(found.maps)
    np.testing.assert_allclose(maps["inputs"][0], x, rtol=1e-6)
    weights, biases = (run.parameters()[f"first.{name}"].astype(float) for name in ("weights", "biases"))
    for filt, top, left in ((0, 0, 0), (4, 5, 6), (2, 3, 1)):
        z = (x[top : top + 3, left : left + 2].ravel() * weights[:, filt]).sum() + biases[filt]
        assert maps["first"][filt, top, left] == pytest.approx(np.tanh(z), abs=1e-5)
    second = maps["second"]
    np.testing.assert_allclose(maps["max pool"][1, 0, 2], second[1, 0:2, 4:6].max())
    np.testing.assert_allclose(maps["output"].ravel(), run.predict(probe_set(run, 0, 1))[0], rtol=1e-6)


@pytest.mark.parametrize(("size", "layers"), [((80, 24), 6), ((30, 12), 6), ((20, 6), 4)])
def test_maps_name_as_many_layers_as_fit(size: tuple[int, int], layers: int) -> None:
    lines = drawn("feature_maps", experiment(), size).lines()
    words = ["inputs", "first", "second", "max", "dense", "output"]
    assert [word for word in words if any(f"│ {word}" in line for line in lines)] == words[:layers]
    assert ("2 layers more" in lines[-1]) == (layers == 4)


def test_augmented_rows_are_those_of_the_next_step() -> None:
    """A mini-batch of all rows takes them in order: the row in place i of it is the row's own variant of number i."""
    data = {"name": "moons", "samples": 16, "test_fraction": 0.0, "augment": {"noise": 0.5, "scale": 0.2}}
    run = experiment([{"kind": "dense", "units": 3}], data)
    found = looked(run, augmented).of(augmented)
    assert found is not None
    assert found.rows.shape == (1 + VARIANTS, 2)
    row = int(probed(run, 0)[0])
    np.testing.assert_allclose(found.rows[0], run.lanes[0].data.x_train[row])
    network = run.network
    network.probe(0)  # the next mini-batch, in the workspace
    from nntui_engine.kernels import columns as c

    at = int(network.arena.ints[0, c.I_XB])
    batch = network.arena.pool[at : at + 32].reshape(16, 2)
    np.testing.assert_array_equal(found.rows[1 + row], batch[row])
    assert len(np.unique(found.rows[1:], axis=0)) == VARIANTS
    again = looked(run, augmented).of(augmented)
    assert again is not None
    np.testing.assert_array_equal(again.rows, found.rows)
    run.advance(1)
    later = looked(run, augmented).of(augmented)
    assert later is not None
    assert np.abs(later.rows[1:] - found.rows[1:]).min() > 0.0


def test_looking_at_variants_changes_no_bit_of_the_training() -> None:
    run, other = experiment(), experiment()
    for _ in range(3):
        looked(run, augmented, filters, feature_maps)
        run.advance(2)
        other.advance(2)
    for name, value in run.parameters().items():
        np.testing.assert_array_equal(value, other.parameters()[name])


def test_augmented_pictures_are_nine_tiles_and_other_rows_are_curves() -> None:
    assert "first as it is" in drawn("augmented", experiment(), (60, 14)).lines()[-2]
    data = {"name": "adding", "samples": 40, "length": 9, "augment": {"noise": 0.1}}
    run = experiment([{"kind": "flatten"}], data)
    spec = build_panel("augmented", run.snapshot(), PanelView(looks=looked(run, augmented)), Theme())
    assert isinstance(spec, PlotSpec)
    assert len(spec.curves) == 1 + VARIANTS
    np.testing.assert_allclose(spec.curves[-1].mean, probe_set(run, 0, 1)[0].reshape(9, 2)[:, 0], rtol=1e-6)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", [(3, 2), (8, 4), (20, 6), (39, 10), (100, 30)])
def test_they_fit_every_size_in_every_theme(size: tuple[int, int], theme: Theme) -> None:
    run = experiment()
    for name in NAMES:
        grid = drawn(name, run, size, theme)
        assert (grid.width, grid.height) == size
        assert not theme.ascii_only or all(line.isascii() for line in grid.lines())


def test_they_open_by_themselves_where_there_is_something_to_show() -> None:
    assert set(panel_order((), experiment().snapshot(), PanelView())) >= set(NAMES)
    assert not set(panel_order((), Experiment("xor").snapshot(), PanelView())) & set(NAMES)


def test_an_empty_one_says_why() -> None:
    dense = {"name": "dense", "set": {"model.layers": [{"kind": "flatten"}], "data.augment": "none"}}
    snapshot = experiment(lane=[{"name": "pictures", "set": {}}, dense]).snapshot()
    for name in NAMES:
        for lane, words in ((1, "Lane dense has no "), (0, "One moment.")):
            spec = build_panel(name, snapshot, PanelView(lane=lane), Theme())
            assert isinstance(spec, PlotSpec)
            assert spec.empty.startswith(words)


def test_tiles_are_as_large_as_lets_all_of_them_fit() -> None:
    assert zoom_for(4, 2, 2, 5, 5) == 1
    assert zoom_for(4, 2, 2, 9, 9) == 2
    assert zoom_for(5, 2, 2, 5, 5) == 0
    pictures = [np.full((2, 2), number, dtype=np.int16) for number in range(6)]
    room, shown = tiled(pictures, 5, 5)
    assert shown == 4
    np.testing.assert_array_equal(room[::3, ::3], [[0, 1], [2, 3]])
    assert (room[2] == -2).all()
    assert (room[:, 2] == -2).all()


def test_smaller_is_the_mean_and_larger_the_same() -> None:
    values = np.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal(resized(values, 3, 2), [[0.5, 2.5], [4.5, 6.5], [8.5, 10.5]])
    np.testing.assert_array_equal(resized(values, 6, 4), values.repeat(2, axis=0))
