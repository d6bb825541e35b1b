"""Optimizer steps a second on Beale's function, of one lane and of all lanes together.

What is timed is one launch after another of the kernel that races and fair rates use, without samples
in between.
"""

from typing import TYPE_CHECKING, Any

from nntui.bench.bench import Bench, MeasureError
from nntui.bench.nets import ENDLESS
from nntui.bench.tables import Sheet, rate_spread_text
from nntui.bench.timing import Repeated, Turn, per_second, take_turns

if TYPE_CHECKING:
    from nntui_engine.tasks.field import Field

SURFACE = "beale"
LANES = (1, 1000)
OPTIMIZERS: dict[str, dict[str, object]] = {
    "sgd": {"optimizer": "sgd", "lr": 1e-4},
    "momentum": {"optimizer": "sgd", "lr": 1e-5, "momentum": 0.9},
    "adam": {"optimizer": "adam", "lr": 1e-3},
    "rmsprop": {"optimizer": "rmsprop", "lr": 1e-4},
}


def measure(bench: Bench) -> dict[str, Any]:
    """By optimizer and number of lanes: steps a second, all lanes together."""
    bench.say("surfaces")
    fields = {(name, lanes): _field(train, lanes) for name, train in OPTIMIZERS.items() for lanes in LANES}
    took = take_turns({f"{name} {lanes}": _turn(field) for (name, lanes), field in fields.items()}, bench.seconds)
    for (name, _), field in fields.items():
        _check(name, field)
    return {name: {str(lanes): per_second(took[f"{name} {lanes}"], lanes) for lanes in LANES} for name in OPTIMIZERS}


def _field(train: dict[str, object], lanes: int) -> "Field":
    """Lanes that start at random places of the square around the origin."""
    import numpy as np

    from nntui_engine.kernels import race as kernels
    from nntui_engine.run.launch import launching
    from nntui_engine.tasks.field import lay_out
    from nntui_engine.tasks.resolve import resolve_surface

    table = {"surface": {"name": SURFACE}, "train": {**train, "steps": ENDLESS}}
    field = lay_out([resolve_surface(table, str(lane)) for lane in range(lanes)])
    field.ints[:, kernels.C_SAMPLE_EVERY] = ENDLESS
    field.state[:, kernels.W : kernels.W + 2] = np.random.default_rng(0).uniform(-1.0, 1.0, (lanes, 2))
    with launching():
        kernels.start_race(field.points, field.state, field.ints, field.reals)
    return field


def _turn(field: "Field") -> Turn:
    import numpy as np

    from nntui_engine.kernels import race as kernels

    lanes = len(field.ints)
    out_steps, out = np.zeros((lanes, 1), np.int64), np.zeros((lanes, 1, kernels.OUT))

    def advance(steps: int) -> None:
        field.race(field.ints[:, kernels.C_STEP] + steps, out_steps, out)

    return Repeated(advance)


def _check(name: str, field: "Field") -> None:
    from nntui_engine.kernels import race as kernels

    if (field.ints[:, kernels.C_DIVERGED_AT] >= 0).any():
        raise MeasureError(f"{name}: a lane diverged, so its steps were not taken")


def sheets(found: dict[str, Any]) -> list[Sheet]:
    """One table by optimizer: steps a second of each number of lanes, all lanes together."""
    rows = [[name, *(rate_spread_text(one[str(lanes)]) for lanes in LANES)] for name, one in found.items()]
    return [
        Sheet(
            "Steps a second on Beale's function, all lanes together",
            ["optimizer", *(f"{lanes} lane{'s' if lanes > 1 else ''}" for lanes in LANES)],
            rows,
        )
    ]
