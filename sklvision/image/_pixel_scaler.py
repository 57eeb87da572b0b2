"""Pixel values rescaled to a common range."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from sklvision.image._base import ImageFunction, ImageTransformer
from sklvision.image._functional import rescale_pixels
from sklvision.image._texts import document
from sklvision.utils._images import check_range, get_dtype_range, measure_value_range
from sklvision.utils._samples import Samples


@document
class PixelScaler(ImageTransformer):
    """Rescale pixel values from the range of the data to another, 0 to 1 by default.

    One range serves all pixels and channels, so that an image looks the same as before;
    :class:`sklearn.preprocessing.MinMaxScaler` on flattened images would scale each pixel by a
    range of its own.

    Parameters
    ----------
    feature_range : tuple of (float, float), default=(0.0, 1.0)
        The lower and upper end of the new range.
    data_range : tuple of (float, float) or None, default=None
        The pixel values that become the ends of ``feature_range``. None learns them in
        ``fit``: the range of the dtype for bool and unsigned integers (0 to 255 for uint8),
        the smallest and largest pixel of the training images for all others. For a 12-bit
        camera that delivers uint16 it is ``(0, 4095)``.
    clip : bool, default=False
        Whether values beyond the range, which may occur in new images, are set to its ends.

    Attributes
    ----------
    data_range_ : tuple of (float, float)
        The pixel values that become the ends of ``feature_range``. Where all pixels of
        the training images are equal, the upper one is set above, so that they become
        the lower end.
    %(table_attributes)s

    See Also
    --------
    FlattenImages : Images as rows of pixels.
    sklearn.preprocessing.MinMaxScaler : A range for each feature.

    Notes
    -----
    Tables are accepted as well. float32 and float64 keep their dtype; bool, float16 and
    integers of up to 16 bits become float32, which holds them exactly, others float64. A
    fitted scaler keeps its ranges until the next ``fit``, whatever parameters are set in between.

    Where the dtype of a collection of images on disk does not give the range, ``fit`` reads all
    images once, one by one. They are scaled when they are read.

    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.image import PixelScaler
    >>> images = np.array([[[0, 51], [102, 255]]], dtype=np.uint8)
    >>> PixelScaler().fit_transform(images)
    array([[[0. , 0.2],
            [0.4, 1. ]]], dtype=float32)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "feature_range": ["array-like"],
        "data_range": ["array-like", None],
        "clip": ["boolean"],
    }

    _takes_tables = True

    def __init__(
        self,
        feature_range: tuple[float, float] = (0.0, 1.0),
        *,
        data_range: tuple[float, float] | None = None,
        clip: bool = False,
    ) -> None:
        self.feature_range = feature_range
        self.data_range = data_range
        self.clip = clip

    def inverse_transform(self, X: ArrayLike) -> Any:
        """Rescale pixels to the range of the data.

        Parameters
        ----------
        X : array-like of shape (n, height, width[, channels]) or (n, n_features)
            Scaled images, or a collection of them.

        Returns
        -------
        images : ndarray of the shape of X, or ImageCollection
            Images of floats in the range of the data; to view what was uint8, use
            ``np.rint(images).astype(np.uint8)``.

        Raises
        ------
        ValueError
            If the images are not of the shape seen in ``fit``, or not finite.
        """
        check_is_fitted(self)
        rescale = partial(rescale_pixels, from_range=self._feature_range, to_range=self.data_range_)
        samples = self._check_input(X, reset=False)
        return samples.map(rescale) if samples.is_lazy else rescale(samples.data)

    def _fit_images(self, samples: Samples) -> None:
        self._feature_range = check_range("feature_range", self.feature_range)
        self._clip = self.clip
        if self.data_range is not None:
            self.data_range_ = check_range("data_range", self.data_range)
            return
        low, high = get_dtype_range(samples.dtype) or measure_value_range(samples)
        self.data_range_ = (low, high if high > low else low + max(1.0, abs(low)))

    def _get_image_function(self) -> ImageFunction:
        ranges: dict[str, Any] = {"from_range": self.data_range_, "to_range": self._feature_range}
        return partial(rescale_pixels, **ranges, clip=self._clip)

    def _transform_images(self, images: np.ndarray) -> np.ndarray:
        return self._get_image_function()(images)  # all at once: it works pixel by pixel

    def _has_image_output(self) -> bool:
        shape = getattr(self, "input_shape_", ())
        return shape is None or len(shape) > 1
