"""EfficientNet-Lite0 with its Softmax, as the demo exports and times it."""

import torch
from efficientnet_lite_pytorch import EfficientNet


class Classifier(EfficientNet):
    """Gives probabilities where EfficientNet gives scores; the weights'
    names stay the same."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.softmax(super().forward(image), 1)
