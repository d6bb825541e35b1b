"""The lanes in numbers: one line each, true words, and nothing cut without a sign."""

import math
from dataclasses import replace

import pytest
from builders import changed_lane, race, racer, snapshot

from nntui.plotting.lane_table import draw_lanes, lanes_height
from nntui.plotting.surface_side import draw_race_table, draw_racers, racers_height, table_height
from nntui.plotting.theme import ASCII, GOOD, Theme
from nntui_engine.run.snapshot import NonFinite, Snapshot

THEME = Theme()
PLAIN = Theme(ascii_only=True, glyphs=ASCII)
BROKEN = NonFinite(7, 2, "z", 1e30, 1e20, 2.0, 1.0, 0.1)
MEASURED = {
    "loss": 0.25,
    "accuracy": 0.969,
    "train_accuracy": 0.933,
    "validation_accuracy": 0.875,
    "validation_loss": 1.0,
}


def lanes(*names: str, **whole: float) -> Snapshot:
    found = snapshot(*(names or ("sgd", "adam")))
    return replace(found, lanes=tuple(changed_lane(lane, whole=MEASURED | whole) for lane in found.lanes))


def lines(
    shown: Snapshot, width: int = 44, chosen: int = 0, height: int = 0, everything: bool = False, theme: Theme = THEME
) -> list[str]:
    found = draw_lanes(shown, chosen, everything, width, height or lanes_height(shown), theme).lines()
    return [line[1:-1].rstrip() for line in found]


def test_a_lane_is_a_line_and_train_is_the_whole_training_set() -> None:
    found = lines(lanes())
    assert found[1].split() == ["batch", "loss", "train", "valid"]
    assert found[2].split() == ["▸●", "sgd", "0.250", "93.3%", "87.5%"]
    assert found[3].split() == ["■", "adam", "0.250", "93.3%", "87.5%"]
    assert found[4].strip() == "valid: % right, held out"
    assert len(found) == 6


def test_an_evaluation_that_is_still_to_come_is_a_dash() -> None:
    shown = lanes(train_accuracy=math.nan)
    assert lines(shown)[2].split()[-2:] == ["-", "87.5%"]


def test_r2_is_of_the_training_set_and_of_held_out_rows_if_there_are_any() -> None:
    shown = lanes("one", train_r2=0.93, r2=-0.001)
    settings = replace(shown.lanes[0].network.settings, accuracy="none")
    one = changed_lane(shown.lanes[0], settings=settings)
    found = lines(replace(shown, lanes=(one,)))
    assert found[1].split() == ["batch", "loss", "R²", "train", "valid"]
    assert found[2].split() == ["●", "one", "0.250", "0.930", "-0.001"]
    alone = changed_lane(one, whole={"loss": 0.25, "train_r2": 0.93, "r2": 0.93})
    found = lines(replace(shown, lanes=(alone,)))
    assert found[1].split() == ["batch", "loss", "R²", "train"]
    assert found[2].split() == ["●", "one", "0.250", "0.930"]
    assert found[3].strip() == "train: R² of all rows"


def test_lanes_of_two_kinds_have_each_their_own_measure() -> None:
    shown = lanes("classes", "numbers", train_r2=0.31, r2=-0.25)
    settings = replace(shown.lanes[1].network.settings, accuracy="none")
    found = lines(replace(shown, lanes=(shown.lanes[0], changed_lane(shown.lanes[1], settings=settings))))
    assert found[1].split()[-2:] == ["train", "valid"]
    assert found[2].split()[-2:] == ["93.3%", "87.5%"]
    assert found[3].split()[-2:] == ["0.310", "-0.250"]
    both = replace(shown, lanes=(shown.lanes[0], changed_lane(shown.lanes[1], settings=settings)))
    assert [lines(both, chosen=chosen)[4].strip() for chosen in (0, 1)] == [
        "valid: % right, held out",
        "valid: R², held out",
    ]
    assert lines(both, everything=True)[4].strip() == "% right, without % R²"
    nothing_held_out = changed_lane(shown.lanes[1], settings=settings, whole={"loss": 1.0, "train_r2": 0.5, "r2": 0.5})
    found = lines(replace(shown, lanes=(shown.lanes[0], nothing_held_out)))
    assert found[3].split()[-2:] == ["0.500", "-"]


def test_steps_are_shown_where_lanes_differ_in_them() -> None:
    shown = lanes()
    assert "step" not in lines(shown, 60)[1]
    apart = replace(shown, lanes=(shown.lanes[0], replace(shown.lanes[1], step=2750)))
    found = lines(apart, 60)
    assert found[1].split()[0] == "step"
    assert found[2].split()[2] == "300"
    assert "2 750" in found[3]


@pytest.mark.parametrize("theme", [THEME, PLAIN])
def test_a_sign_says_how_each_lane_stands_and_words_how_the_chosen_one_does(theme: Theme) -> None:
    shown = lanes("a", "b", "c", "d")
    shown = replace(
        shown,
        lanes=(
            replace(shown.lanes[0], state="finished"),
            replace(shown.lanes[1], state="stopped early"),
            changed_lane(shown.lanes[2], first_non_finite=BROKEN),
            shown.lanes[3],
        ),
    )
    found = lines(shown, 31, theme=theme)
    g = theme.glyphs
    assert [line[-1] for line in found[2:5]] == [g.finished, g.stopped, g.bad]
    assert len({g.finished, g.stopped, g.bad} | set(g.lane[:4])) == 7
    assert found[5].endswith("%")
    assert [lines(shown, 31, chosen)[6].strip() for chosen in range(4)] == [
        "finished at 300", "stopped early at 300", "NaN since step 7, layer 2", "valid: % right, held out",
    ]  # fmt: skip
    assert lines(shown, 40, everything=True)[6].strip() == "1 finished, 1 stopped early, 1 NaN"
    over = replace(shown, lanes=tuple(replace(lane, state="finished") for lane in lanes("a", "b").lanes))
    assert lines(over, everything=True)[4].strip() == "all finished"


