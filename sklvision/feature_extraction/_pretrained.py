"""Features from nets that were trained on millions of photographs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.utils.validation import check_is_fitted

from sklvision.image._base import ImageTransformer
from sklvision.image._functional import map_images, resize_image
from sklvision.utils._lazy import is_collection
from sklvision.utils._sklearn import Interval, StrOptions

if TYPE_CHECKING:
    from sklvision.feature_extraction._backbone import FeatureExtractor


class PretrainedFeatures(ClassNamePrefixFeaturesOutMixin, ImageTransformer):
    """Features of images from a pretrained net that is not trained any further.

    The net's last layer is left out: what it saw, averaged over the image, describes what the
    image shows, and a linear classifier after it needs few labelled images.

    Parameters
    ----------
    backbone : str, default="efficientnet_lite0"
        The net: ``"efficientnet_lite0"``, ``"efficientnet_lite1"`` or ``"efficientnet_lite2"``
        (extra ``pretrained``), or ``"torchvision:NAME"`` or ``"timm:NAME"`` (extra ``zoo``), whose
        weights are downloaded by their library.
    image_size : int, default=None
        Length in pixels that the shorter side of images is resized to. ``None`` takes that of
        the images the weights were trained on. Smaller is faster, larger may see more.
    keep_proportions : bool, default=True
        Resize both sides by the same factor. False stretches images to squares, so that images
        of different proportions are computed together. A backbone that takes one size only, as
        ``"torchvision:vit_b_16"``, stretches them in any case.
    pixel_range : "auto" or tuple of (float, float), default="auto"
        Values of black and of white. ``"auto"`` knows it for unsigned integers (0 to 255 for
        uint8, 0 to 65535 for uint16) and for booleans. For other types it looks at the training
        images: 0 to 1 if no value is above 1, 0 to 255 if one is.
    average_flips : bool, default=False
        Average the features of each image and of its mirror image, which takes twice as long.
    batch_size : int, default=8
        Number of images computed at once. A few are as fast as many on a processor; a GPU
        wants more.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Number format of the computation. ``"auto"`` takes bfloat16 where the device computes in
        it: two to three times as fast, with features of two to three digits.
    device : str, default="auto"
        ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``; ``"auto"`` takes a GPU if there is one.

    Attributes
    ----------
    input_shape_ : tuple of int or None
        Shape of one image seen in ``fit``; None where images differed in size.
    n_features_in_ : int
        Number of values in one image, where all have one shape.
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
    Images are resized by area-aware bilinear interpolation. Gray images are taken for colour
    images without colour. An :class:`~sklvision.datasets.ImageCollection`, also of images of
    different sizes, is read as it is computed, while threads decode and resize the next images.

    Nothing is learned from the images but their shape and range, so there is nothing to leak;
    in a Pipeline with `memory` the features are computed once for a whole search. Features
    are float32, or float64 for float64 images.

    A fitted transformer holds no weights: its file is small, and where it is loaded the net's
    weights come from the same package as before. Should they differ, `transform` refuses to work
    rather than give other features.

    .. versionadded:: 0.2

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
        "image_size": [Interval(Integral, 1, None, closed="left"), None],
        "keep_proportions": ["boolean"],
        "pixel_range": [StrOptions({"auto"}), tuple, list],
        "average_flips": ["boolean"],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "precision": [StrOptions({"auto", "float32", "bfloat16"})],
        "device": [str],
    }

    def __init__(
        self,
        backbone: str = "efficientnet_lite0",
        *,
        image_size: int | None = None,
        keep_proportions: bool = True,
        pixel_range: str | tuple[float, float] = "auto",
        average_flips: bool = False,
        batch_size: int = 8,
        precision: str = "auto",
        device: str = "auto",
    ) -> None:
        self.backbone = backbone
        self.image_size = image_size
        self.keep_proportions = keep_proportions
        self.pixel_range = pixel_range
        self.average_flips = average_flips
        self.batch_size = batch_size
        self.precision = precision
        self.device = device

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Load the net, and learn the shape and the range of the images.

        Parameters
        ----------
        X : array-like of shape (n, height, width) or (n, height, width, channels)
            Images of any real dtype, or an ImageCollection.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If a parameter is out of range, or ``X`` is not an array of finite images.
        ImportError
            If the package that holds the net's weights is not installed.
        """
        from sklvision.feature_extraction._backbone import get_backbone_side

        self._validate_params()
        fixed_range = _check_range(self.pixel_range)
        images = self._check_input(X, reset=True)
        self.pixel_range_ = fixed_range or _find_range(images)
        side = int(self.image_size or get_backbone_side(self.backbone))
        one = self.input_shape_ or images[0].shape  # None where images differ in size
        # As they are now, whatever set_params does later.
        self._extractor_settings = (
            self.backbone,
            side,
            one[2] if len(one) == 3 else 1,
            self.device,
            self.precision,
        )
        self._average_flips = bool(self.average_flips)
        self._resize = partial(_resize, side=side, keep_proportions=bool(self.keep_proportions))
        extractor = self._extractor()
        self.weights_digest_ = extractor.digest
        self._n_features_out = extractor.n_features
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Compute the features of images.

        Parameters
        ----------
        X : array-like of shape (n, height, width) or (n, height, width, channels)
            Images of the shape seen in ``fit``, or an ImageCollection of them.

        Returns
        -------
        features : ndarray of shape (n, n_features_out)
            One row per image.

        Raises
        ------
        ValueError
            If the images are not of the shape seen in ``fit``, or not finite.
        RuntimeError
            If the weights that are installed are not those seen in ``fit``.
        """
        check_is_fitted(self)
        images = self._check_input(X, reset=False)
        extractor = self._extractor()
        if extractor.digest != self.weights_digest_:
            raise RuntimeError(
                f"The weights of {self._extractor_settings[0]!r} that are installed are not those "
                f"this {type(self).__name__} was fitted with: fit it and what follows anew, or "
                "install the version of the weights' package it was fitted with."
            )
        dtype = np.float64 if images.dtype == np.float64 else np.float32
        features = np.empty((len(images), extractor.n_features), dtype)
        start = 0
        for batch in self._resized(images):
            features[start : start + len(batch)] = self._compute(extractor, batch)
            start += len(batch)
        return features

    def _compute(self, extractor: FeatureExtractor, batch: np.ndarray) -> np.ndarray:
        """Features of a batch of resized images."""
        batch = batch if batch.ndim == 4 else batch[..., np.newaxis]
        if batch.shape[-1] != extractor.n_channels:
            raise ValueError(
                f"X holds images of {batch.shape[-1]} channels, but {type(self).__name__} was "
                f"fitted on images of {extractor.n_channels}."
            )
        if not self._average_flips:
            return extractor(batch, self.pixel_range_)
        both = batch, batch[:, :, ::-1]
        if 2 * len(batch) <= self.batch_size:  # a few images take less time together
            there, back = np.split(extractor(np.concatenate(both), self.pixel_range_), 2)
        else:
            there, back = (extractor(images, self.pixel_range_) for images in both)
        return (there + back) / 2

    def _extractor(self) -> FeatureExtractor:
        from sklvision.feature_extraction._backbone import load_feature_extractor

        return load_feature_extractor(*self._extractor_settings)

    def _gives_images(self) -> bool:
        return False

    def _resized(self, images: Any) -> Iterator[np.ndarray]:
        """Batches of resized images, in order; only images of one shape share a batch."""
        if not is_collection(images):
            for start in range(0, len(images), self.batch_size):
                yield map_images(self._resize, images[start : start + self.batch_size])
            return
        batch: list[np.ndarray] = []
        for image in images.map(self._resize):
            if batch and (image.shape != batch[0].shape or len(batch) == self.batch_size):
                yield np.stack(batch)
                batch = []
            batch.append(image)
        yield np.stack(batch)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags


