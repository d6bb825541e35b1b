"""What the screen shows at one moment: the model makes it, the screen draws it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nntui.looks.fair_rates import FairView
from nntui.looks.surface import SampledSurface
from nntui.plotting.expected import ExpectedLine
from nntui.plotting.header import Status
from nntui.plotting.knob_box import KnobRow
from nntui.plotting.launcher import Preview
from nntui.plotting.log_list import FindingLine, LogLine
from nntui.plotting.panel import PanelView
from nntui.plotting.status import KeyHint
from nntui.plotting.tries import TryLine
from nntui_engine.run.snapshot import Snapshot

from .arrangement import Arrangement
from .map_view import MapView


@dataclass(slots=True)
class LabState:
    """Everything the screen shows at one moment; of ``snapshot`` and ``race`` at most one is there.

    ``sick``: by the index of each lane that something was found in, how bad the worst of it is.
    """

    snapshot: Snapshot | None = None
    race: Snapshot | None = None
    status: Status = field(default_factory=lambda: Status(""))
    progress: tuple[int, int, str] = (0, 0, "")
    preview: Preview | None = None
    failure: str = ""
    panel_view: PanelView = field(default_factory=PanelView)
    all_lanes: bool = False
    knobs: list[KnobRow] = field(default_factory=list)
    chosen_knob: int = 0
    target: str = ""
    explanation: str = ""
    findings: list[FindingLine] = field(default_factory=list)
    sick: Mapping[int, str] = field(default_factory=dict)
    health: tuple[str, ...] = ()
    log: list[LogLine] = field(default_factory=list)
    tries: list[TryLine] = field(default_factory=list)
    tries_here: bool = True  # whether they can be done in what is shown
    expected: tuple[ExpectedLine, ...] = ()
    keys: list[KeyHint] = field(default_factory=list)
    message: tuple[str, bool] = ("", False)
    panels: tuple[str, ...] = ()
    page: int = 0
    zoom: str = ""
    arrangement: Arrangement = field(default_factory=Arrangement)
    view: str = "overview"
    lesson: str = ""
    output: str | None = None  # of the script that runs under the lab, which stands in the lesson's place
    output_of: str = ""
    surface: SampledSurface | None = None
    map_view: MapView = field(default_factory=MapView)
    fair: FairView | None = None

    @property
    def anything(self) -> Snapshot | None:
        """What there is to draw, of either kind."""
        return self.snapshot or self.race
