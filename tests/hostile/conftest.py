"""What the hostile tests share: low limits, and no command that trains, writes or starts a process."""

from pathlib import Path
from typing import Any

import pytest
from hostile.judging import CORPUS, SMALL_ARRAY, SMALL_RUN


@pytest.fixture
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is as large as is allowed costs little: the limits are the same code, with smaller numbers."""
    monkeypatch.setattr("nntui_engine.data.raw.LARGEST_ARRAY", SMALL_ARRAY)
    monkeypatch.setattr("nntui_engine.tasks.memory.LARGEST_RUN", SMALL_RUN)


@pytest.fixture
def harmless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, low_limits: None) -> None:  # noqa: ARG001
    """Commands do all but their work; they stand in an empty folder, with the corpus's data files beside them."""
    from nntui_engine.run.lanes import lane_tables
    from nntui_engine.tasks.memory import lay_out
    from nntui_engine.tasks.resolve import resolve_lane, resolve_surface

    def no_training(scenario: Any, options: Any, outputs: Any) -> int:  # noqa: ARG001
        tables = lane_tables(scenario, options.seed, options.steps, options.overrides)
        if scenario.is_surface:
            for name, table in tables.items():
                resolve_surface(table, name, scenario.name)
        else:
            resolved = (resolve_lane(table, name, scenario.name) for name, table in tables.items())
            lay_out(((lane.settings, lane.data) for lane in resolved), scenario.name)
        return 0

    monkeypatch.setattr("nntui.commands.run._headless", no_training)
    monkeypatch.setattr("nntui.commands.verify._verify", lambda *_: 0)
    monkeypatch.setattr("nntui.commands.verify._sabotage", lambda *_: 0)
    monkeypatch.setattr("nntui.files.write_file", lambda *_: None)
    monkeypatch.setattr("nntui.files.accepts_files", lambda _: True)
    monkeypatch.setattr("pathlib.Path.mkdir", lambda *_, **__: None)
    (tmp_path / "x.npz").write_bytes((CORPUS / "data" / "good.npz").read_bytes())
    monkeypatch.chdir(tmp_path)
