"""Features of images from nets with pretrained weights."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from sklvision._torch.device import resolve_device
from sklvision._torch.precision import autocast, has_fast_bfloat16
from sklvision.feature_extraction._stages import StageAverages
from sklvision.nets._adapt import IMAGENET_MEAN, IMAGENET_STD, AdaptedNet
from sklvision.nets._registry import build, get_architecture


class FeatureExtractor:
    """A pretrained net without its last layer.

    Parameters
    ----------
    backbone : str
        Name of an architecture that has pretrained weights.
    side : int
        Height and width in pixels of images that it certainly takes.
    n_channels : int
        Their number of channels.
    device : str
        ``"auto"`` or the name of a device.
    precision : {"auto", "float32", "bfloat16"}
        ``"auto"`` takes bfloat16 where the device computes faster in it.
    weights : str, default=None
        Path of a file of weights; None takes those that come with the net.
    layers : {"last", "all"}, default="last"
        Layers whose averages are the features.
    """

    def __init__(
        self,
        backbone: str,
        side: int,
        n_channels: int,
        device: str,
        precision: str,
        weights: str | None = None,
        layers: str = "last",
    ) -> None:
        self.n_channels = n_channels
        self.device = resolve_device(device)
        if precision == "auto":
            precision = "bfloat16" if has_fast_bfloat16(self.device) else "float32"
        self.precision = precision
        # The untrained head draws random weights, which must not change the global generator.
        with torch.random.fork_rng(devices=[]):
            net = build(
                backbone, (side, side, n_channels), 1, pretrained=weights or True, image_size=side
            )
        assert isinstance(net, AdaptedNet)
        net = net.remove_heads().requires_grad_(False).eval()
        self.digest = _compute_digest(net)
        if layers == "all":
            net.model = _add_stages(net.model, n_channels, backbone)
        self._net = net.to(self.device)
        self._mean, self._std = (
            np.asarray(
                values if n_channels == 3 else [np.mean(values)] * n_channels, dtype=np.float32
            )
            for values in (IMAGENET_MEAN, IMAGENET_STD)
        )
        self.n_features = self(np.zeros((1, side, side, n_channels), np.uint8), (0, 255)).shape[1]

    def __call__(self, images: np.ndarray, pixel_range: tuple[float, float]) -> np.ndarray:
        """Compute the features of one batch.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, n_channels)
            Images of any real dtype.
        pixel_range : (float, float)
            Values of black and of white.

        Returns
        -------
        features : ndarray of shape (n, n_features), float32
            Outputs of the layers, averaged over the image.
        """
        # Two normalizations in one: to 0 for black and 1 for white, then by the net's statistics.
        low, high = pixel_range
        scale = np.float32(high - low) * self._std
        offset = np.float32(low) + np.float32(high - low) * self._mean
        batch = (images.astype(np.float32) - offset) / scale
        with torch.inference_mode(), autocast(self.precision, self.device):
            features: Tensor = self._net(
                torch.from_numpy(batch).permute(0, 3, 1, 2).to(self.device)
            )
        return features.float().cpu().numpy()


def load_feature_extractor(
    backbone: str,
    side: int,
    n_channels: int,
    device: str,
    precision: str,
    weights: str | None = None,
    layers: str = "last",
) -> FeatureExtractor:
    """Load a backbone, or return the one that was loaded for the same settings and file."""
    stamp = None
    if weights is not None:
        path = Path(weights)
        if not path.is_file():
            raise FileNotFoundError(f"{weights}: there is no such file, expected one of weights.")
        stamp = path.stat().st_mtime_ns, path.stat().st_size
    return _load_shared(backbone, side, n_channels, device, precision, weights, layers, stamp)


# Shared, as it has no state that changes: fitted transformers stay small and clones load nothing.
# The recipe for flowers takes three in turn: if fewer were kept, every prediction would load all.
@lru_cache(maxsize=4)
def _load_shared(
    backbone: str,
    side: int,
    n_channels: int,
    device: str,
    precision: str,
    weights: str | None,
    layers: str,
    stamp: tuple[int, int] | None,
) -> FeatureExtractor:
    return FeatureExtractor(backbone, side, n_channels, device, precision, weights, layers)


def get_backbone_side(backbone: str) -> int:
    """Return the side in pixels of the images that a backbone's weights were trained on.

    Raises
    ------
    ValueError
        If the name is not registered, or comes without weights.
    """
    architecture = get_architecture(backbone, "image")
    if architecture.native_side is None:
        raise ValueError(
            f"backbone must come with pretrained weights, and {backbone!r} has none. Those of "
            "the package that do: efficientnet_lite0, efficientnet_lite1, efficientnet_lite2."
        )
    return architecture.native_side


def _add_stages(model: nn.Module, n_channels: int, backbone: str) -> nn.Module:
    """Make a model without a head return the averages of its stages as well."""
    if not isinstance(model, nn.Sequential):
        raise ValueError(
            f'layers="all" needs a backbone of the package (efficientnet_lite0, efficientnet_lite1 '
            f'or efficientnet_lite2), got {backbone!r}. Take layers="last".'
        )
    return StageAverages(model, n_channels)


def _compute_digest(net: AdaptedNet) -> str:
    """Compute a checksum of all weights."""
    sha = hashlib.sha256()
    for tensor in net.state_dict().values():
        sha.update(tensor.numpy().tobytes())
    return sha.hexdigest()
