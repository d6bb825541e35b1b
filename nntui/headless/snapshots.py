"""``nntui snapshot``: frames and numbers of scenarios, written as a reference or checked against one."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nntui.files import write_file
from nntui.headless.comparison import CellDifference, NumberDifference, compare_cells, compare_numbers
from nntui.headless.difference import describe_cells, describe_numbers, write_picture
from nntui.headless.document import run_document
from nntui.headless.frames import lab_frame
from nntui.headless.output import Progress
from nntui.headless.training import RunOptions, build, train
from nntui.json_text import json_text
from nntui_engine.errors import InputError

if TYPE_CHECKING:
    from nntui_engine.scenario import Scenario

KINDS = (".svg", ".txt", ".json")
PATH_POINTS = 50  # of a path in the numbers


@dataclass(frozen=True, slots=True)
class Frame:
    """What one scenario leaves: the lab's frame as SVG and as text, and the numbers as JSON text."""

    name: str
    svg: str
    text: str
    numbers: str


def make_frame(scenario: "Scenario", options: RunOptions, size: tuple[int, int], progress: Progress) -> Frame:
    """Train ``scenario`` and draw its last state at ``size`` (columns, rows)."""
    experiment = build(scenario, options, compiling=progress)
    train(experiment, progress)
    picture = lab_frame(experiment, size)
    document = run_document(experiment.full_snapshot(points=2), experiment.findings(), points=PATH_POINTS)
    document = {"frame": {"columns": size[0], "rows": size[1]}, **document}
    return Frame(scenario.name, picture.svg, picture.text, json_text(document))


def write_reference(frame: Frame, folder: Path) -> list[Path]:
    """The frame's three files in ``folder``, which must exist."""
    contents = dict(zip(KINDS, (frame.svg, frame.text, frame.numbers), strict=True))
    for kind, content in contents.items():
        write_file(folder / f"{frame.name}{kind}", content)
    return [folder / f"{frame.name}{kind}" for kind in KINDS]


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of comparing one frame with its reference."""

    name: str
    tolerance: float
    missing: tuple[Path, ...]
    numbers: tuple[NumberDifference, ...]
    cells: CellDifference
    expected: str
    got: str

    @property
    def cells_differ(self) -> bool:
        """Whether more cells differ than the tolerance allows."""
        return self.cells.percent > self.tolerance

    @property
    def passed(self) -> bool:
        """Whether a reference was there and nothing differs by more than the tolerance."""
        return not (self.missing or self.numbers or self.cells_differ)

    def report(self, accepted: bool = False) -> list[str]:
        """What differs, in lines for a person; ``accepted``: what is missing is being made."""
        if self.passed:
            return [f"{self.name}: as expected"]
        if self.missing:
            names = ", ".join(str(path) for path in self.missing)
            what = "it is made" if accepted else "make it by leaving --check out"
            return [f"{self.name}: no reference: {names} is missing; {what}"]
        lines = []
        if self.numbers:
            lines.append(f"{self.name}: {_count(len(self.numbers), 'number')} differ by more than {self.tolerance:g} %")
            lines += describe_numbers(self.numbers)
        if self.cells_differ:
            share = f"{self.cells.changed} of {self.cells.total} cells differ ({self.cells.percent:.2g} %)"
            lines.append(f"{self.name}: {share}, allowed are {self.tolerance:g} %")
            lines += describe_cells(self.cells)
        return lines

    def write_picture(self, folder: Path) -> list[Path]:
        """The picture of the difference in ``folder``; nothing when no reference stands there."""
        if self.missing:
            return []
        return write_picture(self.name, self.expected, self.got, self.cells, folder)


def check_reference(frame: Frame, folder: Path, tolerance: float) -> Check:
    """Compare ``frame`` with the files in ``folder``; ``tolerance`` is in percent, of cells and of each number.

    Raises InputError when a reference file cannot be read.
    """
    paths = {kind: folder / f"{frame.name}{kind}" for kind in KINDS}
    missing = tuple(path for path in paths.values() if not path.is_file())
    if missing:
        return Check(frame.name, tolerance, missing, (), CellDifference((), 0, 0), "", frame.text)
    try:
        expected_text, expected_svg = (paths[kind].read_text(encoding="utf-8") for kind in (".txt", ".svg"))
        expected_numbers = json.loads(paths[".json"].read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / frame.name}: the reference cannot be read: {error}") from None
    numbers = compare_numbers(expected_numbers, json.loads(frame.numbers), tolerance)
    cells = compare_cells(expected_text, frame.text, expected_svg, frame.svg)
    return Check(frame.name, tolerance, (), tuple(numbers), cells, expected_text, frame.text)


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