def _check_range(pixel_range: Any) -> tuple[float, float] | None:
    """The range that was asked for, or None for "auto"."""
    if isinstance(pixel_range, str):
        return None
    pair = tuple(pixel_range)
    if len(pair) != 2 or not all(isinstance(v, Real) for v in pair) or not pair[0] < pair[1]:
        raise ValueError(
            f"pixel_range must be 'auto' or (black, white) with black < white, got {pixel_range!r}."
        )
    return float(pair[0]), float(pair[1])


def _find_range(images: Any) -> tuple[float, float]:
    """Values of black and white: of the type, where it says so, or of the images."""
    dtype = images.dtype
    if dtype.kind == "b":
        return 0.0, 1.0
    if dtype.kind == "u":
        return 0.0, float(np.iinfo(dtype).max)
    ranges = [(float(image.min()), float(image.max())) for image in images]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    if not (low >= 0 and high <= 255):
        raise ValueError(
            f"pixel_range='auto' cannot tell black and white of {dtype} images with values from "
            f"{low:g} to {high:g}; give pixel_range=(black, white)."
        )
    return 0.0, 1.0 if high <= 1 else 255.0


def _resize(image: np.ndarray, side: int, keep_proportions: bool) -> np.ndarray:
    """Resize in float32, so that no type of pixels is rounded."""
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise ValueError("X contains NaN or infinity: one of its images has such pixels.")
    size = (side, side)
    if keep_proportions:
        height, width = image.shape[:2]
        factor = side / min(height, width)
        size = (round(height * factor), round(width * factor))
    return resize_image(image.astype(np.float32), size, "bilinear")
