"""Wide residual nets.

References
----------
.. [1] S. Zagoruyko, N. Komodakis, "Wide Residual Networks", BMVC 2016.
"""

from __future__ import annotations

from torch import Tensor, nn

from sklvision._torch.dropout import Dropout
from sklvision.nets._layers import check_dropout, check_size, make_activation
from sklvision.nets._registry import register


class PreActivationBlock(nn.Module):
    """Two 3×3 convolutions, each after normalization and activation, with a shortcut."""

    def __init__(self, n_in: int, n_out: int, stride: int, dropout: float, activation: str) -> None:
        super().__init__()
        self.activate = nn.Sequential(nn.BatchNorm2d(n_in), make_activation(activation))
        self.branch = nn.Sequential(
            nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(n_out),
            make_activation(activation),
            Dropout(dropout),
            nn.Conv2d(n_out, n_out, 3, padding=1, bias=False),
        )
        self.projection = (
            nn.Conv2d(n_in, n_out, 1, stride, bias=False) if stride != 1 or n_in != n_out else None
        )

    def forward(self, x: Tensor) -> Tensor:
        """Add the branch to the shortcut."""
        inputs = self.activate(x)
        shortcut = x if self.projection is None else self.projection(inputs)
        return self.branch(inputs) + shortcut


@register("wide_resnet16_2", kind="image")
def wide_resnet16_2(
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    width: int = 2,
    dropout: float = 0.0,
    activation: str = "relu",
) -> nn.Module:
    """Build a residual net of 16 layers, `width` times as wide as usual: three stages of two.

    `dropout` is applied between the convolutions of each block.
    """
    dropout = check_dropout(dropout)
    width = check_size("width", width)
    n_in = 16
    layers: list[nn.Module] = [nn.Conv2d(input_shape[2], n_in, 3, padding=1, bias=False)]
    for stage in range(3):
        n_out = 16 * width * 2**stage
        for block in range(2):
            stride = 2 if stage > 0 and block == 0 else 1
            layers.append(PreActivationBlock(n_in, n_out, stride, dropout, activation))
            n_in = n_out
    layers += [
        nn.BatchNorm2d(n_in),
        make_activation(activation),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(n_in, n_classes),
    ]
    return nn.Sequential(*layers)
