"""What lies under the lanes of a race: their surfaces' values, curvatures and minima, wherever one asks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..kernels import race as k
from ..registry.surface import SURFACES
from ..run.snapshot import LaneSnapshot, LaneState, Series, SurfacePart
from .field import Field, distances, lay_out
from .surface_lane import SAMPLED, SurfaceLane

Array = NDArray[np.float64]

SURFACE_HISTORIES = (*SAMPLED, "distance")


class Ground:
    """The surfaces that lanes stand on, whether they race there now or did so once."""

    lanes: list[SurfaceLane]
    _numbers: Field
    _minima_of_data: dict[tuple[int, int], Array]  # of noisy_moons, by where its points are and how many

    @classmethod
    def under(cls, lanes: Sequence[SurfaceLane]) -> "Ground":
        """What lies under these lanes, which race no further."""
        ground = Ground()
        ground.lanes, ground._minima_of_data = list(lanes), {}
        ground._numbers = lay_out([lane.settings for lane in lanes])
        return ground

    def look(
        self, index: int, step: int, state: LaneState, standing: Array, whole_history: Sequence[str], points: int | None
    ) -> LaneSnapshot:
        """An immutable view of a lane at ``step``, where the sample ``standing`` (OUT,) was taken."""
        lane, minima = self.lanes[index], self.minima(index)
        now = dict(zip(SAMPLED, standing.tolist(), strict=True))
        path = lane.history.series(slice(0, k.O_Y + 1))
        return LaneSnapshot(
            index=index,
            name=lane.name,
            step=step,
            state=state,
            own=SurfacePart(
                settings=lane.settings,
                position=(now["x"], now["y"]),
                curvatures=self.curvatures(now["x"], now["y"], index),
                steps=path.steps,
                path=path.mean,
                minima=minima,
                lowest=self.lowest(index),
                diverged_at=step if state == "diverged" else None,
            ),
            whole={
                "value": now["value"],
                "gradient_norm": now["gradient_norm"],
                "distance": float(distances(standing[None, : k.O_Y + 1], minima)[0]),
                "path_length": now["path_length"],
                "lr": now["lr"],
                "x": now["x"],
                "y": now["y"],
            },
            whole_history={
                name: self._series(lane, name, minima, points) for name in whole_history if name in SURFACE_HISTORIES
            },
        )

    def _series(self, lane: SurfaceLane, name: str, minima: Array, points: int | None) -> Series:
        if name != "distance":
            return lane.history.series([SAMPLED.index(name)], points)
        path = lane.history.series(slice(0, k.O_Y + 1), points)
        values = distances(path.mean, minima)[:, None]
        return Series(path.steps, values, values, values)

    def curvatures(self, x: float, y: float, lane: int = 0) -> tuple[float, float]:
        """The eigenvalues of the Hessian at (x, y), smallest first; NaN where the surface is not finite."""
        f = self._numbers
        hxx, hxy, hyy = k.hessian_at(f.points, f.ints[lane], f.reals[lane], np.float64(x), np.float64(y))
        middle, spread = 0.5 * (hxx + hyy), np.hypot(0.5 * (hxx - hyy), hxy)
        return float(middle - spread), float(middle + spread)

    def values(self, xs: Array, ys: Array, lane: int = 0) -> Array:
        """The surface's values at every (x, y): (len(ys), len(xs))."""
        f, out = self._numbers, np.zeros((len(ys), len(xs)))
        k.surface_values(
            f.points, f.ints[lane], f.reals[lane], np.ascontiguousarray(xs, float), np.ascontiguousarray(ys, float), out
        )
        return out

    def minima(self, lane: int = 0) -> Array:
        """The surface's known minima (k, 2); for noisy_moons the one minimum, found by Newton's method."""
        surface = SURFACES[self.lanes[lane].settings.surface]
        if surface.name != "noisy_moons":
            return np.array(surface.minima, dtype=float).reshape(-1, 2)
        f = self._numbers
        at = int(f.ints[lane, k.C_POINTS_AT])
        key = (at, int(f.ints[lane, k.C_POINTS]))
        if key not in self._minima_of_data:
            self._minima_of_data[key] = self._newton(lane)
        return self._minima_of_data[key]

    def lowest(self, lane: int = 0) -> float:
        """The surface's value at its known minima; 0.0 when none is known or it is 0 but for rounding."""
        values = [float(self.values(point[:1], point[1:], lane)[0, 0]) for point in self.minima(lane)]
        lowest = min(values, default=0.0)
        return lowest if abs(lowest) > 1e-12 else 0.0

    def _newton(self, lane: int) -> Array:
        f = self._numbers
        probe = f.copy()
        w = np.zeros(2)
        for _ in range(50):
            probe.state[lane, k.W : k.W + 2] = w
            k.start_race(probe.points, probe.state, probe.ints, probe.reals)
            hxx, hxy, hyy = k.hessian_at(f.points, f.ints[lane], f.reals[lane], w[0], w[1])
            step = np.linalg.solve(np.array([[hxx, hxy], [hxy, hyy]]), probe.state[lane, k.G : k.G + 2])
            w = w - step
            if np.abs(step).max() < 1e-13:
                break
        return w.reshape(1, 2)
