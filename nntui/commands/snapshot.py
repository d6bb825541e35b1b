"""``nntui snapshot``: make the pictures and numbers of scenarios, or check them against earlier ones."""

import tempfile
from pathlib import Path

import click

from nntui.commands.options import DEFAULT_SIZE, SCENARIO, SIZE, examples, with_seed, with_steps
from nntui_engine.errors import InputError

DEFAULT_TOLERANCE = 1.0


@click.command(
    "snapshot",
    short_help="Write screens and numbers, or check them.",
    epilog=examples(
        "nntui snapshot digits vanishing-gradients --out screenshots --size 120x40 --steps 300",
        "nntui snapshot digits vanishing-gradients --out screenshots --size 120x40 --steps 300 --check",
        "nntui snapshot my-scenario.toml --out reference --update",
        "nntui snapshot my-scenario.toml --out reference --check --tolerance 5 --diff differences",
    ),
)
@click.argument("scenarios", metavar="SCENARIO...", type=SCENARIO, nargs=-1, required=True)
@click.option(
    "--out", "out", metavar="DIR", required=True, type=click.Path(path_type=Path), help="Folder of the files."
)
@click.option("--check", is_flag=True, help="Compare with what stands in DIR instead of writing it.")
@click.option("--update", is_flag=True, help="Compare, and accept what differs: write that alone to DIR.")
@click.option(
    "--tolerance",
    metavar="PCT",
    type=click.FloatRange(0, 100),
    default=DEFAULT_TOLERANCE,
    show_default=True,
    help="Percent of the cells, and of each number, that may differ.",
)
@with_steps
@click.option("--size", type=SIZE, default=DEFAULT_SIZE, show_default=True, help="Columns and rows of the frame.")
@with_seed
@click.option(
    "--diff",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder for pictures of the differences.  [default: a new temporary folder]",
)
def command(
    scenarios: tuple[str, ...],
    out: Path,
    check: bool,
    update: bool,
    tolerance: float,
    steps: int | None,
    size: tuple[int, int],
    seed: int | None,
    diff: Path | None,
) -> int:
    """Train scenarios and write each one's screen and numbers to DIR, the same bytes every time.

    Each leaves NAME.svg and NAME.txt, the lab's screen, and NAME.json, the numbers. With --check nothing is written to
    DIR: the new screens and numbers are compared with those there, differences are printed with a picture of them,
    and the exit status is 1. --update prints the differences, too, and writes those scenarios anew.
    """
    if check and update:
        raise click.UsageError("--check only compares, --update accepts: give one of them", click.get_current_context())
    from nntui.scenario import load_scenario

    loaded = [load_scenario(name) for name in scenarios]
    names = [scenario.name for scenario in loaded]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f'two scenarios are called "{name}": their files would overwrite each other')
    if not check:
        _check_folder(out, "--out")
    elif diff is not None:
        _check_folder(diff, "--diff")
    from nntui.headless.output import progress_bar
    from nntui.headless.signals import prompt_exit
    from nntui.headless.snapshots import check_reference, make_frame, write_reference
    from nntui.headless.training import RunOptions

    failed = 0
    with prompt_exit():
        for scenario in loaded:
            with progress_bar() as progress:
                frame = make_frame(scenario, RunOptions(seed=seed, steps=steps), size, progress)
            result = check_reference(frame, out, tolerance) if check or update else None
            for line in () if result is None else result.report(update):
                click.echo(line)
            if result is not None and result.passed:
                continue
            if not check:
                _make_folder(out, "--out")
                for path in write_reference(frame, out):
                    click.echo(f"wrote {path}")
            elif result is not None:
                failed += 1
                diff = diff or Path(tempfile.mkdtemp(prefix="nntui-differences-"))
                _make_folder(diff, "--diff")
                for path in result.write_picture(diff):
                    click.echo(f"  picture of the difference: {path}")
    return 1 if failed else 0


def _check_folder(folder: Path, option: str) -> None:
    """Raise InputError unless ``folder`` can be written, or made, later on; nothing is left behind now."""
    from nntui.files import accepts_files

    if folder.exists() and not folder.is_dir():
        raise InputError(f"{option}: {folder} is not a folder")
    existing = folder
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir() or not accepts_files(existing):
        raise InputError(f"{option}: cannot write to {folder}: {existing} takes no new files")


def _make_folder(folder: Path, option: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{option}: cannot make {folder}: {error.strerror or error}") from None
