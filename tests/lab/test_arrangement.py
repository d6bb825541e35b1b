"""Panels in a person's own order and choice: kept for each scenario, and put back by a key."""

import json
from pathlib import Path
from typing import Any

import pytest
from builders import race, racer, snapshot
from lab.driving import ROOMY, fake_lab, ready, text, until

from nntui.lab.app import LabApp
from nntui.lab.arrangement import (
    MOST_KEPT,
    Arrangement,
    arrangements_file,
    keep_arrangements,
    read_arrangements,
)
from nntui.lab.model import LabModel
from nntui.lab.session_view import SessionView
from nntui.plotting.panel_list import PanelLine, draw_panel_list
from nntui.plotting.theme import ASCII, Theme

NAMES = ("loss", "accuracy", "gradient_norm", "dead_units")


def test_panels_are_moved_as_far_as_the_list_goes() -> None:
    first = Arrangement()
    down = first.moved(NAMES, "loss", 1)
    assert down.shown(NAMES) == ("accuracy", "loss", "gradient_norm", "dead_units")
    assert down.moved(NAMES, "loss", -1).shown(NAMES) == NAMES
    assert first.moved(NAMES, "loss", -1).shown(NAMES) == NAMES
    assert first.moved(NAMES, "dead_units", 1).shown(NAMES) == NAMES


def test_hidden_panels_keep_their_place_and_one_always_stays() -> None:
    some = Arrangement().switched(NAMES, "accuracy")
    assert some.shown(NAMES) == ("loss", "gradient_norm", "dead_units")
    assert some.switched(NAMES, "accuracy").shown(NAMES) == NAMES
    for name in NAMES:
        some = some.switched(NAMES, name) if name != "accuracy" else some
    assert some.shown(NAMES) == ("dead_units",)


def test_a_panel_that_is_new_stands_behind_those_that_were_arranged_and_one_that_is_gone_is_no_matter() -> None:
    kept = Arrangement(("dead_units", "gone", "loss"), frozenset({"gone", "gradient_norm"}))
    assert kept.shown(NAMES) == ("dead_units", "loss", "accuracy")
    assert kept.shown(("gradient_norm",)) == ("gradient_norm",)


def test_kept_for_each_scenario_and_view_and_forgotten_when_put_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "panels.json"
    mine = {"overview": Arrangement(("loss",), frozenset({"accuracy"})), "network": Arrangement(("unit_weights",))}
    assert read_arrangements(path, "xor") == ({}, "")
    assert keep_arrangements(path, "xor", mine) == ""
    assert keep_arrangements(path, "/a/mine.toml", {"overview": Arrangement(("accuracy",))}) == ""
    assert read_arrangements(path, "xor") == (mine, "")
    assert keep_arrangements(path, "xor", {"overview": Arrangement()}) == ""
    assert read_arrangements(path, "xor") == ({}, "")
    assert list(json.loads(path.read_text(encoding="utf-8"))["scenarios"]) == ["/a/mine.toml"]
    assert [entry.name for entry in path.parent.iterdir()] == ["panels.json"]


def test_of_very_many_scenarios_the_newest_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "panels.json"
    tables = {str(number): {"overview": {"order": ["loss"], "hidden": []}} for number in range(MOST_KEPT)}
    path.write_text(json.dumps({"schema": 1, "scenarios": tables}), encoding="utf-8")
    assert keep_arrangements(path, "0", {"overview": Arrangement(("accuracy",))}) == ""
    assert keep_arrangements(path, "new", {"overview": Arrangement(("accuracy",))}) == ""
    kept = list(json.loads(path.read_text(encoding="utf-8"))["scenarios"])
    assert (len(kept), kept[0], kept[-2:]) == (MOST_KEPT, "2", ["0", "new"])


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"\xff\xfe", b'{"schema": 2}', b"[" * 100_000, b'{"schema": 1, "scenarios": 3}'),
        *(b'{"schema": 1, "scenarios": {"xor": 3}}', b'{"schema": 1, "scenarios": {"xor": {"overview": 3}}}'),
        b'{"schema": 1, "scenarios": {"xor": {"overview": {"order": [1]}}}}',
        b'{"schema": 1, "scenarios": {"xor": {"overview": {"hidden": "loss"}}}}',
    ],
)
def test_a_damaged_file_is_said_in_one_line_and_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "panels.json"
    path.write_bytes(content)
    found, trouble = read_arrangements(path, "xor")
    assert found == {}
    assert trouble.startswith("The order of panels is not known")
    assert str(path) in trouble
    assert "\n" not in trouble
    assert keep_arrangements(path, "xor", {"overview": Arrangement(("loss",))}) == ""
    assert read_arrangements(path, "xor") == ({"overview": Arrangement(("loss",))}, "")


