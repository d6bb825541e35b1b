"""Rows held out in a file of their own must fit the training file; digits are read without their library."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui_engine.data.npz_files import read_npz
from nntui_engine.errors import InputError


def write(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.ones((2, 3)), np.zeros((2, 2)), ""),
        (np.ones((2, 4)), np.zeros((2, 2)), "its columns differ"),
        (np.ones((2, 3)), np.zeros((2, 1)), "its columns differ"),
        (np.ones((2, 2)), np.zeros((2, 3)), "its columns differ"),
        (np.ones((2, 3)), np.array([["a", "b"], ["b", "a"]]), "y is text in one file and numbers in the other"),
    ],
)
def test_columns_of_both_files(x: np.ndarray, y: np.ndarray, words: str, tmp_path: Path) -> None:
    train = write(tmp_path / "train.npz", x=np.ones((5, 3)), y=np.ones((5, 2)))
    test = write(tmp_path / "test.npz", x=x, y=y)
    if not words:
        found = read_npz(train, test, "data")
        assert (found.x.shape, found.y.shape, found.validation_rows) == ((7, 3), (7, 2), 2)
        np.testing.assert_array_equal(found.y[:, 0], [1.0] * 5 + [0.0] * 2)
        return
    with pytest.raises(InputError, match=words):
        read_npz(train, test, "data")
    if "text" in words:
        with pytest.raises(InputError, match=words):
            read_npz(test, train, "data")


def test_a_class_that_no_training_row_has_is_named(tmp_path: Path) -> None:
    train = write(tmp_path / "train.npz", x=np.ones((3, 1)), y=np.array(["b", "d", "b"]))
    test = write(tmp_path / "test.npz", x=np.ones((2, 1)), y=np.array(["d", "c"]))
    with pytest.raises(InputError, match='class "c" is in no training row'):
        read_npz(train, test, "data")


def test_digits_are_read_without_importing_their_library() -> None:
    """That import takes longer than a whole short run."""
    lines = ["import sys", "from nntui_engine.data.sets import rows_of", "rows_of('digits', {}, 0)"]
    lines += ["print('sklearn' in sys.modules)"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")
