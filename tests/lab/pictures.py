"""Pictures of the lab and of its parts that were looked at and found right: every character, and every row's colours.

    PYTHONPATH=.:engine:tests python tests/lab/pictures.py        draws them anew into tests/golden/pictures

Theme at the difference before you commit it. What is drawn comes from formulas, so that training another way changes
nothing here; where a network is looked into, its weights are a formula, too.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from builders import changed_lane, lane_settings, lane_snapshot, series, snapshot
from lab import launcher_pictures, past_pictures, picture_parts, view_pictures
from lab.past_pictures import SIZES
from lab.picture_parts import THEMES

from nntui.lab.frame import Frame
from nntui.lab.lesson import NO_SCENARIO
from nntui.lab.still import render_frame
from nntui.plotting.grid import Grid
from nntui_engine import Experiment
from nntui_engine.run.finding import Finding
from nntui_engine.run.snapshot import Mark
from nntui_engine.scenario import scenario_from_dict
from nntui_engine.scenario.schema import Try

FOLDER = Path(__file__).parents[1] / "golden" / "pictures"
LANES = ("sgd", "adam", "a lane with a name of some length", "数据")
MARKS = (
    Mark(40, None, {"train.lr": 0.2}, "lr = 0.2"),
    Mark(120, "adam", {"train.optimizer": "adam"}, "optimizer = adam"),
    Mark(200, "sgd", {"model.init": "zeros"}, "init = zeros", True),
)
FINDINGS = (
    Finding("dead_relu", "warning", "sgd", (1, 2), 40, {"dead_share": 0.75, "at_least": 0.5}, "75 % are dead.", ()),
    Finding("non_finite", "critical", "adam", (3,), 120, {"lr": 0.1}, "NaN or infinity since step 120.", ()),
    Finding("saturation", "info", "sgd", (2,), 9, {"saturated_fraction": 0.6, "above": 0.5}, "60 % sit flat.", ()),
)
SCENARIO = replace(
    NO_SCENARIO,
    title="A fake scenario",
    summary="Nothing is trained.",
    lesson="Watch the **loss** fall, and `lr` stay.\n\n- one thing\n- another thing\n\nThen turn a knob and look. " * 3,
    source="nobody, 2020",
    tries=(
        Try(say="Raise the rate", set={"train.lr": 0.5}),
        Try(say="Kill its units for good", set={"model.bias": -9.0}, lane="adam"),
    ),
    panels=("gradient_norm", "loss"),
)


def rows(picture: Grid | Frame | str) -> list[str]:
    """Each row's characters in bars, and a short hash of its colours, where it has any."""
    if isinstance(picture, str):
        return [f"│{line}│" for line in picture.splitlines()]
    if isinstance(picture, Grid):
        lines = picture.lines()
        looks: list[object] = [[(len(text), style) for text, style in picture.runs(i)] for i in range(len(lines))]
    else:
        lines = picture.text.splitlines()
        looks = [[(cell.foreground, cell.background, cell.bold) for cell in row] for row in picture.cells]
    hashes = [hashlib.sha256(repr(look).encode()).hexdigest()[:6] for look in looks]
    return [f"│{line}│ {code}" for line, code in zip(lines, hashes, strict=True)]


def _overviews() -> Iterator[tuple[str, Callable[[], Grid | Frame]]]:
    two = snapshot("sgd", "adam", marks=MARKS)
    more: dict[str, Any] = {"scenario": SCENARIO, "findings": FINDINGS}
    for width, height in ((80, 24), (100, 30), *SIZES[1:]):
        for page in range(3 if height == 24 else 2 if height == 30 else 1):
            size = f"{width}x{height}, page {page + 1}"
            yield f"overview {size}", lambda w=width, h=height, p=page: render_frame(two, w, h, page=p, **more)
    first = {"sgd": lane_settings("sgd", lr=0.5), "adam": lane_settings("adam", activation="tanh", optimizer="adam")}
    many = snapshot(*LANES)
    yield "four lanes", lambda: render_frame(many, 120, 40, lane=2)
    yield "changed knobs", lambda: render_frame(two, 120, 40, lane=1, first=first)
    yield "one lane", lambda: render_frame(snapshot(step=1234567, steps=9876543), 120, 40)
    yield "at the start", lambda: render_frame(snapshot(step=0), 100, 30)
    yield "in ASCII", lambda: render_frame(two, 120, 40, ascii_only=True, **more)
    yield (
        "not a number",
        lambda: render_frame(replace(two, lanes=(two.lanes[0], lane_snapshot(1, "adam", nan_from=120))), 120, 40),
    )
    ended = tuple(
        replace(lane, state=s)
        for lane, s in zip(many.lanes, ("finished", "stopped", "diverged", "running"), strict=True)
    )
    yield "lanes that ended", lambda: render_frame(replace(many, lanes=ended), 120, 40)
    regression = changed_lane(
        two.lanes[0],
        task="regression",
        settings=replace(two.lanes[0].network.settings, accuracy="none"),
        whole={"loss": 1.5e-9, "train_r2": 0.93, "r2": -2.5},
        whole_history={n: series(np.arange(1.0, 41.0), np.linspace(-1.0, 0.9, 40)) for n in ("loss", "train_r2", "r2")},
    )
    yield "a regression", lambda: render_frame(replace(two, lanes=(regression,)), 120, 40)
    for width, height in (*SIZES, (140, 44)):
        yield f"lesson {width}x{height}", lambda w=width, h=height: render_frame(two, w, h, view="lesson", **more)


