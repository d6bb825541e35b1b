"""nntui itself as one of those that take turns. What is timed is what ``nntui run`` runs: Experiment.advance, which
trains, measures and folds what it measured into the history.
"""

from typing import TYPE_CHECKING

from nntui.bench.nets import ENDLESS
from nntui.bench.timing import Repeated, Turn

if TYPE_CHECKING:
    from nntui_engine.scenario import Scenario

CONTESTANTS = ("nntui", "nntui_off")


def engine_turn(scenario: "Scenario", statistics: bool = True) -> Turn:
    """Steps of a scenario: with all of nntui's statistics at every step, or with none.

    There is nothing between: the engine measures all statistics of a step or none of them.
    """
    from nntui_engine import Experiment

    experiment = Experiment(scenario, every=1 if statistics else ENDLESS)
    return Repeated(experiment.advance)


def engine_turns(scenario: "Scenario") -> dict[str, Turn]:
    """With statistics and without, by the names of ``CONTESTANTS``."""
    return {name: engine_turn(scenario, statistics=name == "nntui") for name in CONTESTANTS}
