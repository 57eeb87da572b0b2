"""Neural nets for small images and spectra: plain torch modules that return logits."""

# Importing a module registers its architectures.
from sklvision.nets import _cifar_cnn, _mlp, _resnet, _spectrum_cnn  # noqa: F401
from sklvision.nets._registry import build, list_architectures

__all__ = ["build", "list_architectures"]
