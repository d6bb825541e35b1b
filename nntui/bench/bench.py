"""What one call of ``nntui bench`` was asked for, and what it has found so far."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

NetT = TypeVar("NetT")


class MeasureError(Exception):
    """A part could not be measured; the message says why in a line."""


@dataclass
class Bench:
    """``nets``, ``parts``: those named, none if all are meant; ``peers`` those asked for that are here; ``seconds``
    of measuring for each number; ``say`` hears what is being measured; ``found``: the results of parts by name."""

    nets: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    seconds: float = 2.0
    threads: int = 1
    say: Callable[[str], None] = lambda _: None
    found: dict[str, Any] = field(default_factory=dict)

    def chosen_nets(self, nets: Mapping[str, NetT], usual: Iterable[str] | None = None) -> list[NetT]:
        """Those of ``nets`` that were named; if no net was, the ``usual`` ones, or all. In the order of ``nets``."""
        chosen = tuple(self.nets or usual or nets)
        return [net for name, net in nets.items() if name in chosen]
