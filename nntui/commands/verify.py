"""``nntui verify``: run the scenarios' own expectations."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from nntui.commands.options import MAXIMUM_SEED, SCENARIO, WholeNumberType, examples

if TYPE_CHECKING:
    from nntui.headless.output import Board
    from nntui.headless.verified import Plan
    from nntui.headless.verifying import Job, Saboteur
    from nntui_engine.analysis.sabotage import Sabotage

T = TypeVar("T")

MOST_SEEDS = 1000
MOST_JOBS = 256


@click.command(
    "verify",
    short_help="Check that scenarios show what they promise.",
    epilog=examples(
        "nntui verify                    every built-in scenario",
        "nntui verify beale digits",
        "nntui verify my-scenario.toml --seeds 5 --jobs 4",
        "nntui verify beale --json",
        "nntui verify saddle --sabotage  what its expectations would not notice",
    ),
)
@click.argument("scenarios", metavar="[SCENARIO]...", nargs=-1, type=SCENARIO)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of text.")
@click.option(
    "--seeds",
    type=WholeNumberType(1, MOST_SEEDS),
    default=1,
    metavar="N",
    help="Run with N seeds: the first and the following.  [default: 1]",
)
@click.option(
    "--first-seed",
    type=WholeNumberType(0, MAXIMUM_SEED - MOST_SEEDS),
    default=None,
    metavar="N",
    help="The first seed.  [default: the scenario's own]",
)
@click.option(
    "--sabotage",
    is_flag=True,
    help="Take out of each lane what it shows, setting by setting, and report what its expectations do not notice.",
)
@click.option(
    "--jobs",
    type=WholeNumberType(1, MOST_JOBS),
    default=None,
    metavar="N",
    help="Run so many at a time.  [default: one for each processor core]",
)
def command(
    scenarios: tuple[str, ...], as_json: bool, seeds: int, first_seed: int | None, sabotage: bool, jobs: int | None
) -> int:
    """Run each SCENARIO's expectations: the number measured beside what is expected.

    Without a SCENARIO, all built-in ones. Exits with 1 if an expectation is not met; with --sabotage, if a lane
    survives without a reason in its file, or a reason is stale.
    """
    from nntui.headless.verified import Plan
    from nntui.headless.verifying import Saboteur
    from nntui.scenario import load_scenario
    from nntui_engine.analysis.verify import first_seed as own_seed
    from nntui_engine.scenario import list_scenarios

    if sabotage and seeds > 1:
        raise click.UsageError("--seeds does not go with --sabotage: try other seeds with --first-seed")
    names = scenarios or tuple(summary.name for summary in list_scenarios())
    loaded = [load_scenario(name) for name in names]  # all, before the first of them takes its time
    from nntui_engine.kernels.policy import threads  # here, where Numba's bad settings are one line

    jobs = jobs or threads()
    firsts = [own_seed(scenario) if first_seed is None else first_seed for scenario in loaded]
    if sabotage:
        return _sabotage([Saboteur(*pair) for pair in zip(loaded, firsts, strict=True)], jobs, as_json)
    return _verify(
        [Plan(scenario, first, seeds) for scenario, first in zip(loaded, firsts, strict=True)], jobs, as_json
    )


def _verify(plans: "Sequence[Plan]", at_a_time: int, as_json: bool) -> int:
    from nntui.headless.output import progress_board
    from nntui.headless.signals import prompt_exit
    from nntui.headless.verified import sum_of, verified_document

    runs = [run for plan in plans for run in plan.jobs()]
    if as_json:
        from nntui.headless.machine import write_json

        results = _quietly(runs, at_a_time)
        blocks = [block for plan in plans for block in plan.blocks(results)]
        write_json(verified_document(blocks))
        return 0 if all(block.passed for block in blocks) else 1
    blocks, done = [], 0
    with prompt_exit(), progress_board() as board:
        results = _on(board, runs, at_a_time)
        for plan in plans:
            for block in plan.blocks(results):
                blocks.append(block)
                board.line(block.title)
                for outcome in block.outcomes:
                    board.line(f"  {'ok    ' if outcome.passed else 'FAILED'}  {outcome.text}", bad=not outcome.passed)
                if not block.outcomes:
                    board.line("  it states no expectations")
                done += block.seeds == 1
                board.overall(sum_of(blocks, done), done, len(runs))
    click.echo(sum_of(blocks, len(runs)))
    return 0 if all(block.passed for block in blocks) else 1


def _sabotage(jobs: "Sequence[Saboteur]", at_a_time: int, as_json: bool) -> int:
    from nntui.headless.output import progress_board
    from nntui.headless.signals import prompt_exit
    from nntui.headless.verified import sabotage_document, sabotage_lines, sabotage_sum

    found: list[Sabotage] = []
    if as_json:
        from nntui.headless.machine import write_json

        found += _quietly(jobs, at_a_time)
        document = [(job.scenario, job.seed, one) for job, one in zip(jobs, found, strict=True)]
        write_json(sabotage_document(document))
        return 0 if all(one.passed for one in found) else 1
    with prompt_exit(), progress_board() as board:
        for job, one in zip(jobs, _on(board, jobs, at_a_time), strict=True):
            found.append(one)
            for line, bad in sabotage_lines(job.scenario.name, one):
                board.line(line, bad)
            board.overall(sabotage_sum(found), len(found), len(jobs))
    click.echo(sabotage_sum(found))
    return 0 if all(one.passed for one in found) else 1


def _quietly(jobs: "Sequence[Job[T]]", at_a_time: int) -> "Iterator[T]":
    """What comes of the jobs, with a bar on standard error if that is a terminal."""
    from nntui.headless.output import progress_bar
    from nntui.headless.signals import prompt_exit
    from nntui.headless.verifying import do_jobs

    with prompt_exit(), progress_bar() as progress:
        yield from do_jobs(jobs, at_a_time, progress, lambda job, done, total: progress(job.title, done, total))


def _on(board: "Board", jobs: "Sequence[Job[T]]", at_a_time: int) -> "Iterator[T]":
    """What comes of the jobs, each with its line on the board."""
    from nntui.headless.verifying import do_jobs

    return do_jobs(jobs, at_a_time, board.overall, lambda job, done, total: board.show(job.title, done, total))
