"""``nntui list``: the built-in scenarios."""

from itertools import groupby

import click

from nntui.commands.options import examples


@click.command(
    "list",
    short_help="List the built-in scenarios.",
    epilog=examples("nntui list", "nntui list --json"),
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of a table.")
def command(as_json: bool) -> None:
    """List the built-in scenarios."""
    if not as_json:
        print_scenarios()
        return
    from nntui.headless.machine import write_json
    from nntui_engine.scenario import list_scenarios

    write_json([{"name": s.name, "topic": s.topic, "title": s.title, "summary": s.summary} for s in list_scenarios()])


def print_scenarios() -> None:
    """The scenarios as a table by topic, on standard output."""
    from rich.table import Table
    from rich.text import Text

    from nntui.headless.output import text_console
    from nntui_engine.scenario import list_scenarios

    scenarios = sorted(list_scenarios(), key=lambda s: (s.topic, s.name))
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for position, (topic, members) in enumerate(groupby(scenarios, key=lambda s: s.topic)):
        if position:
            table.add_row("", "")
        table.add_row(Text(topic.replace("-", " ").replace("_", " ").capitalize(), style="bold"), "")
        for scenario in members:
            table.add_row(Text(f"  {scenario.name}", style="cyan"), Text(scenario.summary or scenario.title))
    text_console().print(table)
