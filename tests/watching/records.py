"""What stands in the record of a run that a script made."""

from pathlib import Path

from nntui_engine.record.source import RecordSource
from nntui_engine.run.snapshot import LaneSnapshot


def last(path: Path) -> LaneSnapshot:
    """Its only lane, at its last step."""
    source = RecordSource(path)
    try:
        return source.full_snapshot(None).lanes[0]
    finally:
        source.close()
