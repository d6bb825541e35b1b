"""Writing and checking reference frames, with frames made by hand."""

import json

import pytest
from builders import iris

from nntui.headless.document import run_document
from nntui.headless.snapshots import Frame, check_reference, write_reference
from nntui.json_text import json_text
from nntui_engine.errors import InputError

TEXT = "┌ Loss ─────────────┐\n│ ⠉⠉⠉⠉⠒⠒⠒⠤⠤⠤⣀⣀⣀⣀     │\n└───────────────────┘\n"


def frame(text: str = TEXT, numbers: str | None = None) -> Frame:
    return Frame("iris", f"<svg>{text}</svg>", text, numbers or json_text(run_document(iris())))


def test_writing_leaves_three_files(tmp_path):
    paths = write_reference(frame(), tmp_path)
    assert [path.name for path in paths] == ["iris.svg", "iris.txt", "iris.json"]
    assert (tmp_path / "iris.txt").read_text(encoding="utf-8") == TEXT
    assert sorted(tmp_path.iterdir()) == sorted(paths)  # and no temporary file


def test_the_same_frame_passes(tmp_path):
    write_reference(frame(), tmp_path)
    check = check_reference(frame(), tmp_path, 0.0)
    assert check.passed
    assert check.report() == ["iris: as expected"]


def test_a_changed_cell_fails_says_where_and_leaves_a_picture(tmp_path):
    write_reference(frame(), tmp_path)
    changed = TEXT.replace("⣀⣀⣀⣀ ", "⣀⣀⣀⣀X")
    check = check_reference(frame(changed), tmp_path, 1.0)
    assert not check.passed
    report = "\n".join(check.report())
    assert 'row 2, column 17 (Loss): expected " ", got "X"' in report
    svg, text = check.write_picture(tmp_path)
    marked = text.read_text(encoding="utf-8").splitlines()
    assert marked[marked.index("got") + 3] == " " * 16 + "^"
    assert "<svg" in svg.read_text(encoding="utf-8")


def test_the_picture_is_the_same_every_time(tmp_path):
    write_reference(frame(), tmp_path)
    check = check_reference(frame(TEXT.replace("Loss", "Lost")), tmp_path, 1.0)
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        check.write_picture(folder)
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_cells_within_the_tolerance_pass(tmp_path):
    write_reference(frame(), tmp_path)
    assert check_reference(frame(TEXT.replace("⣀⣀⣀⣀ ", "⣀⣀⣀⣀X")), tmp_path, 2.0).passed


def test_changed_numbers_fail_and_are_named(tmp_path):
    write_reference(frame(), tmp_path)
    document = json.loads(frame().numbers)
    document["lanes"][0]["validation_loss"] = 0.6
    check = check_reference(frame(numbers=json_text(document)), tmp_path, 1.0)
    assert "relu · validation_loss: expected 0.5, got 0.6" in "\n".join(check.report())


def test_a_long_list_of_differences_is_cut(tmp_path):
    write_reference(frame(), tmp_path)
    document = json.loads(frame().numbers)
    for layer in document["lanes"][0]["layers"]:
        for name, value in layer.items():
            if isinstance(value, float):
                layer[name] = value + 10
    report = check_reference(frame(numbers=json_text(document)), tmp_path, 1.0).report()
    assert report[-1].startswith("  … and ")
    assert len(report) < 20


def test_a_missing_reference_is_named(tmp_path):
    write_reference(frame(), tmp_path)
    (tmp_path / "iris.svg").unlink()
    check = check_reference(frame(), tmp_path, 1.0)
    assert not check.passed
    assert "iris.svg is missing" in check.report()[0]
    assert check.write_picture(tmp_path) == []


def test_a_damaged_reference_is_bad_input(tmp_path):
    write_reference(frame(), tmp_path)
    (tmp_path / "iris.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        check_reference(frame(), tmp_path, 1.0)
