"""Numbers as the lab shows them: one rule for lanes, tables, findings, knobs and axes.

- What was **measured** has three digits that count, zeros at its end among them: 0.100, 12.3, 0.00535. From 0.001 to
  below 10 000 it is written out, with all digits before the point (1234), else with an exponent: 5.35e-4, 1.23e4.
  That takes 7 characters, one more below 0, for an exponent of two digits, and two more for one of three. Where there
  is less room it has two digits or one.
- What was **set** is shown as it was set, up to six digits and without needless zeros: 0.1, 0.9999, 65536, 1e-5. A
  learning rate that was worked out has three.
- What is **counted** has groups of three digits in sentences (1 234 567), and on axes and as a speed a letter for
  thousands (k), millions (M) and billions (G): 500, 1.5k, 18.2k, 2.5M.
- A **share** is in per cent with one decimal. Only all of it is 100% and only none of it 0%.
- A **power of ten** on an axis is written out between 0.001 and 1000, like what was measured.
"""

import math
import re

SMALLEST, LARGEST = -3, 3  # powers of ten of the first digit between which numbers are written out
WHOLE = 1e6  # whole numbers below it that were set are written out, too


def number(value: float, room: int = 7, digits: int = 3) -> str:
    """What was measured, in at most ``room`` characters where its shortest form fits; "NaN" and "Inf" as such."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Inf" if value > 0 else "-Inf"
    if value == 0.0:
        return "0"
    for count in range(digits, 0, -1):
        text = _rounded(value, count)
        if len(text) <= room:
            return text
    return _short_exponent(f"{value:.0e}")


def _rounded(value: float, digits: int) -> str:
    text = f"{value:.{digits - 1}e}"
    exponent = int(text.partition("e")[2])
    if SMALLEST <= exponent <= LARGEST:
        return f"{value:.{max(0, digits - 1 - exponent)}f}"
    return _short_exponent(text)


def setting(value: float, digits: int = 6) -> str:
    """What was set, to so many digits: 0.1, 32, 0.9999, 1e-5."""
    if not math.isfinite(value):
        return number(value)
    value = float(f"{value:.{digits - 1}e}")
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    if SMALLEST <= int(exponent) <= LARGEST or (value == round(value) and abs(value) < WHOLE):
        text = f"{value:.{max(0, digits - 1 - int(exponent))}f}"
        return _trimmed(text) if value != 0.0 else "0"
    return f"{_trimmed(mantissa)}e{int(exponent)}"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def exponent_label(value: float, decimals: int) -> str:
    """A number with an exponent after so many decimals: 1.5e-5."""
    return _short_exponent(f"{value:.{decimals}e}")


def _short_exponent(text: str) -> str:
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}"


def short_exponents(sentence: str) -> str:
    """A sentence whose numbers another has written, exponents as here: "lr = 1e-05" → "lr = 1e-5"."""
    return re.sub(r"(?<=\d)e([+-]?)0*(\d+)", lambda found: f"e{found[1].strip('+')}{found[2]}", sentence)


def grouped(value: float) -> str:
    """A whole number by thousands: 1234567 → "1 234 567"."""
    return f"{value:,.0f}".replace(",", " ")


def short(value: float, digits: int = 3) -> str:
    """A count, or a speed, with so many digits that count and a letter for its size: 0.8, 500, 1.5k, 2.5M."""
    if math.isinf(value):
        return "unlimited"
    rounded = float(f"{value:.{digits - 1}e}")
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size <= abs(rounded) < 1e3 * size:
            return f"{setting(rounded / size)}{letter}"
    return setting(rounded)


def share(value: float) -> str:
    """A share, 0 to 1, as a percentage in at most five characters; a dash where there is none."""
    if math.isnan(value):
        return "-"
    if value in (0.0, 1.0):
        return f"{100 * value:.0f}%"
    return f"{min(max(100 * value, 0.1), 99.9):.1f}%"


def explained(value: float) -> str:
    """R² in at most six characters; a dash where there is none."""
    return "-" if math.isnan(value) else number(value, 6)


def power(exponent: int, times: int = 1) -> str:
    """``times`` (one digit) · 10ᵏ in at most five characters where they suffice: "0.01", "1", "2e-6"."""
    return setting(times * 10.0**exponent) if SMALLEST <= exponent <= LARGEST else f"{times}e{exponent}"
