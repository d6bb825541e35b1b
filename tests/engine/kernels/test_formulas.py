"""Every surface: derivatives by centred differences, minima, published values."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from engine.compiled import compiled, needs_jit

from nntui_engine.kernels.surface import surface_hessian, surface_slope
from nntui_engine.registry.surface import SURFACES, Surface

slope = compiled(surface_slope)
hessian = compiled(surface_hessian)
CLOSED = [row for row in SURFACES.rows if row.name != "noisy_moons"]
NAMES = [row.name for row in CLOSED]
KAPPA = 37.0
ALLOWED = 1e-6
H = 1e-4

Gradient = Callable[[float, float], tuple[float, float, float]]


def surface(name: str) -> Surface:
    row = SURFACES[name]
    assert isinstance(row, Surface)
    return row


def gradient_of(name: str) -> Gradient:
    code = surface(name).code
    return lambda x, y: slope(code, KAPPA, np.float64(x), np.float64(y))


def second_of(name: str) -> Gradient:
    code = surface(name).code
    return lambda x, y: hessian(code, KAPPA, np.float64(x), np.float64(y))


def points(name: str, count: int = 60) -> np.ndarray:
    (x0, x1), (y0, y1) = surface(name).window
    found = np.random.default_rng(3).uniform((x0, y0), (x1, y1), (count, 2))
    if name == "cliff":
        found[: count // 2, 0] *= 0.05  # half of them on the cliff itself
    return found


def centred(f: Callable[[float, float], np.ndarray], x: float, y: float) -> tuple[np.ndarray, np.ndarray]:
    """∂f/∂x and ∂f/∂y to fourth order."""
    along = []
    for dx, dy in ((H, 0.0), (0.0, H)):
        near = f(x + dx, y + dy) - f(x - dx, y - dy)
        far = f(x + 2 * dx, y + 2 * dy) - f(x - 2 * dx, y - 2 * dy)
        along.append((8.0 * near - far) / (12.0 * H))
    return along[0], along[1]


def worst_errors(name: str, first: Gradient, second: Gradient) -> tuple[float, float]:
    """Largest relative errors of gradient and Hessian over the points."""
    of_gradient, of_hessian = 0.0, 0.0
    for x, y in points(name):
        d_dx, d_dy = centred(lambda a, b: np.array(first(a, b)), x, y)
        exact, (hxx, hxy, hyy) = first(x, y), second(x, y)
        size = max(math.hypot(exact[1], exact[2]), 1e-2)
        of_gradient = max(of_gradient, math.hypot(d_dx[0] - exact[1], d_dy[0] - exact[2]) / size)
        size = max(abs(hxx), abs(hxy), abs(hyy), 1e-2)
        differences = (d_dx[1] - hxx, d_dx[2] - hxy, d_dy[1] - hxy, d_dy[2] - hyy)
        of_hessian = max(of_hessian, max(map(abs, differences)) / size)
    return of_gradient, of_hessian


@pytest.mark.parametrize("name", NAMES)
def test_gradient_and_hessian_are_the_functions_own(name: str) -> None:
    of_gradient, of_hessian = worst_errors(name, gradient_of(name), second_of(name))
    assert of_gradient < ALLOWED
    assert of_hessian < ALLOWED


@pytest.mark.parametrize("name", NAMES)
def test_the_check_notices_a_derivative_that_is_off_by_a_thousandth(name: str) -> None:
    first, second = gradient_of(name), second_of(name)

    def broken_first(x: float, y: float) -> tuple[float, float, float]:
        f, gx, gy = first(x, y)
        return f, gx, gy * 1.001

    def broken_second(x: float, y: float) -> tuple[float, float, float]:
        hxx, hxy, hyy = second(x, y)
        return hxx, hxy, hyy * 1.001

    assert worst_errors(name, broken_first, second)[0] > 10 * ALLOWED
    assert worst_errors(name, first, broken_second)[1] > 10 * ALLOWED


MINIMA = [(row.name, minimum) for row in CLOSED for minimum in surface(row.name).minima]


@pytest.mark.parametrize(("name", "minimum"), MINIMA)
def test_minima_are_minima(name: str, minimum: tuple[float, float]) -> None:
    f, gx, gy = gradient_of(name)(*minimum)
    hxx, hxy, hyy = second_of(name)(*minimum)
    assert math.hypot(gx, gy) < 1e-12 * max(1.0, abs(hxx), abs(hyy))
    if name == "ackley":  # a kink has no Hessian
        assert math.isnan(hxx)
    else:
        assert hxx > 0.0
        assert hxx * hyy - hxy * hxy > 0.0
    for angle in np.linspace(0.0, 2.0 * math.pi, 16, endpoint=False):
        for radius in (1e-3, 1e-2, 0.1):
            there = gradient_of(name)(minimum[0] + radius * math.cos(angle), minimum[1] + radius * math.sin(angle))
            assert there[0] > f


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_the_window_is_lower_than_the_minima(name: str) -> None:
    row = surface(name)
    lowest = min(gradient_of(name)(*minimum)[0] for minimum in row.minima)
    (x0, x1), (y0, y1) = row.window
    grid = [gradient_of(name)(x, y)[0] for x in np.linspace(x0, x1, 60) for y in np.linspace(y0, y1, 60)]
    assert min(grid) >= lowest - 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_start_and_minima_stand_in_the_window(name: str) -> None:
    row = surface(name)
    (x0, x1), (y0, y1) = row.window
    assert x0 <= row.start[0] <= x1
    assert y0 <= row.start[1] <= y1
    assert any(x0 <= x <= x1 and y0 <= y <= y1 for x, y in row.minima)
    assert row.summary
    assert row.formula


# (surface, point, published value); the sources stand in registry/surface.py
PUBLISHED = [
    ("beale", (3.0, 0.5), 0.0),
    ("beale", (0.0, 0.0), 14.203125),  # 1.5² + 2.25² + 2.625²
    ("rosenbrock", (1.0, 1.0), 0.0),
    ("rosenbrock", (-1.2, 1.0), 24.2),  # the classic start
    ("himmelblau", (3.0, 2.0), 0.0),
    ("himmelblau", (-2.805118, 3.131312), 0.0),
    ("himmelblau", (-3.779310, -3.283186), 0.0),
    ("himmelblau", (3.584428, -1.848126), 0.0),
    ("himmelblau", (-0.270845, -0.923039), 181.617),  # its local maximum
    ("booth", (1.0, 3.0), 0.0),
    ("booth", (0.0, 0.0), 74.0),
    ("rastrigin", (0.0, 0.0), 0.0),
    ("rastrigin", (4.52299366, 4.52299366), 80.7065801),  # largest in ±5.12
    ("ackley", (0.0, 0.0), 0.0),
    ("ackley", (1.0, 1.0), 3.62538494),  # 20 (1 − e^−0.2)
    ("styblinski_tang", (-2.903534, -2.903534), -39.16599 * 2),
    ("styblinski_tang", (2.746803, 2.746803), -25.02945 * 2),
    ("six_hump_camel", (0.0898, -0.7126), -1.0316),
    ("six_hump_camel", (-0.0898, 0.7126), -1.0316),
    ("six_hump_camel", (1.7036, -0.7961), -0.2155),
    ("bowl", (3.0, 4.0), 12.5),
    ("ravine", (1.0, 1.0), 0.5 * (1.0 + KAPPA)),
    ("saddle", (0.0, 0.0), 0.0),
    ("saddle", (0.0, 2.0), -2.0),
    ("long_valley", (0.0, 0.0), 0.81),
    ("plateau", (0.0, 3.0), 0.9),
    ("cliff", (0.0, 0.0), 2.2),
]


@pytest.mark.parametrize(("name", "point", "value"), PUBLISHED)
def test_published_values(name: str, point: tuple[float, float], value: float) -> None:
    assert gradient_of(name)(*point)[0] == pytest.approx(value, rel=1e-5, abs=1e-4)


def test_every_surface_has_a_published_value() -> None:
    assert {name for name, _, _ in PUBLISHED} == set(NAMES)


@needs_jit  # Python's own cos raises where the compiled one gives NaN
@pytest.mark.parametrize("name", NAMES)
def test_outside_the_window_nothing_breaks(name: str) -> None:
    for x, y in ((1e6, -1e6), (1e200, 1e200), (-1e308, 0.0), (math.nan, 0.0), (0.0, 0.0)):
        with np.errstate(all="ignore"):
            assert len(gradient_of(name)(x, y)) == 3
            assert len(second_of(name)(x, y)) == 3


def test_the_ridges_and_saddles_are_what_their_notes_say() -> None:
    assert second_of("saddle")(0.0, 0.0) == (2.0, 0.0, -2.0)
    assert second_of("long_valley")(0.0, 0.0)[0] == pytest.approx(8.0)
    assert second_of("long_valley")(0.0, 0.0)[2] == pytest.approx(-0.36)
    assert second_of("ravine")(0.3, -0.2) == (1.0, 0.0, KAPPA)
    assert gradient_of("cliff")(0.0, 0.0)[1] == pytest.approx(20.2)