def test_what_was_found_in_a_lane_is_its_sign_on_a_ground_of_its_own_also_when_it_has_ended() -> None:
    shown = lanes("a", "b", "c", "d")
    shown = replace(shown, lanes=tuple(replace(lane, state="finished") for lane in shown.lanes))
    grid = draw_lanes(shown, 0, False, 31, lanes_height(shown), THEME, sick={0: "warning", 1: "critical", 2: "info"})
    assert [line[-2] for line in grid.lines()[2:6]] == ["!", "×", "i", "▣"]
    signs = [next(style for text, style in grid.runs(row) if text == grid.lines()[row][-2]) for row in range(2, 6)]
    assert [" on " in style for style in signs] == [True, True, False, False]
    assert len(set(signs)) == 4
    assert all(style != GOOD for style in grid.styles)  # nothing says that it is well


def test_a_loss_that_is_no_number_says_so_at_once() -> None:
    shown = lanes(loss=math.nan)
    assert lines(shown)[2].split()[2] == "NaN"
    started = replace(shown, lanes=tuple(replace(lane, step=0) for lane in shown.lanes))
    assert lines(started)[2].split()[2] == "-"


@pytest.mark.parametrize(
    ("width", "measures"), [(60, "train valid"), (40, "train valid"), (35, "valid"), (31, "valid")]
)
def test_columns_go_before_names_are_cut(width: int, measures: str) -> None:
    found = lines(lanes("sigmoid", "tanh", "ReLU + He"), width)
    assert " ".join(found[1].split()) == f"batch loss {measures}"
    assert "ReLU + He" in found[4]


def test_where_names_do_not_fit_they_lose_what_they_share_and_the_heading_has_it() -> None:
    found = lines(lanes("none, hidden 5", "none, hidden 160", "L2, hidden 160"), 31)
    assert found[1].split() == ["hidden", "batch", "loss", "valid"]
    assert [line[3:12].strip() for line in found[2:5]] == ["none, 5", "none, 160", "L2, 160"]


@pytest.mark.parametrize(("chosen", "first", "above", "below"), [(0, 0, 0, 6), (3, 1, 1, 5), (9, 6, 6, 0)])
def test_the_chosen_lane_is_in_sight_and_the_frame_says_how_many_are_not(
    chosen: int, first: int, above: int, below: int
) -> None:
    shown = lanes(*(f"lane {i}" for i in range(10)))
    found = draw_lanes(shown, chosen, False, 31, 8, THEME).lines()
    assert [f"lane {i}" in "".join(found) for i in range(10)] == [first <= i < first + 4 for i in range(10)]
    assert (f" {above} more ↑ " in found[0]) == (above > 0)
    assert (f" {below} more ↓ " in found[-1]) == (below > 0)


def test_no_rows_are_lost_without_a_sign_in_any_height() -> None:
    shown = lanes(*(f"lane {i}" for i in range(5)))
    for height in range(4, lanes_height(shown) + 2):
        found = draw_lanes(shown, 2, False, 31, height, THEME).lines()
        seen = sum(f"lane {i}" in "".join(found) for i in range(5))
        missing = [int(line.split(" more")[0].split()[-1]) for line in (found[0], found[-1]) if " more" in line]
        assert seen + sum(missing) == 5
        assert "lane 2" in "".join(found)


# -- races ----------------------------------------------------------------------------------------------------------


def test_racers_keep_their_distance_in_a_narrow_table() -> None:
    named = [replace(racer(i), name=name) for i, name in enumerate(("momentum", "Adagrad"))]
    found = draw_racers(race(*named), 0, False, 31, 6, THEME).lines()
    assert found[1].split()[1:3] == ["value", "dist."]
    wide = draw_racers(race(*named), 0, False, 36, 6, THEME).lines()
    assert wide[1].split()[1:3] == ["value", "distance"]
    assert "momentum" in found[2]


def test_racers_are_a_line_each_and_none_is_said_to_run() -> None:
    shown = race(racer(0), racer(1, state="diverged", diverged_at=1234), racer(2, state="finished"))
    found = [line[1:-1].rstrip() for line in draw_racers(shown, 1, False, 36, racers_height(shown), THEME).lines()]
    assert [line[-1] for line in found[3:5]] == ["×", "▣"]
    assert found[5].strip() == "diverged at step 1 234"
    table = "\n".join(draw_race_table(shown, 1, False, 120, table_height(shown), THEME).lines())
    assert "running" not in table + "".join(found)
    assert "× diverged at step 1 234" in table
    assert "▣ finished at" in table


@pytest.mark.parametrize("width", range(40, 130))
def test_the_table_of_a_race_stays_in_its_frame(width: int) -> None:
    shown = race(*(racer(i, state="diverged", diverged_at=9) for i in range(9)))
    found = draw_race_table(shown, 8, False, width, 8, THEME).lines()
    assert all(line[0] in "╭│╰" and line[-1] in "╮│╯" for line in found)
    assert " 4 more ↑ " in found[0]
    assert all("×" in line for line in found[2:-1])
