"""Sweeps in little room: a line for each group that is not looked at, with a curve over its lanes."""

import math
from dataclasses import replace

import pytest
from builders import changed_lane, snapshot

from nntui.plotting.lane_table import draw_lanes, lanes_height
from nntui.plotting.sweep_rows import curve
from nntui.plotting.theme import ASCII, Theme
from nntui_engine.run.snapshot import NonFinite, Snapshot
from nntui_engine.scenario.load import Sweep

THEME = Theme()
VALUES = (0.1, 0.3, 1.0, 30.0)
GROUPS = {group: tuple(f"{group}, l2 {value:g}" for value in VALUES) for group in ("fold 1", "fold 2", "fold 3")}
SWEEP = Sweep("train.l2", VALUES, GROUPS)


def swept(*more: str) -> Snapshot:
    """Twelve lanes in three groups; held-out accuracy rises within a group."""
    found = snapshot(*(name for names in GROUPS.values() for name in names), *more)
    lanes = tuple(
        changed_lane(
            lane,
            whole={"loss": 0.5, "train_accuracy": 0.9, "validation_loss": 1.0, "validation_accuracy": 0.2 * (i % 4)},
        )
        for i, lane in enumerate(found.lanes)
    )
    return replace(found, lanes=lanes)


def lines(shown: Snapshot, chosen: int = 0, everything: bool = False, height: int = 11) -> list[str]:
    found = draw_lanes(shown, chosen, everything, 31, height, THEME, SWEEP).lines()
    return [line[1:-1] for line in found]


@pytest.mark.parametrize("chosen", [0, 5, 11])
def test_the_chosen_group_is_open_and_the_others_are_a_line_each(chosen: int) -> None:
    found = lines(swept(), chosen)
    heads = [line.split() for line in found[2:8] if "(4)" in line]
    mine = f"{1 + chosen // 4}"
    assert [row[1] for row in heads] == [f"{group}," for group in "123" if group != mine]
    assert [row[0] for row in heads] == [THEME.kind_marker(i) for i in range(3) if f"{i + 1}" != mine]
    assert all(row[2:] == ["(4)", "▁▃▆█", "60.0%"] for row in heads)
    assert sum("▸" in line for line in found) == 1
    assert found[1].split()[:2] == ["fold", "l2"]
    opened = [line[3:14].strip() for line in found[2:8] if "(4)" not in line]
    assert opened == [f"{mine}, {value:g}" for value in VALUES]
    assert "more" not in found[0] + found[-1]


def test_where_all_lanes_fit_none_is_folded() -> None:
    shown = swept()
    assert not any("(4)" in line for line in lines(shown, height=lanes_height(shown)))


def test_with_all_lanes_chosen_every_group_is_a_line() -> None:
    found = lines(swept(), everything=True)
    assert [line.split()[0] for line in found[2:5]] == ["▸•", "▸▴", "▸▪"]
    assert not found[5].strip()


def test_lanes_that_are_in_no_group_keep_their_line() -> None:
    assert any("a try" in line for line in lines(swept("a try"), 0))


def test_a_folded_group_has_the_sign_of_what_went_wrong_in_it() -> None:
    shown = swept()
    broken = changed_lane(shown.lanes[6], first_non_finite=NonFinite(7, 2, "z", 1e30, 1e20, 2.0, 1.0, 0.1))
    shown = replace(shown, lanes=(*shown.lanes[:6], broken, *shown.lanes[7:]))
    assert [line[-1] for line in lines(shown, 0) if "(4)" in line] == ["×", " "]
    over = replace(shown, lanes=tuple(replace(lane, state="finished") for lane in swept().lanes))
    assert [line[-1] for line in lines(over, 0) if "(4)" in line] == ["▣", "▣"]
    found = {4: "info", 6: "warning", 9: "info"}
    grid = draw_lanes(over, 0, False, 31, 11, THEME, SWEEP, sick=found)
    assert [line[-2] for line in grid.lines() if "(4)" in line] == ["!", "i"]
    grid = draw_lanes(over, 0, False, 31, 11, THEME, SWEEP, sick=found | {7: "critical"})
    assert [line[-2] for line in grid.lines() if "(4)" in line] == ["×", "i"]


def test_a_curve_has_a_cell_a_lane_and_gaps_for_what_is_not_known() -> None:
    assert curve([0.0, 1.0, math.nan, 0.5], THEME) == "▁█ ▅"
    assert curve([3.0, 3.0], THEME) == "▁▁"
    assert curve([math.nan], THEME) == " "
    assert len(curve(list(range(40)), THEME)) == 7
    assert curve([0.0, 1.0], Theme(glyphs=ASCII, ascii_only=True)) == "_#"
