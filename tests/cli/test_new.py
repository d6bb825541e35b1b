"""``nntui new``."""

from pathlib import Path

import pytest
from cli.conftest import Invoke

from nntui_engine.analysis.verify import verify
from nntui_engine.scenario import load_scenario


def test_the_template_is_valid_and_true(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "my-first_try.toml"
    result = invoke("new", file)
    assert (result.status, result.err) == (0, "")
    assert invoke("validate", file).status == 0
    scenario = load_scenario(file)
    assert scenario.title == "My first try"
    assert [outcome.passed for outcome in verify(scenario)] == [True]


def test_a_copy_is_the_file_itself(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    assert invoke("new", file, "--from", "xor").status == 0
    original = load_scenario("xor").path
    assert original is not None
    assert file.read_bytes() == original.read_bytes()


def test_a_copy_of_a_copy(invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("new", tmp_path / "a.toml").status == 0
    assert invoke("new", tmp_path / "b.toml", "--from", tmp_path / "a.toml").status == 0
    assert (tmp_path / "b.toml").read_bytes() == (tmp_path / "a.toml").read_bytes()


def test_an_existing_file_is_left_alone(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("precious", encoding="utf-8")
    result = invoke("new", file)
    assert (result.status, result.out) == (2, "")
    assert "is there already" in result.err
    assert file.read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize(("name", "words"), [("mine.txt", 'ends in ".toml"'), ("no/mine.toml", "there is no folder")])
def test_bad_files(invoke: Invoke, tmp_path: Path, name: str, words: str) -> None:
    result = invoke("new", tmp_path / name)
    assert result.status == 2
    assert words in result.err
    assert result.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_does_not_exist(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("new", tmp_path / "mine.toml", "--from", "xr")
    assert result.status == 2
    assert 'did you mean "xor"?' in result.err
    assert '"nntui list" lists all' in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_source_whose_data_would_not_be_found(invoke: Invoke, tmp_path: Path) -> None:
    folder = tmp_path / "with data"
    folder.mkdir()
    (folder / "d.csv").write_text("x,y\n1,2\n2,3\n3,4\n4,5\n", encoding="utf-8")
    source = folder / "source.toml"
    source.write_text('schema = 1\n[scenario]\ntitle = "x"\n[data]\npath = "d.csv"\n', encoding="utf-8")
    result = invoke("new", tmp_path / "mine.toml", "--from", source)
    assert result.status == 2
    assert 'data.path = "d.csv"' in result.err
    assert not (tmp_path / "mine.toml").exists()
    assert invoke("new", folder / "mine.toml", "--from", source).status == 0
