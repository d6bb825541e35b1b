"""A small classifier, its rows, and its training written out plainly: what frameworks must come to, too."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is no dependency: without it there is nothing to watch")

from torch import nn  # noqa: E402
from watching.records import last  # noqa: E402

ROWS, BATCH, RATE = 40, 4, 0.1  # ten batches


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))


def rows() -> tuple[torch.Tensor, torch.Tensor]:
    made = torch.Generator().manual_seed(2)
    return torch.randn(ROWS, 3, generator=made), torch.randint(0, 2, (ROWS,), generator=made)


def assert_finished(path: Path, *layers: str) -> None:
    """The record of a training that came to its end, in which these layers were watched."""
    lane = last(path)
    assert [layer.name for layer in lane.layers] == list(layers)
    assert lane.state == "finished"


def weights(model: nn.Module) -> bytes:
    return b"".join(one.detach().numpy().tobytes() for one in model.parameters())


@dataclass
class Plain:
    """What came of the steps of one pass over the rows; norms are those before and after clipping."""

    weights: bytes = b""
    losses: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    clipped: list[float] = field(default_factory=list)


def plain(group: int = 1, clip: float = 0.0, *, weigh_rest: bool = False) -> Plain:
    """Steps of so many batches each. The last may have fewer: they are weighed as if there were all, or as what they
    are."""
    model, (x, y), found = network(), rows(), Plain()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    batches = [slice(start, start + BATCH) for start in range(0, ROWS, BATCH)]
    for start in range(0, len(batches), group):
        optimizer.zero_grad()
        chosen = batches[start : start + group]
        losses = []
        for one in chosen:
            loss = nn.functional.cross_entropy(model(x[one]), y[one])
            (loss / (len(chosen) if weigh_rest else group)).backward()
            losses.append(loss.item())
        found.losses.append(float(np.mean(losses)))
        norm = float(nn.utils.clip_grad_norm_(model.parameters(), clip or float("inf")))
        found.norms.append(norm)
        found.clipped.append(min(norm, clip or norm))
        optimizer.step()
    found.weights = weights(model)
    return found
