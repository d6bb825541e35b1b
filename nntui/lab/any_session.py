"""What the lab's app needs of what it shows: a session with a run of its own, or a still one."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from nntui.looks.request import LookRequest
from nntui.looks.surface import SurfaceRequest

from .session_view import SessionView
from .training import Training

if TYPE_CHECKING:
    from nntui_engine.record.recorder import Recorder

    from .recording import Recording


def nothing() -> None:
    """Does nothing."""


class AnySession(Protocol):
    """Where the app gets its views from and gives its commands to: a Session, or something still."""

    def start(self, done: Callable[[], None] = nothing) -> None:
        """Begins to make views; ``done`` is called, by any thread, when there is one that shows what was ordered."""

    def stop(self, wait: float = 0.15) -> None:
        """Ends what :meth:`start` began, waiting at most so many seconds for it."""

    def poll(self) -> SessionView:
        """The newest view."""

    def notices(self) -> list[tuple[str, bool]]:
        """(message, is it an error) since the last call, oldest first."""

    def show(self, whole: tuple[str, ...], layer: tuple[str, ...], points: int | None) -> None:
        """Which histories, of whole lanes and of layers, the next views carry, and in how many points."""

    def order(self, command: Callable[[Training], None]) -> int:
        """Has the run do something.

        This and the three below return the number that a view's ``applied`` reaches when they are done.
        """

    def request_surface(self, request: SurfaceRequest) -> int:
        """Which part of a race's surface the next views carry."""

    def request_looks(self, request: LookRequest) -> int:
        """What the next views show of the network itself."""

    def record(self, recorder: "Recorder") -> int:
        """Has the run recorded from now on, with what is known of it so far."""

    @property
    def recorder(self) -> "Recording | None":
        """What records the run."""


class NoSession:
    """Where nothing runs yet: its one view is empty, and what it is asked is not done."""

    def start(self, done: Callable[[], None] = nothing) -> None:
        """Nothing to start."""

    def stop(self, wait: float = 0.15) -> None:
        """Nothing to stop."""

    def poll(self) -> SessionView:
        """An empty view."""
        return _NOTHING

    def notices(self) -> list[tuple[str, bool]]:
        """No messages."""
        return []

    def show(self, whole: tuple[str, ...], layer: tuple[str, ...], points: int | None) -> None:
        """There is nothing to show."""

    def order(self, command: Callable[[Training], None]) -> int:  # noqa: ARG002
        """Nothing is done."""
        return 0

    def request_surface(self, request: SurfaceRequest) -> int:  # noqa: ARG002
        """There is no surface."""
        return 0

    def request_looks(self, request: LookRequest) -> int:  # noqa: ARG002
        """There is no network."""
        return 0

    def record(self, recorder: "Recorder") -> int:
        """There is nothing to record."""
        recorder.close()
        return 0

    @property
    def recorder(self) -> "Recording | None":
        """Nothing is recorded."""
        return None


_NOTHING = SessionView()
