"""Layers that have names and kinds, on screen: what does not apply is left out, without holes and without NaN."""

from dataclasses import replace

import numpy as np
import pytest
from builders import changed_lane, iris, residual, residual_settings, snapshot, with_every_statistic

from nntui.looks.weights import UnitWeights
from nntui.plotting.lane_table import lane_words
from nntui.plotting.layer_signs import layer_forms, layer_keys
from nntui.plotting.layer_table import draw_layers
from nntui.plotting.panel import PanelView
from nntui.plotting.panels import PANELS
from nntui.plotting.plot import PlotSpec
from nntui.plotting.plot_drawing import draw_plot
from nntui.plotting.theme import ASCII, ERROR, Theme
from nntui.plotting.unit_weights import draw_weights
from nntui_engine.run.snapshot import LaneSnapshot, LayerInfo, NonFinite

THEME = Theme()
PLAIN_ASCII = Theme(ascii_only=True, glyphs=ASCII)


def drawn(name: str, blocks: int = 2) -> PlotSpec:
    made = PANELS[name].build(residual(blocks=blocks), PanelView(), THEME)
    assert isinstance(made, PlotSpec)
    return made


def test_a_plot_leaves_out_the_layers_that_the_statistic_says_nothing_of() -> None:
    gradients, variances = drawn("gradient_norm"), drawn("activation_variance")
    assert [key.marker for key in gradients.legend] == ["1", "2", "3", "5", "6", "o"]
    assert [curve.marker for curve in gradients.curves] == ["1", "2", "3", "5", "6", "o"]
    assert [key.marker for key in variances.legend] == ["1", "2", "3", "4", "5", "6", "7", "o"]
    assert all(np.isfinite(curve.mean).all() and not curve.bad.any() for curve in gradients.curves)


def test_what_is_left_out_leaves_no_hole_in_the_colours() -> None:
    gradients = drawn("gradient_norm")
    assert [key.colour for key in gradients.legend] == [THEME.layer(i, 6) for i in range(6)]
    by_marker = {key.marker: key.colour for key in drawn("activation_variance").legend}
    assert all(by_marker[key.marker] == key.colour for key in gradients.legend)
    assert by_marker["4"] == THEME.layer(2.5, 6)  # the sum, between b.1 and a.2


def test_names_stand_in_the_legend_where_there_is_room() -> None:
    spec = drawn("gradient_norm")
    assert [key.label for key in spec.legend] == ["stem", "a.1", "b.1", "a.2", "b.2", "output"]
    wide = draw_plot(spec, 90, 12, THEME).lines()[0]
    assert "1 stem  2 a.1  3 b.1  5 a.2  6 b.2  o output" in wide
    shorter = draw_plot(spec, 72, 12, THEME).lines()[0]
    assert "1 stem  2 a.1  3 b.1  5 a.2  6 b.2  o output" in shorter
    assert " Gradient norm ─" in shorter  # the words "by layer" give way to the names
    narrow = draw_plot(spec, 44, 12, THEME).lines()[0]
    assert "1 2 3 5 6 o" in narrow
    assert "stem" not in narrow


def test_the_legend_of_a_plain_chain_has_numbers_and_the_output() -> None:
    made = PANELS["gradient_norm"].build(snapshot(), PanelView(), THEME)
    assert isinstance(made, PlotSpec)
    assert [(key.marker, key.label) for key in made.legend] == [("1", ""), ("2", ""), ("o", "output")]


@pytest.mark.parametrize("theme", [THEME, Theme("16"), Theme("grey"), PLAIN_ASCII])
@pytest.mark.parametrize("size", [(34, 8), (60, 14), (120, 30)])
def test_fifty_layers_can_be_drawn_at_any_size(size: tuple[int, int], theme: Theme) -> None:
    grid = draw_plot(drawn("gradient_norm", blocks=16), *size, theme)
    assert all(len(line) == size[0] for line in grid.lines())
    text = "\n".join(grid.lines())
    assert "NaN" not in text
    assert theme.glyphs.bad not in text.replace("1...", "")


def table(lane: LaneSnapshot, width: int = 40, height: int = 20, theme: Theme = THEME, chosen: int = 0) -> list[str]:
    return draw_layers(lane, width, height, theme, chosen).lines()


def test_the_table_says_name_kind_and_shape() -> None:
    lines = table(residual().lanes[0])
    rows = [line.strip("│ ").split() for line in lines[3:11]]
    assert rows[0] == ["1", "stem", "16", "relu", "0.010", "0"]
    assert rows[2] == ["3", "b.1", "16", "linear", "0.030", "-"]
    assert rows[3] == ["4", "add", "16", "-", "-"]
    assert rows[7] == ["o", "output", "3", "softmax", "0.080", "-"]
    assert "NaN" not in "".join(lines)


