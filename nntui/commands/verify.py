"""``nntui verify``: run the scenarios' own expectations."""

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from nntui.commands.options import SCENARIO, WholeNumberType, examples

if TYPE_CHECKING:
    from nntui_engine.scenario import Expectation, Scenario
    from nntui_engine.verify import Outcome

MOST_SEEDS = 1000


@click.command(
    "verify",
    short_help="Check that scenarios show what they promise.",
    epilog=examples(
        "nntui verify                    every built-in scenario",
        "nntui verify beale digits",
        "nntui verify my-scenario.toml --seeds 5",
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
def command(scenarios: tuple[str, ...], as_json: bool, seeds: int) -> int:
    """Run each SCENARIO's [[expect]] tables: the number measured beside what is expected.

    Without a SCENARIO, all built-in ones. Exits with 1 if an expectation is not met.
    """
    from nntui.headless.output import progress_bar
    from nntui.headless.signals import prompt_exit
    from nntui_engine.scenario import list_scenarios, load_scenario
    from nntui_engine.verify import verify

    names = scenarios or tuple(summary.name for summary in list_scenarios())
    loaded = [load_scenario(name) for name in names]  # all, before the first of them takes its time
    reports = []
    with prompt_exit(), progress_bar() as progress:
        for scenario in loaded:
            first = int(scenario.lanes[0].tables["train"]["seed"])
            for seed in range(first, first + seeds):
                outcomes = verify(scenario, seed, partial(progress, scenario.name), progress)
                reports.append((scenario, seed, outcomes))
                if not as_json:
                    _print(scenario, seed, outcomes)
    passed = all(outcome.passed for *_, outcomes in reports for outcome in outcomes)
    if as_json:
        from nntui.headless.machine import write_json

        runs = [_document(*report) for report in reports]
        write_json({"schema": 1, "passed": passed, "scenarios": runs})
    else:
        _print_sum(reports)
    return 0 if passed else 1


def _print(scenario: "Scenario", seed: int, outcomes: "list[Outcome]") -> None:
    click.echo(f"{scenario.name} (seed {seed})")
    for outcome in outcomes:
        click.echo(f"  {'ok    ' if outcome.passed else 'FAILED'}  {outcome.text}")
    if not outcomes:
        click.echo("  it has no [[expect]] tables")


def _print_sum(reports: "list[tuple[Scenario, int, list[Outcome]]]") -> None:
    outcomes = [outcome for *_, of_one in reports for outcome in of_one]
    met = sum(outcome.passed for outcome in outcomes)
    runs = "run" if len(reports) == 1 else "runs"
    noun = "expectation" if len(outcomes) == 1 else "expectations"
    click.echo(f"{met} of {len(outcomes)} {noun} met in {len(reports)} {runs}")


def _document(scenario: "Scenario", seed: int, outcomes: "list[Outcome]") -> dict[str, Any]:
    return {
        "scenario": scenario.name,
        "seed": seed,
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
