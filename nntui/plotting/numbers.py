"""Numbers as the screen shows them, in few characters."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """A number of a size from ``low`` to below ``high`` (and 0) has as many decimals as ``decimals`` says for the first
    limit above its size, None for four digits that count; any other has an exponent after ``digits`` decimals, or one
    where the exponent is longer than two characters."""

    low: float
    high: float
    decimals: tuple[tuple[float, int | None], ...]
    digits: int
    two_characters: float = 1e100
    plus: str = "e"
    zero: str | None = None


# By the characters at most (one more below 0 in eight)
FORMS = {
    5: Form(0.00995, 9999.5, ((0.9995, 3), (9.995, 2), (99.95, 1), (math.inf, 0)), 0, zero="0"),
    6: Form(0.0005, 9999.5, ((99.95, 3), (999.95, 1), (math.inf, 0)), 0),
    8: Form(1e-3, 1e5, ((math.inf, None),), 2),
    10: Form(1e-3, 1e3, ((math.inf, 5),), 2, 1e99, "e+"),
}


def number(value: float, room: int) -> str:
    """A number in at most ``room`` characters: 5, 6, 8 or 10; "NaN" and "Inf" as such."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Inf" if value > 0 else "-Inf"
    form, size = FORMS[room], abs(value)
    if size == 0.0 and form.zero is not None:
        return form.zero
    if size == 0.0 or form.low <= size < form.high:
        decimals = next(count for limit, count in form.decimals if size < limit)
        return f"{value:.4g}" if decimals is None else f"{value:.{decimals}f}"
    digits = form.digits if 1e-99 < size < form.two_characters else min(form.digits, 1)
    return _short_exponent(f"{value:.{digits}e}", form.plus)


def significant(value: float, digits: int = 6) -> str:
    """A number with at most so many digits that count and no needless ones: 0.1, 32, 1e-5."""
    return _short_exponent(f"{value:.{digits}g}")


def exponent_label(value: float, decimals: int) -> str:
    """A number with an exponent after so many decimals: 1.5e-5."""
    return _short_exponent(f"{value:.{decimals}e}")


def _short_exponent(text: str, plus: str = "e") -> str:
    return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", plus)


def grouped(value: float) -> str:
    """A whole number by thousands: 1234567 → "1 234 567"."""
    return f"{value:,.0f}".replace(",", " ")


def count(value: float) -> str:
    """A whole number, short: 500, 2 000, 15k, 2.5M."""
    size = abs(value)
    if size >= 1e9:
        return significant(float(f"{value:.3g}"))
    if size >= 1e4:
        return f"{value / 1e6:g}M" if size >= 1e6 else f"{value / 1e3:g}k"
    return grouped(value)


def rate(value: float) -> str:
    """Steps per second in few characters: 0.8, 12, 940, 18.2k, 1.3M."""
    if value < 9.95:
        return f"{value:.1f}" if value < 1 or value != round(value) else f"{value:.0f}"
    if value < 1000:
        return f"{value:.0f}"
    return f"{value / 1e6:.1f}M" if value >= 1e6 else f"{value / 1e3:.1f}k"


def speed(value: float) -> str:
    """A speed limit in few characters: 0.5, 200, 5k, "unlimited"."""
    if math.isinf(value):
        return "unlimited"
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def share(value: float) -> str:
    """A share as a percentage in at most five characters; a dash where there is none."""
    if math.isnan(value):
        return "-"
    if value in (0.0, 1.0) or value < 0.9:
        return f"{100 * value:.0f}%"
    return f"{100 * value:.1f}%"[:5].replace("100.0", "100%")


def explained(value: float) -> str:
    """R² in at most five characters; a dash where there is none."""
    return "-" if math.isnan(value) else f"{value:.2f}" if value > -9.995 else "<-9"


def power(exponent: int) -> str:
    """10ᵏ in at most five characters where they suffice: "0.01", "1 000", "100k", "1e-6"."""
    return tick_number(10.0**exponent) if -3 <= exponent <= 8 else f"1e{exponent}"


def tick_number(value: float) -> str:
    """A round number in at most five characters where they suffice: 0.02, 50, 2 000, -2k, 50k, 2.5M, 1e-9."""
    size = abs(value)
    if 0.0 < size < 1e-3 * (1 - 1e-9):
        return exponent_label(value, 0)
    if size >= 1e9:
        return significant(value, 3)
    if size >= 1e4 or (value <= -1e3 and value % 1e2 == 0.0):
        return f"{value / 1e6:g}M" if size >= 1e6 else f"{value / 1e3:g}k"
    return grouped(value) if size >= 1e3 else f"{value:.6g}"
