"""What a person has a run do that a script makes: it is asked, and answers in its record."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from .training import Training

if TYPE_CHECKING:
    from .watched import WatchedSource


class WatchedTraining(Training):
    """A run that is looked at and takes orders."""

    @property
    def source(self) -> "WatchedSource":
        """The run's record."""
        return cast("WatchedSource", self.run)

    @property
    def condition(self) -> str:
        """How the run is now."""
        return self.source.condition if self.there else ""

    @property
    def no_orders(self) -> str:
        """Why it takes no orders, "" if it does."""
        return self.source.no_orders if self.there else ""

    def build(self) -> None:
        """Opens the record; what the run began with stands there."""
        super().build()
        self.first = self.source.begun_with()
        self.pace.speed = math.inf
        self.running = self.condition == "running"

    def leave(self) -> None:
        """Lets the run know that nobody is there who could have it go on."""
        if self.there:
            self.source.close()

    def follow(self) -> bool:
        """Goes along with the record; whether there is anything new."""
        if not self.there or self.failed:
            return False
        before = self.source.end
        news = self.source.refresh()
        if self.source.end > before:
            self.pace.made(self.source.end - before, 0.0)
        running = self.condition == "running"
        if running and not self.running:
            self.pace.begin()
        self.running = running
        for text, bad in self.source.news():
            self._say(text, bad)
        return news

    def toggle(self) -> None:
        """Asks it to pause, or to go on."""
        self.source.toggle()

    def steps(self, count: int) -> None:
        """Asks it for so many steps, after which it pauses."""
        for _ in range(count):
            self.source.order("step")

    def save_checkpoint(self) -> None:
        """Asks it to save a checkpoint, as the script does."""
        self.source.order("save")

    def stop_run(self) -> None:
        """Asks it to stop, as Ctrl-C would."""
        self.source.order("stop")

    def _branch(self) -> None:
        """There is one future, which the script makes."""

    def _tweak_now(self, settings: Mapping[str, object], lane: str | None) -> None:
        self.source.tweak(settings, lane)
