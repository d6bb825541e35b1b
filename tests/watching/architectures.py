"""Small networks built as the well-known ones of computer vision are, written from their papers' figures."""

from collections.abc import Callable

import torch
from torch import nn

# A module with parameters of its own, as the whole network may be ("model"), is a layer
Layers = dict[str, tuple[str, tuple[int, ...]]]
IMAGES = (4, 3, 8, 8)


def bare(*names: str) -> Layers:
    """Layers without an activation of their own."""
    return dict.fromkeys(names, ("", ()))


def alexnet() -> nn.Sequential:
    """Convolutions and a classifier, ReLU in place (Krizhevsky 2012)."""
    return nn.Sequential(
        nn.Conv2d(3, 6, 5, stride=2, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(2),
        nn.Flatten(), nn.Dropout(0.0), nn.Linear(32, 10), nn.ReLU(inplace=True), nn.Linear(10, 3),
    )  # fmt: skip


def vgg() -> nn.Sequential:
    """Pairs of convolutions with batch norm between them and ReLU (Simonyan & Zisserman 2014)."""
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4),
        nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 3),
    )  # fmt: skip


class Bottleneck(nn.Module):
    """ResNet's block of three, with a convolution on the way round and one ReLU for all (He 2015)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 4, 1, bias=False), nn.BatchNorm2d(4)
        self.conv2, self.bn2 = nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.conv3, self.bn3 = nn.Conv2d(4, 8, 1, bias=False), nn.BatchNorm2d(8)
        self.downsample = nn.Sequential(nn.Conv2d(3, 8, 1, bias=False), nn.BatchNorm2d(8))
        self.relu, self.fc = nn.ReLU(), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y)) + self.downsample(x)
        return self.fc(self.relu(y).mean((2, 3)))


class InvertedResidual(nn.Module):
    """MobileNet's block: a convolution for each channel between two that mix them (Sandler 2018)."""

    def __init__(self) -> None:
        super().__init__()
        self.expand, self.expand_norm, self.expand_act = nn.Conv2d(3, 6, 1), nn.BatchNorm2d(6), nn.ReLU()
        self.depthwise, self.act = nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.ReLU()
        self.project, self.fc = nn.Conv2d(6, 3, 1), nn.Linear(3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.expand_act(self.expand_norm(self.expand(x)))
        return self.fc((x + self.project(self.act(self.depthwise(y)))).mean((2, 3)))


class Dense(nn.Module):
    """DenseNet: norm, ReLU and convolution, each reading all before it (Huang 2016)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.norm1, self.relu1, self.conv1 = nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 3, 3, padding=1)
        self.norm2, self.relu2, self.conv2 = nn.BatchNorm2d(7), nn.ReLU(), nn.Conv2d(7, 3, 3, padding=1)
        self.fc = nn.Linear(10, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        x = torch.cat([x, self.conv1(self.relu1(self.norm1(x)))], 1)
        x = torch.cat([x, self.conv2(self.relu2(self.norm2(x)))], 1)
        return self.fc(x.mean((2, 3)))


class Inception(nn.Module):
    """Branches of several sizes beside each other, put together (Szegedy 2014)."""

    def __init__(self) -> None:
        super().__init__()
        self.small, self.small_act = nn.Conv2d(3, 2, 1), nn.ReLU()
        self.large, self.large_act = nn.Conv2d(3, 3, 3, padding=1), nn.ReLU()
        self.pool, self.pooled = nn.MaxPool2d(3, 1, 1), nn.Conv2d(3, 2, 1)
        self.fc = nn.Linear(7, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branches = self.small_act(self.small(x)), self.large_act(self.large(x)), self.pooled(self.pool(x))
        return self.fc(torch.cat(branches, 1).mean((2, 3)))


class SqueezeExcite(nn.Module):
    """EfficientNet's gate on channels, with SiLU (Tan & Le 2019)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.act = nn.Conv2d(3, 6, 3, padding=1), nn.SiLU()
        self.squeeze, self.squeeze_act = nn.Conv2d(6, 2, 1), nn.SiLU()
        self.excite, self.gate = nn.Conv2d(2, 6, 1), nn.Sigmoid()
        self.fc = nn.Linear(6, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.act(self.conv(x))
        gate = self.gate(self.excite(self.squeeze_act(self.squeeze(x.mean((2, 3), keepdim=True)))))
        return self.fc((x * gate).mean((2, 3)))


class VisionTransformer(nn.Module):
    """Patches as words, a word for the class, learned places, a block before whose parts the norms stand
    (Dosovitskiy 2020)."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, stride=4)
        self.word, self.places = nn.Parameter(torch.zeros(1, 1, 8)), nn.Parameter(torch.randn(1, 5, 8) * 0.02)
        self.norm1, self.attend = nn.LayerNorm(8), nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm2, self.first, self.act, self.second = nn.LayerNorm(8), nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        words = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.word.expand(len(x), -1, -1), words], 1) + self.places
        y = self.norm1(x)
        x = x + self.attend(y, y, y, need_weights=False)[0]
        return self.head((x + self.second(self.act(self.first(self.norm2(x)))))[:, 0])


class ConvNext(nn.Module):
    """A large convolution for each channel, then a small network at each place, scaled (Liu 2022)."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise, self.norm = nn.Conv2d(3, 3, 5, padding=2, groups=3), nn.LayerNorm(3)
        self.first, self.act, self.second = nn.Linear(3, 12), nn.GELU(), nn.Linear(12, 3)
        self.scale, self.head = nn.Parameter(torch.full((3,), 0.1)), nn.Linear(3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.scale * self.second(self.act(self.first(y)))
        return self.head((x + y.permute(0, 3, 1, 2)).mean((2, 3)))


class UNet(nn.Module):
    """Down, up again by a transposed convolution, and the way across (Ronneberger 2015)."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.enter_act = nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()
        self.down, self.down_act = nn.Conv2d(4, 6, 3, stride=2, padding=1), nn.ReLU()
        self.up, self.norm = nn.ConvTranspose2d(6, 4, 2, stride=2), nn.GroupNorm(2, 4)
        self.leave = nn.Conv2d(8, 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        across = self.enter_act(self.enter(x))
        y = self.norm(self.up(self.down_act(self.down(across))))
        return self.leave(torch.cat([across, y], 1)).mean((2, 3))


ARCHITECTURES: dict[str, tuple[Callable[[], nn.Module], Layers]] = {
    "alexnet": (alexnet, {"0": ("1", (0,)), "3": ("4", (0,)), "8": ("9", (0,)), **bare("10")}),
    "vgg": (vgg, {**bare("0"), "1": ("2", (0,)), **bare("3"), "4": ("5", (0,)), **bare("8")}),
    "resnet": (
        Bottleneck,
        {
            **bare("conv1"), "bn1": ("relu", (0,)), **bare("conv2"), "bn2": ("relu", (1,)),
            **bare("conv3", "bn3", "downsample.0", "downsample.1"), "relu": ("relu", (2,)), **bare("fc"),
        },
    ),
    "mobilenet": (
        InvertedResidual,
        {
            **bare("expand"), "expand_norm": ("expand_act", (0,)), "depthwise": ("act", (0,)), **bare("project", "fc"),
        },
    ),
    "densenet": (
        Dense,
        {
            **bare("stem"), "norm1": ("relu1", (0,)), **bare("conv1"), "norm2": ("relu2", (0,)), **bare("conv2", "fc"),
        },
    ),
    "inception": (
        Inception, {"small": ("small_act", (0,)), "large": ("large_act", (0,)), **bare("pooled", "fc")},
    ),
    "efficientnet": (
        SqueezeExcite,
        {"conv": ("act", (0,)), "squeeze": ("squeeze_act", (0,)), "excite": ("gate", (0,)), **bare("fc")},
    ),
    "vision transformer": (
        VisionTransformer,
        {**bare("patch", "norm1", "attend", "norm2"), "first": ("act", (0,)), **bare("second", "head", "model")},
    ),
    "convnext": (ConvNext, {**bare("depthwise", "norm"), "first": ("act", (0,)), **bare("second", "head", "model")}),
    "u-net": (
        UNet, {"enter": ("enter_act", (0,)), "down": ("down_act", (0,)), **bare("up", "norm", "leave")},
    ),
}  # fmt: skip
