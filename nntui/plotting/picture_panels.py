"""Panels of pictures: a convolution's filters, one row on its way through all layers, what augmentation makes of it."""

import numpy as np
from numpy.typing import NDArray

from nntui.looks.inside import Augmented, FeatureMaps, Filters, augmented, feature_maps, filters
from nntui_engine.registry.layer_kind import shape_text
from nntui_engine.run.snapshot import LaneSnapshot, Snapshot

from .boxes import draw_box
from .grid import Grid, fit
from .heat_map import numbers_axis
from .history_plots import lane_words, whose
from .numbers import number
from .panel import Panel, PanelView, Picture
from .plot import Curve, Key, PlotSpec
from .shades import largest_of, paint, resized, rising, rising_shades, signed, signed_shades
from .theme import DIM, TEXT, Theme
from .tiles import NOTHING, draw_tiles, enlarged, put

Floats = NDArray[np.float64]
WIDEST_WORDS = 10  # of a layer's name beside its pictures
FEW = 8  # channels that should be seen of every layer, before pixels are made larger
MOST_ZOOM = 4


def has_filters(snapshot: Snapshot, view: PanelView) -> bool:  # noqa: ARG001
    """Whether any lane has a convolution."""
    return any(_convolves(lane) for lane in snapshot.lanes)


def has_augmented(snapshot: Snapshot, view: PanelView) -> bool:  # noqa: ARG001
    """Whether any lane's rows are changed before a step."""
    return any(lane.network.settings.augment is not None for lane in snapshot.lanes)


def filters_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """The filters of the chosen convolution, blue where positive."""
    lane, title = snapshot.lanes[view.lane], "Filters"
    found = None if view.looks is None else view.looks.of(filters)
    if not _convolves(lane) or found is None:
        return PlotSpec(
            title=title, whose=whose(snapshot, lane), empty=_why_empty(snapshot, lane, "convolution", _convolves(lane))
        )
    name = f" {theme.glyphs.dot} {lane.name}" if whose(snapshot, lane) else ""
    return lambda w, h: _draw_filters(found, f"{title} of {found.layer.name}{name}", w, h, theme)


def _draw_filters(found: Filters, title: str, width: int, height: int, theme: Theme) -> Grid:
    palette, largest = signed(theme), largest_of(found.pictures)
    pictures = [signed_shades(picture, largest, palette) for picture in found.pictures]
    foot = f"{shape_text(found.pictures.shape[1:])}, largest {number(largest)}"
    if len(found.layer.shape) == 2:
        foot += ", a line a channel"
    elif found.channels > 1:
        foot += f", mean over {found.channels} channels"
    foot = foot.replace("×", theme.glyphs.times)
    return draw_tiles(title, pictures, palette, foot, width, height, theme)


def maps_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """What every layer makes of one probe row."""
    lane, title = snapshot.lanes[view.lane], "Feature maps of one row"
    found = None if view.looks is None else view.looks.of(feature_maps)
    if not _convolves(lane) or found is None:
        return PlotSpec(
            title=title, whose=whose(snapshot, lane), empty=_why_empty(snapshot, lane, "convolution", _convolves(lane))
        )
    name = f" {theme.glyphs.dot} {lane.name}" if whose(snapshot, lane) else ""
    return lambda w, h: _draw_maps(found, f"{title}{name}", w, h, theme)


def _draw_maps(found: FeatureMaps, title: str, width: int, height: int, theme: Theme) -> Grid:
    grid, g = Grid.blank(width, height), theme.glyphs
    draw_box(grid, theme, fit(title, width - 6, g.end))
    rows = height - 2
    maps = found.maps if len(found.maps) <= rows else found.maps[: max(1, rows)]
    left = 3 + min(WIDEST_WORDS, max(len(words) for words, _ in maps))
    columns = width - left - 2
    if columns < 4 or rows < 1:
        return grid
    zoom = next((z for z in range(MOST_ZOOM, 0, -1) if _fit(maps, z, rows, columns)), 1)
    heights = _heights([pictures.shape[1] * zoom for _, pictures in maps], rows)
    top, palette, unseen = 1, signed(theme), len(found.maps) - len(maps)
    for (words, pictures), high in zip(maps, heights, strict=True):
        grid.write(top, 2, fit(words, left - 3, g.end), TEXT)
        room = np.full((2 * high, columns), NOTHING, dtype=np.int16)
        largest, at = largest_of(pictures), 0
        for picture in pictures:
            small, tall, wide = _into(picture, zoom, 2 * high, columns)
            shades = enlarged(signed_shades(small, largest, palette), tall, wide)
            put(room, 0, at, shades)
            at += shades.shape[1] + 1
        paint(grid, top, left, room, palette, theme)
        top += high
    if unseen:
        grid.write_right(height - 1, width - 2, f" {unseen} layers more ", DIM)
    return grid


