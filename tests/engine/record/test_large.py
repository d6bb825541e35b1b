"""A large record keeps 7 digits of what layers measured, says which those are, and is as true as before otherwise."""

import sqlite3
import time
from contextlib import closing

import numpy as np
import pytest
from engine.record.test_branch import go_to
from engine.record.test_checking import checked
from engine.record.test_source import recorded, tiny

from nntui_engine import Experiment
from nntui_engine.record import writer
from nntui_engine.record.about import columns_of
from nntui_engine.record.blocks import as_recorded, checksum, decoded, encoded, rounded_columns
from nntui_engine.record.branch import branched
from nntui_engine.record.resume import resumed
from nntui_engine.record.source import RecordSource

LARGE = 250_000  # bytes: some of the run is before, some after


@pytest.fixture(autouse=True)
def soon_large(monkeypatch):
    monkeypatch.setattr(writer, "ROUNDED_FROM", LARGE)
    monkeypatch.setattr(writer, "LEAST_BLOCK_BYTES", 20_000)
    monkeypatch.setattr(writer, "BLOCK_BYTES", 40_000)


def all_of(path, kind="step") -> tuple[np.ndarray, np.ndarray]:
    """The rows of lane 1, and which of their numbers were rounded."""
    pieces = list(RecordSource(path).tables.pieces(1, kind, -1.0, np.inf))
    flags = [np.broadcast_to(piece.rounded, piece.table.shape) for piece in pieces]
    return np.concatenate([piece.table for piece in pieces]), np.concatenate(flags)


def train(path, steps=4000, **settings) -> Experiment:
    run, recorder = recorded(path, tiny(steps=steps, **settings))
    for _ in range(0, steps, 100):
        run.advance(100)
        while recorder.writer.waiting:  # so that the file has grown before more comes
            recorder.writer._wake.set()
            time.sleep(0.001)
    recorder.close()
    assert not recorder.trouble
    return run


def test_from_there_on_7_digits_of_statistics_are_kept_and_all_of_steps_and_losses(tmp_path, monkeypatch):
    run = train(tmp_path / "large.nntui")
    monkeypatch.setattr(writer, "ROUNDED_FROM", 10**12)
    train(tmp_path / "exact.nntui")
    (large, rounded), (exact, none) = all_of(tmp_path / "large.nntui"), all_of(tmp_path / "exact.nntui")
    assert not none.any()
    names = columns_of(run.lanes[0])["step"]
    layers = np.array(["/" in name for name in names])
    began = int(rounded.any(axis=1).argmax())
    assert 100 < began < 3900
    assert not rounded[:began].any()
    assert (rounded[began:] == layers).mean() > 0.99
    assert np.array_equal(large[~rounded], exact[~rounded], equal_nan=True)
    assert np.array_equal(large[:, ~layers], exact[:, ~layers], equal_nan=True)
    off = np.abs(large - exact)[rounded]
    assert off.max() > 0.0
    assert np.all(off <= 2.0**-24 * np.abs(exact[rounded]))
    sizes = [(tmp_path / f"{name}.nntui").stat().st_size for name in ("large", "exact")]
    assert sizes[0] < 0.8 * sizes[1]


def test_it_is_what_is_measured_again_and_what_is_not_is_found(tmp_path):
    path = tmp_path / "a.nntui"
    train(path)
    found = checked(path)
    assert found.first is None
    assert found.largest is None
    with closing(sqlite3.connect(path)) as file:
        key = "lane = 2 AND kind = 'step' AND number = (SELECT MAX(number) FROM block WHERE lane = 2)"
        rows, columns, data = file.execute(f"SELECT rows, columns, data FROM block WHERE {key}").fetchone()
        table, rounded = decoded(data, rows, columns), rounded_columns(data, columns)
        column = int(rounded.argmax())
        table[3, column] = np.nextafter(np.float32(table[3, column]), np.float32(np.inf))
        data = encoded(table, rounded)
        assert rounded_columns(data, columns).tolist() == rounded.tolist()
        file.execute(f"UPDATE block SET data = ?, checksum = ? WHERE {key}", (data, checksum(data)))
        file.commit()
    found = checked(path)
    assert found.first is not None
    assert (found.first.lane, found.first.step) == ("relu", int(table[3, 0]))
    assert found.first.size < 1e-6


def test_what_computes_in_float64_is_never_rounded(tmp_path):
    train(tmp_path / "a.nntui", dtype="float64")
    assert not all_of(tmp_path / "a.nntui")[1].any()
    assert (tmp_path / "a.nntui").stat().st_size > LARGE


def test_it_is_branched_from_and_resumed(tmp_path):
    parent = tmp_path / "a.nntui"
    train(parent)
    branch = branched(parent, 3900, tmp_path / "b.nntui")
    go_to(branch, 3900)
    assert all_of(parent)[1][3899].any()
    assert branch.same
    branch.run.advance(50)
    branch.recorder.close()
    assert checked(tmp_path / "b.nntui").first is None
    run, recorder = recorded(tmp_path / "c.nntui", tiny(steps=5000))
    run.advance(4000)
    recorder.close()
    again, recorder = resumed(tmp_path / "c.nntui")
    again.advance(1000)
    recorder.close()
    run.advance(1000)
    for place in range(2):
        for key, value in run.parameters(place).items():
            assert np.array_equal(value, again.parameters(place)[key])
    assert checked(tmp_path / "c.nntui").first is None


def test_a_branch_that_is_another_is_not_taken_for_the_same(tmp_path):
    parent = tmp_path / "a.nntui"
    train(parent)
    branch = branched(parent, 3950, tmp_path / "b.nntui")
    go_to(branch, 3949)
    branch.run.tweak({"train.lr": 0.0999})
    go_to(branch, 3950)
    assert not branch.same
    branch.recorder.close()


def test_a_planned_column_that_float32_cannot_hold_stays_exact():
    steps = np.arange(1.0, 301.0)
    small, huge = np.full(300, 1e-40), np.full(300, 1e39)
    odd = np.resize([np.nan, np.inf, 0.1, 0.0], 300)
    table = np.column_stack([steps, small * steps, huge * steps, odd, 0.1 * steps])
    data = encoded(table, np.array([False, True, True, True, True]))
    flags = rounded_columns(data, 5)
    assert flags.tolist() == [False, False, False, True, True]
    back = decoded(data, 300, 5)
    assert np.array_equal(back, as_recorded(table, flags), equal_nan=True)
    assert np.array_equal(back[:, :3], table[:, :3])
