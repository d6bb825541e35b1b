"""What the engine's tests share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.build import Build, rows, scenario, write_npz

from nntui_engine.experiment import Experiment


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def data_file(data_folder: Path) -> Any:
    """``data_file(n, inputs, outputs, kind, seed)``: the path of an NPZ file of such rows, written once."""

    def path(n: int, inputs: int, outputs: int, kind: str, seed: int = 0) -> Path:
        place = data_folder / f"{n}-{inputs}-{outputs}-{kind}-{seed}.npz"
        return place if place.exists() else write_npz(place, *rows(n, inputs, outputs, kind, seed))

    return path


@pytest.fixture
def build(data_file: Any, tmp_path: Path) -> Build:
    """``build(model, train, …)``: an Experiment on own data (``rows``, or x and t given)."""

    def make(
        model: Mapping[str, Any] = {},
        train: Mapping[str, Any] = {},
        *,
        n: int = 5,
        inputs: int = 3,
        outputs: int = 2,
        kind: str = "real",
        seed: int = 0,
        x: np.ndarray | None = None,
        t: np.ndarray | None = None,
        data: Mapping[str, Any] = {},
        lanes: Sequence[tuple[str, Mapping[str, Any]]] = (),
        **options: Any,
    ) -> Experiment:
        if x is None or t is None:
            path = data_file(n, inputs, outputs, kind, seed)
        else:
            path = write_npz(tmp_path / "own.npz", x, t)
        return Experiment(scenario(path, model, train, data, lanes), **options)

    return make
