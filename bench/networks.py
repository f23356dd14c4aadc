"""Networks of well-known shapes, for PyTorch, with random weights.

Speed does not depend on what the weights say, only on their shapes; but they
must not make activations overflow or vanish, since denormal numbers are slow
and large ones hide errors. So the batch norms learn their statistics from
random images once, in `randomize`.

The classes follow the papers: ResNet (arXiv 1512.03385, stride in the 3x3),
MobileNetV2 (1801.04381), MobileNetV3 (1905.02244), and EfficientNet-Lite0
(EfficientNet-B0 of 1905.11946 without squeeze-and-excitation, with ReLU6).
"""

import torch
from torch import nn

SEED = 20240607


def conv_norm(inputs: int, outputs: int, kernel: int = 1, stride: int = 1,
              groups: int = 1, activation: nn.Module | None = None
              ) -> nn.Sequential:
    """Convolution, batch norm and, if given, an activation."""
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups,
                  bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([activation] if activation else []))


class Bottleneck(nn.Module):
    """ResNet's block: 1x1, 3x3, 1x1 and a shortcut."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.body = nn.Sequential(
            conv_norm(inputs, width, activation=nn.ReLU()),
            conv_norm(width, width, 3, stride, activation=nn.ReLU()),
            conv_norm(width, outputs))
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = conv_norm(inputs, outputs, 1, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


class SqueezeExcite(nn.Module):
    """Scales each channel by what the whole image says of it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = round_channels(channels / 4)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, squeezed, 1),
            nn.ReLU(), nn.Conv2d(squeezed, channels, 1), nn.Hardsigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gate(x)


class InvertedResidual(nn.Module):
    """Expand, depthwise, optional squeeze-and-excite, project."""

    def __init__(self, inputs: int, expanded: int, outputs: int, kernel: int,
                 stride: int, activation: type[nn.Module],
                 excite: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        if expanded != inputs:
            layers.append(conv_norm(inputs, expanded, activation=activation()))
        layers.append(conv_norm(expanded, expanded, kernel, stride, expanded,
                                activation()))
        if excite:
            layers.append(SqueezeExcite(expanded))
        layers.append(conv_norm(expanded, outputs))
        self.body = nn.Sequential(*layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x) if self.adds else self.body(x)


class Pooled(nn.Module):
    """Features, their mean over the image, and a head."""

    def __init__(self, features: list[nn.Module],
                 head: list[nn.Module]) -> None:
        super().__init__()
        self.features = nn.Sequential(*features)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                                  *head)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(image))


def round_channels(channels: float) -> int:
    """To a multiple of 8, never more than a tenth below."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def resnet50() -> nn.Module:
    features = [conv_norm(3, 64, 7, 2, activation=nn.ReLU()),
                nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for width, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2),
                                 (512, 3, 2)):
        for index in range(count):
            features.append(Bottleneck(channels, width,
                                       stride if index == 0 else 1))
            channels = 4 * width
    return Pooled(features, [nn.Linear(channels, 1000)])


def mobilenet_v2() -> nn.Module:
    return inverted_residuals(
        ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 32, 3, 2, 3),
         (6, 64, 4, 2, 3), (6, 96, 3, 1, 3), (6, 160, 3, 2, 3),
         (6, 320, 1, 1, 3)))


def efficientnet_lite0() -> nn.Module:
    return inverted_residuals(
        ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5),
         (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5),
         (6, 320, 1, 1, 3)))


def inverted_residuals(stages: tuple[tuple[int, ...], ...]) -> nn.Module:
    """From rows of expansion, outputs, count, stride, kernel."""
    features: list[nn.Module] = [conv_norm(3, 32, 3, 2, activation=nn.ReLU6())]
    channels = 32
    for expansion, outputs, count, stride, kernel in stages:
        for index in range(count):
            features.append(InvertedResidual(
                channels, channels * expansion, outputs, kernel,
                stride if index == 0 else 1, nn.ReLU6))
            channels = outputs
    features.append(conv_norm(channels, 1280, activation=nn.ReLU6()))
    return Pooled(features, [nn.Linear(1280, 1000)])


# Rows of kernel, expanded, outputs, squeeze-and-excite, activation, stride.
V3_SMALL = (
    (3, 16, 16, True, "RE", 2), (3, 72, 24, False, "RE", 2),
    (3, 88, 24, False, "RE", 1), (5, 96, 40, True, "HS", 2),
    (5, 240, 40, True, "HS", 1), (5, 240, 40, True, "HS", 1),
    (5, 120, 48, True, "HS", 1), (5, 144, 48, True, "HS", 1),
    (5, 288, 96, True, "HS", 2), (5, 576, 96, True, "HS", 1),
    (5, 576, 96, True, "HS", 1),
)
V3_LARGE = (
    (3, 16, 16, False, "RE", 1), (3, 64, 24, False, "RE", 2),
    (3, 72, 24, False, "RE", 1), (5, 72, 40, True, "RE", 2),
    (5, 120, 40, True, "RE", 1), (5, 120, 40, True, "RE", 1),
    (3, 240, 80, False, "HS", 2), (3, 200, 80, False, "HS", 1),
    (3, 184, 80, False, "HS", 1), (3, 184, 80, False, "HS", 1),
    (3, 480, 112, True, "HS", 1), (3, 672, 112, True, "HS", 1),
    (5, 672, 160, True, "HS", 2), (5, 960, 160, True, "HS", 1),
    (5, 960, 160, True, "HS", 1),
)


def mobilenet_v3_small() -> nn.Module:
    return mobilenet_v3(V3_SMALL, 1024)


def mobilenet_v3_large() -> nn.Module:
    return mobilenet_v3(V3_LARGE, 1280)


def mobilenet_v3(rows: tuple, hidden: int) -> nn.Module:
    features: list[nn.Module] = [
        conv_norm(3, 16, 3, 2, activation=nn.Hardswish())]
    channels = 16
    for kernel, expanded, outputs, excite, kind, stride in rows:
        activation = nn.Hardswish if kind == "HS" else nn.ReLU
        features.append(InvertedResidual(channels, expanded, outputs, kernel,
                                         stride, activation, excite))
        channels = outputs
    last = 6 * channels
    features.append(conv_norm(channels, last, activation=nn.Hardswish()))
    return Pooled(features, [nn.Linear(last, hidden), nn.Hardswish(),
                             nn.Linear(hidden, 1000)])


# By the name of the functions above.
NETWORKS = ("mobilenet_v2", "efficientnet_lite0", "mobilenet_v3_small",
            "mobilenet_v3_large", "resnet50")


def randomize(model: nn.Module) -> nn.Module:
    """Gives `model` the same random weights each time, ready to infer."""
    torch.manual_seed(SEED)
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.normal_(module.bias, 0.0, 0.2)
            module.momentum = None  # the mean over all batches
    with torch.no_grad():
        model.train()(torch.randn(4, 3, 224, 224))
    return model.eval()
