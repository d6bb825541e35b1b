"""``nntui replay``: the lab on a record."""

from pathlib import Path

import click

from nntui.commands.options import examples, require_terminal


@click.command(
    "replay",
    short_help="Look at a record in the lab.",
    epilog=examples("nntui run digits --record digits.nntui", "nntui replay digits.nntui"),
)
@click.argument("record", type=click.Path(path_type=Path))
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw the lab with ASCII characters alone.")
@click.option("--fps", type=click.IntRange(1, 60), metavar="N", help="Frames a second of the lab.  [default: 12]")
def command(record: Path, ascii_only: bool, fps: int | None) -> int:
    """Look at RECORD in the lab: back with , and forward with . through all that was run.

    A record that is still being written is followed while it grows.
    """
    from nntui_engine.record.source import RecordSource

    source = RecordSource(record)
    instead = "nntui export writes a race's record" if source.is_race else "nntui diagnose judges a record"
    require_terminal(f"{instead} without a screen")
    from nntui.lab.start import run_lab
    from nntui_engine.compiling.parts import RACE

    parts = (RACE,) if source.is_race else ()
    return run_lab(lambda: source, title=source.scenario.title, ascii_only=ascii_only, fps=fps, parts=parts)
