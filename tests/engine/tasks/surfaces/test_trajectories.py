"""Every optimizer's path beside PyTorch's and beside a plain NumPy one: relative 1e-9 over 200 steps."""

from typing import Any

import numpy as np
import pytest
from engine.cases import NOT_IN_TORCH, OPTIMIZER_CASES
from engine.tasks.surfaces.builders import race, walk

from engine import twin_update
from nntui_engine.experiment import Experiment
from nntui_engine.registry.optimizer import OPTIMIZERS

STEPS = 200
ALLOWED = 1e-9
# surface: what the rates are multiplied by, of sgd, which must fit the curvature, and of the others. A rate too high
# for the curvature makes a path that bounces and doubles a rounding error at every step: nothing could be compared.
GROUNDS = {"booth": (0.2, 0.2), "himmelblau": (0.02, 0.2), "rosenbrock": (0.01, 0.2)}
GENTLER = {"adadelta rho epsilon weight_decay": 0.1}


def settings(name: str, ground: str) -> dict[str, Any]:
    optimizer, options = OPTIMIZER_CASES[name]
    lr = float(options["lr"]) * GROUNDS[ground][optimizer != "sgd"] * GENTLER.get(name, 1.0)
    return {**options, "optimizer": optimizer, "lr": lr, "steps": STEPS}


def start_of(ground: str) -> list[float]:
    return {"booth": [-3.0, 7.0], "himmelblau": [0.5, -1.0], "rosenbrock": [-0.5, 0.5]}[ground]


def assert_same(path: np.ndarray, peer: np.ndarray) -> None:
    assert np.isfinite(peer).all(), "the comparison needs a path that stays"
    assert np.abs(peer[-1] - peer[0]).max() > 1e-3, "and that moves"
    size = np.abs(peer).max(axis=1, keepdims=True) + 1e-3
    errors = (np.abs(path - peer) / size).max(axis=1)
    assert errors.max() <= ALLOWED, f"step {int(np.argmax(errors > ALLOWED))}: {errors.max()}"


def torch_path(ground: str, start: list[float], train: dict[str, Any]) -> np.ndarray:
    torch = pytest.importorskip("torch")
    from engine.torch_names import make_optimizer

    functions = {
        "booth": lambda x, y: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
        "himmelblau": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
        "rosenbrock": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    }
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    options = {k: v for k, v in train.items() if k not in ("optimizer", "steps", "clip_norm", "clip_value")}
    optimizer = make_optimizer(train["optimizer"], [w], options)
    path = [w.detach().numpy().copy()]
    for _ in range(train["steps"]):
        optimizer.zero_grad()
        functions[ground](w[0], w[1]).backward()
        if train.get("clip_value"):
            torch.nn.utils.clip_grad_value_([w], train["clip_value"])
        if train.get("clip_norm"):
            torch.nn.utils.clip_grad_norm_([w], train["clip_norm"])
        optimizer.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("name", [name for name in OPTIMIZER_CASES if name not in NOT_IN_TORCH])
def test_beside_torch(name: str, ground: str) -> None:
    train, start = settings(name, ground), start_of(ground)
    assert_same(walk({"name": ground, "start": start}, train), torch_path(ground, start, train))


@pytest.mark.parametrize("clip", [{"clip_norm": 2.0}, {"clip_value": 1.5}, {"clip_value": 3.0, "clip_norm": 2.0}])
def test_clipping_beside_torch(clip: dict[str, float]) -> None:
    train = {"optimizer": "sgd", "lr": 0.01, "momentum": 0.5, "steps": STEPS, **clip}
    start = start_of("himmelblau")
    assert_same(walk({"name": "himmelblau", "start": start}, train), torch_path("himmelblau", start, train))


def test_the_comparison_fails_on_another_rate() -> None:
    train, start = settings("adam", "himmelblau"), start_of("himmelblau")
    other = {**train, "lr": train["lr"] * 1.000001}
    with pytest.raises(AssertionError, match="step"):
        assert_same(walk({"name": "himmelblau", "start": start}, other), torch_path("himmelblau", start, train))


def himmelblau_gradient(w: np.ndarray) -> np.ndarray:
    a, b = w[0] ** 2 + w[1] - 11, w[0] + w[1] ** 2 - 7
    return np.array([4 * w[0] * a + 2 * b, 2 * a + 4 * w[1] * b])


def twin_path(run: Experiment, start: list[float], steps: int) -> np.ndarray:
    s = run.lanes[0].settings
    w, state = np.array(start), {}  # type: ignore[var-annotated]
    path = [w]
    for t in range(steps):
        factor = twin_update.SCHEDULES[s.schedule](s.schedule_parameters, t)
        hyper = {**s.optimizer_parameters, "lr": s.optimizer_parameters["lr"] * factor}
        w = w - twin_update.OPTIMIZERS[s.optimizer](w, himmelblau_gradient(w), hyper, t + 1, state)
        path.append(w)
    return np.array(path)


@pytest.mark.parametrize("name", OPTIMIZER_CASES)
def test_beside_numpy(name: str) -> None:
    train, start = settings(name, "himmelblau"), start_of("himmelblau")
    run = race({"name": "himmelblau", "start": start}, train)
    run.advance(STEPS)
    assert_same(run.snapshot().lanes[0].surface.path, twin_path(run, start, STEPS))


@pytest.mark.parametrize(
    "schedule",
    [
        {"kind": "exponential", "decay": 0.01},
        {"kind": "inverse_time", "decay": 0.05},
        {"kind": "step", "every": 30, "factor": 0.5},
        {"kind": "cosine", "over": 150, "minimum": 0.1},
        {"kind": "warmup", "over": 40},
    ],
)
def test_schedules_beside_numpy(schedule: dict[str, Any]) -> None:
    start = start_of("himmelblau")
    train = {"optimizer": "sgd", "lr": 0.002, "momentum": 0.8, "steps": STEPS, "schedule": schedule}
    run = race({"name": "himmelblau", "start": start}, train)
    run.advance(STEPS)
    assert_same(run.snapshot().lanes[0].surface.path, twin_path(run, start, STEPS))


def test_a_cosine_of_no_length_spans_the_run() -> None:
    start = start_of("himmelblau")
    paths = [
        walk(
            {"name": "himmelblau", "start": start},
            {"lr": 0.002, "steps": STEPS, "schedule": {"kind": "cosine", "over": over}},
        )
        for over in (0, STEPS)
    ]
    assert (paths[0] == paths[1]).all()


def test_every_optimizer_is_compared() -> None:
    assert {optimizer for optimizer, _ in OPTIMIZER_CASES.values()} == set(OPTIMIZERS)
