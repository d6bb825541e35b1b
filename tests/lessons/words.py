"""The numbers in a lesson's words: digits, percents, powers, fractions, ranges, and numbers spelled out.

:func:`find_numbers` is the only place that decides what is a number. What it leaves out stands in README.md beside
this file.
"""

import math
import re
from dataclasses import dataclass, replace

_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
SMALL = {word: n for n, word in enumerate(f"{_ONES} eighteen nineteen".split(), 1)}
TENS = {
    word: 10 * n
    for n, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
PLURALS = {"tens": 10, "dozens": 12, "hundreds": 100, "thousands": 1000, "millions": 10**6, "billions": 10**9}
ORDINALS = {
    "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "twelfth": 12, "fifteenth": 15, "sixteenth": 16, "twentieth": 20, "thirtieth": 30, "fortieth": 40, "fiftieth": 50,
}  # fmt: skip
PARTS = {
    "hundredth": 100, "thousandth": 1000, "millionth": 10**6, "billionth": 10**9, "ten-thousandth": 10**4,
    "hundred-thousandth": 10**5, "five-hundredth": 500, "two-hundredth": 200,
}  # fmt: skip
TIMES = {"twice": 2, "thrice": 3, "double": 2, "triple": 3, "quadruple": 4, "halve": 0.5}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_VULGAR = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}


