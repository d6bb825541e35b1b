"""How fast a run goes: the speed asked for, how many steps are due, and the rate reached."""

import math
import time
from collections import deque
from collections.abc import Callable

SPEEDS: tuple[float, ...] = (*(float(m * 10**k) for k in range(5) for m in (1, 2, 5)), math.inf)
LAUNCH_SECONDS = 0.03
RATE_SECONDS = 1.0


class Pace:
    """Keeps a run at ``speed`` steps per second (infinite: as fast as it goes)."""

    def __init__(self, speed: float = math.inf, clock: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self._clock = clock
        self._launches: deque[tuple[float, int]] = deque(maxlen=20)
        self.begin()

    def begin(self) -> None:
        """Forget the past, as after a pause: nothing is owed."""
        self._origin, self._made, self._total = self._clock(), 0, 0
        self._ticks: deque[tuple[float, int]] = deque([(self._origin, 0)])

    def change(self, direction: int) -> None:
        """One level faster or slower."""
        nearest = min(range(len(SPEEDS)), key=lambda i: abs(_rank(SPEEDS[i]) - _rank(self.speed)))
        self.speed = SPEEDS[min(max(nearest + direction, 0), len(SPEEDS) - 1)]
        self.begin()

    def due(self) -> int:
        """Steps owed now; at infinite speed as many as fit into one launch."""
        now = self._clock()
        fitting = self.fitting()
        if math.isinf(self.speed):
            return fitting
        owed = int((now - self._origin) * self.speed) - self._made
        if owed > max(1.0, self.speed / 2):  # the machine is too slow for this speed: no debt beyond half a second
            self._origin, self._made = now - max(1.0, self.speed / 2) / self.speed, 0
        return min(owed, fitting)

    def fitting(self) -> int:
        """Steps that fit into one launch, as measured; 1 before the first."""
        return max(1, int(self._per_busy_second() * LAUNCH_SECONDS))

    def wait(self) -> float:
        """Seconds until the next step is due."""
        if math.isinf(self.speed):
            return 0.0
        return max(0.0, self._origin + (self._made + 1) / self.speed - self._clock())

    def made(self, steps: int, seconds: float) -> None:
        """A launch of ``steps`` took ``seconds``."""
        self._made += steps
        self._total += steps
        self._launches.append((seconds, steps))
        now = self._clock()
        self._ticks.append((now, self._total))
        while len(self._ticks) > 2 and now - self._ticks[1][0] > RATE_SECONDS:
            self._ticks.popleft()

    def rate(self) -> float:
        """Steps per second over about the last second; 0.0 before there is something to measure."""
        (t0, n0), (t1, n1) = self._ticks[0], self._ticks[-1]
        return (n1 - n0) / (t1 - t0) if t1 - t0 > 0.2 or (len(self._ticks) > 5 and t1 > t0) else 0.0

    def _per_busy_second(self) -> float:
        seconds = sum(busy for busy, _ in self._launches)
        return sum(steps for _, steps in self._launches) / seconds if seconds > 0 else 0.0


def watchable_speed(steps: int, seconds: float = 45.0) -> float:
    """The highest speed at which the whole run takes at least ``seconds``, so that the eye can follow."""
    if steps / seconds > SPEEDS[-2]:  # longer than anyone watches
        return math.inf
    return max((speed for speed in SPEEDS if speed <= steps / seconds), default=SPEEDS[0])


def _rank(speed: float) -> float:
    return 99.0 if math.isinf(speed) else math.log10(speed)
