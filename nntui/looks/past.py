"""What is kept of every lane while it trains: a value now and then, the further back the fewer."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Past(Generic[T]):
    """By lane: values with the steps at which they held, oldest first, the first one always among them."""

    def __init__(self) -> None:
        self._kept: dict[str, list[tuple[int, T]]] = {}

    def note(self, lane: str, step: int, apart: int, most: int, take: Callable[[], T]) -> None:
        """Keeps what ``take`` gives, if the lane stands at least ``apart`` steps behind what was kept last.

        What it has gone back from is dropped, and of more than ``most`` values every second one.
        """
        self.back_to(lane, step + 1)
        kept = self._kept.setdefault(lane, [])
        if not kept or step - kept[-1][0] >= max(1, apart):
            kept.append((step, take()))
            if len(kept) > most:
                del kept[1:-1:2]

    def back_to(self, lane: str, step: int) -> None:
        """Drops what is kept of a lane from ``step`` on."""
        kept = self._kept.get(lane, [])
        while kept and kept[-1][0] >= step:
            del kept[-1]

    def forget(self, lane: str | None = None) -> None:
        """Keeps nothing of a lane (None: of any), which begins anew."""
        for name in list(self._kept) if lane is None else [lane]:
            self._kept.pop(name, None)

    def of(self, lane: str) -> list[tuple[int, T]]:
        """What is kept of a lane."""
        return self._kept.get(lane, [])
