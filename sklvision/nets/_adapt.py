"""Nets for large color images, adapted to other sizes, channels and classes."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own usage

from sklvision.nets._layers import is_number

# Mean and standard deviation of ImageNet's pixels per channel, on a scale where white is 1.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# Most nets halve an image five times.
DEFAULT_MIN_SIDE = 32


class AdaptedNet(nn.Module):
    """A net preceded by a resize and a rescaling of images to those it was designed for.

    The input is standardized: zero mean and unit variance per channel over the data set. A net
    that was trained on ImageNet receives images with ImageNet's mean and variance, normalized as
    in its own training, regardless of the units of the pixels.

    Parameters
    ----------
    model : nn.Module
        Maps a batch ``(n, channels, height, width)`` to logits.
    heads : sequence of str
        Names of the layers of `model` that compute the logits from features.
    size : (int, int)
        Height and width in pixels that images are resized to.
    n_channels : int
        Number of channels of the images.
    any_size : bool, default=True
        Whether the model also accepts images of other sizes after it is built.
    expected_statistics : (means, standard deviations), default=None
        Constants per channel by which the inputs of a pretrained model were normalized, on a
        scale where white is 1.
    backbone_lr_scale : float, default=1.0
        Factor of the learning rate of all layers except the heads; 0 freezes them.

    Attributes
    ----------
    lr_scales : list of (str, float)
        Patterns of parameter names, and the factor of the learning rate of the matching
        parameters; the first match counts.
    """

    model: nn.Module
    heads: tuple[str, ...]
    size: tuple[int, int] | None
    _any_size: bool
    is_frozen: bool
    gain: Tensor
    offset: Tensor

    def __init__(
        self,
        model: nn.Module,
        heads: Sequence[str],
        *,
        size: tuple[int, int],
        n_channels: int,
        any_size: bool = True,
        expected_statistics: tuple[Sequence[float], Sequence[float]] | None = None,
        backbone_lr_scale: float = 1.0,
    ) -> None:
        super().__init__()
        if not is_number(backbone_lr_scale) or not 0 <= backbone_lr_scale <= 1e6:
            raise ValueError(
                f"backbone_lr_scale must be a number from 0 to 1e6, got {backbone_lr_scale!r}."
            )
        self.model = model
        self.size = size
        self._any_size = any_size
        self.heads = tuple(heads)
        # Buffers exist with and without pretrained weights, so that both have the same state.
        gain, offset = _compute_gain_and_offset(expected_statistics, n_channels)
        self.register_buffer("gain", gain.reshape(-1, 1, 1))
        self.register_buffer("offset", offset.reshape(-1, 1, 1))
        self.lr_scales: list[tuple[str, float]] = []
        if backbone_lr_scale != 1:
            self.lr_scales = [(f"model.{head}.*", 1.0) for head in self.heads]
            self.lr_scales.append(("model.*", float(backbone_lr_scale)))
        self.is_frozen = backbone_lr_scale == 0
        if self.is_frozen:
            self.requires_grad_(False)
            for head in self.heads:
                model.get_submodule(head).requires_grad_()

    def forward(self, x: Tensor) -> Tensor:
        """Map standardized images ``(n, channels, height, width)`` to logits."""
        if self.size is not None and tuple(x.shape[-2:]) != self.size:
            is_smaller = any(
                new_side < old_side
                for new_side, old_side in zip(self.size, x.shape[-2:], strict=True)
            )
            x = F.interpolate(x, self.size, mode="bilinear", antialias=is_smaller)
        return self.model(x * self.gain + self.offset)

    def train(self, mode: bool = True) -> Self:
        """Switch to training; a frozen backbone stays in evaluation mode."""
        super().train(mode)
        if mode and self.is_frozen:
            self.model.eval()
            for head in self.heads:
                self.model.get_submodule(head).train()
        return self

    def remove_heads(self) -> Self:
        """Make the net return features instead of logits, without resizing if possible."""
        reset_classifier = getattr(self.model, "reset_classifier", None)
        if callable(reset_classifier):  # timm's models have a method for this
            reset_classifier(0)
        else:
            for head in self.heads:
                self.model.set_submodule(head, nn.Identity())
        self.size = None if self._any_size else self.size
        return self


def _compute_gain_and_offset(
    expected_statistics: tuple[Sequence[float], Sequence[float]] | None, n_channels: int
) -> tuple[Tensor, Tensor]:
    """Compute gain and offset from standardized values to those that a model expects."""
    if expected_statistics is None:
        return torch.ones(n_channels), torch.zeros(n_channels)
    mean, std, expected_mean, expected_std = (
        # Channels other than red, green and blue get the average of those three.
        torch.tensor(values if n_channels == 3 else [sum(values) / 3] * n_channels)
        for values in (IMAGENET_MEAN, IMAGENET_STD, *expected_statistics)
    )
    return std / expected_std, (mean - expected_mean) / expected_std


def resolve_size(
    input_shape: tuple[int, int, int],
    image_size: int | None,
    *,
    min_side: int = DEFAULT_MIN_SIDE,
    fixed_side: int | None = None,
) -> tuple[int, int]:
    """Resolve the size to resize to: the given one, the fixed one, or one that is large enough."""
    if image_size is not None:
        if not isinstance(image_size, Integral) or isinstance(image_size, bool) or image_size < 1:
            raise ValueError(f"image_size must be a positive integer or None, got {image_size!r}.")
        return int(image_size), int(image_size)
    if fixed_side is not None:
        return fixed_side, fixed_side
    height, width = (max(side, min_side) for side in input_shape[:2])
    return height, width


def find_head(model: nn.Module) -> str:
    """Find the name of the last linear or convolutional layer, which computes the logits."""
    layer_types = (nn.Linear, nn.Conv2d)
    return [name for name, m in model.named_modules() if isinstance(m, layer_types)][-1]


def replace_head(model: nn.Module, head: str, n_classes: int) -> None:
    """Replace the layer that computes logits by an untrained one."""
    old_layer: Any = model.get_submodule(head)
    bias = old_layer.bias is not None
    new_layer: nn.Module
    if isinstance(old_layer, nn.Linear):
        new_layer = nn.Linear(old_layer.in_features, n_classes, bias=bias)
    else:
        new_layer = nn.Conv2d(
            old_layer.in_channels, n_classes, old_layer.kernel_size, old_layer.stride, bias=bias
        )
    model.set_submodule(head, new_layer)


def adapt_channels(model: nn.Module, n_channels: int) -> None:
    """Adapt the first layer of a model for color images to another number of channels.

    Gray images give the same output as three equal channels. For two or more channels, the
    filters of red, green and blue are repeated, and scaled to keep the size of their sum.
    """
    conv = next(module for module in model.modules() if isinstance(module, nn.Conv2d))
    weight = conv.weight.detach()
    if n_channels == weight.shape[1]:
        return
    if n_channels == 1:
        weight = weight.sum(1, keepdim=True)
    else:
        weight = weight[:, torch.arange(n_channels) % 3] * (3 / n_channels)
    conv.weight = nn.Parameter(weight)
    conv.in_channels = n_channels
