"""Neural nets for small images and spectra: plain torch modules that return logits."""

# Importing a module registers its architectures.
from sklvision.nets import (  # noqa: F401
    _cifar_cnn,
    _efficientnet_lite,
    _flowers_cnn,
    _mlp,
    _nail_cnn,
    _resnet,
    _spectrum_cnn,
    _speed_cnn,
    _wide_resnet,
)
from sklvision.nets._registry import build, get_architecture, list_architectures

__all__ = ["build", "get_architecture", "list_architectures"]
