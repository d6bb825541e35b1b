"""Paths to what is no file, or never ends: refused at once, as a scenario and as its data."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile.judging import run_command

from nntui_engine.errors import InputError
from nntui_engine.scenario import load_scenario

SECONDS = 20


@pytest.fixture(autouse=True)
def never_wait() -> Iterator[None]:
    """A read that waits ends the test."""

    def waited(*_: object) -> None:
        raise TimeoutError("it waits")

    before = signal.signal(signal.SIGALRM, waited)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    os.mkfifo("pipe.toml")
    Path("loop.toml").symlink_to("loop.toml")
    Path("loop").symlink_to("loop")
    Path("folder.toml").mkdir()
    Path("nowhere.toml").symlink_to("gone.toml")
    return tmp_path


PATHS = {
    "pipe.toml": "is no ordinary file",
    "loop.toml": "cannot be read: Too many levels of symbolic links",
    "folder.toml": "is a folder",
    "nowhere.toml": "no such file",
    "n" * 256 + ".toml": "cannot be read: File name too long",
    "a/" * 3000 + "x.toml": "cannot be read: File name too long",
    "~nosuchuser/x.toml": "no such file",
    "/dev/zero": "is no ordinary file",
    "/dev/null": "is no ordinary file",
    "/proc/self/environ": "is no ordinary file",
    "/proc/self/mem": "cannot be read",
}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:20])
@pytest.mark.parametrize("command", ["validate", "show", "run"])
def test_as_a_scenario(command: str, path: str) -> None:
    status, out, err = run_command(command, path, *(["--headless"] if command == "run" else []))
    assert (status, out) == (2, "")
    assert PATHS[path] in err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("pipe", "pipe: is no ordinary file"),
        ("loop", "loop: cannot be read: Too many levels of symbolic links"),
        ("n" * 256, "File name too long"),
        ("~nosuchuser", 'no scenario and no file is called "~nosuchuser"'),
        ("", 'no scenario and no file is called ""'),
    ],
    ids=lambda text: text[:10],
)
def test_as_a_name_without_a_folder(name: str, part: str) -> None:
    status, _, err = run_command("show", name)
    assert status == 2
    assert part in err


@pytest.mark.skipif(not os.access("/proc/kmsg", os.R_OK), reason="not allowed to read the kernel's messages")
def test_what_the_kernel_makes_up() -> None:
    assert "is no ordinary file" in run_command("validate", "/proc/kmsg")[2]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:20])
@pytest.mark.parametrize("key", ["path", "test_path", "labels"])
def test_as_data(folder: Path, key: str, path: str) -> None:
    good = folder / "good.csv"
    good.write_text("a,y\n" + "1,0\n2,1\n" * 20)
    data = f'path = "{path}"' if key == "path" else f'path = "good.csv"\n{key} = "{path}"'
    Path("x.toml").write_text(f'schema = 1\n[scenario]\ntitle = "t"\n[data]\n{data}\n[train]\nbatch_size = 1\n')
    status, out, err = run_command("validate", "x.toml")
    assert (status, out) == (2, "")
    assert PATHS[path] in err


def test_a_name_with_a_zero_byte() -> None:
    """No shell can hand one over, but Python can."""
    for name in ("a\0b.toml", "a\0b"):
        with pytest.raises(InputError, match="cannot be read: embedded null byte"):
            load_scenario(name)


@pytest.mark.usefixtures("folder")
def test_an_ordinary_file_behind_links_is_read(folder: Path) -> None:
    real = folder / "real.toml"
    real.write_text('schema = 1\n[scenario]\ntitle = "t"\n[surface]\nname = "bowl"\n')
    Path("link.toml").symlink_to(real)
    assert run_command("validate", "link.toml") == (0, "link.toml: valid (1 lane)\n", "")
    with real.open() as stream:
        assert run_command("validate", f"/proc/self/fd/{stream.fileno()}")[0] == 0
