"""The knobs: values at the right, groups, what a knob was, and the chosen one always in sight."""

import pytest

from nntui.plotting.knob_box import KnobRow, draw_knobs
from nntui.plotting.theme import ASCII, Theme

THEME = Theme()


def lines(rows: list[KnobRow], chosen: int = 0, width: int = 31, height: int = 8, theme: Theme = THEME) -> list[str]:
    return [line[1:-1] for line in draw_knobs(rows, chosen, "", "", width, height, theme).lines()]


@pytest.mark.parametrize(("chosen", "first", "above", "below"), [(0, 0, 0, 2), (3, 1, 1, 1), (5, 2, 2, 0)])
def test_the_chosen_knob_is_in_sight_and_the_frame_says_how_many_are_not(
    chosen: int, first: int, above: int, below: int
) -> None:
    found = lines([KnobRow(f"knob {i}", "1") for i in range(6)], chosen, height=6)
    assert [f"knob {i}" in "".join(found) for i in range(6)] == [first <= i < first + 4 for i in range(6)]
    assert (f" {above} more ↑ " in found[0]) == (above > 0)
    assert (f" {below} more ↓ " in found[-1]) == (below > 0)


@pytest.mark.parametrize("height", range(3, 24))
def test_in_any_height_the_chosen_knob_is_in_sight(height: int) -> None:
    rows = [KnobRow(f"<{i}>", "1") for i in range(20)]
    assert all(f"<{chosen}>" in "".join(lines(rows, chosen, height=height)) for chosen in range(20))


def test_values_end_in_one_column() -> None:
    rows = [KnobRow("lr", "0.1"), KnobRow("optimizer", "adam"), KnobRow("batch size", "32"), KnobRow("x", "none")]
    found = lines(rows)
    assert found[1].rstrip().endswith("◂ 0.1 ▸")
    ends = [line.rstrip(" ▸") for line in found[1:5]]
    assert len({len(line) for line in ends}) == 1
    assert [line.split()[-1] for line in ends] == ["0.1", "adam", "32", "none"]


def test_a_changed_knob_says_what_it_was_where_there_is_room() -> None:
    found = lines(
        [KnobRow("lr", "0.1"), KnobRow("lr", "0.3", was="0.1"), KnobRow("long name of it", "yes", was="some")]
    )
    assert found[2].split() == ["lr", "0.1", "→", "0.3"]
    assert found[3].split() == ["long", "name", "of", "it", "yes"]


def test_a_value_is_worth_more_than_its_label() -> None:
    found = lines([KnobRow("a label", "1"), KnobRow("recurrent initializer", "glorot_uniform")])
    assert found[2].split()[-1] == "glorot_uniform"
    assert "rec" in found[2]
    long = lines([KnobRow("a label", "1"), KnobRow("init", "a value that is far too long for it, and more")])[2]
    assert "…" in long
    assert "init" in long


def test_a_knob_that_there_is_not_cannot_be_turned() -> None:
    assert "◂" not in "".join(lines([KnobRow("momentum", "none", missing=True)]))


@pytest.mark.parametrize("theme", [THEME, Theme(ascii_only=True, glyphs=ASCII)])
def test_a_group_is_a_line_with_its_name_and_what_there_is_to_say(theme: Theme) -> None:
    rows = [
        KnobRow("lr", "1"),
        KnobRow("Network", "", heading=True),
        KnobRow("More", "2 changed", "changed", heading=True),
    ]
    found = lines(rows, theme=theme)
    line = theme.glyphs.line
    assert found[2].strip() == "Network " + line * 19
    assert found[3].strip() == "More " + line * 12 + " 2 changed"
