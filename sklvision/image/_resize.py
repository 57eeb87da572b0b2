"""Resized images."""

from __future__ import annotations

from functools import partial
from numbers import Integral
from typing import Any, ClassVar

from sklvision.image._base import ImageFunction, ImageTransformer
from sklvision.image._functional import resize_image
from sklvision.image._image_list import as_image_list
from sklvision.image._texts import document
from sklvision.utils._images import LONGEST_SIDE, check_image_size
from sklvision.utils._optional import import_optional
from sklvision.utils._samples import Samples
from sklvision.utils._sklearn import Interval, StrOptions


@document
class Resize(ImageTransformer):
    """Resize images to a fixed height and width.

    Parameters
    ----------
    size : int or tuple of (int, int)
        Height and width of the output in pixels, up to 65,536; one number makes squares. The image
        is stretched if its proportions differ.
    resample : {"bilinear", "box", "bicubic", "nearest"}, default="bilinear"
        Interpolation. ``"box"`` averages the area that falls into a new pixel,
        ``"bilinear"`` and ``"bicubic"`` weight pixels by distance, over a wider area when
        shrinking, so that no pixel is skipped; ``"nearest"`` picks one pixel, which suits masks.

    Attributes
    ----------
    size_ : tuple of (int, int)
        Height and width of the output in pixels.
    %(image_attributes)s

    See Also
    --------
    ForegroundCrop : The object of an image alone, at one size.
    FlattenImages : Images as rows of pixels.
    PixelScaler : Pixel values rescaled to a common range.

    Notes
    -----
    `X` may be a list of arrays, or of images of Pillow, that differ in size; those of Pillow are
    turned upright by their EXIF data, placed on white if they are transparent, and in gray or
    color. Files are passed as an :class:`~sklvision.datasets.ImageCollection`.

    The dtype is kept. Integers are rounded to the nearest and clipped to the range of the
    dtype; a bool becomes True where at least half of the area is True. Channels, of any number, are
    resized one by one. Except for ``"nearest"``, which is exact, Pillow (extra ``images``) computes
    in float32, whatever the dtype.

    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.image import Resize
    >>> images = np.array([[[0, 10, 20, 30], [2, 12, 22, 32]]], dtype=np.uint8)
    >>> Resize((1, 2), resample="box").fit_transform(images)
    array([[[ 6, 26]]], dtype=uint8)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "size": [Interval(Integral, 1, LONGEST_SIDE, closed="both"), "array-like"],
        "resample": [StrOptions({"bilinear", "box", "bicubic", "nearest"})],
    }

    def __init__(self, size: int | tuple[int, int], *, resample: str = "bilinear") -> None:
        self.size = size
        self.resample = resample

    def _check_input(self, X: Any, *, reset: bool) -> Samples:
        return super()._check_input(as_image_list(X), reset=reset)

    def _fit_images(self, samples: Samples) -> None:
        if self.resample != "nearest":
            import_optional("PIL.Image", extra="images")
        self.size_ = check_image_size("size", self.size)
        self._resample = self.resample

    def _get_image_function(self) -> ImageFunction:
        return partial(resize_image, size=self.size_, resample=self._resample)

    def _has_image_output(self) -> bool:
        return True
