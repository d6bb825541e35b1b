"""The report for people."""

import io
import math
from dataclasses import replace

import pytest
from builders import diverged, finding, iris, iris_lane, iris_settings

from nntui.headless.numbers import number, statistic
from nntui.headless.output import PIPED_WIDTH, text_console
from nntui.headless.text import print_report
from nntui.headless.training import Timing
from nntui_engine.run.finding import Fix


def report(*arguments, width=PIPED_WIDTH, **keywords) -> str:
    file = io.StringIO()
    console = text_console(file)
    console.width = width
    print_report(console, *arguments, **keywords)
    return file.getvalue()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (0.12345, "0.1235"),
        (9999.4, "9999"),
        (9999.5, "10000"),
        (12345.6, "12346"),
        (1e-7, "1.00e-07"),
        (-2.5e9, "-2.50e+09"),
        (math.nan, "NaN"),
        (math.inf, "Inf"),
        (-math.inf, "−Inf"),
    ],
)
def test_numbers(value, shown):
    assert number(value) == shown


def test_shares_are_percentages_and_counts_whole():
    assert statistic("validation_accuracy", 0.9567) == "95.7 %"
    assert statistic("dead_units", 3.0) == "3"
    assert statistic("accuracy", math.nan) == "NaN"


def test_the_report_names_every_lane_layer_and_value():
    text = report(diverged())
    for expected in ("Three kinds of iris", "too hot", "4 → 16 relu → 8 relu → 3 softmax", "adam (lr 0.01)", "output"):
        assert expected in text
    assert "First NaN or infinity at step 7, layer 2." in text
    assert "lr 0.1 → 0.5" in text


def test_a_piped_report_has_no_colours_and_fits_its_width():
    text = report(diverged())
    assert "\x1b" not in text
    assert max(len(line.rstrip()) for line in text.splitlines()) <= PIPED_WIDTH


def test_no_header_is_cut_short():
    assert "…" not in report(diverged())


def test_what_does_not_apply_has_no_column():
    accuracies = ("accuracy", "train_accuracy", "validation_accuracy")
    text = report(iris(iris_lane(iris_settings("fit"), without=accuracies)))
    assert "ccuracy" not in text
    assert "R²" in text


def test_a_healthy_run_has_no_warning_signs():
    text = report(iris())
    assert "×" not in text
    assert "NaN" not in text


def test_a_lane_that_stopped_early_says_so():
    lane = replace(iris_lane(iris_settings()), state="stopped early", step=60)
    assert "Stopped early after step 60" in report(iris(lane))


def test_findings_come_with_their_fix():
    text = report(iris(), findings=[finding("relu")])
    lines = text.splitlines()
    at = lines.index("Findings")
    assert lines[at + 1 : at + 4] == [
        "warning   dead relu · relu · layers 1–2 · since step 40",
        "  cause   Half of the units are silent.",
        "  fix     train.lr = 0.01: smaller steps kill fewer units",
    ]


def test_findings_are_wrapped_under_their_first_word():
    long = replace(
        finding("relu"),
        message="Half of the units are silent. " * 5,
        fixes=(*finding("relu").fixes, Fix({"model.activation": "leaky_relu"}, "a small slope below 0 " * 4)),
    )
    text = report(iris(), findings=[long], width=80)
    lines = text.splitlines()
    found = lines[lines.index("Findings") + 1 :]
    assert max(map(len, found)) <= 80
    assert [line[:10] for line in found] == [
        "warning   ", "  cause   ", " " * 10, " " * 10, "  fix     ", "  or      ", " " * 10,
    ]  # fmt: skip
    assert " ".join(line[10:] for line in found[1:4]) == ("Half of the units are silent. " * 5).strip()


def test_timing_only_when_given():
    assert "steps/s" not in report(iris())
    assert "100 steps in 2.00 s (50 steps/s)" in report(iris(), timing=Timing(2.0, 100))


def test_an_unnamed_lane_needs_no_name():
    text = report(iris(iris_lane(iris_settings(""))))
    assert "\nNetwork: 4 → 16" in text
    assert "Lane" not in text


def test_a_long_lane_name_leaves_room_for_the_numbers():
    text = report(iris(iris_lane(iris_settings("a very long lane name " * 10))))
    assert "Validation" in text.splitlines()[2]
    assert "243" in text


def test_a_lane_that_stopped_before_its_first_step_has_no_numbers_of_steps():
    lane = replace(iris_lane(iris_settings()), state="stopped early", step=0)
    evaluated = {name: lane.per_layer[name] for name in ("dead_units", "weight_similarity") if name in lane.per_layer}
    text = report(iris(replace(lane, per_layer=evaluated, layer_history={})))
    assert "Stopped early after step 0" in text
    rows = [line.split() for line in text.splitlines() if line.startswith(("1 ", "output "))]
    assert all(len(row) == 3 + len(evaluated.keys() & {"dead_units"}) for row in rows), rows
    assert rows
