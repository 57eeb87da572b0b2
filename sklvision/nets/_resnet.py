"""Small residual nets, as designed for CIFAR-10.

References
----------
.. [1] K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR 2016.
"""

from __future__ import annotations

from torch import Tensor, nn

from sklvision.nets._layers import check_size, make_activation
from sklvision.nets._registry import register


def _make_conv_norm(n_in: int, n_out: int, kernel_size: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel_size, stride, padding=kernel_size // 2, bias=False),
        nn.BatchNorm2d(n_out),
    )


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions with a shortcut."""

    def __init__(self, n_in: int, n_out: int, stride: int, activation: str) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            _make_conv_norm(n_in, n_out, 3, stride),
            make_activation(activation),
            _make_conv_norm(n_out, n_out, 3, 1),
        )
        changes_shape = stride != 1 or n_in != n_out
        self.shortcut = _make_conv_norm(n_in, n_out, 1, stride) if changes_shape else nn.Identity()
        self.activation = make_activation(activation)

    def forward(self, x: Tensor) -> Tensor:
        """Add the branch to the shortcut."""
        return self.activation(self.branch(x) + self.shortcut(x))


def _build_resnet(
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    blocks_per_stage: int,
    width: int,
    activation: str,
    n_stages: int = 3,
) -> nn.Module:
    width = check_size("width", width)
    layers: list[nn.Module] = [
        _make_conv_norm(input_shape[2], width, 3, 1),
        make_activation(activation),
    ]
    n_in = width
    for stage in range(n_stages):
        n_out = width * 2**stage
        for block in range(blocks_per_stage):
            stride = 2 if stage > 0 and block == 0 else 1
            layers.append(ResidualBlock(n_in, n_out, stride, activation))
            n_in = n_out
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(n_in, n_classes)]
    return nn.Sequential(*layers)


@register("resnet8", kind="image")
def resnet8(
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    width: int = 16,
    activation: str = "relu",
) -> nn.Module:
    """Build a residual net of 8 weighted layers: three stages of one block."""
    return _build_resnet(
        input_shape, n_classes, blocks_per_stage=1, width=width, activation=activation
    )


@register("resnet20", kind="image")
def resnet20(
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    width: int = 16,
    activation: str = "relu",
) -> nn.Module:
    """Build a residual net of 20 weighted layers: three stages of three blocks."""
    return _build_resnet(
        input_shape, n_classes, blocks_per_stage=3, width=width, activation=activation
    )


@register("resnet18", kind="image")
def resnet18(
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    width: int = 64,
    activation: str = "relu",
) -> nn.Module:
    """Build a residual net of 18 weighted layers for small images: four stages of two blocks.

    Its first convolution is 3×3 and keeps the size; that of the net for ImageNet is 7×7 and
    followed by pooling.
    """
    return _build_resnet(
        input_shape,
        n_classes,
        blocks_per_stage=2,
        width=width,
        activation=activation,
        n_stages=4,
    )
