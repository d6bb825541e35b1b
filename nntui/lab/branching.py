"""A run that goes back to a step of a record and on from there otherwise, in a record of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nntui_engine.errors import InputError

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.record.branch import Branch, Overrides


def begin(
    branch: "Branch",
    path: Path,
    changes: "Callable[[Sequence[str]], Overrides]",
    reach: "Callable[[Experiment, int], bool]",
) -> str:
    """Goes to where a ``branch`` of the record ``path`` begins, and changes it there.

    ``reach`` runs it as far as a position, and says whether it came so far; ``changes`` are those for lanes of these
    names. Returns what is to be said if it has other numbers there, "" if not. Raises InputError where it cannot be,
    or may not be changed so, with no record left.
    """
    at = branch.at
    try:
        if not reach(branch.run, at):
            raise InputError(f"{path}: its run ends at step {branch.run.position} here, before step {at}")
        other = "" if branch.same else f"step {at} has other numbers here than in {path}; the branch has its own"
        branch.change(changes([lane.name for lane in branch.run.lanes]))
    except InputError:
        branch.discard()
        raise
    return other
