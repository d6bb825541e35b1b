"""``nntui validate``: everything that can be wrong with a scenario file, short of training it."""

from typing import TYPE_CHECKING

import click

from nntui.commands.options import examples
from nntui_engine.errors import InputError

if TYPE_CHECKING:
    from nntui_engine.scenario import Scenario


@click.command(
    "validate",
    short_help="Check scenario files.",
    epilog=examples("nntui validate my-scenario.toml", "nntui validate scenarios/*/*.toml"),
)
@click.argument("files", metavar="FILE.toml...", nargs=-1, required=True, type=click.Path())
def command(files: tuple[str, ...]) -> int:
    """Check scenario files: keys, values, names, that the data fits the settings, and how much memory a run needs.

    Prints a line for each file; exits with 2 if one is wrong.
    """
    from nntui.scenario import load_scenario

    bad = 0
    for file in files:
        try:
            scenario = load_scenario(file)
            memory = _check_lanes(scenario, file)
        except InputError as error:
            click.echo(f"nntui: {' '.join(str(error).split())}", err=True)
            bad += 1
        else:
            count = len(scenario.lanes)
            click.echo(f"{file}: valid ({count} {'lane' if count == 1 else 'lanes'}{memory})")
    return 2 if bad else 0


def _check_lanes(scenario: "Scenario", file: str) -> str:
    """Decide everything that running the scenario would; how much memory it will take, in words."""
    from nntui_engine.tasks.memory import LARGEST_RUN, bytes_of_run, lay_out, size_in_words
    from nntui_engine.tasks.resolve import resolve_lane, resolve_surface

    if scenario.is_surface:
        for lane in scenario.lanes:
            resolve_surface(lane.tables, lane.name, where=file)
        return ""
    resolved = (resolve_lane(lane.tables, lane.name, where=file) for lane in scenario.lanes)
    needed = bytes_of_run(lay_out(((lane.settings, lane.data) for lane in resolved), file))
    return f"; needs {size_in_words(needed)} of memory, a run may take {size_in_words(LARGEST_RUN)}"
