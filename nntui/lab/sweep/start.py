"""Opening a sweep in the terminal, and the lab on one of its runs."""

import asyncio
import sys

from msgspec.structs import replace as replaced

from nntui.lab.config import config_file, read_config
from nntui.lab.start import SWITCH_SECONDS, Unawaited, run_lab
from nntui.sweep.plan import Cell, Plan
from nntui.sweep.results import Results
from nntui.sweep.workers import prepare_processes
from nntui_engine.scenario import Scenario

from .app import SweepApp
from .model import SweepModel, named
from .running import SweepRun

LONGEST_NAME = 60  # of a lane


def sweep_on_screen(results: Results, workers: int) -> int:
    """Does what is missing while its map is shown; returns the exit status. What has ended is kept in any case."""
    config, trouble = read_config(config_file())
    if trouble:
        print(f"nntui: {trouble}", file=sys.stderr)
    run, model = SweepRun(results, workers), SweepModel(results)
    sys.setswitchinterval(SWITCH_SECONDS)
    prepare_processes()
    run.start()
    try:
        while True:
            app = SweepApp(run, model, config=config)
            try:
                with asyncio.Runner() as runner:
                    runner.get_loop().set_default_executor(Unawaited())
                    app.catch_signals(runner.get_loop())
                    runner.run(app.run_async())
            finally:
                app.restore_terminal()
            if app.opened is None or app.return_code:
                return app.return_code or 0
            run_lab(scenario_of(model.plan, app.opened), keep=False)
    finally:
        run.stop()
        if run.error:
            print(f"nntui: {run.error}", file=sys.stderr)


def scenario_of(plan: Plan, cell: Cell) -> Scenario:
    """The run of a cell, to be watched: the same bits. Raises InputError."""
    import dataclasses

    found = plan.of_cells([cell])
    words = ", ".join(f"{key} {value}" for key, value in named(plan, cell).items())
    name = words[:LONGEST_NAME] or f"seed {cell.seed}"
    lanes = (dataclasses.replace(found.lanes[0], name=name),)
    changes = tuple(replaced(change, lane=name) for change in found.changes)
    summary = f"A run of a sweep: {words}, seed {cell.seed}."
    return dataclasses.replace(found, lanes=lanes, changes=changes, summary=summary, lesson=summary)
