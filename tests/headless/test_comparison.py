"""What counts as a difference between two runs."""

import copy
import io
import json

import pytest
from builders import diverged, finding

from nntui.headless.comparison import compare_cells, compare_numbers
from nntui.headless.difference import describe_cells
from nntui.headless.document import run_document
from nntui.headless.svg_cells import cell_styles
from nntui.json_text import json_text


@pytest.fixture
def numbers():
    return json.loads(json_text(run_document(diverged(), [finding("relu")])))


def changed(numbers, value, *path):
    other = copy.deepcopy(numbers)
    inner = other
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return other


def test_equal_documents_have_no_difference_even_with_nan(numbers):
    assert compare_numbers(numbers, copy.deepcopy(numbers), 0.0) == []


def test_a_number_outside_the_tolerance_is_named_with_both_values(numbers):
    other = changed(numbers, 0.0105, "lanes", 0, "layers", 1, "gradient_norm")
    (difference,) = compare_numbers(numbers, other, 1.0)
    assert difference.path == "relu · layer 2 · gradient_norm"
    assert (difference.expected, difference.got) == (0.01, 0.0105)
    assert compare_numbers(numbers, other, 5.0) == []


def test_a_tiny_gradient_is_measured_against_itself(numbers):
    small = changed(numbers, 1e-9, "lanes", 0, "layers", 0, "gradient_norm")
    smaller = changed(numbers, 1e-10, "lanes", 0, "layers", 0, "gradient_norm")
    assert len(compare_numbers(small, smaller, 1.0)) == 1


def test_a_mean_near_zero_is_measured_against_the_other_layers(numbers):
    one = changed(numbers, 1e-6, "lanes", 0, "layers", 0, "weight_mean")
    other = changed(numbers, -1e-6, "lanes", 0, "layers", 0, "weight_mean")
    assert compare_numbers(one, other, 1.0) == []
    assert len(compare_numbers(one, other, 0.0)) == 1


def test_a_count_is_measured_against_the_units(numbers):
    other = changed(numbers, 4.0, "lanes", 0, "layers", 0, "dead_units")
    assert len(compare_numbers(numbers, other, 5.0)) == 1  # one of 16 units is 6.25 %
    assert compare_numbers(numbers, other, 7.0) == []


def test_accuracy_is_measured_against_one(numbers):
    other = changed(numbers, 0.509, "lanes", 0, "validation_accuracy")
    assert compare_numbers(numbers, other, 1.0) == []
    assert len(compare_numbers(numbers, other, 0.5)) == 1


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (0.01001, ("lanes", 0, "settings", "train", "lr")),
        (244, ("lanes", 0, "parameters")),
        (101, ("lanes", 0, "step")),
        (0.5001, ("lanes", 1, "tweaks", 0, "set", "train.lr")),
    ],
)
def test_settings_and_whole_numbers_must_be_equal(numbers, value, path):
    assert len(compare_numbers(numbers, changed(numbers, value, *path), 50.0)) == 1


def test_nan_where_a_number_was_is_a_difference(numbers):
    (difference,) = compare_numbers(numbers, changed(numbers, "NaN", "lanes", 0, "loss"), 100.0)
    assert (difference.path, difference.got) == ("relu · loss", "NaN")


def test_a_missing_or_new_key_is_a_difference(numbers):
    other = copy.deepcopy(numbers)
    del other["lanes"][0]["loss"]
    other["lanes"][0]["extra"] = 1
    assert [(d.path, d.expected, d.got) for d in compare_numbers(numbers, other, 1.0)] == [
        ("relu · loss", 0.5, "nothing"),
        ("relu · extra", "nothing", 1),
    ]


def test_an_unnamed_lane_is_called_by_its_number(numbers):
    for lane in numbers["lanes"]:
        lane["name"] = ""
    (difference,) = compare_numbers(numbers, changed(numbers, 9.0, "lanes", 1, "lr"), 1.0)
    assert difference.path == "lane 2 · lr"


def test_a_finding_is_compared_too(numbers):
    (difference,) = compare_numbers(numbers, changed(numbers, [1, 3], "lanes", 0, "findings", 0, "layers"), 1.0)
    assert (difference.expected, difference.got) == (2, 3)


@pytest.mark.parametrize("wrong", [3, "x", None, [], {}, [1], {"a": []}])
def test_a_reference_of_another_shape_is_a_difference_not_a_crash(numbers, wrong):
    for path in (("lanes",), ("lanes", 0), ("lanes", 0, "layers"), ("lanes", 0, "layers", 0), ("lanes", 0, "settings")):
        assert compare_numbers(changed(numbers, wrong, *path), numbers, 1.0)
        assert compare_numbers(numbers, changed(numbers, wrong, *path), 1.0)


def test_another_number_of_lanes_is_a_difference(numbers):
    other = copy.deepcopy(numbers)
    other["lanes"].pop()
    (difference,) = compare_numbers(numbers, other, 1.0)
    assert (difference.expected, difference.got) == (2, 1)


BOXED = """\
┌ Loss ─────┐┌ Accuracy ─┐
│           ││           │
│   ⠉⠉      ││    50 %   │
└───────────┘└───────────┘
"""


def test_equal_frames():
    assert compare_cells(BOXED, BOXED).changed == 0


def test_differing_cells_are_located_by_row_column_and_panel():
    difference = compare_cells(BOXED, BOXED.replace("50 %", "51 %"))
    (row,) = difference.rows
    assert (row.row, row.columns, row.panel) == (2, (19,), "Accuracy")
    assert (difference.changed, difference.total) == (1, 26 * 4)
    assert difference.percent == pytest.approx(100 / 104)


def test_the_left_panel_is_not_taken_for_the_right_one():
    (row,) = compare_cells(BOXED, BOXED.replace("⠉⠉", "⠉⠋")).rows
    assert row.panel == "Loss"


def test_a_larger_frame_differs_where_it_has_more():
    difference = compare_cells("ab\n", "abc\nd\n")
    assert difference.changed == 2
    assert difference.total == 6


def picture(text: str, style: str = "", behind: str = "") -> str:
    """An SVG as Rich makes it: one styled word, and perhaps a patch of colour behind its first cell."""
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=20, force_terminal=True, color_system="truecolor", file=io.StringIO())
    console.print(Text(text, style=style))
    if behind:
        console.print(Text("x", style=f"on {behind}"))
    return console.export_svg(title="t", unique_id="x")


def test_the_reader_of_colours_knows_what_rich_writes():
    styles = cell_styles(picture("a b", "bold #ff0000", "#00ff00"))
    assert set(styles) == {(0, 0), (0, 2), (1, 0)}
    assert styles[0, 0] == styles[0, 2] == "fill: #ff0000;font-weight: bold"
    assert styles[1, 0].endswith("on #00ff00")


@pytest.mark.parametrize("style", ["#ff0001", "bold #ff0000", "#ff0000 on #000001"])
def test_another_colour_is_a_difference_although_the_text_is_equal(style):
    difference = compare_cells("ab", "ab", picture("ab", "#ff0000"), picture("ab", style))
    assert difference.changed == 2
    assert describe_cells(difference) == ['  row 1, columns 1 to 2: "ab" has other colours']


def test_equal_colours_are_no_difference():
    assert compare_cells("ab", "ab", picture("ab", "red"), picture("ab", "red")).changed == 0
