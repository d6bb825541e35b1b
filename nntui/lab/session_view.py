"""What a session hands out."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from nntui.looks.fair_rates import FairView
from nntui.looks.request import Looks
from nntui.looks.surface import SampledSurface
from nntui.plotting.panel import Former
from nntui_engine.errors import InputError
from nntui_engine.record.noticed import Happened
from nntui_engine.run.finding import Finding
from nntui_engine.run.snapshot import Snapshot
from nntui_engine.run.source import Capability
from nntui_engine.scenario import Scenario
from nntui_engine.scenario.settings import Settings

from .lesson import NO_SCENARIO

if TYPE_CHECKING:
    from nntui_engine.analysis.standing import Standing

Stage = Literal["preparing", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class SessionView:
    """The newest state of a session. ``rate`` is in steps per second, ``applied`` the number of commands done."""

    version: int = 0
    stage: Stage = "preparing"
    progress: tuple[int, int, str] = (0, 0, "")
    snapshot: Snapshot | None = None
    running: bool = False
    finished: bool = False
    rate: float = 0.0
    speed: float = math.inf
    error: str = ""
    bad_input: InputError | None = None
    scenario: Scenario = NO_SCENARIO
    first: Mapping[str, Settings] = field(default_factory=dict)
    applied: int = 0
    can_undo: bool = False
    can_redo: bool = False
    findings: tuple[Finding, ...] = ()
    standings: "tuple[Standing, ...]" = ()
    happened: tuple[Happened, ...] = ()  # what a record says of findings and fixes
    watching: bool = True
    recorded: str = ""  # the file that it is recorded into
    capabilities: frozenset[Capability] = frozenset()
    condition: str = ""  # of a run that another program makes: running, paused, finished, lost
    no_orders: str = ""  # why such a run takes none
    surface: SampledSurface | None = None
    fair: FairView | None = None
    looks: Looks | None = None
    former: Former | None = None
