"""``nntui snapshot``: the same bytes every time, and a check that notices."""

import json

import pytest

pytestmark = pytest.mark.slow

SIZE = ("--size", "100x30")


def test_the_same_files_every_time_and_the_check_passes(invoke, small, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        result = invoke("snapshot", small, "--out", folder, *SIZE)
        assert (result.status, result.err) == (0, "")
    assert sorted(path.name for path in first.iterdir()) == ["small.json", "small.svg", "small.txt"]
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()
    checked = invoke("snapshot", small, "--out", first, "--check", "--tolerance", "0", *SIZE)
    assert (checked.status, checked.out) == (0, "small: as expected\n")


def test_another_run_is_noticed_and_pictured(invoke, small, tmp_path):
    reference, differences = tmp_path / "reference", tmp_path / "differences"
    invoke("snapshot", small, "--out", reference, *SIZE)
    before = {path: path.read_bytes() for path in reference.iterdir()}
    result = invoke("snapshot", small, "--out", reference, "--check", "--seed", "3", "--diff", differences, *SIZE)
    assert result.status == 1
    assert "seed: expected 0, got 3" in result.out
    assert "cells differ" in result.out
    assert sorted(path.name for path in differences.iterdir()) == ["small.diff.svg", "small.diff.txt"]
    assert str(differences / "small.diff.svg") in result.out
    assert {path: path.read_bytes() for path in reference.iterdir()} == before


def test_a_changed_reference_number_is_named(invoke, small, tmp_path):
    invoke("snapshot", small, "--out", tmp_path / "r", *SIZE)
    path = tmp_path / "r" / "small.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["lanes"][0]["layers"][0]["gradient_norm"] *= 2
    path.write_text(json.dumps(document), encoding="utf-8")
    result = invoke("snapshot", small, "--out", tmp_path / "r", "--check", "--diff", tmp_path / "d", *SIZE)
    assert result.status == 1
    assert "tanh · layer 1 · gradient_norm: expected" in result.out


def test_a_missing_reference_fails_and_says_so(invoke, small, tmp_path):
    result = invoke("snapshot", small, "--out", tmp_path / "nothing", "--check", *SIZE)
    assert result.status == 1
    assert "no reference" in result.out
    assert not (tmp_path / "nothing").exists()


def test_what_differs_is_accepted_and_the_rest_left_alone(invoke, small, tmp_path):
    folder = tmp_path / "reference"
    made = invoke("snapshot", small, "--out", folder, "--update", *SIZE)
    assert (made.status, made.err) == (0, "")
    assert made.out.splitlines()[0].endswith(
        "small.svg, " + f"{folder / 'small.txt'}, {folder / 'small.json'} is missing; it is made"
    )
    before = {path: path.read_bytes() for path in folder.iterdir()}
    (folder / "small.json").write_text(before[folder / "small.json"].decode() + "\n", encoding="utf-8")
    same = invoke("snapshot", small, "--out", folder, "--update", *SIZE)
    assert (same.status, same.out) == (0, "small: as expected\n")
    assert (folder / "small.json").read_text(encoding="utf-8").endswith("\n\n")  # not written anew
    other = invoke("snapshot", small, "--out", folder, "--update", "--seed", "3", *SIZE)
    assert (other.status, "seed: expected 0, got 3" in other.out) == (0, True)
    assert f"wrote {folder / 'small.svg'}" in other.out
    assert invoke("snapshot", small, "--out", folder, "--check", "--seed", "3", *SIZE).status == 0
    refused = invoke("snapshot", small, "--out", folder, "--check", "--update", *SIZE)
    assert (refused.status, "give one of them" in refused.err) == (2, True)
