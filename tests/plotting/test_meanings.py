"""Every panel says in plain words what is seen, and has a formula for the help."""

import pytest
from builders import snapshot

from nntui.lab.still import render_frame
from nntui.plotting.panel import MEANING_ROWS, Panel, PanelView, draw_panel
from nntui.plotting.panels import PANELS, build_panel, meaning_of
from nntui.plotting.surface_panels import SURFACE_PANELS
from nntui.plotting.theme import ASCII, Theme

ALL = [*PANELS.values(), *SURFACE_PANELS.values()]
INNER = 25  # columns inside the narrowest plot beside another


@pytest.mark.parametrize("panel", ALL, ids=lambda panel: panel.name)
def test_a_panel_says_what_is_seen_and_what_is_worked_out(panel: Panel) -> None:
    assert 10 <= len(panel.meaning) <= 90
    assert panel.meaning[0].isupper() or panel.meaning[0].isdigit()
    assert not panel.meaning.endswith(".")
    assert panel.formula
    assert len(panel.short) <= INNER
    assert panel.short or panel.on_request or len(panel.meaning) <= INNER


def drawn(width: int, height: int, theme: Theme, view: PanelView | None = None) -> list[str]:
    view, two = view or PanelView(), snapshot("sgd", "adam")
    built = build_panel("gradient_norm", two, view, theme)
    return draw_panel(built, width, height, theme, meaning_of("gradient_norm", two, view)).lines()


def test_the_longest_words_that_fit_stand_under_the_title_and_none_is_cut() -> None:
    panel = PANELS["gradient_norm"]
    assert panel.meaning in drawn(100, 14, Theme())[1]
    assert drawn(40, 14, Theme())[1].strip("│ ") == panel.short
    assert drawn(20, 14, Theme())[1].strip("│ ") == ""


def test_a_frame_stays_closed_around_the_words() -> None:
    for theme in (Theme(), Theme(ascii_only=True, glyphs=ASCII)):
        lines = drawn(60, 14, theme)
        assert len(lines) == 14
        left, right = (lines[1].index(theme.glyphs.side), lines[1].rindex(theme.glyphs.side))
        assert (lines[0][left], lines[0][right]) == tuple(theme.glyphs.corners[:2])


def test_a_low_panel_keeps_its_rows_for_the_plot() -> None:
    short = PANELS["gradient_norm"].short
    assert short not in "".join(drawn(40, MEANING_ROWS - 1, Theme()))
    assert short in "".join(drawn(40, MEANING_ROWS, Theme()))


def test_words_can_be_switched_off() -> None:
    assert PANELS["gradient_norm"].short not in "".join(drawn(40, 14, Theme(), PanelView(meanings=False)))


def test_the_lab_shows_them() -> None:
    assert PANELS["loss"].short in render_frame(snapshot(), 120, 40).text
