"""Names and titles that a person may write reach the report, the screen and the pictures as they are."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hostile.judging import run_command
from lab.driving import fake_lab, ready, text, until
from lab.fakes import FakeExperiment
from textual.command import CommandPalette

NAMES = (
    "[/x]", "[bold]b", "[", "]", "[[", "\\[x]", "a\\", "[link=x]y", "[@click=app.quit]q", "$name", "{x}", "%s",
    "<b>", "&amp;", "</svg>", "e\u0301", "日本", "🙂", "\u202e abc",
)  # fmt: skip


def scenario(folder: Path, what: str, title: str = "t") -> str:
    """A file with a lane of each of these names."""
    lanes = "".join(f"[[lane]]\nname = {json.dumps(name, ensure_ascii=False)}\n" for name in NAMES)
    path = folder / "names.toml"
    head = (
        f"schema = 1\n[scenario]\ntitle = {json.dumps(title, ensure_ascii=False)}\nsummary = '[/s]'\nsource = '[/o]'\n"
    )
    path.write_text(f"{head}{what}\n[train]\nsteps = 2\n{lanes}", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("what", ['[data]\nname = "xor"\n[model]\nhidden = [2]', '[surface]\nname = "bowl"'])
def test_reports_and_pictures(tmp_path: Path, what: str) -> None:
    path, picture = scenario(tmp_path, what, "[/t] </title>"), tmp_path / "names.svg"
    status, out, _ = run_command("run", path, "--headless", "--screenshot", str(picture), within=120)
    assert status == 0
    for name in NAMES:
        assert sum(line.startswith(name) for line in out.splitlines()) >= 1, name
    assert "[/t] </title>" in out
    ElementTree.parse(picture)  # raises where a name has broken the picture


def test_show(tmp_path: Path) -> None:
    status, out, _ = run_command("show", scenario(tmp_path, '[data]\nname = "xor"'))
    assert status == 0
    assert "[/s]" in out
    assert "Source: [/o]" in out
    assert all(f"\n{name}: " in out for name in NAMES[1:])
    assert "as [/x]" in out


def test_fair_rates(tmp_path: Path) -> None:
    lanes = '[[lane]]\nname = "[/x]"\n[[lane]]\nname = "[bold]b"\n'
    path = tmp_path / "x.toml"
    path.write_text(f'schema = 1\n[scenario]\ntitle = "t"\n[surface]\nname = "bowl"\n[train]\nsteps = 2\n{lanes}')
    status, out, _ = run_command("run", str(path), "--headless", "--fair", within=120)
    assert status == 0
    assert "[/x]" in out
    assert "[bold]b" in out


async def test_typing_a_value_for_a_lane() -> None:
    app = fake_lab(FakeExperiment("[/x]", "[bold]b"))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "Enter sets it" in text(app))
        assert "[/x]" in text(app).split("Enter sets it")[0].splitlines()[-1]
        app.source.stop()


@pytest.mark.parametrize("typed", ["try", "bold"])
async def test_the_palette(typed: str) -> None:
    fake = FakeExperiment()
    fake.scenario.tries[0].say = "Try [/x] of [bold]b"
    app = fake_lab(fake)
    async with app.run_test(size=(120, 100)) as pilot:
        await ready(pilot)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*typed)
        await until(pilot, lambda: "Try: Try [/x] of [bold]b" in text(app))
        app.source.stop()
