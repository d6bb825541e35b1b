"""What there is to choose from, and how a search finds it."""

import subprocess
import sys
from pathlib import Path

import pytest
from builders import snapshot

from nntui.lab.catalog import OWN_TOPIC, find, flattened, own_files, read_catalog, search
from nntui.lab.numbers_file import numbers_text
from nntui_engine.scenario import course, scenario_paths

OWN = 'schema = 1\n[scenario]\ntitle = "Mine"\nsummary = "Of my own."\n[data]\nname = "moons"\n'


@pytest.fixture(scope="module")
def built_in():
    return read_catalog(Path(__file__).parent)


def test_the_built_in_ones_come_in_the_courses_order(built_in) -> None:
    assert [entry.name for entry in built_in] == [name for names in course().values() for name in names]
    assert [entry.place for entry in built_in] == list(range(1, len(scenario_paths()) + 1))
    assert {entry.topic for entry in built_in} == set(course())
    assert all(entry.title and entry.key == entry.name for entry in built_in)


@pytest.mark.parametrize(
    ("typed", "first", "where"),
    [
        ("vanishing-gradients", "vanishing-gradients", ""),
        ("Rosenbrock's banana", "rosenbrock", ""),
        ("kanerva", None, ""),
        ("SIGMOID many", "depth-limit", ""),
        ("forget_bias", "forget-gate", "in its settings: model.layers.memory.forget_bias = -2.0"),
        ("jozefowicz", "forget-gate", "in its lesson: …"),
        ("model.dropout = 0.5", None, None),
    ],
)
def test_search_looks_through_titles_settings_and_lessons(built_in, typed, first, where) -> None:
    hits = search(built_in, typed)
    if where is None:
        assert hits
    elif first is None:
        assert hits == []
    else:
        assert hits[0].entry.name == first or typed.startswith("SIGMOID")
        assert hits[0].where.startswith(where)


def test_every_word_must_be_found_and_titles_go_before_lessons(built_in) -> None:
    names = [hit.entry.name for hit in search(built_in, "dropout recurrent")]
    assert names[0] == "recurrent-dropout"
    assert set(names) < {hit.entry.name for hit in search(built_in, "dropout")}
    assert [hit.entry for hit in search(built_in, "  ")] == list(built_in)


def test_of_equals_the_easier_comes_first(built_in) -> None:
    hits = [hit.entry.place for hit in search(built_in, "krizhevsky")]
    assert hits == sorted(hits)
    assert len(hits) > 1


def test_own_files_are_scenarios_or_would_be(tmp_path) -> None:
    (tmp_path / "mine.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "broken.toml").write_text("schema = 1\n[scenario]\ntitle = ", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")
    (tmp_path / "other.toml").write_text("= 1", encoding="utf-8")
    (tmp_path / "latin.toml").write_bytes(b"schema = 1\n[scenario]\ntitle = '\xe9'")
    (tmp_path / "folder.toml").mkdir()
    found = {entry.name: entry for entry in own_files(tmp_path)}
    assert set(found) == {"mine", "broken"}
    assert found["mine"].topic == OWN_TOPIC
    assert (found["mine"].title, found["mine"].summary, found["mine"].trouble) == ("Mine", "Of my own.", "")
    assert found["mine"].key == str(tmp_path / "mine.toml")
    assert found["broken"].trouble.startswith("not valid TOML")
    assert own_files(tmp_path / "nowhere") == ()


def test_what_is_remembered_is_found_again_or_not(built_in, tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN, encoding="utf-8")
    assert find(built_in, "xor").name == "xor"
    assert find(built_in, str(path)).title == "Mine"
    path.unlink()
    assert find(built_in, str(path)) is None
    assert find(built_in, "gone") is None


def test_a_lanes_settings_count_under_their_own_key() -> None:
    table = [{"name": "a", "set": {"model.init": "zeros"}, "expect": [{"above": 1}]}]
    assert list(flattened(table, "lane")) == ["lane.name = a", "model.init = zeros"]
    assert list(flattened({"hidden": [4, 2], "start": {"weights": "w"}}, "model")) == [
        "model.hidden = 4, 2",
        "model.start.weights = w",
    ]


def test_reading_the_catalog_takes_neither_numpy_nor_textual() -> None:
    code = (
        "import sys; from pathlib import Path; from nntui.lab.catalog import read_catalog\n"
        "assert len(read_catalog(Path('.'))) > 100\n"
        "print([name for name in ('numpy', 'numba', 'textual', 'msgspec') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "[]"


def test_numbers_that_the_lab_saved_are_no_data_to_train_on(tmp_path) -> None:
    numbers = numbers_text(snapshot("a", "b"))
    (tmp_path / "digits-numbers.csv").write_text(numbers, encoding="utf-8")
    (tmp_path / "mine.csv").write_text("x,y\n1,2\n3,4\n", encoding="utf-8")
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    assert [entry.name for entry in own_files(tmp_path)] == ["mine.csv"]