def _any(*words: str) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_POWER = r"⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+"
_COUNT = f"(?:an?|{_any(*SMALL, *TENS)})"
_TOKEN = re.compile(
    rf"""
    (?P<digits>
        (?<![\w.])(?<![A-Za-z]-)(?:(?:(?<=[\s(\[=:,|±`])|^)[−-])?
        (?P<mantissa>\d{{1,3}}(?:[ \u00a0\u202f]\d{{3}})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+|[{"".join(_VULGAR)}])
        (?:/(?P<denominator>\d+)(?!\d|\.\d))?
        (?P<exponent>[eE][-+−]?\d+|\s?[×·]\s?10{_POWER})?
        (?P<power>{_POWER}|\^\d+)?
        (?:-fold\b|[ -](?P<unit>{_any(*SCALES)})\b)?
    )
    | \b(?P<fold_word>{_any(*SMALL, *TENS, *SCALES)})-?fold\b
    | (?:\b(?P<parts_of>an?\ few|several|{_COUNT})\ )?\b(?P<part>{_any(*PARTS)})(?P<part_s>s?)\b
    | \b(?P<ordinal_of>an?\ few|several|{_COUNT})[ -](?P<ordinal>{_any(*ORDINALS)})s?\b
    | \b(?P<plural_ordinal>{_any(*(w + "s" for w in ORDINALS if w not in ("fourth",)))})\b
    | \b(?P<ordinal_then_of>{_any(*ORDINALS)})(?=\ of\b)
    | \b(?:one\ |an?\ )?(?P<half>half|halves)\b(?!-plane|-space|[ -]moon|-width)
    | \b(?P<times>{_any(*TIMES)})(?:s|d)?\b | \b(?P<timing>doubl|tripl|quadrupl|halv)ing\b
    | \b(?:(?P<tens_of>tens|hundreds)\ of\ )?(?P<plural>{_any(*PLURALS)})\b
    | \b(?:(?P<scale_few>an?\ few|several)\ |(?P<scale_of>{_COUNT})[ -])?(?P<scale>{_any(*SCALES)})
        (?:\ (?P<scale_2>{_any(*SCALES)}))?\b
    | \b(?P<tens>{_any(*TENS)})(?:-(?P<tens_ones>{_any(*list(SMALL)[:9])}))?\b
    | \b(?P<small>{_any(*SMALL)})\b
    | \b(?P<zero>zero)\b
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_PERCENT = re.compile(r"[ \u00a0\u202f]?%|\s(?:percent|per cent)\b")
_PLACE = re.compile(r"\b(?P<what>layers?|unit)\s(?P<numbers>\d+(?:(?: to |–| and |, )\d+)*)(?!\d|\.\d|\s?%)", re.I)
_QUALIFIERS = (
    ("about", r"about|around|roughly|nearly|almost|some|approximately|close to|near|≈|~"),
    ("below", r"less than|fewer than|smaller than|lower than|under|below|at most|up to|no more than|within|<|≤"),
    ("above", r"more than|larger than|greater than|higher than|longer than|over|above|at least|no less than|>|≥"),
)
_QUALIFIER = re.compile("|".join(rf"(?P<{kind}>(?:\b|(?=[≈~<>≤≥]))(?:{words}))" for kind, words in _QUALIFIERS), re.I)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or a range of them, in words[start:end].

    ``low`` and ``high`` are the ends of a range, and equal for a single number; percents are shares. ``low_half`` and
    ``high_half`` are half a unit of the last digit written (0.0005 for 0.718; None for a word without last digit).
    ``kind`` is "bare", "about", "below" or "above", by the words before it; ``spelled`` tells words from digits.
    """

    start: int
    end: int
    text: str
    low: float
    high: float
    low_half: float | None
    high_half: float | None
    kind: str = "bare"
    spelled: bool = False

    @property
    def is_range(self) -> bool:
        return self.low != self.high


@dataclass(frozen=True, slots=True)
class Place:
    """A layer or a unit that the words name by its number: "layer 1", "layers 1 to 3", "unit 1"."""

    start: int
    end: int
    what: str
    numbers: tuple[int, ...]


def one_line(text: str) -> str:
    """``text`` with every run of white space as one space."""
    return " ".join(text.split())


def find_places(words: str) -> list[Place]:
    return [
        Place(m.start(), m.end(), m["what"].lower().rstrip("s"), tuple(map(int, re.findall(r"\d+", m["numbers"]))))
        for m in _PLACE.finditer(words)
    ]


def find_numbers(words: str) -> list[Number]:
    """Every number in ``words``, in order; a range is one."""
    places = find_places(words)
    single = []
    for match in _TOKEN.finditer(words):
        number = _read(match)
        if number is not None and not any(p.start <= number.start < p.end for p in places):
            single.append(_with_percent(number, words))
    joined: list[Number] = []
    for number in single:
        previous = joined[-1] if joined else None
        if previous is not None and _is_range(previous, number, words):
            joined[-1] = _range(previous, number, words)
        else:
            joined.append(number)
    kept = [number for number in joined if number.text.lower() != "one" or _counts(number, words)]
    return [_qualified(number, words) for number in kept]


def _read(match: re.Match[str]) -> Number | None:
    group = {name: text.lower() for name, text in match.groupdict().items() if text is not None}
    if "digits" in group:
        return _read_digits(match)
    low, high, half = _read_word(group)
    return Number(match.start(), match.end(), match.group(), low, high, half, half, spelled=True)


def _read_word(group: dict[str, str]) -> tuple[float, float, float | None]:
    """(low, high, half a unit of the last digit)."""
    if "fold_word" in group:
        return _exactly(_cardinal(group["fold_word"]), 0.5)
    if "part" in group:
        return _share(group.get("parts_of", "a few" if group["part_s"] else "a"), PARTS[group["part"]])
    if "ordinal" in group:
        return _share(group["ordinal_of"], ORDINALS[group["ordinal"]])
    if "plural_ordinal" in group:
        return _exactly(1 / ORDINALS[group["plural_ordinal"][:-1]])
    if "ordinal_then_of" in group:
        return _exactly(1 / ORDINALS[group["ordinal_then_of"]])
    if "half" in group:
        return _exactly(0.5)
    if "times" in group or "timing" in group:
        word = group.get("times", group.get("timing", "") + "e")
        return _exactly(TIMES[word], 0.5 if TIMES[word] > 1 else None)
    if "plural" in group:
        unit = PLURALS[group["plural"]] * PLURALS.get(group.get("tens_of", ""), 1)
        return float(unit), 10.0 * unit, None
    if "scale" in group:
        unit = SCALES[group["scale"]] * SCALES.get(group.get("scale_2", ""), 1)
        if "scale_few" in group:
            return 2.0 * unit, 10.0 * unit, None
        return _exactly(_cardinal(group.get("scale_of", "a")) * unit)
    if "tens" in group:
        return _exactly(TENS[group["tens"]] + SMALL.get(group.get("tens_ones", ""), 0))
    return (0.0, 0.0, None) if "zero" in group else _exactly(SMALL[group["small"]], 0.5)


def _exactly(value: float, half: float | None = None) -> tuple[float, float, float | None]:
    return float(value), float(value), half


def _cardinal(word: str) -> int:
    return 1 if word in ("a", "an") else {**SMALL, **TENS, **SCALES}[word]


def _share(of: str, denominator: int) -> tuple[float, float, float | None]:
    if of in ("a few", "an few", "several"):
        return 2 / denominator, 10 / denominator, None
    return _exactly(_cardinal(of) / denominator)


def _read_digits(match: re.Match[str]) -> Number:
    mantissa = re.sub(r"\s", "", match["mantissa"])
    value = _VULGAR[mantissa] if mantissa in _VULGAR else float(mantissa)
    half: float | None = None if mantissa in _VULGAR else 0.5 * 10.0 ** -len(mantissa.partition(".")[2])
    if match["denominator"]:
        value, half = value / float(match["denominator"]), None
    if exponent := match["exponent"]:
        power = exponent[1:].replace("−", "-") if exponent[0] in "eE" else exponent.partition("10")[2]
        scale = 10.0 ** int(power.translate(_SUPERSCRIPTS))
        value, half = value * scale, None if half is None else half * scale
    if match["unit"]:
        scale = SCALES[match["unit"].lower()]
        value, half = value * scale, None if half is None else half * scale
    if match["power"]:
        value, half = value ** int(match["power"].lstrip("^").translate(_SUPERSCRIPTS)), None
    if match.group()[0] in "−-":
        value = -value
    return Number(match.start(), match.end(), match.group(), value, value, half, half)


def _with_percent(number: Number, words: str) -> Number:
    sign = _PERCENT.match(words, number.end)
    if sign is None:
        return number
    return _as_share(replace(number, end=sign.end(), text=words[number.start : sign.end()]))


def _as_share(number: Number) -> Number:
    low_half, high_half = (None if h is None else h / 100 for h in (number.low_half, number.high_half))
    return replace(number, low=number.low / 100, high=number.high / 100, low_half=low_half, high_half=high_half)


def _is_range(first: Number, second: Number, words: str) -> bool:
    """Whether "A to B", "A–B", "A or B" or "between A and B" (but not "from A to B": two numbers)."""
    before, between = words[: first.start].lower(), words[first.end : second.start].lower()
    if first.is_range or second.is_range:
        return False
    joins = between in ("–", " – ", " or ") or (between == " to " and not re.search(r"\bfrom\s$", before))
    joins = joins or (between == " and " and re.search(r"\bbetween\s(?:about\s)?$", before) is not None)
    low = first.low / 100 if _shares(second) and not _shares(first) else first.low
    return joins and low < second.high


def _shares(number: Number) -> bool:
    return _PERCENT.search(number.text) is not None


def _range(first: Number, second: Number, words: str) -> Number:
    if _shares(second) and not _shares(first):
        first = _as_share(first)
    text = words[first.start : second.end]
    spelled = first.spelled and second.spelled
    return Number(
        first.start, second.end, text, first.low, second.high, first.low_half, second.high_half, spelled=spelled
    )


def _counts(one: Number, words: str) -> bool:
    """Whether this "one" is a number: "one in ten", "one of ten"; elsewhere it is a pronoun or an article."""
    return re.match(rf"\s(?:in|out of)\s(?:\d|(?:{_any(*SMALL, *TENS)})\b)", words[one.end :], re.I) is not None


def _qualified(number: Number, words: str) -> Number:
    before = words[max(0, number.start - 24) : number.start]
    for match in _QUALIFIER.finditer(before):
        if match.end() == len(before.rstrip()) or re.fullmatch(r"\s*(?:the|a|an)?\s*", before[match.end() :]):
            return replace(number, kind=str(match.lastgroup))
    return number


def bounds_in_words(number: Number, within: float | None = None) -> tuple[float, float] | str:
    """What the words say a measured value lies between, both ends included; or, as text, why they do not say it.

    A bare figure holds to its last digit, a range to the last digits of its ends, "more than" and "less than" on one
    side. "about", and words without a last digit (half, a hundred), need ``within``: how far off the value may be.
    """
    if number.is_range:
        if within is not None:
            return "within does not go with a range: the words give both ends"
        return number.low - (number.low_half or 0.0), number.high + (number.high_half or 0.0)
    value = number.low
    if number.kind == "below":
        return -math.inf, value
    if number.kind == "above":
        return value, math.inf
    if within is None:
        if number.kind == "about" or number.low_half is None:
            return f"say within how much “{number.text}” is meant (within = …)"
        within = number.low_half
    most = largest_within(number)
    if within > most * (1 + 1e-9):
        return f"within = {within:g} is too wide for “{number.text}” (at most {most:g}): write a range in the lesson"
    return value - within, value + within


def largest_within(number: Number) -> float:
    """A quarter of the number, but 5 points of a percentage; half of a power of ten in words (a hundred, a tenth)."""
    value = abs(number.low)
    powers = {10.0**n for n in (*range(-9, 0), *range(2, 10))}
    share = 0.5 if number.spelled and any(math.isclose(value, power) for power in powers) else 0.25
    most = min(0.25 * value, 0.05) if _shares(number) else share * value
    return max(most, number.low_half or 0.0)
