"""Words and tables that the reports for people share."""

from rich.table import Table
from rich.text import Text

from nntui.headless.training import Timing
from nntui_engine.scenario.settings import UNKNOWN_SEED

LONGEST_LANE_NAME = 24


def heading(title: str, scenario: str, seed: int, rest: str) -> Text:
    """The first line of a report; a seed that nobody knows is left out."""
    text = Text(title, style="bold")
    if scenario != title:
        text.append(f"  {scenario}", style="not bold")
    said = "" if seed == UNKNOWN_SEED else f"seed {seed}  "
    text.append(f"  {said}{rest}".replace(",", " "), "not bold")
    return text


def known_seed(seed: int) -> int | None:
    """The seed in a document; None where nobody knows it."""
    return None if seed == UNKNOWN_SEED else seed


def plain_table(*headers: tuple[str, bool], one_line: bool = False) -> Table:
    """A table without lines; a header says whether its column stands on the right. The first, and "Lane", may hold
    lanes' names. Numbers may be wrapped in a narrow terminal, unless every row is to be ``one_line``."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, (header, right) in enumerate(headers):
        width = LONGEST_LANE_NAME if place == 0 or header == "Lane" else None
        table.add_column(header, justify="right" if right else "left", no_wrap=one_line or not right, max_width=width)
    return table


def timing_line(timing: Timing) -> str:
    """How long the training took, in words."""
    return f"{timing.steps} steps in {timing.seconds:.2f} s ({timing.steps_per_second:,.0f} steps/s)"
