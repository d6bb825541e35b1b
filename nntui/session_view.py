"""What a session hands out, and the changes it can take back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from nntui_engine.errors import InputError
from nntui_engine.run.finding import Finding
from nntui_engine.run.snapshot import Snapshot
from nntui_engine.run.source import Capability
from nntui_engine.scenario.settings import Settings

from .closeup import Closeup
from .plotting.fair import FairView
from .plotting.panel import Former
from .story import Story
from .terrain import Terrain

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment

Stage = Literal["preparing", "ready", "failed"]
Tweaks = tuple[tuple[Mapping[str, object], str | None], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A tweak that was made, and what takes it back: (settings, lane) pairs."""

    forward: Tweaks
    back: Tweaks


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
    story: Story = field(default_factory=Story)
    first: Mapping[str, Settings] = field(default_factory=dict)
    applied: int = 0
    can_undo: bool = False
    can_redo: bool = False
    findings: tuple[Finding, ...] = ()
    watching: bool = True
    capabilities: frozenset[Capability] = frozenset()
    terrain: Terrain | None = None
    fair: FairView | None = None
    closeup: Closeup | None = None
    former: Former | None = None


def steps_in_epoch(run: "Experiment") -> int:
    """Steps in which the first lane sees each training row once; ten on a surface."""
    if "survey" in run.capabilities:
        return 10
    lane = run.network.lanes[0]
    return max(1, math.ceil(len(lane.data.x_train) / int(lane.settings.batch_size)))


def merged(back: Tweaks, lanes: int) -> Tweaks:
    """One change for all lanes where every lane goes back to the same values, so that one mark is left."""
    if len(back) == lanes and all(dict(settings) == dict(back[0][0]) for settings, _ in back):
        return ((back[0][0], None),)
    return back
