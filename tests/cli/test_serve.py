"""The lab in a browser: a real server, its page, who may connect, and its end."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from nntui import cli, serving
from nntui_engine.errors import InputError

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "engine"))), "PYTHONUNBUFFERED": "1"}
PATIENCE = 60


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    port = free_port()
    child = subprocess.Popen(
        [sys.executable, "-m", "nntui", "serve", "--port", str(port)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield f"127.0.0.1:{port}", child
    if child.poll() is None:
        child.kill()
    child.wait()


def page(address: str, child: "subprocess.Popen[str]") -> str:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and child.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{address}/", timeout=10) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.1)
    raise AssertionError(child.communicate(timeout=10))


async def connected(address: str, origin: str) -> bytes:
    """What a page of this origin is sent until the launcher is there."""
    import aiohttp

    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"ws://{address}/ws?width=100&height=30", headers={"Origin": origin}) as websocket,
    ):
        got = b""
        async with asyncio.timeout(PATIENCE):
            async for message in websocket:
                got += message.data if isinstance(message.data, bytes) else b""
                if b"What do you want to see?" in got:
                    return got
    return got


def test_a_page_is_served_with_a_lab_in_it_and_the_server_ends(server: "tuple[str, subprocess.Popen[str]]") -> None:
    import aiohttp

    address, child = server
    found = page(address, child)
    assert "<title>nntui</title>" in found or "nntui" in found
    assert f"ws://{address}/ws" in found
    assert b"What do you want to see?" in asyncio.run(connected(address, f"http://{address}"))
    for origin in ("http://evil.example", "http://127.0.0.1:1"):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            asyncio.run(connected(address, origin))
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=PATIENCE)
    assert (child.returncode, err) == (0, "")
    assert out.startswith(f"http://{address} shows the launcher; Ctrl-C ends it.\nThere is no login:")
    assert "other machines" not in out


def test_a_port_that_is_taken_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        port = str(one.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "nntui", "serve", "digits", "--port", port],
            env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"nntui: cannot listen on 127.0.0.1:{port}: ")
    assert done.stderr.count("\n") == 1
    assert capfd.readouterr().err == ""


def test_without_textual_serve_one_line_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    assert cli.run(["serve", "digits"]) == 2
    assert capsys.readouterr().err == 'nntui: nntui serve needs textual-serve: pip install "nntui[serve]"\n'
    with pytest.raises(InputError):
        serving.serve(None, "127.0.0.1", 1)


def test_a_scenario_that_is_not_there_is_said_before_anything_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["serve", "digit"]) == 2
    assert 'did you mean "digits"' in capsys.readouterr().err


def test_the_command_line_takes_names_of_any_kind() -> None:
    import shlex

    assert shlex.split(serving.lab_command("a 'b'; c.toml"))[-3:] == ["run", "--", "a 'b'; c.toml"]
    assert shlex.split(serving.lab_command(None))[-2:] == ["-m", "nntui"]


@pytest.mark.parametrize(
    ("origin", "asked", "host", "may"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "127.0.0.1", True),
        ("http://localhost:8000", "localhost:8000", "127.0.0.1", True),
        (None, "127.0.0.1:8000", "127.0.0.1", True),  # no browser
        ("http://evil.example", "127.0.0.1:8000", "127.0.0.1", False),
        ("http://evil.example:8000", "evil.example:8000", "127.0.0.1", False),  # a name made to mean this machine
        ("http://lab.example:8000", "lab.example:8000", "0.0.0.0", True),
        ("http://evil.example", "lab.example:8000", "0.0.0.0", False),
    ],
)
def test_only_pages_that_came_from_here_may_connect(origin: str | None, asked: str, host: str, may: bool) -> None:
    assert serving.may_connect(origin, asked, host, 8000) == may


def test_what_is_reached_from_elsewhere_is_told_apart() -> None:
    assert all(map(serving.is_loopback, ("127.0.0.1", "localhost", "::1", "127.8.0.1")))
    assert not any(map(serving.is_loopback, ("0.0.0.0", "192.168.0.2", "::", "lab.example")))
