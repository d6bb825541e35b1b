"""Files are written whole or not at all."""

import os
import stat

import pytest

from nntui.files import write_file
from nntui_engine.errors import InputError


def test_text_and_bytes(tmp_path):
    write_file(tmp_path / "a.txt", "‖g‖")
    write_file(tmp_path / "b.png", b"\x89PNG")
    assert (tmp_path / "a.txt").read_bytes() == "‖g‖".encode()
    assert (tmp_path / "b.png").read_bytes() == b"\x89PNG"


def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "a.txt", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    write_file(link, "new")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"


def test_a_missing_folder_is_bad_input_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="cannot write"):
        write_file(tmp_path / "no" / "a.txt", "x")
    assert list(tmp_path.iterdir()) == []


def test_a_failing_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        write_file(path, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text(encoding="utf-8") == "old"
