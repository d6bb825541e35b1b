"""Test surfaces f(x, y): value, gradient and Hessian, in closed form. Formulas and minima: ``registry/surface.py``.

All take the code, the parameter κ of `ravine` (any number elsewhere) and the point; everything is float64.
"""

import math

from ..registry.surface import SURFACES
from .policy import kernel

(
    BEALE,
    LONG_VALLEY,
    SADDLE,
    ROSENBROCK,
    HIMMELBLAU,
    BOOTH,
    BOWL,
    RAVINE,
    RASTRIGIN,
    ACKLEY,
    STYBLINSKI_TANG,
    SIX_HUMP_CAMEL,
    PLATEAU,
    CLIFF,
    NOISY_MOONS,
) = SURFACES.codes(
    "beale",
    "long_valley",
    "saddle",
    "rosenbrock",
    "himmelblau",
    "booth",
    "bowl",
    "ravine",
    "rastrigin",
    "ackley",
    "styblinski_tang",
    "six_hump_camel",
    "plateau",
    "cliff",
    "noisy_moons",
)

# long_valley: steepness across, half-length and depth along
_ACROSS, _LENGTH, _DEPTH = 4.0, 3.0, 0.01
_TWO_PI = 2.0 * math.pi


@kernel
def _ackley_parts(x, y):
    """(r, e^(−r/5), e^c) of Ackley's function, r = √(½(x² + y²)), c = ½(cos 2πx + cos 2πy); it has a kink at r = 0."""
    r = math.sqrt(0.5 * (x * x + y * y))
    c = 0.5 * (math.cos(_TWO_PI * x) + math.cos(_TWO_PI * y))
    return r, math.exp(-0.2 * r), math.exp(c)


@kernel
def surface_slope(code, kappa, x, y):
    """(f, ∂f/∂x, ∂f/∂y) at (x, y)."""
    if code == BEALE:
        a, b, c = 1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y * y * y
        f = a * a + b * b + c * c
        gx = 2.0 * (a * (y - 1.0) + b * (y * y - 1.0) + c * (y * y * y - 1.0))
        gy = 2.0 * x * (a + 2.0 * b * y + 3.0 * c * y * y)
        return f, gx, gy
    if code == LONG_VALLEY:
        off = y * y - _LENGTH * _LENGTH
        return _ACROSS * x * x + _DEPTH * off * off, 2.0 * _ACROSS * x, 4.0 * _DEPTH * y * off
    if code == SADDLE:
        return x * x - y * y + y**4 / 8.0, 2.0 * x, -2.0 * y + 0.5 * y**3
    if code == ROSENBROCK:
        off = y - x * x
        return (1.0 - x) ** 2 + 100.0 * off * off, -2.0 * (1.0 - x) - 400.0 * x * off, 200.0 * off
    if code == HIMMELBLAU:
        a, b = x * x + y - 11.0, x + y * y - 7.0
        return a * a + b * b, 4.0 * x * a + 2.0 * b, 2.0 * a + 4.0 * y * b
    if code == BOOTH:
        a, b = x + 2.0 * y - 7.0, 2.0 * x + y - 5.0
        return a * a + b * b, 2.0 * a + 4.0 * b, 4.0 * a + 2.0 * b
    if code == BOWL:
        return 0.5 * (x * x + y * y), x, y
    if code == RAVINE:
        return 0.5 * (x * x + kappa * y * y), x, kappa * y
    if code == RASTRIGIN:
        f = 20.0 + x * x - 10.0 * math.cos(_TWO_PI * x) + y * y - 10.0 * math.cos(_TWO_PI * y)
        gx = 2.0 * x + 10.0 * _TWO_PI * math.sin(_TWO_PI * x)
        return f, gx, 2.0 * y + 10.0 * _TWO_PI * math.sin(_TWO_PI * y)
    if code == ACKLEY:
        r, decay, bump = _ackley_parts(x, y)
        f = -20.0 * decay - bump + math.e + 20.0
        per_radius = 0.0 if r == 0.0 else 2.0 * decay / r
        gx = per_radius * x + math.pi * math.sin(_TWO_PI * x) * bump
        return f, gx, per_radius * y + math.pi * math.sin(_TWO_PI * y) * bump
    if code == STYBLINSKI_TANG:
        f = 0.5 * (x**4 - 16.0 * x * x + 5.0 * x + y**4 - 16.0 * y * y + 5.0 * y)
        return f, 2.0 * x**3 - 16.0 * x + 2.5, 2.0 * y**3 - 16.0 * y + 2.5
    if code == SIX_HUMP_CAMEL:
        f = (4.0 - 2.1 * x * x + x**4 / 3.0) * x * x + x * y + (-4.0 + 4.0 * y * y) * y * y
        return f, 8.0 * x - 8.4 * x**3 + 2.0 * x**5 + y, x - 8.0 * y + 16.0 * y**3
    if code == PLATEAU:  # flat far away, a hole in the middle
        s = 1.0 + x * x + y * y
        return 1.0 - 1.0 / s, 2.0 * x / (s * s), 2.0 * y / (s * s)
    if code == CLIFF:  # a gentle slope that drops at x = 0
        step = 1.0 / (1.0 + math.exp(-20.0 * x)) if x >= 0.0 else 1.0 - 1.0 / (1.0 + math.exp(20.0 * x))
        f = 0.05 * (x + 2.0) ** 2 + 0.5 * y * y + 4.0 * step
        return f, 0.1 * (x + 2.0) + 80.0 * step * (1.0 - step), y
    return math.nan, math.nan, math.nan


