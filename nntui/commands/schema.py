"""``nntui schema``: what machine output looks like, as a JSON Schema."""

import click

from nntui.commands.options import examples

NAMES = ("run", "jsonl", "fair", "list", "diagnose", "compare", "runs", "sweep", "verify", "sabotage", "bench")


@click.command(
    "schema",
    short_help="Print the JSON Schema of an output.",
    epilog=examples("nntui schema run", "nntui schema jsonl > row.schema.json"),
)
@click.argument("name", metavar="NAME", type=click.Choice(NAMES))
def command(name: str) -> None:
    """Print the JSON Schema of what a command writes as JSON.

    run: nntui run --headless --format json. jsonl: a line of --format jsonl. fair: nntui run --fair --format json.
    sweep: nntui sweep --headless --format json. list, diagnose, compare, runs, verify and bench: these with --json.
    sabotage: nntui verify --sabotage --json.
    """
    from nntui.headless.machine import write_json
    from nntui.headless.schemas import schema_document

    write_json(schema_document(name))
