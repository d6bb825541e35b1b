"""Pictures of single parts of the lab, of lists, tables and reports: see ``pictures.py``."""

import io
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import builders
import numpy as np
from builders import lane_snapshot, race, race_settings, racer, snapshot

from nntui.headless.fair import print_fair
from nntui.headless.numbers import number as report_number
from nntui.headless.output import text_console
from nntui.headless.text import print_report
from nntui.headless.training import Timing
from nntui.lab.frame import Frame
from nntui.lab.pace import SPEEDS
from nntui.lab.screens.layout import lay_out, side_width
from nntui.lab.screens.map_layout import lay_out_map
from nntui.looks.regions import Regions
from nntui.looks.spread import Spread
from nntui.looks.weights import UnitWeights
from nntui.plotting import numbers
from nntui.plotting.fair import FairView, draw_fair
from nntui.plotting.grid import Grid
from nntui.plotting.header import Status, draw_header
from nntui.plotting.knob_box import KnobRow, draw_knobs
from nntui.plotting.layer_table import draw_layers
from nntui.plotting.log_list import FindingLine, LogLine, draw_log
from nntui.plotting.panel import PanelView
from nntui.plotting.plot_drawing import draw_plot
from nntui.plotting.regions import draw_regions
from nntui.plotting.spread_list import draw_spread
from nntui.plotting.status import KeyHint, draw_failure, draw_keys, draw_message, draw_progress
from nntui.plotting.surface_panels import SURFACE_PANELS
from nntui.plotting.surface_side import draw_curvature, draw_race_table, draw_racers
from nntui.plotting.theme import ASCII, Theme
from nntui.plotting.tries import TryLine, draw_tries
from nntui.plotting.unit_weights import draw_weights
from nntui_engine.analysis.sweeps import Sensitivity
from nntui_engine.registry.optimizer import OPTIMIZERS
from nntui_engine.run.snapshot import Mark

THEMES = {
    "": Theme(),
    " in 16 colours": Theme("16"),
    " in grey": Theme("grey"),
    " in ASCII": Theme(ascii_only=True, glyphs=ASCII),
}


def parts() -> Iterator[tuple[str, Callable[[], Grid | Frame]]]:
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
    for name, theme in THEMES.items():
        for width, height in ((124, 40), (49, 22)):
            yield (
                f"fair rates {width}x{height}{name}",
                lambda w=width, h=height, theme=theme: draw_fair(fair, 1, w, h, theme),
            )
        yield f"racers{name}", lambda theme=theme: draw_racers(three, 1, False, 40, 9, theme)
        yield f"race table{name}", lambda theme=theme: draw_race_table(three, 0, True, 90, 8, theme)
        yield f"layers{name}", lambda theme=theme: draw_layers(layers, 40, 9, theme)
        yield (
            f"weights{name}",
            lambda theme=theme: draw_weights(UnitWeights(1, 3, 2, 5, weights, -0.25, ()), "sgd", 50, 16, theme),
        )
        for panel in SURFACE_PANELS.values():
            yield (
                f"race panel {panel.name}{name}",
                lambda p=panel, theme=theme: draw_plot(p.build(three, panels, theme), 60, 16, theme),
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
        np.arange(25) % 5 == 0,
        window,
        even=False,
    )
    for name, theme in THEMES.items():
        yield (
            f"picture of regions{name}",
            lambda theme=theme: draw_regions(regions, ("Decision regions",), 62, 16, theme, "sgd"),
        )
        spreads = [Spread(0, "dropout", 0.12, 0.9), Spread(1, "", 0.0, 3e-5)]
        yield f"spread{name}", lambda theme=theme, spreads=spreads: draw_spread(spreads, 44, 12, theme)
    for optimizer in OPTIMIZERS:
        one = racer(0, settings=race_settings("lane", optimizer), curvatures=(-3.0, 250.0))
        yield f"curvature {optimizer}", lambda one=one: draw_curvature(one, True, 44, 9, Theme())
    many = [KeyHint(i % 7, key, f"label {i}") for i, key in enumerate("abcdefghijklmn")]
    for width in (30, 60, 200):
        yield f"keys {width}", lambda w=width: draw_keys(many, w)
        for state, rate, speed in (
            ("running", 0.0, 5.0),
            ("paused", 1234.5, np.inf),
            ("finished", 2.5e6, 1e4),
            ("failed", 9.94, 1.0),
        ):
            shown = Status("A title of several words", state, rate, speed, ("critical", "info"), True)
            yield (
                f"header {width} {state}",
                lambda w=width, s=shown: draw_header(snapshot("sgd", "adam"), s, w, Theme()),
            )
    for progress in ((0, 0, "building"), (3, 20, "the training step"), (20, 20, "done")):
        yield f"progress {progress[0]} of {progress[1]}", lambda p=progress: draw_progress(p, 60, 12, Theme())
    yield (
        "message",
        lambda: draw_message(
            "A line that says what was done, in so many words that it needs two rows.", False, 50, 4, Theme()
        ),
    )
    yield "error", lambda: draw_message("train.lr: −1 must be at least 0", True, 50, 4, Theme())
    yield "failure", lambda: draw_failure("ZeroDivisionError: the fake broke (advance, line 7)", 60, 12, Theme())


