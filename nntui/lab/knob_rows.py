"""The knobs of a lane, whatever it does."""

from nntui_engine.scenario.settings import LaneSettings, Settings, SurfaceSettings

from .knobs import Knob
from .network_knobs import network_knobs
from .surface_knobs import surface_knobs
from .watched_knobs import is_watched, watched_knobs


def knobs_of(settings: Settings, layer: int = 1) -> tuple[Knob, ...]:
    """The knobs for a lane: one is for a ``layer`` (1-based)."""
    if isinstance(settings, LaneSettings) and is_watched(settings):
        return watched_knobs(settings)
    if isinstance(settings, LaneSettings):
        return network_knobs(settings, layer)
    assert isinstance(settings, SurfaceSettings)
    return surface_knobs(settings)
