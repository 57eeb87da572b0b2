"""Features of images from pretrained nets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin

from sklvision.image._base import ImageTransformer
from sklvision.image._functional import map_images, resize_image
from sklvision.image._texts import document
from sklvision.utils._images import resolve_pixel_range
from sklvision.utils._memory import convert_memory_errors
from sklvision.utils._samples import Samples
from sklvision.utils._sklearn import Interval, StrOptions

if TYPE_CHECKING:
    from sklvision.feature_extraction._backbone import FeatureExtractor

_LONGEST_SIDE = 4096  # of an image that a net takes, in pixels
_MOST_CHANNELS = 4096
_MEMORY_ADVICE = "Lower image_size or batch_size, or take a smaller backbone."


@document
class PretrainedFeatures(ClassNamePrefixFeaturesOutMixin, ImageTransformer):
    """Features of images from a pretrained net, which is not trained further.

    The net's last layer is left out: its input, averaged over the image, describes the content
    of the image, and a linear classifier after it needs few labeled images.

    Parameters
    ----------
    backbone : str, default="efficientnet_lite0"
        The net: ``"efficientnet_lite0"``, ``"efficientnet_lite1"`` or ``"efficientnet_lite2"``
        (extra ``pretrained``), or ``"torchvision:NAME"`` or ``"timm:NAME"`` (extra ``zoo``), whose
        weights are downloaded by their library.
    weights : str or path-like, default=None
        File with weights of the net: a state dict that ``torch.save`` has written, alone or in a
        checkpoint, or a safetensors file. The layer that computes logits may have any number of
        classes. ``None`` takes the weights that come with the net.
    image_size : int, default=None
        Length in pixels that the shorter side of images is resized to, up to 4,096. ``None`` uses
        that of the images that the weights were trained on. A smaller size is faster, a larger one
        may show more detail.
    keep_proportions : bool, default=True
        Resize both sides by the same factor. False stretches images to squares, so that images of
        different proportions are computed together. A backbone with a fixed size, such as
        ``"torchvision:vit_b_16"``, always stretches them.
    pixel_range : "auto" or tuple of (float, float), default="auto"
        Values of black and of white. ``"auto"`` takes the ends of the type for unsigned integers
        (0 to 255 for uint8, 0 to 65535 for uint16) and for booleans. For other types it depends
        on the training images: 0 to 1 if no value is above 1, 0 to 255 if one is.
    layers : {"last", "all"}, default="last"
        Layers whose outputs, averaged over the image, are the features. ``"all"`` puts those of the
        earlier stages, which describe colors, textures and parts, in front of those of the last
        layer, at no cost in time: 2,024 features or a few more. The averages of the stages have the
        same length and together length 1, as have the square roots of those of the last layer. For
        the backbones of the package.
    average_flips : bool, default=False
        Average the features of each image and of its mirror image, which takes twice as long.
    batch_size : int, default=8
        Number of images computed at once. A few are as fast as many on a processor; a GPU
        needs more.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Number format of the computation. ``"auto"`` takes bfloat16 where the device computes
        faster in it: up to three times as fast, with features exact to two or three digits.
    device : str, default="auto"
        ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``; ``"auto"`` takes a GPU if there is one.

    Attributes
    ----------
    %(image_attributes)s
    pixel_range_ : tuple of (float, float)
        Values of black and of white.
    weights_digest_ : str
        SHA-256 of the net's weights.

    See Also
    --------
    sklvision.neural_network.ImageClassifier : Trains such a net further, with
        ``architecture_params={"pretrained": True}``.
    sklvision.image.FlattenImages : Pixels as features.

    Notes
    -----
    Images are resized by area-aware bilinear interpolation. Gray images are converted to color
    images with three equal channels. An :class:`~sklvision.datasets.ImageCollection`, also of
    images of different sizes, is read as it is computed, while threads decode and resize the next
    images.

    Only the shape and range of the images are learned, so nothing can leak. In a Pipeline with
    `memory`, the features are computed once for a whole search. Features are float32, or float64
    for float64 images.

    A fitted transformer holds no weights: its file is small, and where it is loaded the net's
    weights come from the same package, or the same file, as before. If they differ, `transform`
    raises a RuntimeError rather than return other features; `fit` raises an ImportError if the
    package is not installed, and a FileNotFoundError if there is no such file.

    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.feature_extraction import PretrainedFeatures
    >>> images = np.random.default_rng(0).integers(0, 256, (3, 40, 50), dtype=np.uint8)
    >>> features = PretrainedFeatures(image_size=32).fit_transform(images)
    >>> features.shape
    (3, 1280)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "backbone": [str],
        "weights": [str, os.PathLike, None],
        "image_size": [Interval(Integral, 1, _LONGEST_SIDE, closed="both"), None],
        "keep_proportions": ["boolean"],
        "pixel_range": [StrOptions({"auto"}), tuple, list],
        "layers": [StrOptions({"last", "all"})],
        "average_flips": ["boolean"],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "precision": [StrOptions({"auto", "float32", "bfloat16"})],
        "device": [str],
    }

    # Also of files that were written before there were these.
    _weights_path: str | None = None
    _layers: str = "last"

    def __init__(
        self,
        backbone: str = "efficientnet_lite0",
        *,
        weights: str | os.PathLike[str] | None = None,
        image_size: int | None = None,
        keep_proportions: bool = True,
        pixel_range: str | tuple[float, float] = "auto",
        layers: str = "last",
        average_flips: bool = False,
        batch_size: int = 8,
        precision: str = "auto",
        device: str = "auto",
    ) -> None:
        self.backbone = backbone
        self.weights = weights
        self.image_size = image_size
        self.keep_proportions = keep_proportions
        self.pixel_range = pixel_range
        self.layers = layers
        self.average_flips = average_flips
        self.batch_size = batch_size
        self.precision = precision
        self.device = device

    def _fit_images(self, samples: Samples) -> None:
        from sklvision.feature_extraction._backbone import get_backbone_side

        self.pixel_range_ = resolve_pixel_range(self.pixel_range, samples)
        side = int(self.image_size or get_backbone_side(self.backbone))
        shape = self.input_shape_ or samples.data[0].shape  # None where images differ in size
        # As they are now, whatever set_params does later.
        self._extractor_settings = (
            self.backbone,
            side,
            shape[2] if len(shape) == 3 else 1,
            self.device,
            self.precision,
        )
        self._weights_path = None if self.weights is None else str(Path(self.weights).resolve())
        self._layers = str(self.layers)
        self._average_flips = bool(self.average_flips)
        self._resize = partial(_resize, side=side, keep_proportions=bool(self.keep_proportions))
        with convert_memory_errors("Computing features", _MEMORY_ADVICE):
            extractor = self._load_extractor()
        self.weights_digest_ = extractor.digest
        self._n_features_out = extractor.n_features

    def _transform_samples(self, samples: Samples) -> np.ndarray:
        with convert_memory_errors("Computing features", _MEMORY_ADVICE):
            return self._compute_features(samples)

    def _compute_features(self, samples: Samples) -> np.ndarray:
        extractor = self._load_extractor()
        if extractor.digest != self.weights_digest_:
            place = self._weights_path or f"{self._extractor_settings[0]!r} that are installed"
            raise RuntimeError(
                f"The weights of {place} are not those this {type(self).__name__} was fitted with: "
                "fit it and the steps after it again, or restore the file, or the version of "
                "the weights' package, that it was fitted with."
            )
        dtype = np.float64 if samples.dtype == np.float64 else np.float32
        features = np.empty((len(samples), extractor.n_features), dtype)
        start = 0
        for batch in self._resize_batches(samples):
            features[start : start + len(batch)] = self._compute(extractor, batch)
            start += len(batch)
        return features

    def _compute(self, extractor: FeatureExtractor, batch: np.ndarray) -> np.ndarray:
        """Compute the features of a batch of resized images."""
        batch = batch if batch.ndim == 4 else batch[..., np.newaxis]
        if batch.shape[-1] != extractor.n_channels:
            raise ValueError(
                f"X holds images of {batch.shape[-1]} channels, but {type(self).__name__} was "
                f"fitted on images of {extractor.n_channels}."
            )
        if not self._average_flips:
            return extractor(batch, self.pixel_range_)
        views = batch, batch[:, :, ::-1]
        if 2 * len(batch) <= self.batch_size:  # a few images take less time together
            original, mirror = np.split(extractor(np.concatenate(views), self.pixel_range_), 2)
        else:
            original, mirror = (extractor(images, self.pixel_range_) for images in views)
        return (original + mirror) / 2

    @contextmanager
    def _use_float32(self) -> Iterator[None]:
        """Compute in float32 inside this context, whatever the device is fastest in."""
        previous = self._extractor_settings
        self._extractor_settings = (*previous[:-1], "float32")
        try:
            yield
        finally:
            self._extractor_settings = previous

    @classmethod
    def _check_state(cls, state: dict[str, Any]) -> None:
        """Raise if a state, as of a file of others, would have images of any size made."""
        _, side, n_channels, _, _ = state["_extractor_settings"]
        if not (0 < side <= _LONGEST_SIDE and 0 < n_channels <= _MOST_CHANNELS):
            raise ValueError(
                f"The backbone takes images of {side} pixels per side and {n_channels} channels, "
                f"expected 1 to {_LONGEST_SIDE} pixels and 1 to {_MOST_CHANNELS} channels."
            )

    def _load_extractor(self) -> FeatureExtractor:
        from sklvision.feature_extraction._backbone import load_feature_extractor

        return load_feature_extractor(
            *self._extractor_settings, weights=self._weights_path, layers=self._layers
        )

    def _has_image_output(self) -> bool:
        return False

    def _resize_batches(self, samples: Samples) -> Iterator[np.ndarray]:
        """Yield batches of resized images, in order; only images of one shape share a batch."""
        if not samples.is_lazy:
            for images in samples.blocks(self.batch_size):
                yield map_images(self._resize, images)
            return
        batch: list[np.ndarray] = []
        for image in samples.map(self._resize):
            if batch and (image.shape != batch[0].shape or len(batch) == self.batch_size):
                yield np.stack(batch)
                batch = []
            batch.append(image)
        yield np.stack(batch)


def _resize(image: np.ndarray, side: int, keep_proportions: bool) -> np.ndarray:
    """Resize in float32, so that no type of pixels is rounded."""
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise ValueError("X contains NaN or infinity: one of its images has such pixels.")
    size = (side, side)
    if keep_proportions:
        height, width = image.shape[:2]
        factor = side / min(height, width)
        size = (round(height * factor), round(width * factor))
    with np.errstate(over="ignore"):
        pixels = image.astype(np.float32)
    if image.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise ValueError(
            f"X holds pixels as large as {np.abs(image).max():.3g}, and features are computed in "
            "float32: divide them by a constant first."
        )
    return resize_image(pixels, size, "bilinear")
