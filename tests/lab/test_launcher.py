"""The launcher with a person at the keys: choosing, searching, opening, coming back."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lab.driving import ROOMY, SMALL, fake_lab, ready, text, until
from lab.fakes import FakeExperiment, NoWarming
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from nntui.lab.app import LabApp
from nntui.lab.scenario_words import paragraphs
from nntui.lab.screens.launcher import LauncherScreen
from nntui.lab.session import Session
from nntui.lab.visits import note_visit, read_visits, visits_file
from nntui.plotting.theme import ASCII, Theme
from nntui_engine.scenario import Scenario

OWN = 'schema = 1\n[scenario]\ntitle = "Mine"\nsummary = "Of my own."\n[data]\nname = "moons"\n'


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


class Opened:
    """Opens fakes in place of scenarios, and keeps which."""

    def __init__(self) -> None:
        self.scenarios: list[Scenario] = []
        self.former: list[Any] = []
        self.experiments: list[FakeExperiment] = []

    def __call__(self, scenario: Scenario, former: Any) -> Session:
        self.scenarios.append(scenario)
        self.former.append(former)
        fake = FakeExperiment(scenario.name)
        fake.scenario.title = scenario.title
        self.experiments.append(fake)
        return Session(lambda: fake, warming=NoWarming(), paused=True)  # type: ignore[arg-type, return-value]


def launcher(**options: Any) -> LabApp:
    app = LabApp(None, theme=options.pop("theme", Theme()), **options)
    app.opener = Opened()  # type: ignore[method-assign]
    return app


async def shown(pilot: Pilot[Any]) -> LauncherScreen:
    await until(pilot, lambda: isinstance(pilot.app.screen, LauncherScreen) and pilot.app.screen.chosen)
    await until(pilot, lambda: "nntui run" in text(pilot.app))  # type: ignore[arg-type]
    return pilot.app.screen  # type: ignore[return-value]


async def opened(pilot: Pilot[Any], count: int) -> Opened:
    await until(pilot, lambda: len(pilot.app.opener.scenarios) == count)  # type: ignore[attr-defined]
    await until(pilot, lambda: pilot.app.screen is pilot.app.lab_screen)  # type: ignore[attr-defined]
    return pilot.app.opener  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("size", [SMALL, (100, 30), ROOMY])
async def test_it_shows_topics_numbers_and_what_the_chosen_one_is_about(size: tuple[int, int]) -> None:
    app = launcher()
    async with app.run_test(size=size) as pilot:
        await shown(pilot)
        seen = text(app)
        for words in ("Basics", "▸   1   digits", "Activations", "Handwritten digits", "nntui run digits"):
            assert words in seen
        for words in ("Network: hidden layers of 64, 32, relu", "Data: digits", "To try", "enter run", "q quit"):
            assert words in seen
        assert "scenarios, 0 seen" in seen


async def test_in_ascii_everything_is_ascii() -> None:
    app = launcher(theme=Theme(ascii_only=True, glyphs=ASCII))
    async with app.run_test(size=(100, 30)) as pilot:
        await shown(pilot)
        choices = app.screen.query_one("#choices").lines  # type: ignore[attr-defined]
        assert all(line.isascii() for line in choices)
        assert "> " in choices[2] or any(line.startswith("|>") for line in choices)


async def test_enter_runs_the_chosen_one_in_the_same_screen_and_it_is_remembered() -> None:
    app = launcher()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await shown(pilot)
        await pilot.press("down")
        screen.action_run()
        screen.action_run()  # a second time does not run it twice
        found = await opened(pilot, 1)
        assert [one.name for one in found.scenarios] == ["linear-baseline"]
        await ready(pilot)
        assert "The linear baseline first" in text(app)
        await until(pilot, lambda: read_visits(visits_file())[0].recent == ("linear-baseline",))
        app.source.stop()
    assert app.return_code in (None, 0)


async def test_another_scenario_ends_the_session_before_it_and_forgets_what_was_chosen_there() -> None:
    app = launcher()
    async with app.run_test(size=ROOMY) as pilot:
        await shown(pilot)
        await pilot.press("enter")
        await opened(pilot, 1)
        await ready(pilot)
        first = app.source
        await pilot.press("down", "right", "6")
        await until(pilot, lambda: app.model.view.can_undo)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, LauncherScreen))
        assert "back to the run" in text(app)
        await until(pilot, lambda: app.screen.chosen.name == "digits")  # type: ignore[attr-defined]
        await pilot.press("down", "enter")
        found = await opened(pilot, 2)
        await ready(pilot)
        assert found.former[1] is first
        await until(pilot, lambda: not first._thread.is_alive())  # type: ignore[attr-defined]
        assert app.model.rack.chosen == 0
        assert app.model.view_name == "overview"
        assert app.model.log == []
        assert not app.model.view.can_undo
        app.source.stop()


async def test_escape_goes_back_to_the_run_which_went_on() -> None:
    app = fake_lab()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        source = app.source
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, LauncherScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.lab_screen)
        assert app.source is source
        await pilot.press("s")
        await until(pilot, lambda: "step 1 /" in text(app))
        app.source.stop()


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("escape", 0), ("ctrl+c", 130)])
async def test_leaving_where_nothing_runs(key: str, code: int) -> None:
    app = launcher()
    async with app.run_test(size=(100, 30)) as pilot:
        await shown(pilot)
        await pilot.press(key)
        await pilot.pause(0.1)
    assert (app.return_code or 0) == code


async def test_typing_searches_and_escape_shows_all_with_the_mark_where_it_was() -> None:
    app = launcher()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await shown(pilot)
        for character in "/forget_bias":  # at once, as a quick hand or a paste does
            app.post_message(events.Key("slash" if character == "/" else character, character))
        await until(pilot, lambda: "in its settings: model" in text(app))
        assert screen.query_one(Input).value == "forget_bias"
        assert screen.chosen is not None
        assert screen.chosen.name == "forget-gate"
        await pilot.press("escape")
        await until(pilot, lambda: "Basics" in text(app) or "Sequences" in text(app))
        assert screen.query_one(Input).value == ""
        assert screen.chosen.name == "forget-gate"
        await pilot.press("enter")
        found = await opened(pilot, 1)
        assert found.scenarios[0].name == "forget-gate"
        app.source.stop()


async def test_letters_that_are_keys_can_be_searched_for_and_enter_runs_the_hit() -> None:
    app = launcher()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await shown(pilot)
        await pilot.press("slash", *"nqgjk")
        await until(pilot, lambda: "Nothing is called so" in text(app))
        await pilot.press("enter")  # there is nothing to run
        await pilot.press(*["backspace"] * 5, *"beale")
        await until(pilot, lambda: screen.chosen is not None and screen.chosen.name == "beale")
        await pilot.press("enter")
        found = await opened(pilot, 1)
        assert found.scenarios[0].is_surface
        app.source.stop()


async def test_seen_ones_are_ticked_and_the_last_stand_on_top() -> None:
    for key in ("digits", "xor"):
        note_visit(visits_file(), key)
    app = launcher()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await shown(pilot)
        lines = screen.query_one("#choices").lines  # type: ignore[attr-defined]
        assert [line[2:-1].strip() for line in lines[1:4]] == ["Recent", "5 ✓ xor", "1 ✓ digits"]
        assert sum("✓ digits" in line and "recipe" not in line for line in lines) == 2
        assert screen.chosen is not None
        assert screen.chosen.name == "linear-baseline"  # the first that was not seen
        assert "2 seen" in text(app)


async def test_a_damaged_memory_is_said_and_changes_nothing_else() -> None:
    visits_file().parent.mkdir(parents=True)
    visits_file().write_text("{", encoding="utf-8")
    app = launcher()
    async with app.run_test(size=(100, 30)) as pilot:
        await shown(pilot)
        await until(pilot, lambda: "What was seen is not known" in text(app))
        await pilot.press("enter")
        await opened(pilot, 1)
        await until(pilot, lambda: read_visits(visits_file())[0].seen == ("digits",))
        app.source.stop()


async def test_a_memory_that_cannot_be_written_is_said_once(monkeypatch: pytest.MonkeyPatch, folders: Path) -> None:
    (folders / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(folders / "file"))
    app = launcher()
    async with app.run_test(size=(100, 30)) as pilot:
        await shown(pilot)
        await pilot.press("enter")
        await opened(pilot, 1)
        await until(pilot, lambda: "What was opened cannot be kept" in text(app))
        app.source.stop()


async def test_own_files_are_listed_and_one_that_is_wrong_says_why(folders: Path) -> None:
    (folders / "mine.toml").write_text(OWN, encoding="utf-8")
    (folders / "wrong.toml").write_text(OWN.replace("moons", "mons"), encoding="utf-8")
    app = launcher()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await shown(pilot)
        assert "Your files" in text(app)
        await pilot.press("home")
        await until(pilot, lambda: "Of my own." in text(app))
        await pilot.press("down")
        await until(pilot, lambda: 'unknown data set "mons"' in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "wrong.toml:data.name" in "".join(text(app).replace("▌", "").split()))
        assert app.screen is screen
        (folders / "wrong.toml").write_text(OWN, encoding="utf-8")
        await pilot.press("enter")
        found = await opened(pilot, 1)
        assert found.scenarios[0].path == folders / "wrong.toml"
        app.source.stop()


async def test_a_new_file_is_written_from_the_chosen_one(folders: Path) -> None:
    (folders / "my-digits.toml").write_text("precious", encoding="utf-8")
    app = launcher()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await shown(pilot)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "New scenario file" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "is there already" in text(app))
        await pilot.press(*["backspace"] * 20, *"own.toml", "enter")
        await until(pilot, lambda: app.screen is screen and "own.toml is written" in text(app))
        assert (folders / "my-digits.toml").read_text(encoding="utf-8") == "precious"
        assert "Handwritten digits" in (folders / "own.toml").read_text(encoding="utf-8")
        assert screen.chosen is not None
        assert screen.chosen.path == folders / "own.toml"
        await pilot.press("enter")
        found = await opened(pilot, 1)
        assert found.scenarios[0].path == folders / "own.toml"
        app.source.stop()


async def test_a_click_chooses_a_second_runs_and_the_wheel_moves() -> None:
    app = launcher()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await shown(pilot)
        await pilot.click("#choices", offset=(12, 4))  # box, Basics, digits, Starting, linear-baseline
        assert screen.chosen is not None
        assert screen.chosen.name == "linear-baseline"
        await pilot.click("#choices", offset=(12, 1))  # a heading is nothing to choose
        assert screen.chosen.name == "linear-baseline"
        screen.query_one("#choices").on_mouse_scroll_down(None)  # type: ignore[attr-defined]
        await until(pilot, lambda: screen.chosen.name == "digits-recipe")  # type: ignore[union-attr]
        await pilot.click("#choices", offset=(12, 5))
        found = await opened(pilot, 1)
        assert found.scenarios[0].name == "digits-recipe"
        app.source.stop()


async def test_what_cannot_be_started_can_be_left_for_another() -> None:
    from nntui_engine.errors import InputError

    app = launcher()
    working = app.opener

    def refuses(scenario: Scenario, former: Any) -> Session:  # noqa: ARG001
        def make() -> Any:
            raise InputError("data.csv: no such file")

        return Session(make, warming=NoWarming())  # type: ignore[arg-type]

    app.opener = refuses  # type: ignore[method-assign]
    async with app.run_test(size=(100, 30)) as pilot:
        await shown(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "This could not be started" in text(app))
        assert "data.csv: no such file" in text(app)
        app.opener = working  # type: ignore[method-assign]
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, LauncherScreen))
        await pilot.press("enter")
        await opened(pilot, 1)
        await ready(pilot)
        app.source.stop()


async def test_what_is_wrong_with_the_settings_is_said_in_the_launcher() -> None:
    app = launcher()
    app.troubles.append("config.toml: fps = 0 is not allowed")
    async with app.run_test(size=(100, 30)) as pilot:
        await shown(pilot)
        assert "fps = 0 is not allowed" in text(app)
        await pilot.press("down")
        await until(pilot, lambda: "fps = 0" not in text(app))


def test_paragraphs_have_no_marks() -> None:
    lesson = "# Title\n\nOne *two*\nthree.\n\n- a `b`\n- c\n\n| x | y |\n"
    assert list(paragraphs(lesson)) == ["One two three.", "- a b", "- c"]


def test_nothing_is_compiled_before_a_scenario_is_chosen() -> None:
    code = """
