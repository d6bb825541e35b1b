"""``nntui info``: what nntui runs on here."""

import click

from nntui.commands.options import examples


@click.command(
    "info",
    short_help="Show versions, processor, cache and terminal.",
    epilog=examples("nntui info", "nntui info --json"),
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of text.")
def command(as_json: bool) -> None:
    """Show versions, processor, threads, cache and terminal: what to say in a bug report."""
    from nntui.headless.environment import environment
    from nntui.headless.machine import write_json

    facts = environment()
    if as_json:
        write_json(facts)
        return
    for group, values in facts.items():
        click.echo(group)
        width = max(len(name) for name in values)
        for name, value in values.items():
            shown = {True: "yes", False: "no", None: "unknown"}.get(value, value) if not _is_count(value) else value
            click.echo(f"  {name.replace('_', ' ').ljust(width)}  {shown}")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
