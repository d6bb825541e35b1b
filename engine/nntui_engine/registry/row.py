"""The registry row: what the scenario checker, the command line, the docs and the tests all read.

Adding an activation, a loss, an optimizer … is one row in its table plus the code the row names.
"""

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from ..errors import InputError, allowed_names


def limit_text(value: float) -> str:
    """One end of a range as people write it: 1 000 000, 1e30, 0.5."""
    if value == int(value) and 1e4 <= value < 1e13:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:g}".replace("e+", "e")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number a row takes: its name, default, allowed closed range and one plain sentence.

    ``exclusive_low`` / ``exclusive_high`` make that end of the range open. ``whole`` asks for an integer,
    ``flag`` for true or false (stored as 1.0 or 0.0).
    """

    name: str
    default: float
    summary: str
    low: float = -math.inf
    high: float = math.inf
    exclusive_low: bool = False
    exclusive_high: bool = False
    whole: bool = False
    flag: bool = False

    def problem(self, value: object) -> str | None:
        """What is wrong with ``value``, as a phrase such as "must be above 0"; None if nothing is."""
        if self.flag:
            return None if isinstance(value, bool) else "must be true or false"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "must be a number"
        if not abs(value) <= sys.float_info.max:  # NaN too, and whole numbers that no float can hold
            return "must be a finite number"
        if self.whole and int(value) != value:
            return "must be a whole number"
        if value < self.low or value > self.high:
            return f"must be {self.range_text()}"
        if (self.exclusive_low and value == self.low) or (self.exclusive_high and value == self.high):
            return f"must be {self.range_text()}"
        return None

    def range_text(self) -> str:
        """The allowed range in words, e.g. "at least 0 and below 1"."""
        words = []
        if self.low > -math.inf:
            words.append(f"{'above' if self.exclusive_low else 'at least'} {limit_text(self.low)}")
        if self.high < math.inf:
            words.append(f"{'below' if self.exclusive_high else 'at most'} {limit_text(self.high)}")
        return " and ".join(words) or "a finite number"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing a scenario can name.

    ``summary`` is the plain sentence for the screen; ``code``, the integer that the compiled kernels switch on, is the
    row's place in its registry.
    """

    name: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    source: str = ""
    code: int = -1

    def parameter(self, name: str) -> Parameter | None:
        """The row's parameter called ``name``; None where it takes no such parameter."""
        return next((p for p in self.parameters if p.name == name), None)


R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Registry(Mapping[str, R], Generic[R]):
    """Rows by name, in the order they are shown. ``kind`` is the word used in messages ("activation")."""

    kind: str
    rows: tuple[R, ...]
    _by_name: dict[str, R] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {row.name: replace(row, code=place) for place, row in enumerate(self.rows)}
        if len(by_name) != len(self.rows):
            raise ValueError(f"duplicate name in the {self.kind} registry")
        object.__setattr__(self, "rows", tuple(by_name.values()))
        object.__setattr__(self, "_by_name", by_name)

    def __getitem__(self, name: str) -> R:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self.rows)

    def codes(self, *names: str) -> tuple[int, ...]:
        """The codes of some rows: plain integers, which Numba freezes into the machine code as constants."""
        return tuple(self[name].code for name in names)

    def find(self, name: str, where: str = "") -> R:
        """The row called ``name``, or an InputError that lists the allowed names and the nearest one."""
        row = self._by_name.get(name)
        if row is None:
            prefix = f"{where}: " if where else ""
            raise InputError(f'{prefix}unknown {self.kind} "{name}"; {allowed_names(name, list(self))}')
        return row