def _fit(maps: tuple[tuple[str, Floats], ...], zoom: int, rows: int, columns: int) -> bool:
    """Whether pixels of this size leave room for every layer, and for some channels of each."""
    high = sum(1 if p.shape[1] == 1 else (p.shape[1] * zoom + 2) // 2 for _, p in maps)
    wide = max((min(len(p), FEW) * (p.shape[2] * zoom + 1) for _, p in maps if p.shape[1] > 1), default=0)
    return high <= rows and wide <= columns + 1


def _into(picture: Floats, zoom: int, half_rows: int, columns: int) -> tuple[Floats, int, int]:
    """The picture, made smaller where it must be, and how many half rows and columns a pixel of it gets."""
    high, wide = picture.shape
    if high == 1:
        return resized(picture, 1, min(wide, columns)), half_rows, max(1, min(2, columns // wide))
    if high * zoom <= half_rows and wide * zoom <= columns:
        return picture, zoom, zoom
    return resized(picture, min(high, half_rows), min(wide, columns)), 1, 1


def _heights(half_rows: list[int], rows: int) -> list[int]:
    """Cells for each layer: as many as it needs and a half row between two; of too many, the tallest shrink."""
    heights = [max(1, (h + 2) // 2) if h > 4 else max(1, h // 2) for h in half_rows]
    while sum(heights) > rows and max(heights) > 1:
        heights[heights.index(max(heights))] -= 1
    return heights


def augmented_panel(snapshot: Snapshot, view: PanelView, theme: Theme) -> PlotSpec | Picture:
    """One probe row and what augmentation makes of it at this step: pictures, or curves of any other row."""
    lane, title = snapshot.lanes[view.lane], "One row, augmented"
    changes = lane.network.settings.augment is not None
    found = None if view.looks is None else view.looks.of(augmented)
    if not changes or found is None:
        return PlotSpec(
            title=title, whose=whose(snapshot, lane), empty=_why_empty(snapshot, lane, "augmentation", changes)
        )
    if found.rows.ndim == 4:
        return lambda w, h: _draw_augmented(found, title, w, h, theme)
    return _augmented_curves(found, title, view, theme)


def _draw_augmented(found: Augmented, title: str, width: int, height: int, theme: Theme) -> Grid:
    pictures = found.rows.mean(axis=3)
    finite = pictures[np.isfinite(pictures)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    palette = rising(theme)
    shades = [rising_shades((picture - low) / (high - low or 1.0), palette) for picture in pictures]
    foot = "first as it is, then as this step would change it"
    return draw_tiles(title, shades, palette, foot, width, height, theme)


def _augmented_curves(found: Augmented, title: str, view: PanelView, theme: Theme) -> PlotSpec:
    rows = found.rows.reshape(*found.rows.shape[:2], -1)[:, :, 0]  # of a sequence its first feature
    places = np.arange(1.0, rows.shape[1] + 1.0)
    keys = [Key(theme.lane_marker(0), "as it is", theme.lane(0)), Key("", "augmented", theme.faded(theme.lane(1)))]
    curves = []
    for index in (*range(1, len(rows)), 0):
        key, values = keys[index > 0], rows[index]
        bad = ~np.isfinite(values)
        curves.append(Curve(key.label, key.colour, key.marker, places, values, values, values, bad, band=False))
    return PlotSpec(
        title=title,
        curves=tuple(curves),
        legend=(keys[0],),
        x_axis=numbers_axis(len(places)),
        memory=view.axis_memory("augmented"),
    )


def _convolves(lane: LaneSnapshot) -> bool:
    return any(layer.kind == "convolution" for layer in lane.layers)


def _why_empty(snapshot: Snapshot, lane: LaneSnapshot, wanted: str, has: bool) -> str:
    return "One moment." if has else f"{lane_words(snapshot, lane)} has no {wanted}."


PICTURE_PANELS: tuple[Panel, ...] = (
    Panel(
        "filters",
        (),
        (),
        filters_panel,
        has_filters,
        filters,
        "network",
        meaning="What each filter looks for in a picture: blue adds, orange takes away",
        short="what filters look for",
        formula="W of one convolution, a picture a filter",
    ),
    Panel(
        "feature_maps",
        (),
        (),
        maps_panel,
        has_filters,
        feature_maps,
        "network",
        meaning="One row on its way: what every layer makes of it",
        short="one row, layer by layer",
        formula="a of every layer, for one row of the probe set",
    ),
    Panel(
        "augmented",
        (),
        (),
        augmented_panel,
        has_augmented,
        augmented,
        meaning="One row, and what augmentation makes of it before this step",
        short="one row, changed",
        formula="the changes that data.augment allows, drawn anew for each step",
    ),
)
