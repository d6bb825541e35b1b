"""Pictures of the lab without a terminal: the same bytes each time, readable text, colours in the cells."""

from dataclasses import replace
from pathlib import Path

import pytest
from builders import lane_settings, lane_snapshot, snapshot
from lab.driving import fake_lab, ready, text, until
from rich.segment import ControlType, Segment
from textual.strip import Strip

from nntui.lab.frame import _cells, export
from nntui.lab.still import render_frame
from nntui.plotting.panel import Panel, PanelView
from nntui.plotting.panels import PANELS, histories, looks_of
from nntui.plotting.plot import PlotSpec
from nntui.plotting.theme import ACCENT, WARNING, Theme
from nntui_engine.errors import InputError
from nntui_engine.run.finding import Finding
from nntui_engine.run.snapshot import Mark, Snapshot


def test_the_same_snapshot_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = snapshot("sgd", "adam", marks=(Mark(100, None, {"train.lr": 0.2}, "lr = 0.2"),))
    first = render_frame(shown, 120, 40)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("NNTUI_ASCII", "1")
    monkeypatch.setenv("TEXTUAL_THEME", "textual-light")
    assert render_frame(shown, 120, 40) == first


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 48), (200, 60)])
def test_text_has_one_character_a_cell(size: tuple[int, int]) -> None:
    frame = render_frame(snapshot("sgd", "adam"), *size)
    lines = frame.text.splitlines()
    assert len(lines) == size[1]
    assert {len(line) for line in lines} == {size[0]}
    assert [len(row) for row in frame.cells] == [size[0]] * size[1]
    assert "".join(cell.char for cell in frame.cells[0]) == lines[0]


def test_the_frame_shows_what_the_lab_shows() -> None:
    frame = render_frame(snapshot("sgd", "adam", marks=(Mark(100, "sgd", {"train.lr": 0.2}, "lr = 0.2"),)), 160, 48)
    for words in ("A fake scenario", "step 300 / 1 000", "● sgd", "■ adam", "step 100  sgd: lr = 0.2", "┊"):
        assert words in frame.text
    assert "steps/s" not in frame.text
    assert frame.svg.startswith("<svg")
    assert 'class="nntui-' in frame.svg
    assert any(cell.foreground == ACCENT for row in frame.cells for cell in row)


def test_a_finished_lane_that_something_was_found_in_is_marked_also_when_it_goes_by_another_name() -> None:
    two = snapshot("sgd", "adam")
    two = replace(two, lanes=tuple(replace(lane, state="finished") for lane in two.lanes))
    found = (Finding("dead_relu", "warning", "sgd", (1,), 40, {}, "Dead.", ()),)
    frame = render_frame(two, 160, 48, findings=found, first={"sgd": lane_settings("sgd", lr=0.5)})
    rows = [row for row in frame.cells if "".join(cell.char for cell in row[:35]).startswith(("│▸●", "│ ■"))]
    assert "sgd →" in "".join(cell.char for cell in rows[0])
    signs = [next(cell for cell in reversed(row[:35]) if cell.char.strip()) for row in rows]
    assert [sign.char for sign in signs] == ["!", "▣"]
    assert (signs[0].background, signs[1].foreground) == (WARNING, ACCENT)


def test_nan_is_plain() -> None:
    bad = Snapshot("fake", "A fake scenario", 0, 300, 1000, (lane_snapshot(nan_from=120),))
    text = render_frame(bad, 160, 48).text
    assert "NaN since step 120, layer 1" in text
    assert "NaN or Inf from step 120" in text
    assert text.count("×") > 20


def test_before_the_first_step_every_plot_says_so() -> None:
    text = render_frame(snapshot(step=0), 160, 48).text
    assert text.count("No step has been trained yet.") >= 3


def test_other_lanes_and_the_lesson() -> None:
    assert "Knobs · adam" in render_frame(snapshot("sgd", "adam"), 160, 48, lane=1).text
    assert "This scenario has no lesson." in render_frame(snapshot(), 120, 40, view="lesson").text
    assert render_frame(snapshot(), 120, 40, ascii_only=True).text.isascii()


async def test_it_works_inside_a_running_event_loop() -> None:
    assert "step 300" in render_frame(snapshot(), 80, 24).text


def test_one_row_is_all_a_panel_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(shown: Snapshot, view: PanelView, theme: Theme) -> PlotSpec:  # noqa: ARG001
        lr = shown.lanes[view.lane].settings.optimizer_parameters["lr"]
        return PlotSpec(title="Its rate", empty=f"It is {lr:g}.")

    def look(experiment: object, request: object) -> int:  # noqa: ARG001
        return 1

    monkeypatch.setitem(PANELS, "rate", Panel("rate", ("lr",), (), build, look=look, view="network"))
    text = render_frame(snapshot(), 240, 60).text
    assert "Its rate" in text
    assert "It is 0.1." in text
    assert "Its rate" in render_frame(snapshot(), 160, 48, view="network").text
    assert histories(("rate",)) == (("lr",), ())
    assert looks_of(("loss", "rate")) == (look,)


def test_a_control_segment_hides_no_text_after_it() -> None:
    segments = [Segment("a"), Segment("", control=[(ControlType.BELL,)]), Segment("b")]
    assert [cell.char for cell in _cells(Strip(segments))] == ["a", "b"]


async def test_the_screen_is_saved_as_text_and_found_in_the_palette(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = fake_lab()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        shown = export(app, app.title).text
        await pilot.press("ctrl+x")
        await until(pilot, lambda: "Saved fake-step-0.txt" in text(app))
        assert (tmp_path / "fake-step-0.txt").read_text(encoding="utf-8") == shown
        await pilot.press("ctrl+p", *"plain text")
        await until(pilot, lambda: "Save a picture of the screen as plain text" in text(app))
        app.source.stop()


async def test_a_png_of_the_screen_is_saved_as_it_was_and_what_is_missing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    drawn: list[str] = []
    monkeypatch.setattr("nntui.lab.actions.find_browser", lambda: "chromium")
    monkeypatch.setattr("nntui.lab.actions.svg_to_png", lambda svg: drawn.append(svg) or b"\x89PNG")
    app = fake_lab()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        await pilot.press("X")
        await until(pilot, lambda: list(tmp_path.iterdir()))
        assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("fake-step-0.png", b"\x89PNG")]
        assert "<svg" in drawn[0]
        await until(pilot, lambda: "Saved fake-step-0.png" in text(app))

        def fails(svg: str) -> bytes:
            raise InputError(f"no picture of {len(svg)} characters")

        monkeypatch.setattr("nntui.lab.actions.svg_to_png", fails)
        await pilot.press("X")
        await until(pilot, lambda: "no picture of" in text(app))
        monkeypatch.undo()
        monkeypatch.setattr("nntui.png.BROWSERS", ())
        await pilot.press("X")
        await until(pilot, lambda: "none is on the PATH: x saves an SVG" in text(app))
        app.source.stop()
