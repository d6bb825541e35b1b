"""``nntui show``: a scenario's lesson and its settings with every "auto" decided."""

from typing import TYPE_CHECKING, Any

import click

from nntui.commands.options import SCENARIO, examples

if TYPE_CHECKING:
    from nntui.headless.ahead_text import Ahead
    from nntui_engine.scenario import Scenario
    from nntui_engine.scenario.settings import LaneSettings, SurfaceSettings


@click.command(
    "show",
    short_help="Show a scenario's lesson and settings.",
    epilog=examples("nntui show digits", "nntui show my-scenario.toml --json"),
)
@click.argument("scenario", type=SCENARIO)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of text.")
def command(scenario: str, as_json: bool) -> None:
    """Show SCENARIO's lesson, its settings in full, and what may go wrong with them as far as that shows before
    training."""
    from nntui.headless.ahead_text import may_go_wrong
    from nntui.scenario import load_scenario
    from nntui_engine.tasks.resolve import resolve_lane, resolve_surface

    loaded = load_scenario(scenario)
    lanes: list[LaneSettings | SurfaceSettings]
    expected: list[Ahead] = []
    if loaded.is_surface:
        lanes = [resolve_surface(lane.tables, lane.name) for lane in loaded.lanes]
    else:
        resolved = [resolve_lane(lane.tables, lane.name) for lane in loaded.lanes]
        lanes = [lane.settings for lane in resolved]
        expected = may_go_wrong(resolved)
    if as_json:
        from nntui.headless.machine import write_json

        write_json(_document(loaded, lanes, expected))
    else:
        _print(loaded, lanes, expected)


def _document(
    scenario: "Scenario", lanes: "list[LaneSettings | SurfaceSettings]", expected: "list[Ahead]"
) -> dict[str, Any]:
    return {
        "schema": 1,
        "scenario": scenario.name,
        "title": scenario.title,
        "summary": scenario.summary,
        "lesson": scenario.lesson,
        "source": scenario.source,
        "panels": list(scenario.panels),
        "lanes": [{"name": lane.name, "settings": _settings(lane), "layers": _layers(lane)} for lane in lanes],
        "may_go_wrong": [one.as_dict() for one in expected],
    }


def _print(scenario: "Scenario", lanes: "list[LaneSettings | SurfaceSettings]", expected: "list[Ahead]") -> None:
    from rich.markdown import Markdown
    from rich.text import Text

    from nntui.headless.ahead_text import ahead_lines
    from nntui.headless.network_words import layer_line
    from nntui.headless.output import text_console
    from nntui_engine.scenario.settings import LaneSettings

    console = text_console()
    console.print(Text(scenario.title, style="bold"))
    if scenario.summary:
        console.print(Text(scenario.summary))
    if scenario.lesson:
        console.print()
        console.print(Markdown(scenario.lesson))
    if scenario.source:
        console.print()
        console.print(Text(f"Source: {scenario.source}"))
    first: dict[str, str] = {}
    first_rows: list[dict[str, Any]] = []
    for position, lane in enumerate(lanes):
        values = flatten(_settings(lane))
        head = f"{lane.name or 'Settings'}: "
        console.print()
        console.print(Text(f"{head}{_line(lane, console.width - len(head))}", style="bold"))
        rows = _layers(lane)
        if isinstance(lane, LaneSettings) and rows != first_rows:
            _print_layers(console, lane)
        if isinstance(lane, LaneSettings) and not lane.is_plain:
            values |= {f"model.layers.{layer.index}": layer_line(lane, layer) for layer in lane.layers}
        if position:
            # Lanes differ in a few values: only those are worth reading again.
            changed = {key: value for key, value in values.items() if first.get(key) != value}
            gone = [key for key in first if key not in values]
            console.print(Text(f"as {lanes[0].name}, except:" if changed or gone else f"as {lanes[0].name}"))
            _print_values(console, changed)
            if gone:
                console.print(Text(f"  without {', '.join(gone)}"))
        else:
            first, first_rows = values, rows
            _print_values(console, values)
    for line in [Text(), *ahead_lines(expected, console.width)] if expected else ():
        console.print(line, soft_wrap=True)


def _settings(lane: "LaneSettings | SurfaceSettings") -> dict[str, Any]:
    from nntui.headless.settings_document import settings_document

    return settings_document(lane)


def _layers(lane: "LaneSettings | SurfaceSettings") -> list[dict[str, Any]]:
    """The layers in numbers; none on a surface."""
    from nntui.headless.network_words import layer_rows
    from nntui_engine.scenario.settings import SurfaceSettings

    return [] if isinstance(lane, SurfaceSettings) else layer_rows(lane)


def _print_layers(console: Any, lane: "LaneSettings") -> None:
    from rich.padding import Padding

    from nntui.headless.network_words import layers_table

    console.print(Padding(layers_table(lane), (0, 0, 0, 2)))
    console.print()


def _line(lane: "LaneSettings | SurfaceSettings", room: int) -> str:
    """What the lane is, in one line."""
    from nntui.headless.network_words import network_line
    from nntui_engine.scenario.settings import SurfaceSettings

    if isinstance(lane, SurfaceSettings):
        from nntui_engine.registry.surface import SURFACES

        row = SURFACES[lane.surface]
        return f"{lane.optimizer} on {lane.surface}, {row.formula}"
    return network_line(lane, room)


def _print_values(console: Any, values: dict[str, str]) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for key, value in values.items():
        table.add_row(Text(key), Text(value))
    console.print(Padding(table, (0, 0, 0, 2)))


def flatten(values: Any, prefix: str = "") -> dict[str, str]:
    """Nested tables and lists of tables as "model.layers.1.units" → text."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            flat.update(flatten(value, f"{path}."))
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for item in value:
                rest = {name: inner for name, inner in item.items() if name != "index"}
                flat[f"{path}.{item.get('index', value.index(item) + 1)}"] = _row(rest)
        else:
            flat[path] = _text(value)
    return flat


def _row(values: dict[str, Any]) -> str:
    return ", ".join(f"{key} {_text(value)}" for key, value in values.items() if value is not None)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(item) for item in value)
    return str(value)
