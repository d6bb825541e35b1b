"""The lab's frame as a file: SVG, plain text or PNG."""

from pathlib import Path
from typing import TYPE_CHECKING

from nntui.files import write_file
from nntui_engine.errors import InputError

if TYPE_CHECKING:
    from nntui.lab.frame import Frame
    from nntui_engine.experiment import Experiment

POINTS = 512
SUFFIXES = (".svg", ".txt", ".png")


def check_suffix(path: Path, option: str) -> None:
    """Raise InputError unless ``path`` ends in a kind of picture that can be made here."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f'{option}: "{path.name}" must end in {", ".join(SUFFIXES[:-1])} or {SUFFIXES[-1]}')
    if suffix == ".png":
        from nntui.png import find_browser

        find_browser()


def lab_frame(experiment: "Experiment", size: tuple[int, int]) -> "Frame":
    """The lab's screen as it would show ``experiment`` now, at ``size`` (columns, rows)."""
    from nntui.lab.still import render_frame

    return render_frame(
        experiment.full_snapshot(None if experiment.scenario.is_surface else POINTS),
        *size,
        run=experiment,
        scenario=experiment.scenario,
        first={lane.name: lane.settings for lane in experiment.lanes},
        findings=tuple(experiment.findings()),
    )


def write_frame(experiment: "Experiment", size: tuple[int, int], path: Path) -> None:
    """Write the lab's screen to ``path``; the suffix decides the kind."""
    frame = lab_frame(experiment, size)
    suffix = path.suffix.lower()
    if suffix == ".svg":
        write_file(path, frame.svg)
    elif suffix == ".txt":
        write_file(path, frame.text)
    else:
        from nntui.png import svg_to_png

        write_file(path, svg_to_png(frame.svg))
