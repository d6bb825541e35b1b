"""What a sweep varies: a setting and its values, as ``--over KEY=RANGE`` writes them."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nntui_engine.errors import InputError
from nntui_engine.scenario import parse_assignment

MOST_VALUES = 10_000
DIGITS = 6  # of a value in a range: what is shown can be typed
FORMS = "log:LOW:HIGH:COUNT, linear:LOW:HIGH:COUNT, FIRST..LAST or values with commas between them"
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_SPACED = re.compile(rf"(log|linear):({_NUMBER}):({_NUMBER}):(\d+)")
_WHOLE = re.compile(r"([-+]?\d+)\.\.([-+]?\d+)")
DEPTH, WIDTH = "model.depth", "model.width"


@dataclass(frozen=True, slots=True)
class Axis:
    """A setting's key, or ``model.depth`` or ``model.width``, and the values that it takes, in their order."""

    key: str
    values: tuple[Any, ...]

    def settings(self, place: int, tables: Mapping[str, Any]) -> dict[str, Any]:
        """What its value at this place sets in a lane of these tables. Raises InputError for a network without hidden
        layers that is to be made deeper or wider."""
        value = self.values[place]
        if self.key not in (DEPTH, WIDTH):
            return {self.key: value}
        hidden = tables.get("model", {}).get("hidden") or []
        if not hidden:
            raise InputError(f"--over {self.key}: the network has no model.hidden")
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InputError(f"--over {self.key}: {value} is not allowed; must be a whole number, at least 1")
        return {"model.hidden": [hidden[0]] * value if self.key == DEPTH else [value] * len(hidden)}


def axis_of(text: str) -> Axis:
    """An axis from ``KEY=RANGE``. Raises InputError for another form, an empty range, and one that is too long.

    >>> axis_of("train.lr=log:0.001:0.1:3").values
    (0.001, 0.01, 0.1)
    >>> axis_of("model.depth=1..4").values
    (1, 2, 3, 4)
    >>> axis_of("train.optimizer=sgd,adam").values
    ('sgd', 'adam')
    """
    key, equals, words = text.partition("=")
    key, words = key.strip(), words.strip()
    where = f"--over {key or text}"
    if not equals or not key or not words:
        raise InputError(f'--over "{text}": write KEY=RANGE; a range is {FORMS}')
    spaced, whole = _SPACED.fullmatch(words), _WHOLE.fullmatch(words)
    if spaced is not None:
        kind, low, high, count = spaced.groups()
        values = _spaced(kind, float(low), float(high), int(count), where)
    elif whole is not None:
        first, last = int(whole[1]), int(whole[2])
        if last < first:
            raise InputError(f"{where}: {words} is empty; the first must not be above the last")
        _check_count(last - first + 1, where)
        values = list(range(first, last + 1))
    elif re.match(r"(log|linear)\s*:", words):
        raise InputError(f"{where}: {words} is not a range; a range is {FORMS}")
    else:
        values = _listed(key, words, where)
    repeated = next((value for place, value in enumerate(values) if value in values[:place]), None)
    if repeated is not None:
        raise InputError(f"{where}: {repeated} is there twice")
    return Axis(key, tuple(values))


def _check_count(count: int, where: str) -> None:
    if not 1 <= count <= MOST_VALUES:
        raise InputError(f"{where}: {count} values; must be 1 to {MOST_VALUES}")


def _spaced(kind: str, low: float, high: float, count: int, where: str) -> list[float]:
    _check_count(count, where)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(f"{where}: {low:g} to {high:g}: both ends must be finite")
    if kind == "log" and (low <= 0 or high <= 0):
        raise InputError(f"{where}: log:{low:g}:{high:g}: a logarithmic range goes from above 0 to above 0")
    shares = [place / (count - 1) if count > 1 else 0.0 for place in range(count)]
    if kind == "log":
        values = [math.exp(math.log(low) * (1.0 - share) + math.log(high) * share) for share in shares]
    else:
        values = [low * (1.0 - share) + high * share for share in shares]
    return [float(f"{value:.{DIGITS}g}") for value in values]


def _listed(key: str, words: str, where: str) -> list[Any]:
    _, _, found = parse_assignment(f"{key}=[{words}]")
    assert isinstance(found, list)
    if len(found) == 1 and isinstance(found[0], list) and words.startswith("["):
        found = found[0]  # "[1, 2]" are two values, "[1], [2]" too
    _check_count(len(found), where)
    return found
