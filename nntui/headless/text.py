"""The result of a run as a report for people (``--format text``)."""

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from nntui.headless.findings_text import finding_lines
from nntui.headless.network_words import kind_words, network_line
from nntui.headless.numbers import statistic
from nntui.headless.settings_document import training_line
from nntui.headless.sparkline import NOT_FINITE, sparkline
from nntui.headless.surface_text import start_line, surface_blocks
from nntui.headless.training import Timing
from nntui.headless.words import heading, plain_table, timing_line
from nntui.plotting.grid import fit
from nntui_engine.registry.layer_kind import shape_text
from nntui_engine.registry.layer_kinds import LAYER_KINDS
from nntui_engine.registry.statistic import EVALUATION_BY_NAME, LAYER_BY_NAME, WHOLE_BY_NAME
from nntui_engine.run.finding import Finding, layer_words
from nntui_engine.run.snapshot import LaneSnapshot, LayerInfo, Mark, Snapshot

# Points of history asked for; a sparkline never has more columns than this.
POINTS = 240
CURVE_WIDTH = 36
SPARK_WIDTH = 10
LEAST_SPARK = 4
LONGEST_NAME = 12
NOTHING = "—"  # what does not apply
NUMBER_WIDTH = 8

SUMMARY = ("loss", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy", "r2")
OVER_TIME = ("loss", "validation_loss", "validation_accuracy", "r2")
DENSE_HEADERS = ("Layer", "Units", "Activation")
KIND_HEADERS = ("Layer", "Kind", "Shape", "Activation")
LAYER_COLUMNS = ("gradient_norm", "activation_variance")
LAYER_NUMBERS = ("update_ratio", "dead_units", "saturated_fraction")


def print_report(
    console: Console, snapshot: Snapshot, findings: Sequence[Finding] = (), timing: Timing | None = None
) -> None:
    """The report on ``console``: lanes, curves, layers, findings, changes made during the run."""
    title = heading(snapshot.title, snapshot.scenario, snapshot.seed, f"step {snapshot.step:,} of {snapshot.steps:,}")
    own = surface_blocks(snapshot) if snapshot.on_surface else _network_blocks(snapshot, console.width)
    after = (_findings(findings, console.width), _tweaks(snapshot.marks), _legend(snapshot), _timing(timing))
    console.print(title)
    if snapshot.on_surface:
        console.print(start_line(snapshot))
    for block in (*own, *after):
        if block is not None:
            console.print()
            console.print(block)


def _network_blocks(snapshot: Snapshot, width: int) -> list[RenderableType]:
    return [_summary(snapshot), _curves(snapshot), *(_layers(lane, width) for lane in snapshot.lanes)]


def _title(name: str) -> str:
    row = EVALUATION_BY_NAME.get(name) or WHOLE_BY_NAME.get(name) or LAYER_BY_NAME[name]
    return row.title


def _is_log(name: str) -> bool:
    row = EVALUATION_BY_NAME.get(name) or WHOLE_BY_NAME.get(name) or LAYER_BY_NAME[name]
    return row.scale == "log"


def _shown(names: Iterable[str], snapshot: Snapshot) -> list[str]:
    return [name for name in names if any(name in lane.whole for lane in snapshot.lanes)]


def _summary(snapshot: Snapshot) -> RenderableType:
    names = _shown(SUMMARY, snapshot)
    numbers = [("Step", True), *((_title(name), True) for name in names), ("Parameters", True)]
    table = plain_table(*_lane_header(snapshot), *numbers)
    for lane in snapshot.lanes:
        cells = [statistic(name, lane.whole[name]) if name in lane.whole else "" for name in names]
        table.add_row(*_lane_cell(snapshot, lane), str(lane.step), *cells, str(lane.network.parameters))
    return table


def _curves(snapshot: Snapshot) -> RenderableType:
    headers = [("first", True), ("", False), ("last", True)]
    table = plain_table(("Over time", False), *_lane_header(snapshot), *headers)
    for name in _shown(OVER_TIME, snapshot):
        title = _title(name)
        for lane in snapshot.lanes:
            series = lane.whole_history.get(name)
            if series is None or name not in lane.whole or not len(series.steps):
                continue
            values = [float(value) for value in series.mean[:, 0]]
            table.add_row(
                title,
                *_lane_cell(snapshot, lane),
                statistic(name, values[0]),
                sparkline(values, CURVE_WIDTH, _is_log(name)),
                statistic(name, lane.whole[name]),
            )
            title = ""
    return table


def _lane_header(snapshot: Snapshot) -> list[tuple[str, bool]]:
    """The column of lane names, which a single unnamed lane does not need."""
    return [("Lane", False)] if any(lane.name for lane in snapshot.lanes) else []


def _lane_cell(snapshot: Snapshot, lane: LaneSnapshot) -> list[Text]:
    """The name as it is: in a plain str, Rich would read [brackets] as markup."""
    return [Text(lane.name)] if _lane_header(snapshot) else []


def _layers(lane: LaneSnapshot, width: int) -> RenderableType:
    plain = all(layer.kind == "dense" for layer in lane.layers)
    rows = [_layer_cells(layer, plain) for layer in lane.layers]
    spark = SPARK_WIDTH if plain else _spare_width(rows, width)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for header in DENSE_HEADERS if plain else KIND_HEADERS:
        table.add_column(header, justify="right" if header in ("Units", "Shape") else "left", no_wrap=True)
    for name in (*LAYER_COLUMNS, *LAYER_NUMBERS):
        whole = None if plain else _whole_width(name)
        table.add_column(_title(name), justify="right", min_width=_least_width(name), width=whole)
        if name in LAYER_COLUMNS:
            table.add_column("", no_wrap=True)
    for position, row in enumerate(rows):
        cells = []
        for name in LAYER_COLUMNS:
            cells += [
                _layer_number(lane, name, position),
                _layer_spark(lane, name, position, spark),
            ]
        cells += [_layer_number(lane, name, position) for name in LAYER_NUMBERS]
        table.add_row(*row, *cells)
    name, training = lane.name or "Network", training_line(lane.network.settings)
    network = network_line(lane.network.settings, width - len(name) - 2)
    between = "; " if lane.network.settings.is_plain else "\n"
    title = Text.assemble((name, "bold"), f": {network}{between}{training}")
    parts: list[RenderableType] = [title]
    if lane.state == "stopped early":
        parts.append(Text(f"Stopped early after step {lane.step}: the loss no longer fell."))
    if lane.network.first_non_finite is not None:
        first = lane.network.first_non_finite
        place = f"step {first.step}, {layer_words((first.layer,), lane.layer_names)}"
        parts.append(Text(f"First NaN or infinity at {place}.", style="red"))
    return Group(*parts, table)


def _layer_cells(layer: LayerInfo, plain: bool) -> list[str]:
    """What a layer is: under ``DENSE_HEADERS``, or ``KIND_HEADERS``."""
    if plain:
        return [layer.name, str(layer.units), layer.activation]
    activation = layer.activation if "activation" in LAYER_KINDS[layer.kind].takes else NOTHING
    name = fit(layer.name, LONGEST_NAME)
    return [name, kind_words(layer.kind), shape_text(layer.shape), activation]


def _spare_width(rows: Sequence[Sequence[str]], width: int) -> int:
    """Columns for each sparkline beside these cells in a report of this width; 0 where they would say nothing."""
    words = (max(map(len, column)) for column in zip(KIND_HEADERS, *rows, strict=True))
    numbers = [_whole_width(name) for name in (*LAYER_COLUMNS, *LAYER_NUMBERS)]
    gaps = len(KIND_HEADERS) + len(numbers) + len(LAYER_COLUMNS)
    spare = (width - sum(words) - sum(numbers) - gaps) // len(LAYER_COLUMNS)
    return min(SPARK_WIDTH, spare) if spare >= LEAST_SPARK else 0


def _layer_number(lane: LaneSnapshot, name: str, position: int) -> str:
    """A layer's newest value, a dash where it has none; nothing where none was measured, as in a run that stopped
    before its first step."""
    if not lane.layers[position].has(name):
        return NOTHING
    values = lane.per_layer.get(name)
    return "" if values is None else statistic(name, float(values[position]))


def _least_width(name: str) -> int:
    """Room for the longest word of the title and for "1.23e-05"; a count needs less."""
    longest = max(len(word) for word in _title(name).split())
    return longest if name.endswith("_units") else max(longest, NUMBER_WIDTH)


def _whole_width(name: str) -> int:
    """Room for any number without a line's end in it, "0.0001234" being the longest."""
    least = _least_width(name)
    return least if name.endswith("_units") else max(least, NUMBER_WIDTH + 1)


def _layer_spark(lane: LaneSnapshot, name: str, position: int, width: int) -> str:
    series = lane.layer_history.get(name)
    if series is None or not len(series.steps) or not width or not lane.layers[position].has(name):
        return ""
    return sparkline([float(value) for value in series.mean[:, position]], width, _is_log(name))


def _findings(findings: Sequence[Finding], width: int) -> RenderableType | None:
    if not findings:
        return None
    lines = [line for finding in findings for line in finding_lines(finding, width)]
    return Group(Text("Findings", style="bold"), *lines)


def _tweaks(marks: Sequence[Mark]) -> RenderableType | None:
    if not marks:
        return None
    lines = [f"step {mark.step}  {f'{mark.lane}: ' if mark.lane else ''}{mark.text}" for mark in marks]
    return Group(Text("Changes", style="bold"), *map(Text, lines))


def _legend(snapshot: Snapshot) -> RenderableType | None:
    if snapshot.on_surface or all(lane.network.first_non_finite is None for lane in snapshot.lanes):
        return None
    return Text(f"{NOT_FINITE} marks a stretch with NaN or infinity.")


def _timing(timing: Timing | None) -> RenderableType | None:
    if timing is None:
        return None
    return Text(timing_line(timing))
