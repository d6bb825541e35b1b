"""``nntui replay``: the lab on a record."""

from typing import TYPE_CHECKING

import click

from nntui.commands.options import RECORD, examples, require_terminal

if TYPE_CHECKING:
    from nntui_engine.record.source import RecordSource


@click.command(
    "replay",
    short_help="Look at a record in the lab, or run it again.",
    epilog=examples(
        "nntui run digits --record digits.nntui",
        "nntui replay digits.nntui",
        "nntui replay last",
        "nntui replay digits.nntui faster.nntui",
        "nntui replay digits.nntui --verify",
    ),
)
@click.argument("records", metavar="RECORD...", type=RECORD, nargs=-1, required=True)
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw the lab with ASCII characters alone.")
@click.option("--fps", type=click.IntRange(1, 60), metavar="N", help="Frames a second of the lab.  [default: 12]")
@click.option("--verify", is_flag=True, help="Without a screen, run it again and compare every number.")
def command(records: tuple[str, ...], ascii_only: bool, fps: int | None, verify: bool) -> int:
    """Look at RECORD in the lab: back with , and forward with . through all that was run. Several are looked at
    together, their lanes side by side.

    A record that is still being written is followed while it grows. RECORD is a file, or of the history (nntui runs)
    "last", a number in that list, or the beginning of a name: the newest that begins so. With --verify its run is made
    again, and every number compared: to the bit, or where versions or the processor are others within 1 %. Exits with 1
    if it is not the same.
    """
    for option, given in (("--ascii", ascii_only), ("--fps", fps)):
        if verify and given:
            raise click.UsageError(f"{option} is for the lab, not with --verify", click.get_current_context())
    if verify and len(records) > 1:
        raise click.UsageError("--verify takes one record at a time", click.get_current_context())
    from nntui.lab.history import kept_record
    from nntui_engine.record.several import SeveralRecords
    from nntui_engine.record.source import RecordSource

    paths = [kept_record(record) for record in records]
    if verify:
        return _verify(RecordSource(paths[0]))
    source = RecordSource(paths[0]) if len(paths) == 1 else SeveralRecords(paths)
    instead = "nntui export writes a race's record" if source.is_race else "nntui diagnose judges a record"
    require_terminal(f"{instead} without a screen")
    from nntui.lab.start import run_lab
    from nntui_engine.compiling.parts import RACE

    parts = (RACE,) if source.is_race else ()
    return run_lab(lambda: source, title=source.scenario.title, ascii_only=ascii_only, fps=fps, parts=parts)


def _verify(source: "RecordSource") -> int:
    from nntui.headless.checking import lines, verdict
    from nntui.headless.output import progress_bar
    from nntui.headless.signals import prompt_exit
    from nntui.lab.recording import versions

    with prompt_exit():
        with progress_bar() as progress:
            found = verdict(source, versions(), progress)
        for line in lines(found):
            click.echo(line)
    return 0 if found.holds else 1
