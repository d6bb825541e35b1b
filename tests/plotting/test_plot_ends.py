"""Where a curve ends, for the marker beside it."""

import numpy as np
import pytest

from nntui.plotting.canvas import to_columns
from nntui.plotting.plot import Curve
from nntui.plotting.plot_box import plot_box
from nntui.plotting.plot_drawing import Placed, _end
from nntui.plotting.scales import step_axis


@pytest.mark.parametrize("seed", range(20))
def test_a_curve_ends_where_its_last_column_is_drawn(seed: int) -> None:
    generator = np.random.default_rng(seed)
    count = int(generator.integers(1, 400))
    x = np.sort(generator.uniform(0.0, 1.0, count))
    values = generator.uniform(0.0, 1.0, count)
    values[generator.random(count) < generator.choice([0.0, 0.1, 0.9])] = np.nan
    values[int(generator.integers(count))] = 0.5
    axis = step_axis(100, 100)
    frame = plot_box(40, 12, axis, axis, False)
    middle = to_columns(x, values, values, values, frame.width, 1).middle
    curve = Curve("", "", "", x, values, values, values, np.isnan(values))
    assert _end(Placed(curve, x, values, values, values), frame) == middle[np.isfinite(middle)][-1]
