"""nntui itself as one of those that take turns. What is timed is what ``nntui run`` runs: Experiment.advance, which
trains, measures and folds what it measured into the history.
"""

from pathlib import Path

from nntui.bench.nets import ENDLESS, Net, scenario_of
from nntui.bench.timing import Repeated, Turn

CONTESTANTS = ("nntui", "nntui_off")


def engine_turn(net: Net, folder: Path, statistics: bool = True, lanes: int = 1) -> Turn:
    """Steps of a net: with all of nntui's statistics at every step, or with none.

    There is nothing between: the engine measures all statistics of a step or none of them.
    """
    from nntui_engine import Experiment

    experiment = Experiment(scenario_of(net, folder, lanes), every=1 if statistics else ENDLESS)
    return Repeated(experiment.advance)


def engine_turns(net: Net, folder: Path) -> dict[str, Turn]:
    """With statistics and without, by the names of ``CONTESTANTS``."""
    return {name: engine_turn(net, folder, statistics=name == "nntui") for name in CONTESTANTS}
