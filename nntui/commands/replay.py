"""``nntui replay``: the lab on a record."""

import click

from nntui.commands.options import RECORD, examples, require_terminal


@click.command(
    "replay",
    short_help="Look at a record in the lab.",
    epilog=examples("nntui run digits --record digits.nntui", "nntui replay digits.nntui", "nntui replay last"),
)
@click.argument("record", type=RECORD)
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw the lab with ASCII characters alone.")
@click.option("--fps", type=click.IntRange(1, 60), metavar="N", help="Frames a second of the lab.  [default: 12]")
def command(record: str, ascii_only: bool, fps: int | None) -> int:
    """Look at RECORD in the lab: back with , and forward with . through all that was run.

    A record that is still being written is followed while it grows. RECORD is a file, or of the history (nntui runs)
    "last", a number in that list, or the beginning of a name: the newest that begins so.
    """
    from nntui.lab.history import kept_record
    from nntui_engine.record.source import RecordSource

    source = RecordSource(kept_record(record))
    require_terminal("nntui diagnose judges a record without a screen")
    from nntui.lab.start import run_lab

    return run_lab(lambda: source, title=source.scenario.title, ascii_only=ascii_only, fps=fps, parts=())
