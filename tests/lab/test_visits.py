"""What was opened is kept, whole or not at all, and a file that cannot be used is no reason to fail."""

from pathlib import Path

import pytest

from nntui.lab.visits import MOST_RECENT, Visits, key_of, note_visit, read_visits, visits_file
from nntui.scenario import load_scenario
from nntui_engine.scenario import parse_scenario


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert read_visits(tmp_path / "none.json") == (Visits(), "")


def test_visits_are_kept_newest_first(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "launcher.json"
    for key in ("xor", "/a/mine.toml", "digits", "xor"):
        assert note_visit(path, key) == ""
    visits, trouble = read_visits(path)
    assert trouble == ""
    assert visits.recent == ("xor", "digits", "/a/mine.toml")
    assert set(visits.seen) == {"xor", "digits", "/a/mine.toml"}
    assert [entry.name for entry in path.parent.iterdir()] == ["launcher.json"]  # no half-written file beside it


def test_only_the_last_few_are_recent_but_all_were_seen() -> None:
    visits = Visits()
    for number in range(20):
        visits = visits.with_visit(str(number))
    assert visits.recent == tuple(str(number) for number in range(19, 19 - MOST_RECENT, -1))
    assert len(visits.seen) == 20


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"\xff\xfe", b'{"schema": 2}', b"[" * 100_000),
        *(b'{"schema": 1, "seen": 3, "recent": []}', b'{"schema": 1, "seen": [1], "recent": []}'),
    ],
)
def test_a_damaged_file_is_said_in_one_line_and_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "launcher.json"
    path.write_bytes(content)
    visits, trouble = read_visits(path)
    assert visits == Visits()
    assert trouble.startswith("What was seen is not known")
    assert str(path) in trouble
    assert "\n" not in trouble
    assert note_visit(path, "xor") == ""
    assert read_visits(path)[0].seen == ("xor",)


def test_a_folder_that_takes_no_files_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    trouble = note_visit(tmp_path / "file" / "launcher.json", "xor")
    assert trouble.startswith("What was opened cannot be kept: ")
    assert "\n" not in trouble


def test_what_a_scenario_is_remembered_by(tmp_path: Path) -> None:
    assert key_of(load_scenario("xor")) == "xor"
    path = tmp_path / "xor.toml"
    path.write_text('schema = 1\n[scenario]\ntitle = "Another"\n[data]\nname = "moons"\n', encoding="utf-8")
    assert key_of(load_scenario(path)) == str(path)
    text = path.read_text(encoding="utf-8")
    assert key_of(parse_scenario(text)) == ""


def test_tests_keep_out_of_a_persons_folders() -> None:
    assert not visits_file().is_relative_to(Path.home())
