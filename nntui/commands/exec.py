"""``nntui exec``: a script that trains with PyTorch, with the lab on top."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nntui.commands.options import examples, no_screen

if TYPE_CHECKING:
    from nntui.lab.child import Child

LOOK_SECONDS = 0.05  # between two looks at a script that has not made its first step
SHOWN = 20  # lines of its output that stay in the terminal
STOPPING_SECONDS = 10.0  # that a script has, until it is said how to end it
NEVER = "recorded nothing: it has to say nntui.watch(model, optimizer) where both are made, or to use a nntui.Recorder"


@click.command(
    "exec",
    short_help="Run a PyTorch script with the lab on top.",
    epilog=examples("nntui exec train.py", "nntui exec --record run.nntui train.py --epochs 3"),
    context_settings={"allow_interspersed_args": False},
)
@click.option("--record", type=click.Path(path_type=Path), metavar="FILE", help="A new file.  [default: SCRIPT.nntui]")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw the lab with ASCII characters alone.")
@click.option("--fps", type=click.IntRange(1, 60), metavar="N", help="Frames a second of the lab.  [default: 12]")
@click.argument("script", type=click.Path(path_type=Path))
@click.argument("arguments", metavar="[ARGS]...", nargs=-1, type=click.UNPROCESSED)
def command(record: Path | None, ascii_only: bool, fps: int | None, script: Path, arguments: tuple[str, ...]) -> int:
    """Run the Python SCRIPT with its ARGS, and open the lab on it as soon as it has made its first step.

    The script calls nntui.watch(model, optimizer) and is otherwise as it was. Its output stands in view 6. The lab can
    be left without ending the training: q asks. Without a terminal the script is run, and recorded, without a lab.
    Exits with the script's own status.
    """
    from nntui.files import free_name, writable_file
    from nntui_engine.errors import InputError

    if not script.is_file():
        raise InputError(f"{script}: {'is no file' if script.exists() else 'no such file'}")
    if record is not None and record.exists():
        raise InputError(f"--record: {record} exists already; choose another name")
    path = record or free_name(Path.cwd(), script.stem, ".nntui")
    writable_file(path, "--record")
    if no_screen():
        return _plainly(script, arguments, path)
    from nntui.lab.child import Child

    child = Child(script, arguments, path)
    old = signal.signal(signal.SIGINT, lambda *_: child.interrupt())  # as if the script ran here
    try:
        begun = _until_begun(child)
    finally:
        signal.signal(signal.SIGINT, old)
    if begun is None:
        status = child.status() or 0
        if child.record is None:
            click.echo(f"nntui: {script} {NEVER}", err=True)
        child.put_away()
        return status
    from nntui.lab.start import watch_in_lab
    from nntui.lab.watched import WatchedSource

    status = watch_in_lab(WatchedSource(begun), ascii_only=ascii_only, fps=fps, child=child)
    return _left(child, begun, status)


def _until_begun(child: "Child") -> Path | None:
    """Passes the script's output on until it has made its first step: the record, None if it ended before that."""
    from nntui.lab.watched import has_begun

    while True:
        status, path = child.status(), child.record
        _pass_on(child.new_output())
        if path is not None and path.exists() and has_begun(path):
            return path
        if status is not None:
            return None
        time.sleep(LOOK_SECONDS)


def _pass_on(output: bytes) -> None:
    if output:
        click.echo(output, nl=False)


def _left(child: "Child", record: Path, status: int) -> int:
    """What is said in the terminal when the lab was left, and the exit status."""
    if child.status() is None and not child.stopping:
        click.echo(f"The training goes on (process {child.number}): nntui watch {record} shows it.")
        click.echo(f"Its output: {child.output}")
        return status
    old = signal.signal(signal.SIGINT, lambda *_: child.kill())
    try:
        if child.wait(STOPPING_SECONDS) is None:
            click.echo(f"{child.script} is still ending; Ctrl-C ends it at once.")
            while child.wait(1.0) is None:
                pass
    finally:
        signal.signal(signal.SIGINT, old)
    lines, more = child.tail(SHOWN)
    click.echo("\n".join(lines))
    if more:
        click.echo(f"All of it: {child.output}")
    else:
        child.put_away()
    return child.status() or 0


def _plainly(script: Path, arguments: tuple[str, ...], record: Path) -> int:
    """Runs the script here, without a lab."""
    from nntui.lab.child import command_of, status_of, told_in
    from nntui.watching.orders import RECORD, TOLD

    with tempfile.TemporaryDirectory(prefix="nntui-exec-") as folder:
        told = Path(folder) / "record"
        environment = {**os.environ, RECORD: str(record), TOLD: str(told)}
        process = subprocess.Popen(command_of(script, arguments), env=environment)

        def forward(number: int, _: Any) -> None:
            process.send_signal(number)

        names = ("SIGTERM", "SIGHUP")
        for name in names:
            with suppress(AttributeError, ValueError):
                signal.signal(getattr(signal, name), forward)
        signal.signal(signal.SIGINT, lambda *_: None)  # the terminal's reaches the script itself
        status = status_of(process.wait())
        if told_in(told) is None:
            sys.stdout.flush()
            click.echo(f"nntui: {script} {NEVER}", err=True)
    return status