def test_a_folder_that_takes_no_files_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    trouble = keep_arrangements(tmp_path / "file" / "panels.json", "xor", {"overview": Arrangement(("loss",))})
    assert trouble.startswith("The order of panels cannot be kept: ")
    assert "\n" not in trouble


def test_the_list_shows_the_chosen_panel_and_counts_the_others() -> None:
    lines = [PanelLine(f"Panel {number}", number != 1) for number in range(12)]
    rows = [row.rstrip() for row in draw_panel_list(lines[:3], 1, 30, 3, Theme()).lines()]
    assert rows == ["  ✓ Panel 0", "▸ · Panel 1 (hidden)", "  ✓ Panel 2"]
    few = draw_panel_list(lines, 11, 30, 5, Theme(ascii_only=True, glyphs=ASCII)).lines()
    assert "> x Panel 11" in "\n".join(few)
    assert "8 more" in few[-1]
    assert "".join(few).isascii()


def order(app: LabApp) -> tuple[str, ...]:
    assert app.lab_screen is not None
    return app.lab_screen.panel_names


async def opened(pilot: Any, app: LabApp) -> None:
    await pilot.press("P")
    await until(pilot, lambda: "Panels of this view" in text(app))


async def test_moved_hidden_and_put_back_by_keys_and_kept_between_starts() -> None:
    app = fake_lab()
    app.remember("fake-scenario")
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        first, second = order(app)[:2]
        await opened(pilot, app)
        await pilot.press("J")
        await until(pilot, lambda: order(app)[:2] == (second, first))
        await pilot.press("space")
        await until(pilot, lambda: first not in order(app))
        assert "(hidden)" in text(app)
        await pilot.press("escape")
        await until(pilot, lambda: "Panels of this view" not in text(app))
        assert app.lab_screen.shown_panels[0] == second  # type: ignore[union-attr]
        app.source.stop()
    app = fake_lab()
    app.remember("fake-scenario")
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        await until(pilot, lambda: order(app)[0] == second and first not in order(app))
        await opened(pilot, app)
        await pilot.press("backspace", "escape")
        await until(pilot, lambda: order(app)[:2] == (first, second))
        assert read_arrangements(arrangements_file(), "fake-scenario") == ({}, "")
        app.source.stop()


async def test_each_view_has_its_own_and_where_no_plots_are_the_key_says_so() -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        before = order(app)
        await pilot.press("2")
        await until(pilot, lambda: app.model.view_name == "layers" and order(app) != before)
        layers = order(app)
        await opened(pilot, app)
        await pilot.press("J", "escape")
        assert app.model.arrangements == {"layers": Arrangement(layers).moved(layers, layers[0], 1)}
        await pilot.press("1")
        await until(pilot, lambda: order(app) == before)
        await pilot.press("6", "P")
        await until(pilot, lambda: "No plots are shown here: 1 shows them." in text(app))
        assert read_arrangements(arrangements_file(), "") == ({}, "")  # what runs has no name to keep it under
        app.source.stop()


async def test_a_file_that_cannot_be_written_is_said_and_the_order_holds(monkeypatch: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr("nntui.lab.panel_actions.arrangements_file", lambda: tmp_path / "file" / "panels.json")
    app = fake_lab()
    app.kept_as = "fake"
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        first, second = order(app)[:2]
        await opened(pilot, app)
        await pilot.press("J", "escape")
        await until(pilot, lambda: "The order of panels cannot be kept" in text(app))
        assert order(app)[:2] == (second, first)
        app.source.stop()


def test_the_plots_beside_a_race_follow_its_overview() -> None:
    model = LabModel("lab", (), Theme(), still=True)
    mine = {"overview": Arrangement(("distance",)), "map": Arrangement(("loss",))}
    model.take(SessionView(version=1, stage="ready", snapshot=race(racer())))
    model.arrangements = mine
    assert (model.view_name, model.arrangement) == ("map", mine["overview"])
    model = LabModel("lab", (), Theme(), still=True)
    model.take(SessionView(version=1, stage="ready", snapshot=snapshot("a")))
    model.arrangements, model.view_name = mine, "map"
    assert model.arrangement == mine["map"]