def lists() -> Iterator[tuple[str, Callable[[], Grid | str]]]:
    theme = Theme()
    knobs = [
        KnobRow("lr", "0.1"),
        KnobRow("optimizer", "adam", was="sgd"),
        KnobRow("momentum", "none", missing=True),
        KnobRow("batch size", "32", waiting=True),
        KnobRow("init", "a value that is far too long for it"),
        *(KnobRow(f"knob {i}", str(i)) for i in range(6)),
    ]
    words = "How far one step goes: too far, and it goes astray."
    for name, one in THEMES.items():
        for chosen in (0, 1, 2, 5, 10):
            yield f"knobs, {chosen} chosen{name}", lambda c=chosen, k=one: draw_knobs(knobs, c, "sgd", words, 30, 8, k)
    for height in (12, 13, 14, 15, 16, 20):
        yield f"knobs in {height} rows", lambda h=height: draw_knobs(knobs, 3, "", words, 30, h, theme)
    tries = [TryLine("Raise the rate", "t"), TryLine("Kill its units for good, all of them", done=True), TryLine("x")]
    findings = [
        FindingLine("warning", "sgd: 75 % are dead, since step 40."),
        FindingLine("info", "one"),
        FindingLine("critical", "NaN"),
    ]
    log = [
        LogLine("started"),
        LogLine("lr = 0.2 and much else besides", 40),
        LogLine("no", 50, "note"),
        LogLine("bad", 60, "error"),
    ]
    healthy = ("Looked for all: none so far.",)
    for height in (4, 5, 6, 7, 9, 12):
        yield f"tries in {height} rows", lambda h=height: draw_tries(tries, 30, h, theme)
        yield f"log in {height} rows", lambda h=height: draw_log(findings, (), log, 36, h, theme)
        yield (
            f"empty log in {height} rows",
            lambda h=height: draw_log([], healthy[h % 2 :], [], 36, h, theme),
        )
    for count in (3, 12, 30):
        for width, height in ((30, 8), (44, 12), (90, 10), (61, 20)):
            weights = UnitWeights(
                2, 2, 0, 1, np.append(1.5 * np.cos(np.arange(count - 1.0)), np.nan), 0.5, ("a", "long name")
            )
            yield (
                f"{count} weights {width}x{height}",
                lambda u=weights, w=width, h=height: draw_weights(u, "", w, h, theme),
            )
    pixels = UnitWeights(
        1, 2, 0, 4, np.sin(np.arange(64.0)), 0.5, tuple(f"pixel_{i}_{j}" for i in range(8) for j in range(8))
    )
    for name, one in THEMES.items():
        yield f"pixels{name}", lambda k=one: draw_weights(pixels, "", 40, 16, k)
    yield "pixels in little room", lambda: draw_weights(pixels, "", 20, 9, theme)