def _networks() -> Iterator[tuple[str, Callable[[], Grid | Frame]]]:
    def look(
        data: str,
        hidden: list[int],
        view: str,
        size: tuple[int, int] = (120, 40),
        lanes: tuple[dict[str, object], ...] = (),
        **options: Any,
    ) -> Frame:
        tables = {
            "lane": list(lanes),
            "schema": 1,
            "scenario": {"title": "Close"},
            "data": {
                "name": data,
                **({} if data == "digits" else {"samples": 60, "noise": 0.1} if data == "moons" else {"samples": 60}),
            },
            "model": {"hidden": hidden, "activation": "tanh"},
            "train": {"lr": 0.5, "steps": 200, "batch_size": 8, "dtype": "float64"},
        }
        experiment = Experiment(scenario_from_dict(tables))
        for lane in range(len(experiment.lanes)):
            for name, value in experiment.parameters(lane).items():
                formula = np.sin(1.0 + lane + np.arange(value.size, dtype=float) * 1.7).reshape(value.shape)
                experiment.set_parameters(lane, {name: formula})
        return render_frame(experiment.snapshot(points=64), *size, view=view, run=experiment, **options)

    yield "a pass through a tiny net", lambda: look("xor", [2], "network", page=1)
    yield "a pass, narrow", lambda: look("xor", [2], "network", (80, 24), page=2)
    for size in SIZES:
        words = f"{size[0]}x{size[1]}"
        yield f"a network for images {words}", lambda size=size: look("digits", [12], "network", size, unit=1)
        for page in range(2 if size == (80, 24) else 1):
            yield (
                f"a network on a plane {words}, page {page + 1}",
                lambda size=size, page=page: look("moons", [12, 5], "network", size, layer=2, unit=3, page=page),
            )
    yield "regions", lambda: look("moons", [5], "map")
    yield "regions, narrow", lambda: look("moons", [5], "map", (80, 24))
    yield "a network along a line", lambda: look("sine", [5], "network")
    yield "a curve", lambda: look("sine", [5], "map")
    lanes = ({"name": "one"}, {"name": "two", "set": {"model.hidden": [2]}}, {"name": "three"})
    for size in SIZES:
        words = f"{size[0]}x{size[1]}"
        yield f"regions of lanes {words}", lambda size=size: look("moons", [5], "map", size, lanes, lane=1)
        yield f"answers about images {words}", lambda size=size: look("digits", [6], "map", size)
    for name, theme in THEMES.items():
        if name:
            yield (
                f"regions of lanes{name}",
                lambda theme=theme: look("moons", [5], "map", (120, 40), lanes, theme=theme),
            )


def _races() -> Iterator[tuple[str, Callable[[], Grid | Frame]]]:
    def run(view: str, size: tuple[int, int], step: int = 60, **options: Any) -> Frame:
        tables = {
            "schema": 1,
            "scenario": {"title": "Two on a surface"},
            "surface": {"name": "beale", "start": [-2.0, 1.5]},
            "train": {"lr": 0.002, "steps": 100},
            "lane": [
                {"name": "plain"},
                {"name": "Adam", "set": {"train.optimizer": "adam", "train.lr": 0.1}},
                {"name": "wild", "set": {"train.lr": 5.0}},
            ],
        }
        found = Experiment(scenario_from_dict(tables))
        found.advance(step)
        return render_frame(found.full_snapshot(None), *size, view=view, run=found, **options)

    for size in ((80, 24), (120, 40), (180, 50)):
        yield f"map {size[0]}x{size[1]}", lambda size=size: run("", size)
    yield "map at the start", lambda: run("", (100, 30), step=0)
    yield "map in ASCII", lambda: run("", (100, 30), lane=1, ascii_only=True)
    yield "race's plots", lambda: run("overview", (160, 48), lane=1)
    yield "race's plots, page 2", lambda: run("overview", (80, 24), page=1)


def cases() -> dict[str, dict[str, Callable[[], Grid | Frame | str]]]:
    """File: the pictures in it by name."""
    kinds = {
        "overviews": _overviews,
        "networks": _networks,
        "pasts": past_pictures.pasts,
        "races": _races,
        "parts": picture_parts.parts,
        "views": view_pictures.views,
        "lists": picture_parts.lists,
        "launcher": launcher_pictures.launcher,
        "reports": picture_parts.reports,
        "tables": picture_parts.tables,
    }
    return {file: dict(make()) for file, make in kinds.items()}


def read(file: str) -> dict[str, list[str]]:
    """The kept pictures of a file."""
    found: dict[str, list[str]] = {}
    for line in (FOLDER / f"{file}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            found[line[2:]] = []
        elif line:
            next(reversed(found.values())).append(line)
    return found


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for file, pictures in cases().items():
        drawn = ("\n".join([f"# {name}", *rows(make())]) for name, make in pictures.items())
        (FOLDER / f"{file}.txt").write_text("\n\n".join(drawn) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
