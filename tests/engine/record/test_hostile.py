"""Files that are no sound record: one clear line, soon, in bounded memory, and nothing of them is run."""

import random
import sqlite3
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from engine.record.test_source import recorded, tiny

from nntui_engine.errors import InputError
from nntui_engine.record.blocks import checksum
from nntui_engine.record.checking import check
from nntui_engine.record.resume import resumed
from nntui_engine.record.source import RecordSource


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("hostile") / "run.nntui"
    run, recorder = recorded(path, tiny(steps=120))
    run.advance(60)
    run.tweak({"train.lr": 0.05})
    run.advance(60)
    recorder.close()
    return path.read_bytes()


def look(path: Path) -> None:
    """All that a person can do with a record."""
    source = RecordSource(path)
    try:
        source.full_snapshot()
        source.findings()
        source.seek(30)
        source.full_snapshot(None)
        source._tables.check()
    finally:
        source.close()


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        look(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def changed(sound: bytes, tmp_path: Path, *statements: str | tuple[str, tuple[object, ...]]) -> Path:
    path = tmp_path / "bad.nntui"
    path.write_bytes(sound)
    connection = sqlite3.connect(path)
    for one in statements:
        text, values = (one, ()) if isinstance(one, str) else one
        connection.execute(text, values)
    connection.commit()
    connection.close()
    return path


def test_the_record_that_the_others_are_made_of_is_sound(sound, tmp_path):
    look(changed(sound, tmp_path))


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.001, 0.01, 0.1, 0.3, 0.5, 0.8, 0.95, 0.9999])
def test_a_record_that_was_cut_is_refused(sound, tmp_path, share):
    path = tmp_path / "cut.nntui"
    path.write_bytes(sound[: int(share * len(sound))])
    refused(path)


def test_flipped_bits_are_refused_or_change_nothing_that_is_read(sound, tmp_path):
    path, dice, refusals = tmp_path / "flipped.nntui", random.Random(1), 0
    for _ in range(60):
        data = bytearray(sound)
        for _ in range(dice.choice([1, 1, 4, 40])):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data)
        try:
            look(path)
        except InputError:  # whatever else is raised fails here
            refusals += 1
    assert refusals > 20


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("PRAGMA application_id = 7", "another program's file"),
        ("PRAGMA user_version = 2", "is a record of version 2; this nntui reads version 1"),
        ("CREATE TRIGGER evil AFTER INSERT ON run BEGIN DELETE FROM block; END", "its tables are others"),
        ("CREATE VIEW evil AS SELECT * FROM run", "its tables are others"),
        ("DROP TABLE event", "its tables are others"),
        ("ALTER TABLE run ADD COLUMN more", "its tables are others"),
        ("DELETE FROM run WHERE key = 'now'", "does not say its now"),
        ("UPDATE run SET value = '[' WHERE key = 'now'", "damaged"),
        ("UPDATE run SET value = x'00' WHERE key = 'head'", "does not say its head"),
        ("UPDATE arrangement SET parent = id", "follows from none"),
        ("UPDATE arrangement SET parent = 99", "follows from none"),
        ("DELETE FROM lane", "has no lanes"),
        ("UPDATE lane SET origin = id", "is none"),
        ("UPDATE lane SET settings = '{}'", "damaged"),
        ("UPDATE lane SET about = 'null'", "damaged"),
        ("UPDATE block SET checksum = 0", "its checksum is another"),
        ("UPDATE block SET rows = rows + 1", "damaged"),
        ("UPDATE block SET rows = 9223372036854775807", "damaged"),
        ("UPDATE block SET columns = 3", "damaged"),
        ("UPDATE block SET data = 'text'", "is none"),
    ],
)
def test_what_does_not_fit_together_is_refused(sound, tmp_path, statement, words):
    assert words in refused(changed(sound, tmp_path, statement))


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "other.nntui"
    for content in (b"", b"text", b"SQLite format 3\0", b"SQLite format 3\0" + bytes(4096)):
        path.write_bytes(content)
        refused(path)
    path.unlink()
    sqlite3.connect(path).execute("CREATE TABLE mine (a)").connection.close()
    assert "another program's file" in refused(path)
    assert "is a folder" in refused(tmp_path)


def bomb(count: int) -> bytes:
    return b"\x80\0" + zlib.compress(bytes(count), 9)


