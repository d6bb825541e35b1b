"""Pictures of the lab and of its parts that were looked at and found right: every character, and every row's colours.

    PYTHONPATH=.:engine:tests python tests/lab/pictures.py        draws them anew into tests/golden/pictures

Look at the difference before you commit it. What is drawn comes from formulas, so that training another way changes
nothing here; where a network is looked into, its weights are a formula, too.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from headless import builders
from lab.fakes import lane_snapshot, series, settings, snapshot
from plotting.races import race, race_settings, racer

from nntui.frame import Frame, render_frame
from nntui.headless.output import text_console
from nntui.headless.race_text import print_fair, print_race
from nntui.headless.text import print_report
from nntui.headless.training import Timing
from nntui.plotting.close import Regions, Spread, UnitWeights
from nntui.plotting.fair import FairView, draw_fair
from nntui.plotting.grid import Grid
from nntui.plotting.layer_table import draw_layers
from nntui.plotting.look import ASCII, Look
from nntui.plotting.panels import PanelView
from nntui.plotting.plot import draw_plot
from nntui.plotting.race_panels import RACE_PANELS
from nntui.plotting.race_side import draw_curvature, draw_race_table, draw_racers
from nntui.plotting.regions import draw_regions
from nntui.plotting.spread_list import draw_spread
from nntui.plotting.status import Status, draw_failure, draw_header, draw_keys, draw_message, draw_progress
from nntui.plotting.unit_weights import draw_weights
from nntui.story import Story, Try
from nntui_engine import Experiment
from nntui_engine.diagnosis import Finding
from nntui_engine.optimizers import OPTIMIZERS
from nntui_engine.race import Race
from nntui_engine.scenario import scenario_from_dict
from nntui_engine.snapshot import Mark
from nntui_engine.sweeps import Sensitivity

FOLDER = Path(__file__).parents[1] / "golden" / "pictures"
LOOKS = {
    "": Look(),
    " in 16 colours": Look("16"),
    " in grey": Look("grey"),
    " in ASCII": Look(ascii_only=True, glyphs=ASCII),
}
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
STORY = Story(
    title="A fake scenario",
    summary="Nothing is trained.",
    lesson="Watch the **loss** fall, and `lr` stay.\n\n- one thing\n- another thing\n\nThen turn a knob and look. " * 3,
    source="nobody, 2020",
    tries=(
        Try("Raise the rate", {"train.lr": 0.5}, None),
        Try("Kill its units for good", {"model.bias": -9.0}, "adam"),
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
    more: dict[str, Any] = {"story": STORY, "findings": FINDINGS}
    for width, height in ((80, 24), (100, 30), (160, 48), (200, 60)):
        for page in range(3 if height == 24 else 2 if height == 30 else 1):
            size = f"{width}x{height}, page {page + 1}"
            yield f"overview {size}", lambda w=width, h=height, p=page: render_frame(two, w, h, page=p, **more)
    first = {"sgd": settings("sgd", lr=0.5), "adam": settings("adam", activation="tanh", optimizer="adam")}
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
        for lane, s in zip(many.lanes, ("finished", "stopped", "diverged", "training"), strict=True)
    )
    yield "lanes that ended", lambda: render_frame(replace(many, lanes=ended), 120, 40)
    regression = replace(
        two.lanes[0],
        task="regression",
        settings=replace(two.lanes[0].settings, accuracy="none"),
        whole={"loss": 1.5e-9, "train_r2": 0.93, "r2": -2.5},
        whole_history={n: series(np.arange(1.0, 41.0), np.linspace(-1.0, 0.9, 40)) for n in ("loss", "train_r2", "r2")},
    )
    yield "a regression", lambda: render_frame(replace(two, lanes=(regression,)), 120, 40)
    for width, height in ((80, 24), (140, 44)):
        yield f"lesson {width}x{height}", lambda w=width, h=height: render_frame(two, w, h, view="lesson", **more)


def _networks() -> Iterator[tuple[str, Callable[[], Grid | Frame]]]:
    def look(data: str, hidden: list[int], view: str, size: tuple[int, int] = (120, 40), **options: Any) -> Frame:
        tables = {
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
        for name, value in experiment.parameters().items():
            formula = np.sin(1.0 + np.arange(value.size, dtype=float) * 1.7).reshape(value.shape)
            experiment.set_parameters(0, {name: formula})
        return render_frame(experiment.snapshot(points=64), *size, view=view, experiment=experiment, **options)

    yield "a pass through a tiny net", lambda: look("xor", [2], "network")
    yield "a pass, narrow", lambda: look("xor", [2], "network", (80, 24))
    yield "weights of pixels", lambda: look("digits", [3], "network", unit=1)
    yield "weights of a layer above", lambda: look("moons", [12, 5], "network", layer=2, unit=3)
    yield "regions", lambda: look("moons", [5], "map")
    yield "regions, narrow", lambda: look("moons", [5], "map", (80, 24))
    yield "a curve", lambda: look("sine", [5], "network")


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
        found = Race(scenario_from_dict(tables))
        found.advance(step)
        return render_frame(found.snapshot(), *size, view=view, race=found, **options)

    for size in ((80, 24), (120, 40), (180, 50)):
        yield f"map {size[0]}x{size[1]}", lambda size=size: run("", size)
    yield "map at the start", lambda: run("", (100, 30), step=0)
    yield "map in ASCII", lambda: run("", (100, 30), lane=1, ascii_only=True)
    yield "race's plots", lambda: run("overview", (160, 48), lane=1)
    yield "race's plots, page 2", lambda: run("overview", (80, 24), page=1)


def _parts() -> Iterator[tuple[str, Callable[[], Grid | Frame]]]:
    rates = np.geomspace(1e-6, 100.0, 60)
    good = np.where(rates < 0.1, np.exp(-30.0 * rates), np.where(rates < 1.0, 0.5, np.inf))
    fair = FairView(2, 2, 150, tuple(
        Sensitivity(name, "sgd", rates, values, values, 0.1, 0.5)
        for name, values in (("plain", good), ("the other way round", good[::-1].copy()))
    ))  # fmt: skip
    wild = np.array([[-1.5, 1.0], [1.0, -1.0], [5.0, 9.0], [1e9, -1e12], [np.inf, np.nan]])
    lanes = (
        racer(0),
        racer(1, wild, state="diverged", settings=race_settings("wild", "adam")),
        racer(
            2,
            [[-1.5, 1.0], [-1.0, 2.5]],
            settings=race_settings("a long name of a lane"),
            state="finished",
            value=1.234e-7,
        ),
    )
    three = race(*lanes)
    panels = PanelView()
    layers = lane_snapshot(0, "sgd")
    weights = 1.5 * np.cos(np.arange(23.0))
    for name, look in LOOKS.items():
        for width, height in ((124, 40), (49, 22)):
            yield (
                f"fair rates {width}x{height}{name}",
                lambda w=width, h=height, look=look: draw_fair(fair, 1, w, h, look),
            )
        yield f"racers{name}", lambda look=look: draw_racers(three, 1, False, 40, 9, look)
        yield f"race table{name}", lambda look=look: draw_race_table(three, 0, True, 90, 8, look)
        yield f"layers{name}", lambda look=look: draw_layers(layers, 40, 9, look)
        yield (
            f"weights{name}",
            lambda look=look: draw_weights(UnitWeights(1, 3, 2, 5, weights, -0.25, ()), "sgd", 50, 16, look),
        )
        for panel in RACE_PANELS.values():
            yield (
                f"race panel {panel.name}{name}",
                lambda p=panel, look=look: draw_plot(p.build(three, panels, look), 60, 16, look),
            )
    window = ((-2.0, 2.0), (-1.0, 1.0))
    kinds = np.add.outer(np.arange(24), np.arange(60)) // 30 % 3
    points = np.stack([np.linspace(-1.9, 1.9, 25), np.sin(np.arange(25.0))], axis=1)
    regions = Regions(
        window,
        kinds,
        np.abs(np.sin(kinds + 0.1 * np.arange(60))),
        points,
        np.arange(25) % 3,
        np.arange(25) % 4 == 0,
        ("a", "b", "c"),
        ("x", "y"),
    )
    for name, look in LOOKS.items():
        yield f"picture of regions{name}", lambda look=look: draw_regions(regions, 0, "sgd", 62, 16, look)
        spreads = [Spread(0, "dropout", 0.12, 0.9), Spread(1, "", 0.0, 3e-5)]
        yield f"spread{name}", lambda look=look, spreads=spreads: draw_spread(spreads, 44, 12, look)
    for optimizer in OPTIMIZERS:
        one = racer(0, settings=race_settings("lane", optimizer), curvatures=(-3.0, 250.0))
        yield f"curvature {optimizer}", lambda one=one: draw_curvature(one, True, 44, 9, Look())
    many = [(i % 7, key, f"label {i}") for i, key in enumerate("abcdefghijklmn")]
    for width in (30, 60, 200):
        yield f"keys {width}", lambda w=width: draw_keys(many, w)
        for state, rate, speed in (
            ("running", 0.0, 5.0),
            ("paused", 1234.5, np.inf),
            ("finished", 2.5e6, 1e4),
            ("failed", 9.94, 1.0),
        ):
            status = Status("A title of several words", state, rate, speed)
            yield (
                f"header {width} {state}",
                lambda w=width, s=status: draw_header(snapshot("sgd", "adam"), s, w, Look()),
            )
    for progress in ((0, 0, "building"), (3, 20, "the training step"), (20, 20, "done")):
        yield f"progress {progress[0]} of {progress[1]}", lambda p=progress: draw_progress(p, 60, 12, Look())
    yield (
        "message",
        lambda: draw_message(
            "A line that says what was done, in so many words that it needs two rows.", False, 50, 4, Look()
        ),
    )
    yield "error", lambda: draw_message("train.lr: −1 must be at least 0", True, 50, 4, Look())
    yield "failure", lambda: draw_failure("ZeroDivisionError: the fake broke (advance, line 7)", 60, 12, Look())


def _reports() -> Iterator[tuple[str, Callable[[], str]]]:
    def printed(write: Callable[..., None], *arguments: Any, **keywords: Any) -> str:
        file = io.StringIO()
        write(text_console(file), *arguments, **keywords)
        return file.getvalue()

    timing = Timing(2.5, 3000)
    lanes = (racer(0), racer(1, [[-1.5, 1.0], [0.5, 0.25]], state="finished"))
    marked = race(*lanes, marks=(Mark(3, "lane 1", {"train.lr": 0.5}, "lr = 0.5"), Mark(9, None, {}, "noise = 0.1")))
    yield "two lanes", lambda: printed(print_report, builders.diverged(), timing=timing)
    yield "one lane", lambda: printed(print_report, builders.snapshot())
    yield "a race", lambda: printed(print_race, marked, timing)
    yield "a race of one", lambda: printed(print_race, race(lanes[1]))
    rates = np.geomspace(1e-3, 10.0, 30)
    found = [
        Sensitivity("lane 0", "sgd", rates, (np.log10(rates) + 1.0) ** 2, 0.1),
        Sensitivity("", "adam", rates, np.full(30, np.inf), 1e-3),
    ]
    one = SimpleNamespace(title="A fake race", name="fake")
    still = SimpleNamespace(scenario=one, seed=3, steps=1500, lanes=lanes, lowest=lambda _: 0.0)
    yield "fair rates", lambda: printed(print_fair, still, found)


def cases() -> dict[str, dict[str, Callable[[], Grid | Frame | str]]]:
    """File: the pictures in it by name."""
    kinds = {"overviews": _overviews, "networks": _networks, "races": _races, "parts": _parts, "reports": _reports}
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
