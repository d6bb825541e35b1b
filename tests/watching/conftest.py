"""PyTorch on one thread: networks this small are slower on several, and much slower where others work, too."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["OMP_NUM_THREADS"] = "1"  # of the scripts that are started


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    if importlib.util.find_spec("torch") is None:  # what needs it says so itself
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a run is recorded."""
    return tmp_path / "run.nntui"