import asyncio, json, sys
from nntui.lab.app import LabApp
async def main():
    app = LabApp(None)
    async with app.run_test(size=(100, 30)) as pilot:
        while not getattr(app.screen, "entries", ()) or app.screen.chosen is None:
            await pilot.pause(0.05)
        await pilot.press("down", "down")
        await pilot.pause(0.5)
    print(json.dumps([name for name in ("numba", "llvmlite", "sklearn", "scipy") if name in sys.modules]))
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []


async def test_a_file_of_data_is_listed_and_a_network_is_made_for_it(folders: Path) -> None:
    (folders / "mine.csv").write_text("a,b,kind\n" + "1,2,yes\n3,5,no\n" * 20, encoding="utf-8")
    (folders / "empty.csv").write_text("a,b\n", encoding="utf-8")
    app = launcher()
    async with app.run_test(size=(100, 30)) as pilot:
        await shown(pilot)
        await pilot.press("home")
        await until(pilot, lambda: "0 rows below the header" in text(app))
        await pilot.press("down")
        await until(pilot, lambda: 'Guessed: the class "kind"' in text(app))
        await pilot.press("enter")
        found = await opened(pilot, 1)
        assert found.scenarios[0].path == folders / "mine.csv"
        await until(pilot, lambda: read_visits(visits_file())[0].recent == (str(folders / "mine.csv"),))
        app.source.stop()


