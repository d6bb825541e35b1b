"""``nntui sweep``: many runs of a scenario, with every value of some settings."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
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
    from nntui.sweep.crew import Crew
    from nntui.sweep.results import Results

NO_SCREEN = "add --headless to work without a screen"
TRIALS = 64
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
        "nntui sweep digits --over train.lr=log:1e-5:10:60 --over model.width=4..128 --search tpe --trials 40",
        "nntui sweep --resume digits-sweep.jsonl",
        "nntui sweep digits --over train.lr=log:1e-4:1:24 --seeds 20 --cluster tcp://10.0.0.1:8786",
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
    "--search",
    type=click.Choice(["random", "tpe"]),
    help="Run some cells instead of all: by chance, or where others came out well (TPE).",
)
@click.option("--trials", type=WholeNumberType(1, 10**6), metavar="N", help="How many a --search runs.  [default: 64]")
@click.option("--best", type=click.Choice(["smallest", "largest"]), help="What a --search looks for.")
@click.option(
    "--cluster",
    metavar="tcp://HOST:PORT",
    help="Have the workers of a Dask cluster do it, or local:N for N of this machine.",
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
    search: str | None,
    trials: int | None,
    best: str | None,
    workers: int | None,
    cluster: str | None,
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
    from nntui.sweep.search import is_complete

    context = click.get_current_context()
    if form is not None and not headless:
        raise click.UsageError("--format works with --headless only", context)
    if workers is not None and cluster is not None:
        raise click.UsageError("--workers is for this machine's processes: a --cluster has its own", context)
    if search is None and (trials is not None or best is not None):
        raise click.UsageError(f"{'--trials' if trials is not None else '--best'} works with --search only", context)
    if resume is not None:
        given: dict[str, object] = {
            "SCENARIO": scenario,
            "--over": over or None,
            "--seeds": seeds,
            "--seed": seed,
            "--measure": measure,
        }
        given |= {"--search": search}
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
        look = None if search is None else (search, trials or TRIALS, best)
        results = _begin(scenario, over, seeds or 1, seed, measure, sets, steps, look, out)
    try:
        if is_complete(results):
            return _end(results, None, headless, form)
        with _crew(results, workers, cluster) as crew:
            return _end(results, crew, headless, form)
    finally:
        results.close()


def _end(results: "Results", crew: "Crew | None", headless: bool, form: str | None) -> int:
    """On the screen, or with a bar and then the result."""
    if not headless:
        require_terminal(NO_SCREEN)
        from nntui.lab.sweep.start import sweep_on_screen
        from nntui.sweep.workers import LocalCrew

        return sweep_on_screen(results, crew or LocalCrew(1))
    if crew is not None:
        _run(results, crew)
    _print(results, form or "text")
    return 0


def _crew(results: "Results", workers: int | None, cluster: str | None) -> "AbstractContextManager[Crew]":
    """Who does what is missing."""
    if cluster is not None:
        from nntui.sweep.cluster import cluster_crew

        return cluster_crew(cluster, results.plan)
    from nntui.sweep.workers import LocalCrew
    from nntui_engine.kernels.policy import threads

    return nullcontext(LocalCrew(max(1, min(workers or threads(), results.plan.wanted))))


def _begin(
    name: str,
    over: tuple[str, ...],
    seeds: int,
    seed: int | None,
    measure: str | None,
    sets: tuple[str, ...],
    steps: int | None,
    look: tuple[str, int, str | None] | None,
    out: Path | None,
) -> "Results":
    from nntui.files import free_name
    from nntui.headless.sets import parse_sets
    from nntui.scenario import load_scenario
    from nntui.sweep.made_with import made_with
    from nntui.sweep.plan import default_measure, plan_of
    from nntui.sweep.results import Results
    from nntui.sweep.search import search_of

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
    if look is not None:
        plan = replace(plan, search=search_of(*look, plan))
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


def _run(results: "Results", crew: "Crew") -> None:
    """Does what is left, with a bar on standard error."""
    from nntui.headless.output import progress_bar
    from nntui.headless.signals import held, prompt_exit, putting_away
    from nntui.sweep.crew import warm, work
    from nntui.sweep.search import waves

    with prompt_exit(), progress_bar() as progress:
        warm(results.plan, progress)
        progress("runs", len(results.found), results.plan.wanted)
        for done in work(results.plan, waves(results), crew, _say_lost, putting_away):
            with held():
                results.add(done.results)
            progress("runs", len(results.found), results.plan.wanted)


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