def test_bombs_in_blocks_take_no_memory(sound, tmp_path):
    data = bomb(200_000_000)
    statement = "UPDATE block SET data = ?, checksum = ?", (data, checksum(data))
    path = changed(sound, tmp_path, statement)
    tracemalloc.start()
    refused(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "order": lambda data: b"\xff\xff\xff\x7f" * (len(data) // 4),
    "ints": lambda data: b"\xff\xff\xff\xff\xff\xff\xff\x7f" * (len(data) // 8),
    "pool": lambda data: data[:-4],
}


@pytest.mark.parametrize("part", SPOILED)
def test_numbers_that_would_lead_kernels_astray_are_refused(sound, tmp_path, part):
    path = changed(sound, tmp_path)
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT checkpoint, data FROM state WHERE part = ?", (part,)).fetchall()
    for moment, data in rows:
        bad = zlib.compress(SPOILED[part](zlib.decompress(data)))
        values = (bad, checksum(bad), moment, part)
        connection.execute("UPDATE state SET data = ?, checksum = ? WHERE checkpoint = ? AND part = ?", values)
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match="is damaged"):
        resumed(path)


def half_written(sound: bytes, tmp_path: Path, tail: bytes = b"") -> Path:
    """A record, and the journal of one that was killed while it wrote without a log."""
    path, copy = tmp_path / "run.nntui", tmp_path / "killed.nntui"
    path.write_bytes(sound)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA cache_size = 1")  # so that pages are written before the end
    connection.execute("BEGIN")
    connection.execute("DELETE FROM run")
    connection.execute("UPDATE block SET data = zeroblob(length(data))")
    copy.write_bytes(path.read_bytes())
    copy.with_name("killed.nntui-journal").write_bytes(path.with_name("run.nntui-journal").read_bytes() + tail)
    connection.execute("ROLLBACK")
    connection.close()
    return copy


def test_what_a_killed_writer_had_half_done_is_taken_back(sound, tmp_path):
    path = half_written(sound, tmp_path)
    look(path)
    assert not path.with_name("killed.nntui-journal").exists()


def test_a_journal_that_names_another_file_is_refused_and_the_file_is_there_still(sound, tmp_path):
    other = tmp_path / "precious.txt"
    other.write_text("no journal's name\n")
    name = str(other).encode()
    tail = name + struct.pack(">II", len(name), sum(name)) + bytes.fromhex("d9d505f920a163d7")
    path = half_written(sound, tmp_path, tail=struct.pack(">I", 2**30 // 4096 + 1) + tail)
    assert "its journal is another program's" in refused(path)
    with pytest.raises(InputError, match="another program's"):
        resumed(path)
    assert other.exists()


def verify(path: Path) -> object:
    return check(RecordSource(path), 0.0, lambda *_: None)


EVENTS = [
    ('UPDATE arrangement SET event = \'{"what": "tweak", "set": 3}\' WHERE id = 2', "is damaged: arrangement 2"),
    ('UPDATE arrangement SET event = \'{"what": "tweak", "set": {"train.lr": -1}}\' WHERE id = 2', "lr"),
    ('UPDATE arrangement SET event = \'{"what": "magic"}\' WHERE id = 2', "came about by nothing that is known"),
    (
        "UPDATE arrangement SET event = "
        '\'{"what": "lanes", "lanes": {"plain": {"origin": "x"}, "relu": {"origin": "relu"}}}\' WHERE id = 2',
        "come from none",
    ),
    ('UPDATE arrangement SET event = \'{"what": "lanes", "lanes": {}}\' WHERE id = 2', "come from none"),
    ("UPDATE arrangement SET at = -5 WHERE id = 2", "begins before the one that it follows"),
    ("UPDATE lane SET name = 'relu' WHERE id = 1", "has a lane twice"),
    ("INSERT INTO run VALUES ('recorded_from', 'x')", "from where it was recorded"),
]


@pytest.mark.parametrize(("text", "words"), EVENTS, ids=range(len(EVENTS)))
def test_what_happened_is_not_done_again_where_it_makes_no_sense(sound, tmp_path, text, words):
    path = changed(sound, tmp_path, text)
    with pytest.raises(InputError) as caught:
        verify(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    if "recorded_from" not in text and "lr" not in words:
        with pytest.raises(InputError):
            resumed(path)


def test_a_step_that_is_too_far_or_a_change_before_it_was_planned_ends(sound, tmp_path):
    path = changed(sound, tmp_path, 'UPDATE checkpoint SET detail = \'[{"after": -3, "lane": null, "set": {}}]\'')
    with pytest.raises(InputError, match="planned what was to come before it"):
        resumed(path)
    path = changed(sound, tmp_path, "UPDATE run SET value = replace(value, '120', '900000000000') WHERE key = 'now'")
    assert verify(path).first is None  # its lanes end where they end
