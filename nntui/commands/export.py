"""``nntui export``: what a record holds, for other programs."""

from pathlib import Path

import click

from nntui.commands.options import RECORD, examples

FORMATS = ("csv", "jsonl", "npz", "parquet", "tensorboard")
TO_FILES = ("npz", "parquet", "tensorboard")  # what is no text


@click.command(
    "export",
    short_help="Write a record's numbers for other programs.",
    epilog=examples(
        "nntui export digits.nntui --out digits.csv",
        "nntui export digits.nntui --format jsonl | head",
        "nntui export digits.nntui --format npz --out digits.npz",
        "nntui export last --format parquet --out last.parquet",
        "nntui export last --format tensorboard --out boards/last",
    ),
)
@click.argument("record", type=RECORD)
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True, help="What to write.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write a file instead of standard output.")
def command(record: str, form: str, out: Path | None) -> int:
    """Write every number that RECORD holds: a row for each lane and step.

    In csv and jsonl nothing stands where nothing was measured. An npz file has two arrays for each lane and kind of
    measurement, the numbers ("1.step") and the names of their columns ("1.step.columns"), and the names of the lanes.
    A parquet file is the table of csv, with null where nothing was measured. For tensorboard, FILE is a new folder
    with a run for each lane; it holds numbers in single precision alone. These two take libraries that
    pip install "nntui[parquet]" and pip install "nntui[tensorboard]" bring.
    """
    if form in TO_FILES and out is None:
        raise click.UsageError(f"--format {form} needs --out FILE", click.get_current_context())
    from nntui.files import new_folder, other_file, writable_file
    from nntui.headless.exporting import export
    from nntui.headless.exporting_libraries import check_library
    from nntui.headless.signals import prompt_exit
    from nntui.lab.history import kept_record
    from nntui_engine.record.source import RecordSource

    path = kept_record(record)
    if out is not None:
        other_file(out, path, "--out", "record")
        (new_folder if form == "tensorboard" else writable_file)(out, "--out")
    check_library(form)
    source = RecordSource(path)
    with prompt_exit():
        export(source, form, out)
    return 0
