"""A sweep's lanes in little room: the groups that are not looked at take a line each, with a curve over their lanes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from nntui_engine.run.snapshot import LaneSnapshot
from nntui_engine.scenario.load import Sweep

from .lane_rows import LaneRow
from .severity import WORST_FIRST, lane_sign
from .theme import DIM, TEXT, Theme

CURVE = "▁▂▃▄▅▆▇█"
CURVE_ASCII = "_.-~=+*#"
MOST = 7  # lanes in a curve, as many as a number has characters


def fold_groups(
    rows: Sequence[LaneRow], lanes: Sequence[LaneSnapshot], sweep: Sweep, measure: Mapping[int, float], theme: Theme
) -> list[LaneRow]:
    """The rows, in their order, with a single one for each group that has no chosen lane, or for every group where all
    are chosen. ``measure`` is what the curve shows of each lane, by its index."""
    by_name = {lane.name: row for lane, row in zip(lanes, rows, strict=True)}
    group_of = {name: group for group, names in sweep.groups.items() for name in names}
    everything = all(row.here for row in rows)
    opened = {group_of.get(lane.name) for lane, row in zip(lanes, rows, strict=True) if row.here and not everything}
    found: list[LaneRow] = []
    folded: set[str] = set()
    for lane, row in zip(lanes, rows, strict=True):
        group = group_of.get(lane.name)
        if group is None or group in opened:
            found.append(row)
        elif group not in folded:
            folded.add(group)
            members = [by_name[name] for name in sweep.groups[group] if name in by_name]
            indices = [one.index for one in lanes if group_of.get(one.name) == group]
            place = list(sweep.groups).index(group)
            found.append(_folded(place, members, [measure[i] for i in indices], theme))
    return found


def _folded(place: int, members: Sequence[LaneRow], values: Sequence[float], theme: Theme) -> LaneRow:
    """What the names share and how many they are; a curve in place of the loss, the best in place of the measure."""
    known = [value for value in values if math.isfinite(value)]
    cells = dict.fromkeys(members[0].cells, ("", DIM))
    cells["loss"] = (curve(values, theme), DIM)
    measure = "valid" if any(row.cells["valid"][0] != "-" for row in members) else "train"
    if known:
        best = members[max(range(len(values)), key=lambda i: values[i] if math.isfinite(values[i]) else -math.inf)]
        cells[measure] = (best.cells[measure][0], TEXT)
    signs = [row.sign for row in members]
    found = (lane_sign(severity, theme) for severity in WORST_FIRST)
    sign = next((one for one in found if one in signs), signs[0] if len(set(signs)) == 1 else (" ", DIM))
    words = [row.name.split() for row in members]
    shared = " ".join(word for word in words[0] if all(word in others for others in words))
    name = f"{shared} ({len(members)})"
    marker, colour = theme.kind_marker(place), theme.kind(place)  # those of its curve against the setting
    return replace(members[0], marker=marker, colour=colour, name=name, cells=cells, sign=sign)


def curve(values: Sequence[float], theme: Theme) -> str:
    """The values as columns of different heights, a cell each; a blank where there is no number."""
    if len(values) > MOST:
        values = [values[i * (len(values) - 1) // (MOST - 1)] for i in range(MOST)]
    known = [value for value in values if math.isfinite(value)]
    steps = CURVE_ASCII if theme.ascii_only else CURVE
    low, span = min(known, default=0.0), max(known, default=0.0) - min(known, default=0.0)
    heights = [round((value - low) / span * (len(steps) - 1)) if span > 0.0 else 0 for value in known]
    drawn = iter(heights)
    return "".join(steps[next(drawn)] if math.isfinite(value) else " " for value in values)