@pytest.mark.parametrize("first", ["n", "j", "g", "/", "5"])
async def test_whatever_is_typed_is_searched_for(first: str) -> None:
    app = launcher()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "digits" in text(app))
        await pilot.press("slash" if first == "/" else first, *"beale")
        await until(pilot, lambda: app.screen.query_one(Input).value == first.strip("/") + "beale")
        app.exit()


NONSENSE = [b"", b"\xff\xfe\x00", b"schema = 1\n[scenario]\ntitle = ", OWN.replace("moons", "mons").encode()]


@pytest.mark.parametrize("content", NONSENSE, ids=["empty", "bytes", "half", "data"])
async def test_a_scenario_that_is_edited_into_nonsense_is_said_and_what_runs_goes_on(
    folders: Path, content: bytes
) -> None:
    (folders / "mine.toml").write_text(OWN, encoding="utf-8")
    app = launcher()
    async with app.run_test(size=(100, 30)) as pilot:
        await shown(pilot)
        await pilot.press("home", "enter")
        await opened(pilot, 1)
        await ready(pilot)
        running = app.source
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, LauncherScreen) and app.screen.chosen is not None)
        screen = app.screen
        await until(pilot, lambda: screen.chosen.name == "mine")  # type: ignore[attr-defined]
        (folders / "mine.toml").write_bytes(content)  # in another window
        await pilot.press("enter")
        await until(pilot, lambda: "▌" in text(app) and "mine.toml:" in "".join(text(app).replace("▌", "").split()))
        assert app.screen is screen
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.lab_screen)
        assert app.source is running
        await pilot.press("s")
        await until(pilot, lambda: app.model.view.snapshot.step == 1)  # type: ignore[union-attr]
        app.source.stop()
