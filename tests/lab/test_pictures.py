"""The lab and its parts as they were looked at and found right: every character, and every row's colours."""

import pytest
from lab.pictures import cases, read, rows

CASES = cases()


@pytest.mark.parametrize(("file", "name"), [(file, name) for file, pictures in CASES.items() for name in pictures])
def test_a_picture_is_as_it_was(file: str, name: str) -> None:
    assert rows(CASES[file][name]()) == read(file)[name]


@pytest.mark.parametrize("file", CASES)
def test_no_picture_is_kept_that_nothing_draws(file: str) -> None:
    assert list(read(file)) == list(CASES[file])
