"""What a screen or a report needs of a run, whatever it is: one's own, a record, another framework's."""

from collections.abc import Iterable
from typing import Literal, Protocol

from .finding import Finding
from .snapshot import Snapshot

# advance: makes further steps; tweak: takes new settings; rewind: goes back to any step it has made; diagnose: names
# what is wrong; follow: grows while it is looked at; predict: answers for inputs, and shows weights; survey: knows its
# surface's value anywhere; order: is made by another program, which takes orders
Capability = Literal["advance", "tweak", "rewind", "diagnose", "follow", "predict", "survey", "order"]


class Source(Protocol):
    """Where snapshots come from."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do beside handing out snapshots."""

    @property
    def seed(self) -> int:
        """The seed that the first lane runs with."""

    @property
    def step(self) -> int:
        """Steps done by the lane furthest on."""

    @property
    def steps(self) -> int:
        """The last step of the longest lane."""

    @property
    def finished(self) -> bool:
        """Whether no lane has a step left."""

    def snapshot(
        self, layer_history: Iterable[str] = (), whole_history: Iterable[str] = (), points: int | None = 512
    ) -> Snapshot:
        """An immutable view of now, with the histories of the named statistics, merged to at most ``points``."""

    def findings(self) -> list[Finding]:
        """What is wrong now, lane by lane, causes before symptoms."""
