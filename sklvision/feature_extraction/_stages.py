"""Averages of several layers of a net, from edges and textures to whole objects."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own usage

# Layers whose outputs have more pixels than one in so many of the image, per side, see too little
# of it to describe its content.
_LEAST_STRIDE = 8
_PROBE_SIDE = 64


class StageAverages(nn.Module):
    """Average the output of each stage of a net over the image, and that of the last layer.

    A stage is a run of layers whose outputs have one shape; the early ones, whose outputs have
    more than an eighth of the image's pixels per side, are left out. The averages of all stages
    count as much as those of the last layer: each stage has the same length, and all together have
    length 1, as the square roots of the last layer's averages have, which are compared by
    Hellinger's distance.

    Parameters
    ----------
    layers : nn.Sequential
        The layers of a net without its head, of which the last ones pool the image.
    n_channels : int
        Number of channels of the images.
    """

    def __init__(self, layers: nn.Sequential, n_channels: int) -> None:
        super().__init__()
        ends = _find_ends(layers, n_channels)
        starts = [0, *(end + 1 for end in ends)]
        self.stages = nn.ModuleList(layers[a:b] for a, b in pairwise(starts))
        self.last = layers[starts[-1] :]

    def forward(self, x: Tensor) -> Tensor:
        """Map a batch ``(n, channels, height, width)`` to features ``(n, n_features)``."""
        averages = []
        length = len(self.stages) ** -0.5
        for stage in self.stages:
            x = stage(x)
            averages.append(length * F.normalize(x.float().mean((2, 3))))
        averages.append(F.normalize(self.last(x).float().clamp(min=0).sqrt()))
        return torch.cat(averages, dim=1)


def _find_ends(layers: nn.Sequential, n_channels: int) -> list[int]:
    """Find the last layer of each stage by the shapes that a probe takes on its way."""
    shapes = []
    x = torch.zeros(1, n_channels, _PROBE_SIDE, _PROBE_SIDE)
    with torch.inference_mode():
        for layer in layers.eval():
            x = layer(x)
            shapes.append(tuple(x.shape[1:]))
    return [
        i
        for i, (shape, next_shape) in enumerate(pairwise(shapes))
        if len(shape) == len(next_shape) == 3
        and shape != next_shape
        and shape[1] * _LEAST_STRIDE <= _PROBE_SIDE
        and next_shape[1] > 1  # the next layer does not pool the image: that is the last one's
    ]
