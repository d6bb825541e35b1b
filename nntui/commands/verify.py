"""``nntui verify``: run the scenarios' own expectations."""

from typing import TYPE_CHECKING, Any

import click

from nntui.commands.options import SCENARIO, WholeNumberType, examples

if TYPE_CHECKING:
    from nntui.headless.verifying import Run
    from nntui_engine.scenario import Expectation
    from nntui_engine.verify import Outcome

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
    ),
)
@click.argument("scenarios", metavar="[SCENARIO]...", nargs=-1, type=SCENARIO)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of text.")
@click.option(
    "--seeds",
    type=WholeNumberType(1, MOST_SEEDS),
    default=1,
    metavar="N",
    help="Run with N seeds: the scenario's own and the following.  [default: 1]",
)
@click.option(
    "--jobs",
    type=WholeNumberType(1, MOST_JOBS),
    default=None,
    metavar="N",
    help="Run so many at a time.  [default: one for each processor core]",
)
def command(scenarios: tuple[str, ...], as_json: bool, seeds: int, jobs: int | None) -> int:
    """Run each SCENARIO's expectations: the number measured beside what is expected.

    Without a SCENARIO, all built-in ones. Exits with 1 if an expectation is not met.
    """
    from nntui.headless.output import progress_bar, progress_board
    from nntui.headless.signals import prompt_exit
    from nntui.headless.verifying import Run, verify_runs
    from nntui_engine.scenario import list_scenarios, load_scenario

    names = scenarios or tuple(summary.name for summary in list_scenarios())
    loaded = [load_scenario(name) for name in names]  # all, before the first of them takes its time
    runs = []
    for scenario in loaded:
        first = int(scenario.lanes[0].tables["train"]["seed"])
        runs += [Run(scenario, seed) for seed in range(first, first + seeds)]
    if jobs is None:
        from nntui_engine.kernels.policy import threads

        jobs = threads()
    reports: list[tuple[Run, list[Outcome]]] = []
    if as_json:
        from nntui.headless.machine import write_json

        with prompt_exit(), progress_bar() as progress:

            def report(run: Run, done: int, total: int) -> None:
                progress(run.title, done, total)

            reports += verify_runs(runs, jobs, progress, report)
        passed = all(outcome.passed for _, outcomes in reports for outcome in outcomes)
        write_json({"schema": 1, "passed": passed, "scenarios": [_document(*report) for report in reports]})
        return 0 if passed else 1
    with prompt_exit(), progress_board() as board:
        for run, outcomes in verify_runs(
            runs, jobs, board.overall, lambda run, done, total: board.show(run.title, done, total)
        ):
            reports.append((run, outcomes))
            board.line(run.title)
            for outcome in outcomes:
                board.line(f"  {'ok    ' if outcome.passed else 'FAILED'}  {outcome.text}", bad=not outcome.passed)
            if not outcomes:
                board.line("  it states no expectations")
            board.overall(_sum(reports), len(reports), len(runs))
    click.echo(_sum(reports))
    return 0 if all(outcome.passed for _, outcomes in reports for outcome in outcomes) else 1


def _sum(reports: "list[tuple[Run, list[Outcome]]]") -> str:
    outcomes = [outcome for _, of_one in reports for outcome in of_one]
    met = sum(outcome.passed for outcome in outcomes)
    runs = "run" if len(reports) == 1 else "runs"
    noun = "expectation" if len(outcomes) == 1 else "expectations"
    return f"{met} of {len(outcomes)} {noun} met in {len(reports)} {runs}"


def _document(run: "Run", outcomes: "list[Outcome]") -> dict[str, Any]:
    return {
        "scenario": run.scenario.name,
        "seed": run.seed,
        "passed": all(outcome.passed for outcome in outcomes),
        "outcomes": [
            {
                "expect": _written(outcome.expectation),
                "measured": outcome.measured,
                "passed": outcome.passed,
                "text": outcome.text,
            }
            for outcome in outcomes
        ],
    }


def _written(expectation: "Expectation") -> dict[str, Any]:
    """The expectation as a file states it: without what is left at its default, but for the tolerance of an equals."""
    import msgspec

    table: dict[str, Any] = msgspec.to_builtins(expectation)
    if expectation.over is not None:
        table["over"] = {key: value for key, value in table["over"].items() if value is not None}
    defaults = {field.encode_name: field.default for field in msgspec.structs.fields(expectation)}
    kept = {"rtol"} if expectation.equals is not None else set()
    return {key: value for key, value in table.items() if key in kept or value != defaults[key]}
