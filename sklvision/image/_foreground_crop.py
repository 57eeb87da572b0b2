"""Objects cut out of images."""

from __future__ import annotations

from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np

from sklvision.image._base import ImageFunction, ImageTransformer
from sklvision.image._texts import document
from sklvision.image._window import crop_foreground
from sklvision.utils._images import LONGEST_SIDE, check_image_size
from sklvision.utils._optional import import_optional
from sklvision.utils._samples import Samples
from sklvision.utils._sklearn import Interval, RealNotInt, StrOptions

_SIDE = Interval(Integral, 1, LONGEST_SIDE, closed="both")


@document
class ForegroundCrop(ImageTransformer):
    """Find the object in each image and crop the image to it, at a fixed size.

    With the default settings, the foreground is made up of the pixels near the middle of the image
    that are nearly as bright as the brightest of them. A window of fixed size around their centroid
    is cut from the full image and reduced by averaging areas. ``threshold="otsu"`` finds the whole
    object in any light, and ``align=True`` rotates and scales it to fill the output.

    Parameters
    ----------
    center_crop : int, float, tuple of two of them, or None, default=960
        Height and width of the middle of the image in which the foreground is searched: whole
        numbers are pixels, and floats up to 1.0 are fractions of the image's own height and width,
        for images that are read at different sizes. One number is used for both. None searches the
        whole image.
    threshold : float or "otsu", default=32
        Limit of the foreground. With a number, a pixel belongs to the foreground if its value
        differs by at most this number from that of the most extreme pixel: the brightest one or,
        depending on ``polarity``, another. ``"otsu"`` subtracts a smooth background, and takes the
        largest connected object in the rest.
    polarity : {"bright", "dark", "both"}, default="bright"
        Whether the object is brighter or darker than its background. ``"both"`` is for glossy
        objects, which may be brighter, darker or partly both, depending on the light; with
        ``"otsu"``, shadows and bright rims of an object are left out of its mask.
    crop_size : int or tuple of (int, int), default=448
        Height and width in pixels of the window around the centroid of the foreground. With
        ``align=True`` it is used only for images without foreground.
    output_size : int or tuple of (int, int), default=112
        Height and width of the output in pixels.
    align : bool, default=False
        Whether the window is rotated until the longest extent of the foreground is
        horizontal, the heavier end to the left, and scaled until all of the foreground
        just fits.
    output : {"image", "mask", "both"}, default="image"
        Output: the window of the image, that of the mask, or the mask as one more channel of
        the image. Mask pixels are the fraction of foreground in their area, times the largest
        value of the dtype for unsigned integers (255 for uint8), and from 0 to 1 for all
        others.

    Attributes
    ----------
    %(image_attributes)s

    See Also
    --------
    Resize : The whole image at another size.
    FlattenImages : Images as rows of pixels.

    Notes
    -----
    Parts of the window outside the image are filled with the mirror image; the mask is empty there
    and beyond the center crop. Images smaller than the center crop are searched as a whole. An
    image without foreground, which only ``"otsu"`` can leave, is cropped around its middle. In a
    constant image, or one whose range is less than a numeric threshold, everything is foreground,
    so that the window is around the middle as well.

    The foreground is searched in the mean of the channels. ``"otsu"`` works on the image reduced to
    at most 300 pixels a side: the background is a cubic surface, fitted robustly, and contrast is
    measured in units of the noise around it: less than twice the noise counts as background, and
    more than ten times as ten times. An object should cover less than a third of the searched
    region. An object that is as wide as it is long has no longest extent, and ``align`` rotates it
    arbitrarily.

    The dtype is kept. Pillow (extra ``images``) computes in float32, whatever the dtype.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] Otsu, N. (1979). A threshold selection method from gray-level histograms.
       IEEE Transactions on Systems, Man, and Cybernetics, 9(1), 62-66.

    Examples
    --------
    A bar on the diagonal, on a background that becomes brighter:

    >>> import numpy as np
    >>> from sklvision.image import ForegroundCrop
    >>> rows, columns = np.mgrid[:60, :60]
    >>> image = columns + 100.0 * (abs(rows - columns) < 4) * (abs(rows - 30) < 14)
    >>> crop = ForegroundCrop(threshold="otsu", align=True, output_size=(3, 9), output="mask")
    >>> crop.fit_transform([image])[0].round()
    array([[0., 0., 0., 0., 0., 0., 0., 0., 0.],
           [0., 1., 1., 1., 1., 1., 1., 1., 0.],
           [0., 0., 0., 0., 0., 0., 0., 0., 0.]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "center_crop": [_SIDE, Interval(RealNotInt, 0, 1, closed="right"), "array-like", None],
        "threshold": [Interval(Real, 0, 1e30, closed="both"), StrOptions({"otsu"})],
        "polarity": [StrOptions({"bright", "dark", "both"})],
        "crop_size": [_SIDE, "array-like"],
        "output_size": [_SIDE, "array-like"],
        "align": ["boolean"],
        "output": [StrOptions({"image", "mask", "both"})],
    }

    def __init__(
        self,
        *,
        center_crop: float | tuple[float, float] | None = 960,
        threshold: float | str = 32,
        polarity: str = "bright",
        crop_size: int | tuple[int, int] = 448,
        output_size: int | tuple[int, int] = 112,
        align: bool = False,
        output: str = "image",
    ) -> None:
        self.center_crop = center_crop
        self.threshold = threshold
        self.polarity = polarity
        self.crop_size = crop_size
        self.output_size = output_size
        self.align = align
        self.output = output

    def _fit_images(self, samples: Samples) -> None:
        import_optional("PIL.Image", extra="images")
        self._settings: dict[str, Any] = {
            "center_crop": _check_center(self.center_crop),
            "threshold": self.threshold,
            "polarity": self.polarity,
            "crop_size": check_image_size("crop_size", self.crop_size),
            "output_size": check_image_size("output_size", self.output_size),
            "align": bool(self.align),
            "output": self.output,
        }

    def _get_image_function(self) -> ImageFunction:
        return partial(crop_foreground, **self._settings)

    def _has_image_output(self) -> bool:
        return True


def _check_center(center: Any) -> tuple[float, float] | None:
    """Check the size of the middle: each side an int, in pixels, or a float, a fraction."""
    if center is None:
        return None
    pair = tuple(center) if np.iterable(center) else (center, center)
    if len(pair) != 2 or not all(map(_is_side, pair)):
        raise ValueError(
            f"center_crop={center!r} must be None, a positive int or a float up to 1.0, or a pair "
            "(height, width) of them."
        )
    height, width = (int(side) if isinstance(side, Integral) else float(side) for side in pair)
    return height, width


def _is_side(side: Any) -> bool:
    if isinstance(side, Integral):
        return int(side) > 0
    return isinstance(side, Real) and 0 < float(side) <= 1
