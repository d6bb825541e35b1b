"""What nntui relies on in plotext 6.1: its frame, its ticks, and the canvas rectangle in private attributes."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from nntui.plotting.plot_box import PlotBox, plot_box
from nntui.plotting.scales import Axis, linear_axis, log_axis, step_axis

ROOT = Path(__file__).parents[2]


def lines(frame: PlotBox) -> list[str]:
    return ["".join(row) for row in frame.chars]


def test_the_version_is_the_pinned_one() -> None:
    assert version("plotext").startswith("6.1")


def test_the_canvas_is_the_empty_rectangle_inside_the_frame() -> None:
    frame = plot_box(60, 15, step_axis(1000, 3000), linear_axis(0.0, 2.3))
    assert frame.chars.shape == (15, 60)
    rows = lines(frame)
    inside = [row[frame.left : frame.left + frame.width] for row in rows[frame.top : frame.top + frame.height]]
    assert {row.strip() for row in inside} == {""}
    around = [row[frame.left - 1] for row in rows[frame.top : frame.top + frame.height]]
    assert set(around) <= set("┤│")
    assert rows[0][frame.left - 1] == "╭"
    assert rows[-2].rstrip().endswith("╯")


@pytest.mark.parametrize("y", [linear_axis(0.0, 1.0), log_axis(1e-6, 1.0), Axis(0.0, 1.0, percent=True, step=0.25)])
def test_ticks_stand_in_the_row_of_their_value(y: Axis) -> None:
    frame = plot_box(50, 20, step_axis(100, 100), y)
    for position, label in y.ticks((frame.height + 2) // 3):
        row = frame.top + int((y.high - position) / (y.high - y.low) * (frame.height - 1) + 0.5)
        assert lines(frame)[row].split("┤")[0].strip() == label


def test_the_label_gutter_never_changes() -> None:
    lefts = {plot_box(50, 12, step_axis(9, 9), y).left for y in (linear_axis(0, 1), log_axis(1e-9, 1e4))}
    assert lefts == {6}


def test_ascii_frames_are_ascii() -> None:
    assert "".join(lines(plot_box(40, 10, step_axis(100, 100), linear_axis(0, 1), True))).isascii()


def test_too_small_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        plot_box(8, 4, step_axis(100, 100), linear_axis(0, 1))


def test_only_one_module_imports_plotext() -> None:
    owners = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "nntui").rglob("*.py")
        if any("import plotext" in line for line in path.read_text(encoding="utf-8").splitlines())
    ]
    assert owners == ["nntui/plotting/plot_box.py"]


def test_drawing_needs_no_textual() -> None:
    code = (
        "import sys, nntui.plotting.plot, nntui.plotting.panels, nntui.plotting.lane_table;"
        "import nntui.lab.session, nntui.lab.model;"
        "assert not any(name.split('.')[0] in ('textual', 'plotext', 'numba') for name in sys.modules)"
    )
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'engine'}"}
    subprocess.run([sys.executable, "-c", code], check=True, env=env, timeout=60)
