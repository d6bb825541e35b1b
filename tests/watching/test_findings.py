"""What is wrong with a watched run is named, with its layers by their names and fixes in PyTorch's words."""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is no dependency: without it there is nothing to watch")

from torch import nn  # noqa: E402

import nntui  # noqa: E402
from nntui_engine.record.source import RecordSource  # noqa: E402
from nntui_engine.run.finding import Finding  # noqa: E402


def trained(path: Path, model: nn.Module, lr: float, steps: int = 200, scale: float = 1.0) -> list[Finding]:
    """What is found in a network that learns two moons by Adam or, with a rate of 1 or more, by SGD."""
    generator = torch.Generator().manual_seed(1)
    angle = torch.rand(400, generator=generator) * torch.pi
    upper = torch.arange(400) % 2 == 0
    x = torch.where(
        upper[:, None],
        torch.stack([angle.cos(), angle.sin()], 1),
        torch.stack([1.0 - angle.cos(), 0.5 - angle.sin()], 1),
    )
    x = scale * (x + 0.05 * torch.randn(400, 2, generator=generator))
    y = upper.long()
    kind: Any = torch.optim.SGD if lr >= 1.0 else torch.optim.Adam
    optimizer = kind(model.parameters(), lr=lr)
    with nntui.watch(model, optimizer, record=path) as watch:
        for _ in range(steps):
            rows = torch.randint(0, 400, (32,), generator=generator)
            optimizer.zero_grad()
            watch(nn.functional.cross_entropy(model(x[rows]), y[rows])).backward()
            optimizer.step()
    return RecordSource(path).findings()


def stack(depth: int, activation: type[nn.Module], width: int = 16) -> nn.Sequential:
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for number in range(depth):
        layers += [nn.Linear(2 if number == 0 else width, width), activation()]
    return nn.Sequential(*layers, nn.Linear(width, 2))


def warned(found: list[Finding]) -> dict[str, Finding]:
    return {one.rule: one for one in found if one.severity != "info"}


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.GELU])
def test_a_network_that_learns_has_no_warning(path, activation):
    assert warned(trained(path, stack(2, activation), 0.01)) == {}


def test_a_gradient_that_vanishes(path):
    found = warned(trained(path, stack(7, nn.Sigmoid), 0.001))
    finding = found["vanishing_gradient"]
    assert 1 in finding.layers
    assert finding.names[1] == "0"
    assert finding.fixes[0].set == {"layer": "nn.ReLU()", "layer.weight": "nn.init.kaiming_normal_(layer.weight)"}


def test_units_that_are_dead(path):
    model = stack(3, nn.ReLU)
    with torch.no_grad():
        model[2].bias.fill_(-50.0)
    found = warned(trained(path, model, 0.001))
    assert 2 in found["dead_relu"].layers
    assert found["dead_relu"].names[2] == "2"


def test_steps_that_are_too_long_and_numbers_that_are_none(path):
    found = trained(path, stack(2, nn.ReLU), 30.0)
    assert "lr_too_high" in warned(found)
    assert 'optimizer.param_groups[0]["lr"]' in warned(found)["lr_too_high"].fixes[0].set
    broken = trained(path.with_name("b.nntui"), stack(3, nn.ReLU), 1e20)
    assert [(one.rule, one.severity) for one in broken] == [("non_finite", "critical")]
    assert "nan" not in broken[0].message.lower().replace("nan or", "")


def test_weights_that_do_not_change(path):
    assert "unchanged_weights" in warned(trained(path, stack(1, nn.ReLU), 0.0))


def test_what_was_not_looked_at_is_said(path):
    trained(path, stack(1, nn.ReLU), 0.01, steps=5)
    source = RecordSource(path)
    assert source.findings() == []
    assert source.unchecked()[0].rules == ("all",)
    assert any("output_mismatch" in one.rules for one in source.unchecked())


class Half(nn.Module):
    """A network with a part that nothing depends on, and one that comes back from evaluation as it was left."""

    def __init__(self, *, softmax: bool = False) -> None:
        super().__init__()
        self.first, self.drop, self.unused = nn.Linear(2, 8), nn.Dropout(0.1), nn.Linear(8, 8)
        self.last, self.softmax = nn.Linear(8, 2), nn.Softmax(1) if softmax else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.softmax(self.last(self.drop(torch.relu(self.first(x)))))


def mistakes(path: Path, spoil: str = "", steps: int = 25) -> dict[str, str]:
    """What is noticed in a script with one mistake, and what is said of it."""
    torch.manual_seed(0)
    model = Half(softmax=spoil.startswith("softmax"))
    if spoil != "unused":
        del model.unused
    held = list(model.last.parameters()) if spoil == "not held" else list(model.parameters())
    if spoil == "frozen":
        model.first.weight.requires_grad_(False)
    optimizer = torch.optim.SGD(held, lr=0.01)
    x, y = torch.randn(32, 2), torch.randint(0, 2, (32,))
    other = nn.Parameter(torch.zeros(1))
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.99)
    if spoil == "resumed":
        scheduler.load_state_dict({**scheduler.state_dict(), "last_epoch": 500, "_step_count": 501})
    with nntui.watch(model, optimizer, record=path) as watch:
        model.train(spoil != "eval")
        for _ in range(steps):
            if spoil != "not zeroed":
                optimizer.zero_grad(set_to_none=spoil != "filled with 0")
            for rows in (slice(16), slice(16, 32)):
                loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
                watch(loss / 2 if spoil == "softmax, loss halved" else loss)
                (other.sum() if spoil == "another loss" else loss).backward()
            for part in (scheduler, optimizer) if spoil == "scheduler first" else (optimizer, scheduler):
                part.step()
    source = RecordSource(path)
    found = {one.rule: one.message for one in source.findings()}
    source.seek(0)
    assert source.findings() == []
    return {rule: said for rule, said in found.items() if rule in MISTAKES}


MISTAKES = {
    "not_in_optimizer": "not held",
    "requires_grad_lost": "frozen",
    "no_gradient": "another loss",
    "parameters_without_gradient": "unused",
    "gradients_not_zeroed": "not zeroed",
    "eval_mode": "eval",
    "softmax_before_cross_entropy": "softmax",
    "scheduler_before_optimizer": "scheduler first",
}


@pytest.mark.parametrize(
    ("rule", "spoil"), [*MISTAKES.items(), ("softmax_before_cross_entropy", "softmax, loss halved")]
)
def test_what_only_a_script_can_get_wrong(rule, spoil, path):
    found = mistakes(path, spoil)
    assert set(found) == {rule}
    assert {"not held": "first.weight", "frozen": "first.weight", "unused": "unused"}.get(spoil, "") in found[rule]


@pytest.mark.parametrize("spoil", ["", "filled with 0", "resumed"])
def test_a_script_without_a_mistake(spoil, path):
    assert mistakes(path, spoil) == {}
