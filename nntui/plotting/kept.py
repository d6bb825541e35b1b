"""What was worked out last, and is not worked out again as long as it would be the same."""

from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The last value of a piece of work, and all that it was worked out of."""

    def __init__(self) -> None:
        self._last: tuple[tuple[object, ...], Value] | None = None

    def of(self, known: tuple[object, ...], work: Callable[[], Value]) -> Value:
        """The value of ``work``, which is not done again while ``known``, all that it depends on, is the same."""
        if self._last is None or self._last[0] != known:
            self._last = known, work()
        return self._last[1]
