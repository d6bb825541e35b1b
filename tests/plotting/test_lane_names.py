"""Names in little room: the words they share go first, and no two read the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from nntui.plotting.lane_names import room_for_names, short_names


@pytest.mark.parametrize(
    ("names", "room", "left_out", "short"),
    [
        (["sgd", "adam"], 4, "", ["sgd", "adam"]),
        (["l1 0.003", "l1 0.03", "l1 0.1"], 5, "l1", ["0.003", "0.03", "0.1"]),
        (["none, hidden 5", "none, hidden 10", "L2, hidden 5"], 10, "hidden", ["none, 5", "none, 10", "L2, 5"]),
        (["fold 1, l2 0.1", "fold 2, l2 30"], 8, "fold l2", ["1, 0.1", "2, 30"]),
        (["ReLU", "ReLU, high lr", "ReLU, low bias"], 9, "", ["ReLU", "ReLU, hi…", "ReLU, lo…"]),
        (["sequence, dense", "sequence, GRU", "image"], 9, "", ["seq…dense", "seq…GRU", "image"]),
        (["aaaaaaaaaaab", "aaaaaaaaaaac"], 6, "", ["aaaa…b", "aaaa…c"]),
        (["same", "same"], 5, "", ["1 sa…", "2 sa…"]),
        (["a network of one lane"], 9, "", ["a networ…"]),
    ],
)
def test_what_is_left_of_names(names: list[str], room: int, left_out: str, short: list[str]) -> None:
    assert short_names(names, room) == (left_out, short)


WORDS = st.text("ab, 1é数", min_size=1, max_size=20).map(str.strip).filter(bool)


@given(st.lists(WORDS, min_size=1, max_size=16, unique=True), st.integers(5, 20))
def test_no_two_names_read_the_same(names: list[str], room: int) -> None:
    _, short = short_names(names, room)
    assert len(set(short)) == len(names) == len(short)
    assert all(cell_len(name) <= room for name in short)


@given(st.lists(WORDS, min_size=2, max_size=8, unique=True))
def test_names_stay_whole_in_the_room_that_they_need(names: list[str]) -> None:
    whole, least = room_for_names(names)
    assert least <= whole
    assert short_names(names, whole) == ("", names)
    assert all("…" not in name for name in short_names(names, least)[1])
