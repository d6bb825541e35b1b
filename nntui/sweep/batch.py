"""Training some cells of a sweep beside each other, as lanes of one run: what a worker does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nntui_engine.registry.statistic import EVALUATION_BY_NAME

from .plan import Plan

LAUNCH_STEPS = 1024
NEVER = 10**9  # steps


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a cell: ``value`` is None where there was nothing to measure; ``state`` as of a lane; ``step`` where
    it ended."""

    cell: int
    value: float | None
    state: str
    step: int


def run_batch(plan: Plan, cells: Sequence[int]) -> list[Result]:
    """Trains these cells in lockstep and measures each of them. What comes of a cell does not depend on the others.

    Raises InputError where a cell's settings do not go together.
    """
    from nntui_engine.analysis.judging import moment_of, value_in
    from nntui_engine.experiment import Experiment

    scenario = plan.of_cells([plan.cell(number) for number in cells])
    step = plan.measure.step
    run = Experiment(scenario, every=_every(plan))
    goal = run.steps if step is None else step
    while not run.finished and run.step < goal:
        run.advance(min(LAUNCH_STEPS, goal - run.step))
    asked = [plan.measure.expectation(lane.name) for lane in scenario.lanes]
    moment = moment_of(run, bool(plan.measure.finding), asked)
    first, found = scenario.lanes[0].name, []
    for number, expectation in zip(cells, asked, strict=True):
        lane = moment.lanes[str(number)]
        value: Any = value_in(expectation, moment, first)
        if plan.measure.finding:
            value = float(plan.measure.finding in value)
        found.append(Result(number, None if value is None else float(value), lane.state, lane.step))
    return found


def _every(plan: Plan) -> int:
    """Steps between two measurements: none on the way are needed where only whole sets are read at the end."""
    return NEVER if plan.measure.statistic in EVALUATION_BY_NAME else 1
