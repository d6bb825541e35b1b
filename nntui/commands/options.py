"""What several subcommands share: option types, checks and the layout of the examples."""

import os
import re
import sys

import click
from click.shell_completion import CompletionItem

from nntui.streams import is_terminal

SMALLEST_SIZE = (80, 24)
LARGEST_SIZE = (500, 200)
DEFAULT_SIZE = "120x40"
MAXIMUM_SEED = 2**63 - 1
MAXIMUM_STEPS = 10**12


def examples(*lines: str) -> str:
    """A help epilog that keeps its lines: click refolds everything else."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


class ScenarioType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """A built-in scenario's name or a path; completes both in the shell."""

    name = "scenario"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """The built-in scenarios whose names begin with ``incomplete``, and the shell's own completion of files."""
        from nntui_engine.scenario import list_scenarios

        items = [
            CompletionItem(scenario.name, help=scenario.title)
            for scenario in list_scenarios()
            if scenario.name.startswith(incomplete)
        ]
        return [*items, CompletionItem(incomplete, type="file")]


class RecordType(click.ParamType):  # type: ignore[type-arg]
    """A record's path, or the name of one in the history (``kept_record`` finds it); completes both in the shell."""

    name = "record"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """The names in the history that begin with ``incomplete``, and the shell's own completion of files."""
        from nntui.lab.history import history_files, history_folder

        names = ["last", *(path.stem for path in history_files(history_folder()))]
        items = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return [*items, CompletionItem(incomplete, type="file")]


class SizeType(click.ParamType):  # type: ignore[type-arg]
    """COLUMNSxROWS, such as 120x40, as a (columns, rows) tuple."""

    name = "WxH"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """(columns, rows). Raises click.BadParameter unless ``SMALLEST_SIZE`` and ``LARGEST_SIZE`` enclose them."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d{1,6})\s*[x×X]\s*(\d{1,6})", str(value))
        if match is None:
            self.fail(f'"{value}" is not COLUMNSxROWS, such as {DEFAULT_SIZE}', param, ctx)
        width, height = int(match[1]), int(match[2])
        (low_width, low_height), (high_width, high_height) = SMALLEST_SIZE, LARGEST_SIZE
        if not (low_width <= width <= high_width and low_height <= height <= high_height):
            self.fail(
                f'"{value}" is out of range: from {low_width}x{low_height} to {high_width}x{high_height}', param, ctx
            )
        return width, height


class WholeNumberType(click.ParamType):  # type: ignore[type-arg]
    """An integer in a closed range. (click's own IntRange spells the range out in every help text.)"""

    name = "N"

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The whole number, in which "_" may group digits. Raises click.BadParameter outside of the range."""
        text = str(value).replace("_", "")
        if not re.fullmatch(r"[+-]?\d{1,30}", text) or not self.low <= int(text) <= self.high:
            self.fail(f'"{value}" is not a whole number from {self.low} to {self.high:g}', param, ctx)
        return int(text)


SCENARIO = ScenarioType()
RECORD = RecordType()
SIZE = SizeType()
SEED = WholeNumberType(0, MAXIMUM_SEED)
STEPS = WholeNumberType(1, MAXIMUM_STEPS)
EVERY = WholeNumberType(1, 10**9)
AT = WholeNumberType(0, MAXIMUM_STEPS)
# Options of whatever trains a scenario
with_sets = click.option(
    "--set",
    "sets",
    metavar="[LANE:]KEY=VALUE",
    multiple=True,
    help="Change a setting, for all lanes or one. May be given again.",
)
with_seed = click.option("--seed", type=SEED, metavar="N", help="Random seed instead of the scenario's own.")
with_steps = click.option("--steps", type=STEPS, metavar="N", help="Training steps instead of the scenario's own.")


def no_screen() -> str:
    """Why a full-screen app cannot run here; "" if it can: in a terminal, or for a browser (``nntui serve``)."""
    if os.environ.get("TEXTUAL_DRIVER", "").endswith("WebDriver"):
        return ""
    if not is_terminal(sys.stdin, sys.stdout, sys.stderr):
        return "this needs a terminal"
    return "this needs a terminal that can move the cursor" if os.environ.get("TERM", "") in ("", "dumb") else ""


def require_terminal(instead: str) -> None:
    """Stop with a usage error unless a full-screen app can run here; ``instead`` says what to do."""
    why = no_screen()
    if why:
        raise click.UsageError(f"{why}; {instead}", click.get_current_context())
