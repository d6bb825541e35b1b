"""``nntui compare``: records beside each other."""

import click

from nntui.commands.options import RECORD, examples


@click.command(
    "compare",
    short_help="Say what two records have otherwise, and where they part.",
    epilog=examples("nntui compare before.nntui after.nntui", "nntui compare a.nntui b.nntui c.nntui --json"),
)
@click.argument("first", type=RECORD)
@click.argument("others", metavar="RECORD...", nargs=-1, required=True, type=RECORD)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of text.")
def command(first: str, others: tuple[str, ...], as_json: bool) -> int:
    """Compare the record FIRST with each other RECORD, lane by lane of the same name.

    Prints the settings that differ, how the runs came out, the step at which their numbers part, and where the
    statistics of layers differ most, or the paths of a race. Exits with 0 whatever it finds.
    """
    from nntui.headless.comparing import compared
    from nntui.headless.comparing_text import comparison_document, print_comparison
    from nntui.headless.machine import write_json
    from nntui.headless.output import text_console
    from nntui.headless.signals import prompt_exit
    from nntui.lab.history import kept_record
    from nntui_engine.record.source import RecordSource

    paths = [kept_record(name) for name in (first, *others)]
    sources = [RecordSource(path) for path in paths]
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    with prompt_exit():
        found = [compared(sources[0], other) for other in sources[1:]]
        if as_json:
            write_json(comparison_document(names, found))
            return 0
        console = text_console()
        for at, (name, one) in enumerate(zip(names[1:], found, strict=True)):
            if at:
                console.print()
            print_comparison(console, names[0], name, one)
    return 0
