"""The lab in a browser, by textual-serve: a process of its own for every page that is opened."""

import asyncio
import ipaddress
import shlex
import sys
from typing import Any
from urllib.parse import urlsplit

import click

from nntui_engine.errors import InputError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def lab_command(scenario: str | None) -> str:
    """The command line that shows ``scenario``, or the launcher."""
    return shlex.join([sys.executable, "-m", "nntui", *(["run", "--", scenario] if scenario is not None else [])])


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def may_connect(origin: str | None, asked: str, host: str, port: int) -> bool:
    """Whether a page of ``origin`` that asked for ``asked`` (host and port) may have a lab.

    Any page in a browser can reach this machine's addresses; only those that came from here may. A page elsewhere whose
    name was made to mean this machine asks for that name.
    """
    if origin is not None and urlsplit(origin).netloc != asked:
        return False
    return not is_loopback(host) or asked in {f"{name}:{port}" for name in (*LOOPBACK, host)}


def serve(scenario: str | None, host: str, port: int) -> None:
    """Serves until Ctrl-C. Raises InputError where textual-serve is missing, or the address cannot be had."""
    try:
        from aiohttp import web
        from textual_serve.server import Server
    except ImportError:
        raise InputError('nntui serve needs textual-serve: pip install "nntui[serve]"') from None

    class LabServer(Server):
        """Answers pages of its own only, and says what a person must know."""

        def initialize_logging(self) -> None:
            """No log: a person sees the address, and that there is no login."""

        async def on_startup(self, app: web.Application) -> None:  # noqa: ARG002
            """Says where it is, once that can be had."""
            probe = await asyncio.get_running_loop().create_server(asyncio.Protocol, self.host, self.port)
            probe.close()
            await probe.wait_closed()
            words = [f"{self.public_url} shows {scenario or 'the launcher'}; Ctrl-C ends it."]
            words.append("There is no login: whoever reaches this address uses the lab, and writes files, as you.")
            if not is_loopback(host):
                words.append(f"{host} can be reached from other machines.")
            click.echo("\n".join(words))

        async def handle_websocket(self, request: web.Request) -> Any:
            """Gives a page that came from here a lab."""
            if not may_connect(request.headers.get("Origin"), request.host, host, port):
                raise web.HTTPForbidden(text="This page is not one of this server's.")
            return await super().handle_websocket(request)

    try:
        LabServer(lab_command(scenario), host=host, port=port, title=f"nntui {scenario or ''}".strip()).serve()
    except OSError as error:
        raise InputError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
