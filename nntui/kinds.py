"""What a session can run: a training experiment, or a race of optimizers on a surface."""

from nntui_engine.settings import LaneSettings, RaceSettings
from nntui_engine.snapshot import LaneSnapshot, RacerSnapshot, RaceSnapshot, Snapshot

AnySettings = LaneSettings | RaceSettings
AnyLane = LaneSnapshot | RacerSnapshot
AnySnapshot = Snapshot | RaceSnapshot
