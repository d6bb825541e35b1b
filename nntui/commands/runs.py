"""``nntui runs``: the records of what was run."""

import sys
from pathlib import Path

import click

from nntui.commands.options import examples
from nntui.streams import is_terminal


@click.command(
    "runs",
    short_help="List what was run in the lab.",
    epilog=examples(
        "nntui runs",
        "nntui replay last               the newest, in the lab",
        "nntui replay 3                  the third of the list",
        "nntui replay digits             the newest whose name begins so",
        "nntui runs experiments/ a.nntui",
        "nntui runs --json",
        "nntui runs --clean",
    ),
)
@click.argument("places", metavar="[FOLDER|RECORD]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of text.")
@click.option("--clean", is_flag=True, help="Remove the records of the history, after asking.")
@click.option("--yes", is_flag=True, help="With --clean: do not ask.")
def command(places: tuple[Path, ...], as_json: bool, clean: bool, yes: bool) -> int:
    """List the runs that the lab has kept, newest first: how far each came, how it stood, and what was found first.

    The lab keeps the last 100 runs, up to 200 MB; "history = false" in the settings file keeps none (nntui info says
    where both are). With --record a run is kept in that file alone: name it, or its folder.
    """
    context = click.get_current_context()
    if clean:
        if places or as_json:
            raise click.UsageError("--clean is for the history alone: no FOLDER, RECORD or --json with it", context)
        return _clean(yes)
    if yes:
        raise click.UsageError("--yes works with --clean only", context)
    import time

    from nntui.headless.runs import rows_of, runs_document

    rows = rows_of(places)
    if as_json:
        from nntui.headless.machine import write_json

        write_json(runs_document(rows))
    elif not rows:
        click.echo(f"No run is kept {'there' if places else 'yet'}.")
    else:
        from nntui.headless.output import text_console
        from nntui.headless.runs_text import print_runs

        print_runs(text_console(), rows, time.time())
    return 0


def _clean(yes: bool) -> int:
    from nntui.headless.runs import size_words
    from nntui.lab.history import history_files, history_folder, remove, size_of

    folder = history_folder()
    files = history_files(folder)
    size = {path: size_of(path) for path in files}
    if not files:
        click.echo(f"There is nothing to remove in {folder}.")
        return 0
    question = f"Remove {len(files)} record{'s' * (len(files) != 1)} ({size_words(sum(size.values()))}) in {folder}?"
    if not yes:
        if not is_terminal(sys.stdin):
            raise click.UsageError("--clean asks before it removes anything; add --yes", click.get_current_context())
        if not click.confirm(question):
            return 0
    gone = [path for path in files if remove(path)]
    left = len(files) - len(gone)
    stays = f"; {left} {'is' if left == 1 else 'are'} being written, or cannot be removed" if left else ""
    click.echo(f"Removed {len(gone)}, {size_words(sum(size[path] for path in gone))}{stays}.")
    return 0