@pytest.mark.parametrize("width", range(28, 41))
def test_words_and_numbers_of_a_layer_never_touch(width: int) -> None:
    for line in table(residual().lanes[0], width)[3:11]:
        number = next(word for word in line.split() if word.startswith("0.") or word == "-")
        assert f" {number}" in line


def test_a_frozen_layer_has_a_sign_and_others_have_none() -> None:
    settings = residual_settings()
    layers = tuple(replace(x, trainable=x.name != "a.1") for x in settings.layers)
    lane = with_every_statistic(replace(settings, layers=layers))
    lines = table(lane)
    assert [line[2:4] for line in lines[3:7]] == ["1 ", "2‖", "3 ", "4 "]
    assert any("parameters, ‖ frozen" in line for line in lines)
    assert not any("‖" in line for line in table(residual().lanes[0]))
    assert table(lane, theme=PLAIN_ASCII)[4][2:4] == "2="
    all_frozen = replace(settings, layers=tuple(replace(x, trainable=False) for x in settings.layers))
    rows = table(with_every_statistic(all_frozen))[3:11]
    assert [line[2:4] for line in rows] == ["1‖", "2‖", "3‖", "4 ", "5‖", "6‖", "7 ", "o‖"]  # a sum learns nothing


def test_a_frozen_layer_of_a_chain_has_the_sign_too() -> None:
    lane = snapshot().lanes[0]
    settings = lane.network.settings
    frozen = (replace(settings.layers[0], trainable=False), *settings.layers[1:])
    lines = table(changed_lane(lane, settings=replace(settings, layers=frozen)))
    assert [line[2:8] for line in lines[3:6]] == ["1‖  16", "2   16", "o    3"]


@pytest.mark.parametrize(("chosen", "first"), [(0, "1"), (3, "1"), (30, "+"), (50, "1")])
def test_the_chosen_layer_of_many_is_among_those_shown(chosen: int, first: str) -> None:
    lane = residual(blocks=16).lanes[0]
    lines = table(lane, height=14, chosen=chosen)
    marked = [line for line in lines if "▸" in line]
    assert len(marked) == (1 if chosen else 0)
    assert lines[3][2] == first
    assert any("42 more" in line for line in lines)
    if chosen == 30:
        assert lane.layers[29].name in marked[0]


@pytest.mark.parametrize(
    ("kind", "name", "shape", "words"),
    [
        ("convolution", "conv1", (8, 8, 16), [["conv1", "conv", "8×8×16", "relu"], ["conv1", "conv", "8×8×16"]]),
        ("max_pool", "", (4, 4, 16), [["max pool", "4×4×16"]]),
        ("dense", "head", (32,), [["head", "32", "relu"], ["head", "32"]]),
        ("add", "", (32,), [["add", "32"]]),
    ],
)
def test_the_words_for_a_layer_from_long_to_short(
    kind: str, name: str, shape: tuple[int, ...], words: list[list[str]]
) -> None:
    activation = "relu" if kind in ("convolution", "dense") else "linear"
    info = LayerInfo(1, name or "1", 4, shape[-1], activation, kind, shape)
    forms = layer_forms(info, name, THEME)
    assert forms[: len(words)] == words
    assert [sum(map(len, form)) for form in forms] == sorted((sum(map(len, form)) for form in forms), reverse=True)


def test_the_state_of_a_broken_lane_calls_the_layer_by_its_name() -> None:
    lane = changed_lane(residual().lanes[0], first_non_finite=NonFinite(7, 5, "z", 1.0, 1.0, 1.0, 1.0, 0.1))
    assert lane_words(lane) == ("NaN since step 7, layer a.2", ERROR)
    plain = changed_lane(iris().lanes[0], first_non_finite=NonFinite(7, 2, "z", 1.0, 1.0, 1.0, 1.0, 0.1))
    assert lane_words(plain) == ("NaN since step 7, layer 2", ERROR)


def test_a_layer_without_weights_says_so_in_place_of_them() -> None:
    why = "A layer of kind flatten has no weights; w chooses the next layer."
    found = UnitWeights(2, 4, 0, 16, np.zeros(0), 0.0, (), "", why)
    lines = draw_weights(found, "", 80, 12, THEME).lines()
    assert "Weights of layer 2" in lines[0]
    assert any(why in line for line in lines)
    named = draw_weights(replace(found, name="flat"), "", 80, 12, THEME).lines()
    assert "Weights of layer flat" in named[0]


def test_layers_past_nine_keep_their_names() -> None:
    keys = layer_keys(residual(blocks=3).lanes[0], THEME)
    assert [(key.marker, key.label) for key in keys[7:]] == [("8", "a.3"), ("9", "b.3"), ("+", ""), ("o", "output")]
