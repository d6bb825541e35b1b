"""What was found, on the plots of its lane and at the layers that it names."""

from dataclasses import replace

import pytest
from builders import lane_snapshot, snapshot

from nntui.lab.shown_words import found_marks
from nntui.plotting.found_marks import found_signs
from nntui.plotting.layer_table import draw_layers
from nntui.plotting.panel import Found, PanelView, draw_panel
from nntui.plotting.panels import build_panel
from nntui.plotting.plot import PlotSpec
from nntui.plotting.theme import Theme
from nntui_engine.run.finding import Finding

THEME = Theme()
DEAD = Found("a", "dead_relu", 10, (2,), "!")
NAN = Found("b", "non_finite", 20, (1,), THEME.glyphs.bad)


def signs_of(name: str, view: PanelView) -> list[tuple[int, str, str]]:
    built = build_panel(name, snapshot("a", "b"), view, THEME)
    assert isinstance(built, PlotSpec)
    return [(mark.step, mark.text, mark.sign) for mark in built.marks if mark.sign]


@pytest.mark.parametrize(("lane", "mine"), [(0, [(10, "dead relu", "!")]), (1, [(20, "non finite", "×")])])
def test_plots_of_layers_mark_what_was_found_in_the_chosen_lane(lane: int, mine: list[tuple[int, str, str]]) -> None:
    assert signs_of("gradient_norm", PanelView(lane=lane, found=(DEAD, NAN))) == mine


def test_plots_of_lanes_mark_it_in_every_lane_that_is_drawn() -> None:
    both = [(10, "dead relu", "!"), (20, "non finite", "×")]
    assert signs_of("loss", PanelView(found=(DEAD, NAN))) == both
    assert signs_of("loss", PanelView(found=(DEAD, NAN), muted=frozenset({"a"}))) == both[1:]


def test_what_is_not_there_yet_has_no_mark() -> None:
    assert signs_of("loss", PanelView(found=(replace(DEAD, step=10**6),))) == []


def test_the_sign_stands_at_the_step_with_its_words() -> None:
    view = PanelView(found=(DEAD,))
    grid = draw_panel(build_panel("loss", snapshot("a", "b"), view, THEME), 60, 16, THEME)
    bare = draw_panel(build_panel("loss", snapshot("a", "b"), PanelView(), THEME), 60, 16, THEME)
    rows = ["".join(row) for row in grid.chars]
    assert sum("!" in row for row in rows) == 2
    assert len({row.index("!") for row in rows if "!" in row}) == 1
    assert any("dead relu" in row for row in rows)
    assert not any("!" in "".join(row) for row in bare.chars)


def test_the_layer_has_it_beside_its_marker() -> None:
    lane = lane_snapshot(0, "a")
    signs = found_signs(lane, PanelView(found=(DEAD, NAN)))
    assert signs == {2: "!"}
    rows = ["".join(row) for row in draw_layers(lane, 40, 20, THEME, found=signs).chars]
    assert [row[3] for row in rows if row[3] == "!"] == ["!"]
    assert next(row for row in rows if row[3] == "!")[2] in "2o"


def test_only_roots_above_an_info_are_marked() -> None:
    def one(severity: str, because: str = "") -> Finding:
        return Finding("dead_relu", severity, "a", (2,), 10, {}, "", (), because=because)  # type: ignore[arg-type]

    findings = [one("info"), one("warning", "input_scale"), one("warning"), one("critical")]
    assert [found.sign for found in found_marks(findings, THEME)] == ["!", "×"]
