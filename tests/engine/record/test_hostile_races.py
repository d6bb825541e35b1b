"""Damaged records of races: one clear line, and nothing that would lead kernels astray reaches them."""

import json
import random
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from engine.record.test_hostile import changed, look, refused
from engine.record.test_races import NOISY, PAIR, race
from engine.record.test_source import recorded

from nntui_engine.errors import InputError
from nntui_engine.kernels import race as k
from nntui_engine.record.blocks import checksum, decoded, encoded
from nntui_engine.record.resume import resumed
from nntui_engine.record.source import RecordSource


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("hostile") / "race.nntui"
    run, recorder = recorded(path, race(NOISY, PAIR, steps=120))
    run.advance(60)
    run.tweak({"train.lr": 0.05})
    run.advance(40)
    recorder.close()
    return path.read_bytes()


def look_and_go_on(path: Path) -> None:
    """All that a person can do with it."""
    look(path)
    source = RecordSource(path)
    source.surface.values(np.zeros(2), np.zeros(2), 1)
    for _ in source.measured(0, "path"):
        pass
    source.close()
    run, recorder = resumed(path)
    run.advance(3)
    recorder.close()


def test_the_record_that_the_others_are_made_of_is_sound(sound, tmp_path):
    look_and_go_on(changed(sound, tmp_path))


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.5, 0.8, 0.95, 0.9999])
def test_a_record_that_was_cut_is_refused(sound, tmp_path, share):
    path = tmp_path / "cut.nntui"
    path.write_bytes(sound[: int(share * len(sound))])
    refused(path)


def test_flipped_bits_are_refused_or_change_nothing_that_is_read(sound, tmp_path):
    path, dice, refusals = tmp_path / "flipped.nntui", random.Random(2), 0
    for _ in range(200):
        data = bytearray(sound)
        for _ in range(dice.choice([1, 1, 4, 40])):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data)
        try:
            look_and_go_on(path)
        except InputError:  # whatever else is raised fails here
            refusals += 1
    assert refusals > 70


def setting(name: str, value: object) -> str:
    return f"UPDATE lane SET settings = json_set(settings, '$.{name}', json('{json.dumps(value)}'))"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE run SET value = 'network' WHERE key = 'kind'", "its scenario is of another kind"),
        ("UPDATE run SET value = 'rocket' WHERE key = 'kind'", "of a run of no kind, 'rocket'"),
        ("UPDATE run SET value = json_set(value, '$.is_surface', json('false')) WHERE key = 'head'", "another kind"),
        ("DELETE FROM block", "a lane has no start"),
        ("UPDATE block SET columns = 3", "damaged"),
        ("UPDATE block SET checksum = 0", "its checksum is another"),
        (setting("surface", "nowhere"), 'unknown surface "nowhere"'),
        (setting("optimizer", "nobody"), 'unknown optimizer "nobody"'),
        (setting("schedule", "never"), 'unknown schedule "never"'),
        (setting("surface_parameters.samples", 10**12), "noisy_moons: samples must be at least 10 and at most 100 000"),
        (setting("surface_parameters.samples", 20.5), "samples must be a whole number"),
        (setting("surface_parameters.batch_size", -4), "batch_size must be at least 1"),
        (setting("surface_parameters.batch_size", "NaN"), "batch_size must be a finite number"),
        (setting("optimizer_parameters.lr", "Infinity"), "lr must be a finite number"),
        (setting("window", [[1, -1], [0, 1]]), "x must run from a smaller to a larger number"),
        (setting("window", [["-Infinity", "Infinity"], [0, 1]]), "its window or its start"),
        (setting("start", ["NaN", 0]), "its window or its start"),
        (setting("start", [1]), "damaged"),
        (setting("seed", -1), "its steps or its seed are none"),
        (setting("steps", 10**15), "its steps or its seed are none"),
    ],
)
def test_what_does_not_fit_together_is_refused(sound, tmp_path, statement, words):
    assert words in refused(changed(sound, tmp_path, statement))


@pytest.mark.parametrize("every", ["0", "-1", "two", "9" * 30, ""])
def test_how_often_it_was_sampled_must_be_a_number(sound, tmp_path, every):
    path = changed(sound, tmp_path, ("UPDATE run SET value = ? WHERE key = 'every'", (every,)))
    with pytest.raises(InputError, match="is damaged: it does not say how often it was measured"):
        resumed(path)


def spoiled(sound: bytes, tmp_path: Path, part: str, spoil: Callable[[bytes], bytes]) -> Path:
    path = changed(sound, tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        for moment, data in connection.execute("SELECT checkpoint, data FROM state WHERE part = ?", (part,)).fetchall():
            bad = zlib.compress(spoil(zlib.decompress(data)))
            values = (bad, checksum(bad), moment, part)
            connection.execute("UPDATE state SET data = ?, checksum = ? WHERE checkpoint = ? AND part = ?", values)
        connection.commit()
    return path


def with_column(column: int, value: int) -> Callable[[bytes], bytes]:
    def spoil(data: bytes) -> bytes:
        table = np.frombuffer(data, np.int64).reshape(2, k.RACE_INTS).copy()
        table[:, column] = value
        return table.tobytes()

    return spoil


def halved(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("part", "spoil"),
    [
        ("ints", with_column(k.C_STEP, -1)),
        ("ints", with_column(k.C_STEP, 99)),
        ("ints", with_column(k.C_STEP, 2**62)),
        ("ints", with_column(k.C_UPDATES, -1)),
        ("ints", with_column(k.C_UPDATES, 101)),
        ("ints", with_column(k.C_DIVERGED_AT, 7)),
        ("ints", halved),
        ("state", halved),
        ("state", lambda data: bytes(len(data))),  # it would stand elsewhere
        ("reals", lambda data: bytes(len(data))),
    ],
)
def test_numbers_that_are_not_those_of_the_path_are_refused(sound, tmp_path, part, spoil):
    with pytest.raises(InputError, match="is damaged") as caught:
        resumed(spoiled(sound, tmp_path, part, spoil))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("column", [k.C_SURFACE, k.C_POINTS, k.C_POINTS_AT, k.C_BATCH, k.C_OPTIMIZER, k.C_SAMPLES])
def test_where_kernels_read_follows_from_the_settings_and_not_from_the_file(sound, tmp_path, column):
    path, whole = spoiled(sound, tmp_path, "ints", with_column(column, 2**40)), tmp_path / "whole.nntui"
    whole.write_bytes(sound)
    ends = []
    for one in (path, whole):
        run, recorder = resumed(one)
        run.advance(20)
        recorder.close()
        ends.append(run.surface.numbers.state.tobytes())
    assert ends[0] == ends[1]


def test_steps_out_of_order_are_refused(sound, tmp_path):
    path = changed(sound, tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        for lane, number, rows, columns, data in connection.execute(
            "SELECT lane, number, rows, columns, data FROM block"
        ).fetchall():
            bad = encoded(decoded(data, rows, columns)[::-1].copy())
            values = (bad, checksum(bad), lane, number)
            connection.execute("UPDATE block SET data = ?, checksum = ? WHERE lane = ? AND number = ?", values)
        connection.commit()
    assert "its steps are out of order" in refused(path)
