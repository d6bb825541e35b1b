"""The message over the plots: it fades after a while, and at once when it tells of a state that is no more."""

from collections.abc import Callable, Hashable

MESSAGE_SECONDS = 3.0
ERROR_SECONDS = 8.0
SETTLING_SECONDS = 0.5  # in which what a message tells of may still come about


class Message:
    """One message at a time; ``state`` gives what a message of a state depends on."""

    def __init__(self, state: Callable[[], Hashable], clock: Callable[[], float]) -> None:
        self._state, self._clock = state, clock
        self._text, self._error = "", False
        self._said = 0.0
        self._until = 0.0
        self._told_of: Hashable = None
        self._of_state = False

    def say(self, text: str, error: bool, of_state: bool) -> None:
        """Shows this in place of what is shown."""
        self._text, self._error, self._of_state = text, error, of_state
        self._said = self._clock()
        self._until = self._said + (ERROR_SECONDS if error else MESSAGE_SECONDS)
        self._told_of = self._state()

    @property
    def shown(self) -> tuple[str, bool]:
        """(text, is it an error), "" when there is none."""
        if self._text and self._of_state:
            if self._clock() <= self._said + SETTLING_SECONDS:
                self._told_of = self._state()
            elif self._told_of != self._state():
                self._text = ""
        return (self._text, self._error) if self._text else ("", False)

    def faded(self) -> bool:
        """Whether a message has stood long enough just now; it is gone then."""
        if not self._text or self._clock() <= self._until:
            return False
        self._text = ""
        return True