def tables() -> Iterator[tuple[str, Callable[[], str]]]:
    sizes = [
        0.0,
        0.4,
        0.9,
        0.94,
        0.95,
        0.999,
        0.9996,
        1.0,
        1.05,
        9.94,
        9.95,
        9.995,
        12.0,
        99.4,
        99.5,
        999.4,
        999.5,
        1234.0,
    ]
    sizes += [
        9999.0,
        9999.4,
        9999.5,
        1e4,
        10001.0,
        99999.0,
        1e5,
        123456.0,
        999999.0,
        1e6,
        2.5e6,
        9.9e8,
        1e9,
        1.5e12,
        1e100,
    ]
    sizes += [1e-2, 1e-3, 9.99e-4, 1e-4, 5e-5, 1e-7, 1e-300]
    values = [*sizes, *(-v for v in sizes), np.nan, np.inf, -np.inf]
    functions: dict[str, tuple[Callable[[float], str], list[float]]] = {
        "a report's numbers": (report_number, values),
        "measured numbers": (numbers.number, values),
        "shares": (numbers.share, [v for v in values if 0.0 <= v <= 1.0]),
        "R²": (numbers.explained, values),
        "numbers of a pass": (lambda v: numbers.number(v, 9, 5).rjust(10), values),
        "sizes of layers": (partial(numbers.number, room=5), values),
        "settings": (numbers.setting, values[:-3]),
        "counts": (numbers.short, [round(v) for v in sizes]),
        "speeds": (numbers.short, [*SPEEDS]),
        "powers": (numbers.power, [*range(-12, 13)]),
    }
    for name, (function, table) in functions.items():
        yield name, lambda f=function, t=table: "\n".join(f"{value!r:>24} {f(value)}" for value in map(_plain, t))
    yield "widths of the side column", lambda: " ".join(f"{w}:{side_width(w)}" for w in range(70, 190))
    names = tuple("abcdefgh")
    for count in (1, 2, 4, 5, 8):
        yield (
            f"{count} plots",
            lambda n=count: "\n".join(
                f"{w}x{h} "
                + " | ".join(" ".join("".join(row) for row in page) for page in lay_out(w, h, names[:n]).pages)
                for w in (60, 73, 74, 90, 99, 100, 120, 159, 160, 239, 240)
                for h in (12, 19, 24, 30, 40, 48, 60)
            ),
        )
    yield (
        "maps",
        lambda: "\n".join(
            f"{w}x{h} {rows}: {lay_out_map(w, h, rows)}"
            for w in (60, 74, 118, 119, 160, 200)
            for h in (12, 24, 28, 30, 43, 44, 60)
            for rows in (4, 8)
        ),
    )


def _plain(value: float) -> float | int:
    return value if isinstance(value, int) else float(value)


def reports() -> Iterator[tuple[str, Callable[[], str]]]:
    def printed(write: Callable[..., None], *arguments: Any, **keywords: Any) -> str:
        file = io.StringIO()
        write(text_console(file), *arguments, **keywords)
        return file.getvalue()

    timing = Timing(2.5, 3000)
    lanes = (racer(0), racer(1, [[-1.5, 1.0], [0.5, 0.25]], state="finished"))
    marked = race(*lanes, marks=(Mark(3, "lane 1", {"train.lr": 0.5}, "lr = 0.5"), Mark(9, None, {}, "noise = 0.1")))
    yield "two lanes", lambda: printed(print_report, builders.diverged(), timing=timing)
    yield "one lane", lambda: printed(print_report, builders.iris())
    yield "a race", lambda: printed(print_report, marked, timing=timing)
    yield "a race of one", lambda: printed(print_report, race(lanes[1]))
    rates = np.geomspace(1e-3, 10.0, 30)
    found = [
        Sensitivity("lane 0", "sgd", rates, (np.log10(rates) + 1.0) ** 2, (np.log10(rates) + 2.0) ** 2, 0.01, 0.25),
        Sensitivity("", "adam", rates, np.full(30, np.inf), np.full(30, np.inf), 1e-3, np.inf),
    ]
    one = SimpleNamespace(title="A fake race", name="fake")
    surface = SimpleNamespace(lanes=[SimpleNamespace(settings=race_settings())], lowest=lambda _: 0.0)
    still = SimpleNamespace(scenario=one, seed=3, steps=1500, lanes=lanes, surface=surface)
    yield "fair rates", lambda: printed(print_fair, still, found)
