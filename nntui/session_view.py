"""What a session hands out, and the changes it can take back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nntui_engine.errors import InputError

from .closeup import Closeup
from .kinds import AnySettings, AnySnapshot
from .plotting.fair import FairView
from .story import Story
from .terrain import Terrain

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
    snapshot: AnySnapshot | None = None
    running: bool = False
    finished: bool = False
    rate: float = 0.0
    speed: float = math.inf
    error: str = ""
    bad_input: InputError | None = None
    story: Story = field(default_factory=Story)
    first: Mapping[str, AnySettings] = field(default_factory=dict)
    applied: int = 0
    can_undo: bool = False
    can_redo: bool = False
    findings: tuple[Any, ...] = ()
    watching: bool = True
    terrain: Terrain | None = None
    fair: FairView | None = None
    closeup: Closeup | None = None


def steps_in_epoch(experiment: Any) -> int:
    """Steps in which the first lane sees each training row once; ten in a race."""
    lane = experiment.lanes[0]
    if not hasattr(lane, "data"):
        return 10
    rows = int(lane.data.x_train.shape[0])
    return max(1, math.ceil(rows / int(lane.settings.batch_size)))


def merged(back: Tweaks, lanes: int) -> Tweaks:
    """One change for all lanes where every lane goes back to the same values, so that one mark is left."""
    if len(back) == lanes and all(dict(settings) == dict(back[0][0]) for settings, _ in back):
        return ((back[0][0], None),)
    return back
