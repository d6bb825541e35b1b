"""Themes: chosen in the palette, seen at once everywhere, kept for the next time."""

from pathlib import Path

import pytest
from lab.driving import fake_lab, ready, text, until

from nntui.lab.app import LabApp
from nntui.lab.config import Config, config_file, read_config
from nntui.lab.frame import export
from nntui.lab.session_view import SessionView
from nntui.lab.still import StillSource
from nntui.lab.themes import THEMES, colours_named
from nntui.plotting.colours import DEFAULT
from nntui.plotting.theme import Theme


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def colours_on_screen(app: LabApp) -> set[str]:
    frame = export(app, "")
    return {colour for row in frame.cells for cell in row for colour in (cell.foreground, cell.background)}


async def test_a_theme_from_the_palette_is_seen_at_once_and_kept() -> None:
    app = fake_lab()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        before = colours_on_screen(app)
        await pilot.press("ctrl+p")
        await pilot.press(*"theme: high")
        await until(pilot, lambda: "Theme: high-contrast" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.colours.name == "high-contrast" and app.screen is app.lab_screen)
        await pilot.pause()
        found = colours_named("high-contrast")
        after = colours_on_screen(app)
        assert DEFAULT.background in before
        assert {found.background, found.text, found.accent} <= after
        assert not {DEFAULT.background, DEFAULT.text, DEFAULT.accent} & after
        assert read_config(config_file()) == (Config(theme="high-contrast"), "")
        app.source.stop()


@pytest.mark.parametrize("name", THEMES)
async def test_every_theme_colours_the_lesson_too(name: str) -> None:
    app = LabApp(StillSource(SessionView()), theme=Theme(colours=colours_named(name)), still=True)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        found = colours_named(name)
        assert app.screen.styles.background.hex.lower() == found.background
        lesson = app.screen.query_one("#lesson-text")
        assert lesson.styles.border_top[1].hex.lower() == found.faint


async def test_a_theme_is_there_from_the_start_and_changed_while_the_lesson_is_shown() -> None:
    app = fake_lab(theme=Theme(colours=colours_named("nord")))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        assert set(colours_named("nord").lanes[:2]) <= colours_on_screen(app)
        await pilot.press("6")
        app.choose_colours("solarized-light")
        await pilot.pause()
        found = colours_named("solarized-light")
        assert set(found.lanes[:2]) <= colours_on_screen(app)
        assert found.background in colours_on_screen(app)
        assert app.theme == "nntui-solarized-light"
        app.choose_colours("default")
        await pilot.pause()
        assert DEFAULT.background in colours_on_screen(app)
        app.source.stop()


async def test_a_theme_that_cannot_be_kept_is_shown_for_now() -> None:
    config_file().parent.mkdir(parents=True)
    config_file().write_bytes(b"\xff")
    app = fake_lab()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        app.choose_colours("nord")
        await until(pilot, lambda: "for now" in text(app))
        assert app.colours.name == "nord"
        app.source.stop()
