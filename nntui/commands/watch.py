"""``nntui watch``: the lab on a run that a script makes."""

import time
from pathlib import Path

import click

from nntui.commands.options import examples, require_terminal

LOOK_SECONDS = 0.1  # between two looks at a run that has not begun


@click.command(
    "watch",
    short_help="Watch and turn a PyTorch run that calls nntui.watch.",
    epilog=examples("nntui watch run.nntui", "nntui watch run.nntui --fps 4"),
)
@click.argument("record", metavar="RECORD", type=click.Path(path_type=Path))
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw the lab with ASCII characters alone.")
@click.option("--fps", type=click.IntRange(1, 60), metavar="N", help="Frames a second of the lab.  [default: 12]")
def command(record: Path, ascii_only: bool, fps: int | None) -> int:
    """Open the lab on the run that a script records into RECORD with nntui.watch(model, optimizer).

    While the script trains, what it lets be turned is turned there, and space pauses it. A run that has ended is looked
    at. The lab can be left at any time: the training goes on.
    """
    from nntui.lab.watched import WatchedSource, has_begun, wait_until_begun
    from nntui_engine.errors import InputError
    from nntui_engine.record.schema import being_written

    if not has_begun(record) and not being_written(record):
        raise InputError(f"{record}: its run ended before its first step: there is nothing to see")
    require_terminal("nntui diagnose judges a record without a screen")
    if not has_begun(record):
        click.echo(f"Waiting for the first step of {record} (Ctrl-C leaves) …")
        if not wait_until_begun(record, lambda: not being_written(record), lambda: time.sleep(LOOK_SECONDS)):
            raise InputError(f"{record}: its run ended before its first step: there is nothing to see")
    source = WatchedSource(record)
    from nntui.lab.start import watch_in_lab

    return watch_in_lab(source, ascii_only=ascii_only, fps=fps)
