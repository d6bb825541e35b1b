"""Training loops as people write them, for what watches them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is no dependency: without it there is nothing to watch")

from torch import nn  # noqa: E402
from watching.networks import CASES, made  # noqa: E402

import nntui  # noqa: E402
from nntui_engine.record.source import RecordSource  # noqa: E402


class Loop:
    """A training loop as people write it; ``between`` is called after each step."""

    def __init__(self, path: Path | None, optimizer: str = "SGD", case: str = "dense", **options: Any) -> None:
        self.model, self.x, self.y = made(CASES[case])
        own = options.pop("own", {})
        self.optimizer = getattr(torch.optim, optimizer)(self.model.parameters(), lr=options.pop("lr", 0.1), **own)
        self.watch: Any = None if path is None else nntui.watch(self.model, self.optimizer, record=path, **options)

    def step(self) -> torch.Tensor:
        self.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.model(self.x), self.y)
        if self.watch is not None:
            self.watch(loss)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def steps(self, count: int) -> None:
        for _ in range(count):
            self.step()

    def weights(self) -> bytes:
        return b"".join(p.detach().numpy().tobytes() for p in self.model.parameters())


def history(path: Path, *names: str) -> tuple[np.ndarray, ...]:
    """The steps, and of each whole statistic its values."""
    lane = RecordSource(path).full_snapshot(None).lanes[0]
    return lane.whole_history["loss"].steps, *(lane.whole_history[name].mean[:, 0] for name in names)
