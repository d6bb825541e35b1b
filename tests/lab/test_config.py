"""A person's own settings: what is right is used, what is wrong is said in one line and the default used."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from lab.driving import ready, text, until
from lab.fakes import FakeExperiment, NoWarming

from nntui.lab.app import FRAMES_PER_SECOND, SLOW_FRAMES_PER_SECOND, LabApp
from nntui.lab.config import Config, config_file, key_name, read_config
from nntui.lab.keys import ACTIONS
from nntui.lab.session import Session

ROOT = Path(__file__).parents[2]


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "config.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_no_file_is_no_trouble(tmp_path: Path) -> None:
    assert read_config(tmp_path / "none" / "config.toml") == (Config(), "")
    assert read_config(written(tmp_path, "")) == (Config(), "")


def test_all_of_it(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        'theme = "nord"\nascii = true\nfps = 4\nmeanings = false\nhistory = false\n'
        '[keys]\npause = "p"\nstep = ["s", "("]\nopen = "ctrl+o"\n',
    )
    config, trouble = read_config(path)
    assert trouble == ""
    assert config == Config(
        {"pause": "p", "step": "s,left_parenthesis", "open": "ctrl+o"}, "nord", 4, False, ascii=True, history=False
    )


WRONG = [
    ('thema = "ascii"\nfps = 5', 'unknown setting "thema"; did you mean "theme"?', Config(fps=5)),
    ('theme = "pink"\nfps = 5', "theme = 'pink' is not allowed", Config(fps=5)),
    ("theme = []\nfps = 5", "theme = [] is not allowed", Config(fps=5)),
    (
        "fps = 0\nmeanings = false",
        "fps = 0 is not allowed; must be a whole number",
        Config(meanings=False),
    ),
    ("fps = true", "fps = True is not allowed", Config()),
    ("ascii = 1", "ascii = 1 is not allowed; must be true or false", Config()),
    ("history = 1", "history = 1 is not allowed; must be true or false", Config()),
    ('meanings = "no"', "meanings = 'no' is not allowed; must be true or false", Config()),
    ('keys = "p"', "keys must be a table", Config()),
    ('fps = 5\n[keys]\npaus = "p"', 'keys: unknown action "paus"; did you mean "pause"?', Config(fps=5)),
    ('[keys]\npause = "s"', 'keys: the key "s" is asked to do both "pause" and "step"', Config()),
    ("[keys]\npause = 3", "keys: pause = 3 is not allowed", Config()),
    ("[keys]\npause = []", "keys: pause = [] is not allowed", Config()),
    ('[keys]\npause = " "', "keys: pause = ' ' is not allowed", Config()),
    ("fps = ", "not valid TOML", Config()),
    (b"\xff", "cannot be read", Config()),
    ("#" * 200_000, "is too large", Config()),
]


@pytest.mark.parametrize(("content", "words", "config"), WRONG)
def test_what_is_wrong_is_said_and_the_rest_is_used(
    tmp_path: Path, content: str | bytes, words: str, config: Config
) -> None:
    path = written(tmp_path, content)
    found, trouble = read_config(path)
    assert found == config
    assert trouble.startswith(f"{path}: ")
    assert words in trouble
    assert "\n" not in trouble
    assert "used" in trouble


def test_more_than_one_thing_wrong_is_still_one_line(tmp_path: Path) -> None:
    _, trouble = read_config(written(tmp_path, "fps = 0\nmeanings = 1\ncolour = 2\n"))
    assert "(and 2 more)" in trouble


@pytest.mark.parametrize(
    ("sign", "name"), [("[", "left_square_bracket"), ("?", "question_mark"), ("/", "slash"), ("a", "a"), ("f5", "f5")]
)
def test_signs_have_the_names_that_textual_gives_them(sign: str, name: str) -> None:
    from textual.keys import _character_to_key

    assert key_name(sign) == name
    if len(sign) == 1:
        assert _character_to_key(sign) == name


def test_every_sign_of_a_keyboard_is_named_as_textual_names_it() -> None:
    from textual.keys import _character_to_key

    for sign in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~":
        assert key_name(sign) == _character_to_key(sign), sign


async def test_keys_frames_and_meanings_reach_the_lab() -> None:
    session = Session(lambda: FakeExperiment(), warming=NoWarming(), paused=True)  # type: ignore[arg-type, return-value]
    app = LabApp(session, "lab", config=Config({"step": "f9"}, "nord", 4, False, ascii=True))
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        await pilot.press("f9")
        await until(pilot, lambda: "step 1 /" in text(app))
        assert app._timer is not None
        assert app._timer._interval == 0.25 != 1 / FRAMES_PER_SECOND
        assert not app.model.panel_view.meanings
        assert app.plot_theme.ascii_only
        assert app.plot_theme.colours.name == "nord"
        assert "f9 step" in text(app)
        app.source.stop()


def test_the_page_names_every_action() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert all(f"`{action.id}`" in page for action in ACTIONS if action.id != "interrupt")


def test_the_pages_example_is_right(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    assert read_config(written(tmp_path, example))[1] == ""


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[keys]\npaus = "p"\n', 'unknown action "paus"'),
        ('[keys]\npause = "s"\n', 'the key "s" is asked to do both "pause" and "step"'),
        ('thema = "ascii"\n', 'unknown setting "thema"'),
        ("", ""),
    ],
)
def test_in_a_terminal_it_is_said_in_the_lab_and_on_standard_error(tmp_path: Path, content: str, words: str) -> None:
    folder = tmp_path / "nntui"
    folder.mkdir()
    written(folder, content)
    paths = os.pathsep.join(str(path) for path in (ROOT, ROOT / "engine", ROOT / "tests"))
    env = {**os.environ, "PYTHONPATH": paths, "TERM": "xterm-256color", "XDG_CONFIG_HOME": str(tmp_path)}
    child = pexpect.spawn(
        sys.executable, ["-m", "lab.fakes"], env=env, dimensions=(30, 160), encoding="utf-8", timeout=30
    )
    if content:
        child.expect(f"nntui: .*{re.escape(words)}")  # on standard error, before the screen
        child.expect(re.escape(words.partition('"')[0]))  # in the lab
    child.expect("running")
    assert content or "nntui: " not in str(child.before)
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_info_says_where_it_lies(tmp_path: Path) -> None:
    env = {
        **os.environ,
        "XDG_CONFIG_HOME": str(tmp_path),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "engine")]),
    }
    done = subprocess.run([sys.executable, "-m", "nntui", "info"], env=env, capture_output=True, text=True, check=True)
    assert str(tmp_path / "nntui" / "config.toml") in done.stdout


def test_tests_read_no_persons_settings() -> None:
    assert not config_file().is_relative_to(Path.home())


@pytest.mark.parametrize(
    ("own", "slow", "good"), [(None, 1 / SLOW_FRAMES_PER_SECOND, 1 / FRAMES_PER_SECOND), (30, 1 / 30, 1 / 30)]
)
async def test_a_slow_line_gets_fewer_frames_until_it_is_good_again_and_a_person_s_own_number_stays(
    own: int | None, slow: float, good: float
) -> None:
    session = Session(lambda: FakeExperiment(), warming=NoWarming(), paused=True)  # type: ignore[arg-type, return-value]
    app = LabApp(session, "lab", config=Config(fps=own))
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        for state, seconds in ((True, slow), (False, good)):
            app._driver.slow = state  # type: ignore[union-attr]
            await until(pilot, lambda state=state: app._slow == state)
            assert app._timer is not None
            assert app._timer._interval == seconds
        app.source.stop()
