"""Numbers as the reports for people write them."""

import math


def number(value: float) -> str:
    """Four significant digits, in the form a person reads; "NaN" and "Inf" as such."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "−Inf"
    if value == 0:
        return "0"
    size = abs(value)
    if 1e-4 <= size < 1e5:
        return f"{value:.4g}" if size < 9999.5 else f"{value:.0f}"  # 9999.5 would be 1e+04
    return f"{value:.2e}"


def full(value: float) -> str:
    """All digits that tell it from every other number."""
    return repr(value) if math.isfinite(value) else number(value)


def statistic(name: str, value: float) -> str:
    """A value as its statistic is read: shares as percentages, counts whole."""
    if math.isfinite(value):
        if name.endswith(("accuracy", "fraction")):
            return f"{100 * value:.1f} %"
        if name.endswith("_units") or name == "non_finite":
            return f"{value:.0f}"
    return number(value)


def measured(value: float) -> str:
    """Three digits or so and no exponent, as for what a clock or a scale says."""
    size = abs(value)
    return f"{value:.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3}f}"


def ratio(value: float) -> str:
    """A quotient with two decimals, with three below 0.1."""
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"
