"""Help: first what is on screen and what it means, then the keys that work here, then all."""

import pytest
from lab.driving import ROOMY, SMALL, fake_lab, ready, text, until

from nntui.lab.help_words import help_lines
from nntui.lab.keys import ACTIONS, actions
from nntui.lab.screens.help import HelpScreen
from nntui.plotting.panels import PanelWords
from nntui.plotting.status import KeyHint, draw_keys
from nntui.plotting.theme import Theme


def test_the_view_comes_first_then_what_works_then_all() -> None:
    words = [PanelWords("Gradient norm by layer", "How hard each layer is pulled", "‖∂L/∂W‖")]
    lines = help_lines("overview", words, actions(), {"pause", "help"}, Theme())
    headings = [line.text for line in lines if line.heading]
    assert headings[:2] == ["Overview: how training goes", "Keys that work here"]
    assert all(heading.startswith("All keys: ") for heading in headings[2:])
    panel = next(line for line in lines if line.keys == "Gradient norm by layer")
    assert panel.text == "How hard each layer is pulled. Formula: ‖∂L/∂W‖."
    at = [line.text for line in lines].index("Keys that work here")
    assert [line.keys for line in lines[at + 1 : at + 3]] == ["space", "?"]
    rest = [line for line in lines[at + 4 :] if line.keys]
    assert len(rest) == len(ACTIONS)
    assert {line.keys for line in rest if not line.dim} == {"space", "?"}


@pytest.mark.parametrize("size", [SMALL, (100, 30), ROOMY])
async def test_it_tells_of_the_panels_on_screen(size: tuple[int, int]) -> None:
    app = fake_lab()
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await until(pilot, lambda: app.model.shown)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "Overview: how training goes" in text(app))
        seen = text(app)
        assert "Help (Esc closes)" in seen
        assert "How wrong the answers are" in seen
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.lab_screen)
        app.source.stop()


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_help_find_and_quit_stay_in_the_footer(width: int) -> None:
    items = [KeyHint(0, "?", "help"), KeyHint(0, "^p", "find"), KeyHint(0, "q", "quit")]
    items += [KeyHint(n, "x", f"thing {n}") for n in range(1, 40)]
    line = draw_keys(items, width).lines()[0]
    assert line.rstrip().endswith("? help  ^p find  q quit")


def test_in_a_very_narrow_footer_help_and_quit_are_left() -> None:
    items = [KeyHint(0, "?", "help"), KeyHint(0, "^p", "find"), KeyHint(0, "q", "quit"), KeyHint(1, "space", "pause")]
    assert "? help  q quit" in draw_keys(items, 20).lines()[0]
