"""``nntui run``: train a scenario in the lab, or headless."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from nntui.commands.options import (
    AT,
    DEFAULT_SIZE,
    EVERY,
    RECORD,
    SCENARIO,
    SIZE,
    examples,
    require_terminal,
    with_seed,
    with_sets,
    with_steps,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nntui.headless.recording import BranchOptions
    from nntui.headless.training import Row, RunOptions
    from nntui_engine.experiment import Experiment
    from nntui_engine.run.snapshot import Snapshot
    from nntui_engine.scenario import Scenario

NO_SCREEN = "add --headless to train without a screen"
SEVERITIES = ("info", "warning", "critical")


class Outputs(NamedTuple):
    """What a headless run leaves behind."""

    format: str
    screenshot: Path | None
    size: tuple[int, int]
    fail_on: str | None
    timing: bool
    fair: bool
    weights: Path | None
    record: Path | None
    resume: Path | None = None
    branch: "BranchOptions | None" = None


@click.command(
    "run",
    short_help="Train a scenario and watch it, or headless.",
    epilog=examples(
        "nntui run digits",
        "nntui run digits --set train.lr=0.3 --set train.optimizer=adam",
        "nntui run vanishing-gradients --set 'sigmoid:model.init=he_normal'",
        "nntui run my-scenario.toml --seed 7",
        "nntui run measurements.csv",
        "nntui run digits --headless --steps 500 --format json",
        "nntui run digits --headless --format jsonl --every 10 | head",
        "nntui run digits --headless --screenshot digits.svg --size 160x48",
        "nntui run digits --record digits.nntui",
        "nntui run --resume digits.nntui",
        "nntui run --resume digits.nntui --at 500 --record slower.nntui --set train.lr=0.001",
        "nntui run beale --fair",
    ),
)
@click.argument("scenario", type=SCENARIO, required=False)
@with_sets
@with_seed
@with_steps
@click.option("--headless", is_flag=True, help="Train without a screen and print the result.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "jsonl"]),
    help="What a headless run prints: a report (the default), one JSON document, or one JSON line a lane and step.",
)
@click.option(
    "--every", type=EVERY, metavar="K", help="Write every K-th step only, in jsonl and in a race's path.  [default: 1]"
)
@click.option(
    "--screenshot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the lab's last frame as .svg, .txt or .png (.png needs Chromium).",
)
@click.option("--size", type=SIZE, help=f"Columns and rows of the screenshot.  [default: {DEFAULT_SIZE}]")
@click.option("--paused", is_flag=True, help="Open the lab without starting to train.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw the lab with ASCII characters alone.")
@click.option(
    "--fps",
    type=click.IntRange(1, 60),
    metavar="N",
    help="Frames a second of the lab.  [default: 12, and 4 while the line is slow]",
)
@click.option("--fail-on", type=click.Choice(SEVERITIES), help="Exit with 1 on a finding this severe, or more.")
@click.option("--fair", is_flag=True, help="On a surface: find each optimizer's best learning rate first.")
@click.option(
    "--save-weights",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the weights of the first lane as .npz, for model.start of another scenario.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FILE.nntui",
    help="Record the run into a new file, for nntui replay and diagnose.",
)
@click.option(
    "--resume",
    type=RECORD,
    metavar="RECORD",
    help='Go on with the run of a record, in that record, instead of SCENARIO; "last" is the last run of the lab.',
)
@click.option(
    "--at",
    type=AT,
    metavar="STEP",
    help="With --resume: go back to that step and on from there, changed by --set, into a new --record.",
)
@click.option("--timing", is_flag=True, help="Add how long the training took.")
def command(
    scenario: str | None,
    sets: tuple[str, ...],
    seed: int | None,
    steps: int | None,
    headless: bool,
    form: str | None,
    every: int | None,
    screenshot: Path | None,
    size: tuple[int, int] | None,
    paused: bool,
    ascii_only: bool,
    fps: int | None,
    fail_on: str | None,
    fair: bool,
    save_weights: Path | None,
    record: Path | None,
    resume: str | None,
    at: int | None,
    timing: bool,
) -> int:
    """Train SCENARIO and watch it, or train it headless.

    For a .csv or .npz file a network is made: what its last column (or y) asks for is guessed, and said.
    """
    headless_only = {
        "--format": form,
        "--every": every,
        "--screenshot": screenshot,
        "--size": size,
        "--fail-on": fail_on,
        "--save-weights": save_weights,
        "--timing": timing or None,
    }
    if not headless:
        for option, value in headless_only.items():
            if value is not None:
                raise click.UsageError(f"{option} works with --headless only", click.get_current_context())
    for option, given in (("--paused", paused), ("--ascii", ascii_only), ("--fps", fps)):
        if headless and given:
            raise click.UsageError(f"{option} is for the lab, not with --headless", click.get_current_context())
    if size is not None and screenshot is None:
        raise click.UsageError("--size is the size of the --screenshot", click.get_current_context())
    columns, _, rows = DEFAULT_SIZE.partition("x")
    outputs = Outputs(
        form or "text",
        screenshot,
        size or (int(columns), int(rows)),
        fail_on,
        timing,
        fair,
        save_weights,
        record,
        None if resume is None else _kept(resume),
    )
    if at is not None and resume is None:
        raise click.UsageError("--at goes back in a record: name it with --resume", click.get_current_context())
    if resume is not None:
        decided: dict[str, object] = {"SCENARIO": scenario, "--seed": seed, "--fair": fair or None}
        if at is None:
            decided |= {"--set": sets or None, "--steps": steps, "--record": record}
        _check_resumed([name for name, value in decided.items() if value is not None])
        branch = None if at is None else _branch(at, record, sets, steps)
        if headless:
            from nntui.headless.training import RunOptions

            return _headless(None, RunOptions(every=every or 1), outputs._replace(branch=branch))
        require_terminal(NO_SCREEN)
        from nntui.lab.start import branch_in_lab, resume_in_lab

        path = _kept(resume)
        if branch is None:
            return resume_in_lab(path, paused=paused, ascii_only=ascii_only, fps=fps)
        return branch_in_lab(
            path, branch.at, branch.into, branch.changes, paused=paused, ascii_only=ascii_only, fps=fps
        )
    if scenario is None:
        raise click.UsageError("Missing argument 'SCENARIO'", click.get_current_context())
    from nntui.scenario import load_scenario

    loaded = load_scenario(scenario)
    if fair:
        _check_fair(loaded, form, screenshot, record)
    from nntui.headless.sets import parse_sets
    from nntui.headless.training import RunOptions

    overrides = tuple(parse_sets(sets, [lane.name for lane in loaded.lanes]))
    options = RunOptions(seed=seed, steps=steps, overrides=overrides, every=every or 1)
    if headless:
        return _headless(loaded, options, outputs)
    require_terminal(NO_SCREEN)
    from nntui.lab.start import run_lab

    return run_lab(
        loaded,
        seed=seed,
        steps=steps,
        overrides=list(overrides),
        fair=fair,
        paused=paused,
        ascii_only=ascii_only,
        fps=fps,
        record=record,
    )


def _kept(record: str) -> Path:
    from nntui.lab.history import kept_record

    return kept_record(record)


def _check_resumed(decided: list[str]) -> None:
    if decided:
        raise click.UsageError(f"{decided[0]}: a run that is resumed has it in its record", click.get_current_context())


def _branch(at: int, record: Path | None, sets: tuple[str, ...], steps: int | None) -> "BranchOptions":
    from nntui.headless.recording import BranchOptions

    if record is None:
        raise click.UsageError(
            "--at begins a branch, which needs a record of its own: name it with --record", click.get_current_context()
        )
    return BranchOptions(at, record, sets, steps)


def _check_fair(scenario: "Scenario", form: str | None, screenshot: Path | None, record: Path | None) -> None:
    context = click.get_current_context()
    if not scenario.is_surface:
        raise click.UsageError(f"--fair is for optimizers on a surface; {scenario.name} trains a network", context)
    if record is not None:
        raise click.UsageError("--fair cannot be recorded", context)
    if form == "jsonl" or screenshot is not None:
        raise click.UsageError("--fair prints text or json only", context)


def _check_outputs(scenario: "Scenario | None", outputs: Outputs) -> None:
    """Raises InputError for a file that cannot be written, and for one that is read or written besides."""
    from nntui.files import other_file, writable_file
    from nntui.headless.frames import check_suffix
    from nntui_engine.errors import InputError

    if outputs.screenshot is not None:
        check_suffix(outputs.screenshot, "--screenshot")
    if scenario is not None:
        _check_weights(scenario, outputs)
    source = None if scenario is None else scenario.path
    for option, path in (("--screenshot", outputs.screenshot), ("--save-weights", outputs.weights)):
        if path is None:
            continue
        other_file(path, source, option, "scenario")
        other_file(path, outputs.resume, option, "record")
        if outputs.record is not None and path.resolve() == outputs.record.resolve():
            raise InputError(f"{option}: {path} is the --record; choose another name")
        writable_file(path, option)


def _check_weights(scenario: "Scenario", outputs: Outputs) -> None:
    if outputs.weights is not None and scenario.is_surface:
        raise click.UsageError("--save-weights: a surface has no weights", click.get_current_context())


def _headless(scenario: "Scenario | None", options: "RunOptions", outputs: Outputs) -> int:
    from nntui.headless.frames import write_frame
    from nntui.headless.machine import write_json
    from nntui.headless.output import progress_bar, text_console
    from nntui.headless.recording import branching, recording, resuming
    from nntui.headless.signals import prompt_exit
    from nntui.headless.training import build, train
    from nntui.own_data import is_data

    _check_outputs(scenario, outputs)
    if scenario is not None and scenario.path is not None and is_data(scenario.path):
        click.echo(f"{scenario.path.name}: {scenario.summary}", err=True)
    with prompt_exit():
        rows = outputs.format == "jsonl"
        with progress_bar() as progress, ExitStack() as recorded:
            if scenario is not None:
                recorder = recorded.enter_context(recording(outputs.record))
                experiment = build(scenario, options, rows, progress, recorder)
            elif outputs.resume is not None:
                kept = options.every if rows else 0
                if outputs.branch is None:
                    experiment = recorded.enter_context(resuming(outputs.resume, kept, progress))
                else:
                    experiment = recorded.enter_context(branching(outputs.resume, outputs.branch, kept, progress))
                _check_weights(experiment.scenario, outputs)
            write = partial(_write_rows, experiment.snapshot()) if rows else None
            timing = None if outputs.fair else train(experiment, progress, write)
        if outputs.fair:
            return _fair(experiment, outputs)
        if outputs.weights is not None:
            from nntui.files import write_file
            from nntui_engine.data.weight_files import weights_file

            write_file(outputs.weights, weights_file(experiment.parameters(0)))
        shown_timing = timing if outputs.timing else None
        findings = experiment.findings()
        from nntui.headless import text, words

        if outputs.format == "json":
            from nntui.headless.document import run_document

            write_json(run_document(experiment.full_snapshot(points=2), findings, shown_timing))
        elif outputs.format == "text":
            points = None if experiment.scenario.is_surface else text.POINTS
            text.print_report(text_console(), experiment.full_snapshot(points), findings, shown_timing)
        elif shown_timing is not None:
            click.echo(words.timing_line(shown_timing), err=True)
        if outputs.screenshot is not None:
            write_frame(experiment, outputs.size, outputs.screenshot)
    if outputs.fail_on is None:
        return 0
    threshold = SEVERITIES.index(outputs.fail_on)
    return int(any(SEVERITIES.index(finding.severity) >= threshold for finding in findings))


def _fair(run: "Experiment", outputs: Outputs) -> int:
    from nntui.headless.fair import fair_document, print_fair
    from nntui.headless.machine import write_json
    from nntui.headless.output import progress_bar, text_console
    from nntui_engine.analysis.sweeps import fair_rate

    found = []
    with progress_bar() as progress:
        for index, lane in enumerate(run.surface.lanes):
            progress("trying rates", index, len(run.lanes))
            found.append(fair_rate(lane.name, lane.settings))
    if outputs.format == "json":
        write_json(fair_document(run, found))
    else:
        print_fair(text_console(), run, found)
    return 0


def _write_rows(snapshot: "Snapshot", rows: "Iterable[Row]") -> None:
    from nntui.headless.document import row_documents
    from nntui.headless.machine import encoded, json_text, write_bytes

    write_bytes(encoded("".join(json_text(row, indent=None) for row in row_documents(rows, snapshot))))
