"""``nntui new``: a scenario file to start from."""

from pathlib import Path

import click

from nntui.commands.options import SCENARIO, examples


@click.command(
    "new",
    short_help="Write a scenario file to start from.",
    epilog=examples("nntui new my-scenario.toml", "nntui new my-scenario.toml --from vanishing-gradients"),
)
@click.argument("file", metavar="FILE.toml", type=click.Path(path_type=Path))
@click.option("--from", "source", type=SCENARIO, metavar="SCENARIO", help="Copy this scenario, comments and all.")
def command(file: Path, source: str | None) -> None:
    """Write FILE.toml: a small scenario with comments, or a copy of another one. An existing file is left alone."""
    from nntui.new_scenario import write_scenario

    write_scenario(file, source)
    click.echo(f"{file}: written. Watch it: nntui run {file}")
