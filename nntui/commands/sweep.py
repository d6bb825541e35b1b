"""``nntui sweep``: many runs of a scenario, with every value of some settings."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntui.commands.options import (
    SCENARIO,
    SEED,
    WholeNumberType,
    examples,
    require_terminal,
    with_sets,
    with_steps,
)

if TYPE_CHECKING:
    from nntui.sweep.results import Results

NO_SCREEN = "add --headless to work without a screen"
MOST_SEEDS = 10_000
MOST_WORKERS = 256


@click.command(
    "sweep",
    short_help="Train a scenario with every value of some settings.",
    epilog=examples(
        "nntui sweep digits --over train.lr=log:1e-4:1:12",
        "nntui sweep digits --over train.lr=log:1e-4:1:12 --over model.depth=1..8 --seeds 3",
        "nntui sweep digits --over train.optimizer=sgd,adam --headless --format json",
        "nntui sweep vanishing-gradients --over model.depth=2..12 --measure gradient_norm:1@200",
        "nntui sweep --resume digits-sweep.jsonl",
    ),
)
@click.argument("scenario", type=SCENARIO, required=False)
@click.option(
    "--over",
    metavar="KEY=RANGE",
    multiple=True,
    help="A setting and its values: log:LOW:HIGH:COUNT, linear:LOW:HIGH:COUNT, FIRST..LAST, or values with commas "
    "between them. Given again: every value with every other. model.depth and model.width are settings here, too.",
)
@click.option(
    "--seeds", type=WholeNumberType(1, MOST_SEEDS), metavar="N", help="Run each cell on N seeds.  [default: 1]"
)
@click.option("--seed", type=SEED, metavar="N", help="The first seed instead of the scenario's own.")
@click.option(
    "--measure",
    metavar="WHAT",
    help="STATISTIC, STATISTIC:LAYER or finding:RULE, at the end or at @STEP.  [default: the loss on rows kept out]",
)
@with_sets
@with_steps
@click.option(
    "--workers", type=WholeNumberType(1, MOST_WORKERS), metavar="N", help="Processes.  [default: one a processor core]"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep the cells in this new file.  [default: SCENARIO-sweep.jsonl]",
)
@click.option("--resume", type=click.Path(path_type=Path), metavar="FILE", help="Do what is left of a sweep.")
@click.option("--headless", is_flag=True, help="Work without a screen and print the result.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    help="What a headless sweep prints: tables (the default), one JSON document, or CSV with a row for each run.",
)
def command(
    scenario: str | None,
    over: tuple[str, ...],
    seeds: int | None,
    seed: int | None,
    measure: str | None,
    sets: tuple[str, ...],
    steps: int | None,
    workers: int | None,
    out: Path | None,
    resume: Path | None,
    headless: bool,
    form: str | None,
) -> int:
    """Train SCENARIO with every value of some settings, on all processor cores, and watch the map of all runs fill.

    Cells are kept in a file as they end: after Ctrl-C, or when the machine has stopped, --resume does the rest. What
    comes of a cell depends on neither the others nor the number of processes.
    """
    from nntui.sweep.results import Results

    context = click.get_current_context()
    if form is not None and not headless:
        raise click.UsageError("--format works with --headless only", context)
    if resume is not None:
        given: dict[str, object] = {
            "SCENARIO": scenario,
            "--over": over or None,
            "--seeds": seeds,
            "--seed": seed,
            "--measure": measure,
        }
        given |= {"--set": sets or None, "--steps": steps, "--out": out}
        decided = [name for name, value in given.items() if value is not None]
        if decided:
            raise click.UsageError(f"{decided[0]}: a sweep that is resumed has it in its file", context)
        results = Results.resume(resume)
        _say_what_differs(results)
    else:
        if scenario is None:
            raise click.UsageError("Missing argument 'SCENARIO'", context)
        if not over and (seeds or 1) == 1:
            raise click.UsageError("--over is missing: which setting, and which values? (or --seeds N alone)", context)
        if not headless:
            require_terminal(NO_SCREEN)
        results = _begin(scenario, over, seeds or 1, seed, measure, sets, steps, out)
    from nntui_engine.kernels.policy import threads

    at_a_time = max(1, min(workers or threads(), len(results.missing)))
    try:
        if not headless:
            require_terminal(NO_SCREEN)
            from nntui.lab.sweep.start import sweep_on_screen

            return sweep_on_screen(results, at_a_time)
        _run(results, at_a_time)
    finally:
        results.close()
    _print(results, form or "text")
    return 0


def _begin(
    name: str,
    over: tuple[str, ...],
    seeds: int,
    seed: int | None,
    measure: str | None,
    sets: tuple[str, ...],
    steps: int | None,
    out: Path | None,
) -> "Results":
    from nntui.files import free_name
    from nntui.headless.sets import parse_sets
    from nntui.scenario import load_scenario
    from nntui.sweep.made_with import made_with
    from nntui.sweep.plan import default_measure, plan_of
    from nntui.sweep.results import Results

    scenario = load_scenario(name)
    plan = plan_of(
        scenario,
        over,
        measure=measure or default_measure(scenario),
        seeds=seeds,
        first_seed=seed,
        overrides=parse_sets(sets, [lane.name for lane in scenario.lanes]),
        steps=steps,
    )
    path = out if out is not None else free_name(Path(), f"{scenario.name}-sweep", ".jsonl")
    results = Results.begin(path, plan, made_with())
    if out is None:
        click.echo(f"Cells are kept in {path}.", err=True)
    return results


def _say_what_differs(results: "Results") -> None:
    from nntui.sweep.made_with import made_with

    here = made_with()
    for what, was in results.made_with.items():
        if here.get(what) != was:
            click.echo(f"nntui: {what}: {was} when it began, {here.get(what)} here; new cells may differ", err=True)


def _run(results: "Results", at_a_time: int) -> None:
    """Does what is left, with a bar on standard error."""
    from nntui.headless.output import progress_bar
    from nntui.headless.signals import held, prompt_exit, putting_away
    from nntui.sweep.workers import processes, warm, work

    missing = results.missing
    if not missing:
        return
    with prompt_exit(), progress_bar() as progress:
        warm(results.plan, progress)
        progress("runs", len(results.found), results.plan.count)
        for done in work(results.plan, missing, lambda: processes(at_a_time), at_a_time, _say_lost, putting_away):
            with held():
                results.add(done.results)
            progress("runs", len(results.found), results.plan.count)


def _say_lost(count: int) -> None:
    click.echo(f"nntui: a process has ended; {count} batches of cells are done again", err=True)


def _print(results: "Results", form: str) -> None:
    if form == "json":
        from nntui.headless.machine import write_json
        from nntui.sweep.document import sweep_document

        write_json(sweep_document(results))
    elif form == "csv":
        from nntui.headless.machine import encoded, write_bytes
        from nntui.sweep.document import sweep_csv

        write_bytes(encoded(sweep_csv(results)))
    else:
        from nntui.headless.output import text_console
        from nntui.headless.sweep_text import print_sweep

        print_sweep(text_console(), results)
