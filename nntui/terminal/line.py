"""How fast the line to a terminal is: how long writing waits, and how long the terminal takes to answer."""

import time
from collections.abc import Callable

WAITING = 0.5  # of the time that writing waits, from which the line is slow
MOST_WAITED = 1.0  # seconds beyond that share
LATE_SECONDS = 0.4  # an answer that takes longer has waited behind what was written before the question
CALM_SECONDS = 6.0  # without any of that, after which the line is as good as any
ASK_EVERY = 2.0  # seconds


class Line:
    """Notes what is seen of a line, from any thread. ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waited = 0.0  # beyond the share that is usual
        self._wrote_at = clock()
        self._asked: float | None = None
        self._answers = False  # whether this terminal answers at all
        self._last_asked = clock()
        self._slow_until = -1.0

    def wrote(self, seconds: float) -> None:
        """A piece was taken after so many seconds."""
        now = self._clock()
        usual = WAITING * (now - self._wrote_at)
        self._waited, self._wrote_at = min(max(0.0, self._waited + seconds - usual), 2 * MOST_WAITED), now
        if self._waited > MOST_WAITED:
            self._slow_until = now + CALM_SECONDS

    def wants_to_ask(self) -> bool:
        """Whether it is time for a question; then it counts as asked."""
        now = self._clock()
        if self._asked is not None or not self._answers or now - self._last_asked < ASK_EVERY:
            return False
        self._asked = self._last_asked = now
        return True

    def answered(self) -> None:
        """The terminal has answered, the first time a question that somebody else has asked."""
        self._answers = True
        if self._asked is not None and self._clock() - self._asked > LATE_SECONDS:
            self._slow_until = self._clock() + CALM_SECONDS
        self._asked = None

    @property
    def slow(self) -> bool:
        """Whether less should be written."""
        now = self._clock()
        overdue = self._asked is not None and now - self._asked > LATE_SECONDS
        return overdue or now < self._slow_until
