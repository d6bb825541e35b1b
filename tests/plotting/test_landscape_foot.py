"""What stands under a landscape: what the plane is, in words that say so at every width."""

import numpy as np
import pytest

from nntui.looks.landscape import SeenLandscape
from nntui.plotting.grid import Grid
from nntui.plotting.landscape_panel import _write_foot
from nntui.plotting.map_frame import canvas_of
from nntui.plotting.theme import Theme


def foot(width: int, complete: bool, along_path: bool) -> str:
    window = ((-1.0, 1.0), (-1.0, 1.0))
    found = SeenLandscape(window, np.zeros((4, 4)), np.zeros((2, 2)), np.arange(2), along_path, 0.976, 1200, complete)
    grid = Grid.blank(width, 16)
    canvas = canvas_of(window, width, 16)
    _write_foot(grid, found, canvas, Theme())
    return grid.lines()[canvas.top + canvas.height].strip()


@pytest.mark.parametrize("complete", [True, False])
def test_a_share_never_stands_without_what_it_is_of(complete: bool) -> None:
    seen = {foot(width, complete, along_path=True) for width in range(20, 100)}
    assert len(seen) > 2
    for words in seen - {""}:
        assert "97.6% of" in words
        assert "plane" in words or "its way is here" in words
    for words in {foot(width, complete, along_path=False) for width in range(20, 100)} - {""}:
        assert "random directions" in words or "through step 1200" in words
