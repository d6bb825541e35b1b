"""``nntui validate``: everything that can be wrong with a scenario file, short of training it."""

import click

from nntui.commands.options import examples
from nntui_engine.errors import InputError


@click.command(
    "validate",
    short_help="Check scenario files.",
    epilog=examples("nntui validate my-scenario.toml", "nntui validate scenarios/*/*.toml"),
)
@click.argument("files", metavar="FILE.toml...", nargs=-1, required=True, type=click.Path())
def command(files: tuple[str, ...]) -> int:
    """Check scenario files: keys, values, names, and that the data fits the settings.

    Prints a line for each file; exits with 2 if one is wrong.
    """
    from nntui_engine.scenario import load_scenario, resolve_lane, resolve_race

    bad = 0
    for file in files:
        try:
            scenario = load_scenario(file)
            for lane in scenario.lanes:
                (resolve_race if scenario.is_surface else resolve_lane)(lane.tables, lane.name, where=file)
        except InputError as error:
            click.echo(f"nntui: {' '.join(str(error).split())}", err=True)
            bad += 1
        else:
            count = len(scenario.lanes)
            click.echo(f"{file}: valid ({count} {'lane' if count == 1 else 'lanes'})")
    return 2 if bad else 0
