"""Nets made for large colour images, adapted to other sizes, channels and classes."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own usage

# Mean and standard deviation of ImageNet's pixels per channel, where white is 1.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# Most nets halve an image five times.
DEFAULT_MIN_SIDE = 32


class AdaptedNet(nn.Module):
    """A net behind layers that bring images to the size and the values it was made for.

    It takes standardised images: zero mean and unit variance per channel over the data set. A
    net that was trained on ImageNet gets them with ImageNet's mean and variance, normalised as in
    its own training, whatever the units of the pixels were.

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
        Whether the model takes images of other sizes, too, once it is built.
    expects : (means, standard deviations), default=None
        What a pretrained model's inputs were normalised by, per channel, where white is 1.
    backbone_lr_scale : float, default=1.0
        Learning rate of all layers but the heads, as a multiple; 0 freezes them.

    Attributes
    ----------
    lr_scales : list of (str, float)
        Patterns of parameter names, and what multiplies the learning rate of the parameters
        that match; the first match counts.
    """

    model: nn.Module
    heads: tuple[str, ...]
    size: tuple[int, int] | None
    _any_size: bool
    frozen: bool
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
        expects: tuple[Sequence[float], Sequence[float]] | None = None,
        backbone_lr_scale: float = 1.0,
    ) -> None:
        super().__init__()
        if not isinstance(backbone_lr_scale, Real) or not backbone_lr_scale >= 0:
            raise ValueError(
                f"backbone_lr_scale must be a number of at least 0, got {backbone_lr_scale!r}."
            )
        self.model = model
        self.size = size
        self._any_size = any_size
        self.heads = tuple(heads)
        # Part of the state with and without weights, so that a file restores either into the other.
        gain, offset = _imagenet_to(expects, n_channels)
        self.register_buffer("gain", gain.reshape(-1, 1, 1))
        self.register_buffer("offset", offset.reshape(-1, 1, 1))
        self.lr_scales: list[tuple[str, float]] = []
        if backbone_lr_scale != 1:
            self.lr_scales = [(f"model.{head}.*", 1.0) for head in self.heads]
            self.lr_scales.append(("model.*", float(backbone_lr_scale)))
        self.frozen = backbone_lr_scale == 0
        if self.frozen:
            self.requires_grad_(False)
            for head in self.heads:
                model.get_submodule(head).requires_grad_()

    def forward(self, x: Tensor) -> Tensor:
        """Map standardised images ``(n, channels, height, width)`` to logits."""
        if self.size is not None and tuple(x.shape[-2:]) != self.size:
            shrinks = any(new < old for new, old in zip(self.size, x.shape[-2:], strict=True))
            x = F.interpolate(x, self.size, mode="bilinear", antialias=shrinks)
        return self.model(x * self.gain + self.offset)

    def train(self, mode: bool = True) -> Self:
        """Switch to training; a frozen backbone keeps its batch statistics and drops nothing."""
        super().train(mode)
        if mode and self.frozen:
            self.model.eval()
            for head in self.heads:
                self.model.get_submodule(head).train()
        return self

    def remove_heads(self) -> Self:
        """Return features in place of logits from now on, of images as they come if it can."""
        reset = getattr(self.model, "reset_classifier", None)
        if callable(reset):  # timm's models know better
            reset(0)
        else:
            for head in self.heads:
                self.model.set_submodule(head, nn.Identity())
        self.size = None if self._any_size else self.size
        return self


def _imagenet_to(
    expects: tuple[Sequence[float], Sequence[float]] | None, n_channels: int
) -> tuple[Tensor, Tensor]:
    """Gain and offset from standardised values to those that a model expects."""
    if expects is None:
        return torch.ones(n_channels), torch.zeros(n_channels)
    mean, std, wanted_mean, wanted_std = (
        # Channels other than red, green and blue get the average of these.
        torch.tensor(values if n_channels == 3 else [sum(values) / 3] * n_channels)
        for values in (IMAGENET_MEAN, IMAGENET_STD, *expects)
    )
    return std / wanted_std, (mean - wanted_mean) / wanted_std


def resolve_size(
    input_shape: tuple[int, int, int],
    image_size: int | None,
    *,
    min_side: int = DEFAULT_MIN_SIDE,
    fixed_side: int | None = None,
) -> tuple[int, int]:
    """Height and width to resize to: as asked, as the net is fixed to, or as large as it needs."""
    if image_size is not None:
        if not isinstance(image_size, Integral) or isinstance(image_size, bool) or image_size < 1:
            raise ValueError(f"image_size must be a positive integer or None, got {image_size!r}.")
        return int(image_size), int(image_size)
    if fixed_side is not None:
        return fixed_side, fixed_side
    height, width = (max(side, min_side) for side in input_shape[:2])
    return height, width


def last_layer(model: nn.Module) -> str:
    """Name of the last linear or convolutional layer: it computes the logits."""
    weighted = (nn.Linear, nn.Conv2d)
    return [name for name, m in model.named_modules() if isinstance(m, weighted)][-1]


def replace_head(model: nn.Module, head: str, n_classes: int) -> None:
    """Give a model a new, untrained layer of logits."""
    old: Any = model.get_submodule(head)
    bias = old.bias is not None
    new: nn.Module
    if isinstance(old, nn.Linear):
        new = nn.Linear(old.in_features, n_classes, bias=bias)
    else:
        new = nn.Conv2d(old.in_channels, n_classes, old.kernel_size, old.stride, bias=bias)
    model.set_submodule(head, new)


def adapt_channels(model: nn.Module, n_channels: int) -> None:
    """Let a model of colour images take images of another number of channels.

    Gray images give what they gave as three equal channels. The filters of two channels, or of
    more, are those of red, green and blue in turn, scaled to give sums of the same size.
    """
    conv = next(module for module in model.modules() if isinstance(module, nn.Conv2d))
    weight = conv.weight.detach()
    if n_channels == weight.shape[1]:
        return
    if n_channels == 1:
        adapted = weight.sum(1, keepdim=True)
    else:
        adapted = weight[:, torch.arange(n_channels) % 3] * (3 / n_channels)
    conv.weight = nn.Parameter(adapted)
    conv.in_channels = n_channels
