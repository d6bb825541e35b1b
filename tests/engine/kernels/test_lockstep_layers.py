"""Convolution, pooling and layer normalisation beside PyTorch in float64, forward and backward."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is no dependency")

from engine.compiled import compiled  # noqa: E402
from engine.kernels import test_layer_norm as norms  # noqa: E402
from engine.kernels import test_pooling as pools  # noqa: E402
from engine.kernels.pictures import CASES, NAMES, Case, numbers  # noqa: E402
from engine.kernels.test_convolution import Work, close  # noqa: E402

from nntui_engine.kernels import convolution  # noqa: E402
from nntui_engine.kernels.layer_norm import EPSILON  # noqa: E402
from nntui_engine.registry.geometry import Geometry, geometry_of, scratch_size  # noqa: E402

functional: Any = torch.nn.functional
ALLOWED = 1e-12


def padded(x: Any, g: Geometry, value: float = 0.0) -> Any:
    """The picture as torch wants it, (n, channels, height, width), with what the geometry adds around it."""
    picture = x.reshape(len(x), g.height, g.width, g.channels).permute(0, 3, 1, 2)
    right = max((g.out_width - 1) * g.stride_width + g.kernel_width - g.left - g.width, 0)
    below = max((g.out_height - 1) * g.stride_height + g.kernel_height - g.top - g.height, 0)
    return functional.pad(picture, (g.left, right, g.top, below), value=value)


def rows(picture: Any) -> Any:
    return picture.permute(0, 2, 3, 1).reshape(len(picture), -1)


def leaf(array: np.ndarray) -> Any:
    return torch.tensor(array, requires_grad=True)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_convolution(case: Case) -> None:
    g = case.geometry()
    work = Work(g, 3)
    x, w, b = leaf(work.x), leaf(work.w), leaf(work.b)
    kernel = w.reshape(g.kernel_height, g.kernel_width, g.channels, g.filters).permute(3, 2, 0, 1).contiguous()
    z = rows(functional.conv2d(padded(x, g), kernel, b, stride=(g.stride_height, g.stride_width)))
    z.backward(torch.tensor(work.delta))
    close(work.forward(), z.detach().numpy(), ALLOWED)
    for got, expected in zip(work.backward(), (x, w, b), strict=True):
        close(got, expected.grad.numpy(), ALLOWED)


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("case", pools.CASES, ids=str)
def test_max_pool(case: Case, broken: bool) -> None:
    g = case.geometry()
    data, delta = pools.data(g, np.float64, ties=True)
    if broken:
        data[0, 0] = np.nan
    x = leaf(data)
    picture = padded(x, g, -np.inf)
    kernel, stride = (g.kernel_height, g.kernel_width), (g.stride_height, g.stride_width)
    z = rows(functional.max_pool2d(picture, kernel, stride))
    z.backward(torch.tensor(delta))
    np.testing.assert_array_equal(pools.pool(g, data, True), z.detach().numpy())
    close(pools.back(g, data, delta, True, np.nan, False), x.grad.numpy(), ALLOWED)


@pytest.mark.parametrize("shape", [(6, 8, 3), (7, 7, 20)])
def test_average_pool_over_the_inside(shape: tuple[int, int, int]) -> None:
    """torch pads both sides alike, so a kernel of 3 with a padding of 1."""
    g = geometry_of(shape, shape[2], (3, 3), (1, 1), "same")
    data, delta = pools.data(g, np.float64, ties=False)
    x = leaf(data)
    picture = x.reshape(2, *shape).permute(0, 3, 1, 2)
    z = rows(functional.avg_pool2d(picture, 3, 1, padding=1, count_include_pad=False))
    z.backward(torch.tensor(delta))
    close(pools.pool(g, data, False), z.detach().numpy(), ALLOWED)
    close(pools.back(g, data, delta, False, np.nan, False), x.grad.numpy(), ALLOWED)


@pytest.mark.parametrize("shape", [(3, 2), (4, 7), (2, 64)])
def test_layer_norm(shape: tuple[int, int]) -> None:
    data, delta = numbers(0, *shape), numbers(3, *shape)
    x, gamma, beta = leaf(data), leaf(numbers(1, shape[1])), leaf(numbers(2, shape[1]))
    y = functional.layer_norm(x, shape[1:], gamma, beta, EPSILON)
    y.backward(torch.tensor(delta))
    normalised, inverse, found = norms.forward(data, gamma.detach().numpy(), beta.detach().numpy())
    close(found, y.detach().numpy(), ALLOWED)
    gradients = norms.backward(delta, gamma.detach().numpy(), normalised, inverse, False, np.nan)
    for got, expected in zip(gradients, (x, gamma, beta), strict=True):
        close(got, expected.grad.numpy(), ALLOWED)


def test_float32_is_as_near_as_torch() -> None:
    """A sum of 25 · 32 products: no further from the truth than torch's own float32, by a factor of four."""
    g = geometry_of((9, 9, 32), 24, (5, 5), (1, 1), "valid")
    work = Work(g, 2, np.float32)
    exact, *_ = work.twin()
    z, scratch = np.empty_like(work.delta), np.empty(scratch_size(g), np.float32)
    compiled(convolution.convolve)(work.x, work.w, work.b, g, scratch, z)
    kernel = torch.tensor(work.w).reshape(5, 5, 32, 24).permute(3, 2, 0, 1).contiguous()
    other = rows(functional.conv2d(padded(torch.tensor(work.x), g), kernel, torch.tensor(work.b))).numpy()
    assert np.abs(z - exact).max() <= 4 * np.abs(other - exact).max()