@kernel
def surface_hessian(code, kappa, x, y):
    """(∂²f/∂x², ∂²f/∂x∂y, ∂²f/∂y²) at (x, y)."""
    if code == BEALE:
        a, b, c = 1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y * y * y
        u, v, w = y - 1.0, y * y - 1.0, y * y * y - 1.0
        hxx = 2.0 * (u * u + v * v + w * w)
        hxy = 2.0 * (a + 2.0 * b * y + 3.0 * c * y * y + x * (u + 2.0 * v * y + 3.0 * w * y * y))
        hyy = 2.0 * x * (x + 2.0 * b + 4.0 * x * y * y + 6.0 * c * y + 9.0 * x * y**4)
        return hxx, hxy, hyy
    if code == LONG_VALLEY:
        return 2.0 * _ACROSS, 0.0, _DEPTH * (12.0 * y * y - 4.0 * _LENGTH * _LENGTH)
    if code == SADDLE:
        return 2.0, 0.0, -2.0 + 1.5 * y * y
    if code == ROSENBROCK:
        return 2.0 - 400.0 * (y - 3.0 * x * x), -400.0 * x, 200.0
    if code == HIMMELBLAU:
        return 12.0 * x * x + 4.0 * y - 42.0, 4.0 * (x + y), 4.0 * x + 12.0 * y * y - 26.0
    if code == BOOTH:
        return 10.0, 8.0, 10.0
    if code == BOWL:
        return 1.0, 0.0, 1.0
    if code == RAVINE:
        return 1.0, 0.0, kappa
    if code == RASTRIGIN:
        bend = 10.0 * _TWO_PI * _TWO_PI
        return 2.0 + bend * math.cos(_TWO_PI * x), 0.0, 2.0 + bend * math.cos(_TWO_PI * y)
    if code == ACKLEY:
        r, decay, bump = _ackley_parts(x, y)
        if r == 0.0:
            return math.nan, math.nan, math.nan  # a kink: no second derivative
        cx, sx = math.cos(_TWO_PI * x), math.sin(_TWO_PI * x)
        cy, sy = math.cos(_TWO_PI * y), math.sin(_TWO_PI * y)
        per_radius = 2.0 * decay / r
        turn = -decay * (0.2 * r + 1.0) / r**3
        hxx = per_radius + turn * x * x + bump * math.pi * math.pi * (2.0 * cx - sx * sx)
        hyy = per_radius + turn * y * y + bump * math.pi * math.pi * (2.0 * cy - sy * sy)
        return hxx, turn * x * y - bump * math.pi * math.pi * sx * sy, hyy
    if code == STYBLINSKI_TANG:
        return 6.0 * x * x - 16.0, 0.0, 6.0 * y * y - 16.0
    if code == SIX_HUMP_CAMEL:
        return 8.0 - 25.2 * x * x + 10.0 * x**4, 1.0, -8.0 + 48.0 * y * y
    if code == PLATEAU:
        s = 1.0 + x * x + y * y
        return 2.0 / s**2 - 8.0 * x * x / s**3, -8.0 * x * y / s**3, 2.0 / s**2 - 8.0 * y * y / s**3
    if code == CLIFF:
        step = 1.0 / (1.0 + math.exp(-20.0 * x)) if x >= 0.0 else 1.0 - 1.0 / (1.0 + math.exp(20.0 * x))
        return 0.1 + 1600.0 * step * (1.0 - step) * (1.0 - 2.0 * step), 0.0, 1.0
    return math.nan, math.nan, math.nan
