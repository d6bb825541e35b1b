"""``nntui diagnose``: what is wrong with a training run, why, and a fix that was tried."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntui.commands.options import SCENARIO, examples, with_seed, with_sets, with_steps

if TYPE_CHECKING:
    from nntui.headless.diagnosis import Diagnosis
    from nntui.headless.output import Progress
    from nntui_engine.experiment import Experiment

DEFAULT_BUDGET = 30
LONGEST_BUDGET = 86_400


class SecondsType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """So many seconds, with or without an "s"."""

    name = "SECONDS"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds. Raises click.BadParameter for what is no number from 1 to LONGEST_BUDGET."""
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*s?", str(value))
        if found is None or not 1 <= float(found[1]) <= LONGEST_BUDGET:
            self.fail(f'"{value}" is not a number of seconds from 1 to {LONGEST_BUDGET}', param, ctx)
        return float(found[1])


@click.command(
    "diagnose",
    short_help="Say what is wrong with a training run, and try fixes.",
    epilog=examples(
        "nntui diagnose my-scenario.toml",
        "nntui diagnose vanishing-gradients --lane sigmoid --fix",
        "nntui diagnose measurements.csv --fix --budget 60",
        "nntui diagnose my-scenario.toml --fix --out mended.toml",
        "nntui diagnose digits --set train.lr=50 --json",
        "nntui diagnose run.nntui",
        "nntui diagnose last              the newest run of the lab",
    ),
)
@click.argument("scenario", type=SCENARIO)
@click.option("--lane", metavar="NAME", help="Train and judge this lane only.")
@with_sets
@with_seed
@with_steps
@click.option("--fix", is_flag=True, help="Try fixes, and prove the best with two more seeds.")
@click.option(
    "--budget", type=SecondsType(), metavar="SECONDS", help=f"For all tries together.  [default: {DEFAULT_BUDGET}]"
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE.toml", help="Write the mended scenario, changes commented."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of text.")
def command(
    scenario: str,
    lane: str | None,
    sets: tuple[str, ...],
    seed: int | None,
    steps: int | None,
    fix: bool,
    budget: float | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Train SCENARIO without a screen and say what is wrong with it, where, since when and why.

    With --fix it trains what might mend it beside it: each fix, pairs of them, and a small search. A fix counts when
    it works with three seeds. A record is judged as it is, without training: a .nntui file, or of the history (nntui
    runs) "last", a number in that list, or the beginning of a name. Exits with 0 if nothing is wrong, 1 if something
    is, fixed or not.
    """
    for option, value in {"--budget": budget, "--out": out}.items():
        if value is not None and not fix:
            raise click.UsageError(f"{option} works with --fix only", click.get_current_context())
    record = _record(scenario)
    if record is not None:
        given = {"--set": sets or None, "--seed": seed, "--steps": steps, "--fix": fix or None, "--lane": lane}
        return _judge_record(record, [option for option, value in given.items() if value is not None], as_json)
    from nntui.headless.sets import parse_sets
    from nntui.headless.training import RunOptions, build, train
    from nntui.scenario import load_scenario
    from nntui_engine.errors import InputError

    loaded = load_scenario(scenario)
    if loaded.is_surface:
        raise InputError(f"{loaded.name}: a surface has no network to diagnose")
    if out is not None:
        _check_out(out, loaded.path)
    from nntui.headless.diagnosis import diagnosis_document, diagnosis_of, only_lane
    from nntui.headless.diagnosis_text import print_diagnosis
    from nntui.headless.machine import write_json
    from nntui.headless.output import progress_bar, text_console
    from nntui.headless.signals import prompt_exit
    from nntui.own_data import is_data

    if lane is not None:
        loaded = only_lane(loaded, lane)
    if loaded.path is not None and is_data(loaded.path):
        click.echo(f"{loaded.path.name}: {loaded.summary}", err=True)
    options = RunOptions(seed=seed, steps=steps, overrides=parse_sets(sets, [one.name for one in loaded.lanes]))
    with prompt_exit():
        with progress_bar() as progress:
            run = build(loaded, options, compiling=progress)
            train(run, progress)
            found = diagnosis_of(run)
            if fix:
                found = _try_fixes(run, found, budget or DEFAULT_BUDGET, progress)
        if as_json:
            write_json(diagnosis_document(found))
        else:
            print_diagnosis(text_console(), found)
        if out is not None:
            _write(run, found, out)
    return 0 if found.healthy else 1


def _record(name: str) -> Path | None:
    """The record that is meant; None for a scenario, which goes before a record of the history that is called so."""
    from nntui.lab.history import SUFFIX, kept_record
    from nntui_engine.errors import InputError
    from nntui_engine.files import expanded
    from nntui_engine.scenario import list_scenarios

    path = expanded(name)
    if path.suffix == SUFFIX:
        return path
    if path.exists() or path.suffix or len(path.parts) != 1:
        return None
    try:
        found = kept_record(name)
    except InputError:
        if name == "last" or name.isdecimal():
            raise
        return None
    return None if name in [one.name for one in list_scenarios()] else found


def _judge_record(path: Path, options: list[str], as_json: bool) -> int:
    if options:
        raise click.UsageError(f"{options[0]} trains; a record is judged as it is", click.get_current_context())
    from nntui.headless.diagnosis import diagnosis_document, diagnosis_of
    from nntui.headless.diagnosis_text import print_diagnosis
    from nntui.headless.machine import write_json
    from nntui.headless.output import text_console
    from nntui_engine.errors import InputError
    from nntui_engine.record.source import RecordSource

    source = RecordSource(path)
    if source.is_race:
        raise InputError(f"{path}: a surface has no network to diagnose")
    found = diagnosis_of(source)
    if as_json:
        write_json(diagnosis_document(found))
    else:
        print_diagnosis(text_console(), found)
    return 0 if found.healthy else 1


def _check_out(out: Path, source: Path | None) -> None:
    from nntui.files import other_file, writable_file
    from nntui_engine.errors import InputError

    if out.suffix != ".toml":
        raise InputError(f'--out: {out}: the name of a scenario file ends in ".toml"')
    other_file(out, source, "--out", "scenario")
    writable_file(out, "--out")


def _try_fixes(run: "Experiment", found: "Diagnosis", budget: float, progress: "Progress") -> "Diagnosis":
    """With a trial of every lane that something is wrong with; they share the budget."""
    import time
    from dataclasses import replace

    from nntui_engine.analysis.fixing.trial import try_fixes

    end, lanes = time.perf_counter() + budget, list(found.lanes)
    sick = [at for at, lane in enumerate(lanes) if lane.wrong]
    for number, at in enumerate(sick):
        share = max(0.0, end - time.perf_counter()) / (len(sick) - number)
        trial = try_fixes(run, lanes[at].name, lanes[at].findings, share, progress)
        lanes[at] = replace(lanes[at], trial=trial)
    return replace(found, lanes=tuple(lanes))


def _write(run: "Experiment", found: "Diagnosis", out: Path) -> None:
    from nntui.files import write_file
    from nntui.headless.diagnosis import mended_lanes
    from nntui.headless.mended import mended_text

    fixes = mended_lanes(found)
    if not fixes:
        reason = "nothing is wrong" if found.healthy else "no fix is proved"
        click.echo(f"{out}: not written: {reason}", err=True)
        return
    write_file(out, mended_text(run.scenario, run.recipes(), fixes))
    click.echo(f"{out}: written. Watch it: nntui run {out}", err=True)
