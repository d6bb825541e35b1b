"""What the lab's app needs of the thing it shows."""

from collections.abc import Mapping
from typing import Protocol

from nntui.looks.request import LookRequest
from nntui.looks.surface import SurfaceRequest

from .session_view import SessionView


class Source(Protocol):
    """Where the app gets its views from and gives its commands to: a Session, or something still."""

    def start(self) -> None:
        """Begins to make views."""

    def stop(self) -> None:
        """Ends what :meth:`start` began."""

    def poll(self) -> SessionView:
        """The newest view."""

    def notices(self) -> list[tuple[str, bool]]:
        """(message, is it an error) since the last call, oldest first."""

    def show(self, whole: tuple[str, ...], layer: tuple[str, ...], points: int | None) -> None:
        """Which histories, of whole lanes and of layers, the next views carry, and in how many points."""

    def toggle(self) -> int:
        """Pauses, or goes on.

        This and all commands below return the number that a view's ``applied`` reaches when they are done.
        """

    def run_steps(self, count: int) -> int:
        """Makes so many steps, then pauses."""

    def run_epoch(self) -> int:
        """Makes an epoch of steps (ten on a surface), then pauses."""

    def change_speed(self, direction: int) -> int:
        """One level slower (−1) or faster (1)."""

    def tweak(self, settings: Mapping[str, object], lane: str | None) -> int:
        """Changes settings, by scenario key, of a lane; None: of all."""

    def undo(self) -> int:
        """Takes the last change back."""

    def redo(self) -> int:
        """Makes the change again that was taken back last."""

    def restart(self, new_seed: bool = False) -> int:
        """Starts again from the same seed, or the next one."""

    def request_surface(self, request: SurfaceRequest) -> int:
        """Which part of a race's surface the next views carry."""

    def request_looks(self, request: LookRequest) -> int:
        """What the next views show of the network itself."""

    def search_fair(self) -> int:
        """Looks for every lane's best learning rate."""

    def apply_fair(self) -> int:
        """Gives every lane its best rate and starts again."""

    def rewind(self, direction: int) -> int:
        """Goes back (−1) or forward (1) in what was run."""
