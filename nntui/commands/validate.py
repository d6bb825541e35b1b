"""``nntui validate``: everything that can be wrong with a scenario file, short of training it."""

from typing import TYPE_CHECKING

import click

from nntui.commands.options import examples
from nntui_engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nntui.headless.ahead_text import Ahead
    from nntui_engine.data.dataset import LaneData
    from nntui_engine.scenario import Scenario
    from nntui_engine.scenario.settings import LaneSettings


@click.command(
    "validate",
    short_help="Check scenario files.",
    epilog=examples(
        "nntui validate my-scenario.toml", "nntui validate measurements.csv", "nntui validate scenarios/*/*.toml"
    ),
)
@click.argument("files", metavar="FILE.toml...", nargs=-1, required=True, type=click.Path())
def command(files: tuple[str, ...]) -> int:
    """Check scenario files: keys, values, names, that the data fits the settings, and how much memory a run needs.

    Prints a line for each file, and below it what may go wrong with its data and settings, as far as that shows before
    training. Exits with 2 if a file is wrong; what may go wrong is no mistake.
    """
    from nntui.headless.ahead_text import ahead_lines
    from nntui.headless.output import text_console
    from nntui.scenario import load_scenario

    console = text_console()
    bad = 0
    for file in files:
        try:
            scenario = load_scenario(file)
            memory, expected = _check_lanes(scenario, file)
        except InputError as error:
            click.echo(f"nntui: {' '.join(str(error).split())}", err=True)
            bad += 1
        else:
            count = len(scenario.lanes)
            click.echo(f"{file}: valid ({count} {'lane' if count == 1 else 'lanes'}{memory})")
            for line in ahead_lines(expected, console.width):
                console.print(line, soft_wrap=True)
    return 2 if bad else 0


def _check_lanes(scenario: "Scenario", file: str) -> "tuple[str, list[Ahead]]":
    """Decide everything that running the scenario would: how much memory it will take, in words; what may go wrong."""
    from nntui.headless.ahead_text import may_go_wrong
    from nntui_engine.tasks.memory import LARGEST_RUN, bytes_of_run, lay_out, size_in_words
    from nntui_engine.tasks.resolve import ResolvedLane, resolve_lane, resolve_surface

    if scenario.is_surface:
        for lane in scenario.lanes:
            resolve_surface(lane.tables, lane.name, where=file)
        return "", []
    resolved: list[ResolvedLane] = []

    def lanes() -> "Iterator[tuple[LaneSettings, LaneData]]":  # one by one: none after the first that does not fit
        for lane in scenario.lanes:
            resolved.append(resolve_lane(lane.tables, lane.name, where=file))
            yield resolved[-1].settings, resolved[-1].data

    needed = bytes_of_run(lay_out(lanes(), file))
    memory = f"; needs {size_in_words(needed)} of memory, a run may take {size_in_words(LARGEST_RUN)}"
    return memory, may_go_wrong(resolved)
