"""Images as rows of pixels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_array, check_is_fitted

from sklvision.image._base import ImageTransformer
from sklvision.image._texts import document
from sklvision.utils._samples import Samples, as_samples


@document
class FlattenImages(ImageTransformer):
    """Flatten each image to one row of pixels, for estimators that take tables.

    After this step, a classifier such as logistic regression takes the same images as a
    convolutional net, so one search can compare them, or one ensemble can contain both. Tables are
    not changed.

    Attributes
    ----------
    %(table_attributes)s

    See Also
    --------
    PixelScaler : Pixel values rescaled to a common range.
    Resize : Fewer pixels, and so fewer features.

    Notes
    -----
    The dtype is kept, and the output shares memory with the input where its layout
    allows it. ``transform`` reads a collection of images on disk into one array; ``fit`` looks only
    at the shape of its images.

    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.image import FlattenImages
    >>> images = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    >>> flatten = FlattenImages().fit(images)
    >>> flatten.transform(images)
    array([[ 0,  1,  2,  3,  4,  5],
           [ 6,  7,  8,  9, 10, 11]], dtype=uint8)
    >>> flatten.get_feature_names_out()[:2]
    array(['pixel_0_0', 'pixel_0_1'], dtype=object)
    """

    def __init__(self) -> None:
        """Make a transformer without parameters."""

    _takes_tables = True
    _needs_one_size = True

    input_shape_: tuple[int, ...]

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Name each column by its row, column and channel in the image.

        Parameters
        ----------
        input_features : array-like of str, default=None
            For tables, the names of the columns; ignored for images.

        Returns
        -------
        feature_names_out : ndarray of str
            ``pixel_{row}_{column}`` or ``pixel_{row}_{column}_{channel}``; for tables the
            names of the columns.
        """
        check_is_fitted(self)
        if len(self.input_shape_) == 1:
            return super().get_feature_names_out(input_features)
        indices = np.ndindex(*self.input_shape_)
        return np.asarray(["_".join(("pixel", *map(str, i))) for i in indices], dtype=object)

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Reshape rows of pixels to images.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels)
            Rows of pixels.

        Returns
        -------
        images : ndarray of shape (n, `*input_shape_`)
            Images of the shape seen in ``fit``.

        Raises
        ------
        ValueError
            If the rows are not as long as the images seen in ``fit``.
        """
        check_is_fitted(self)
        rows = check_array(X, estimator=self, input_name="X")
        n_pixels = math.prod(self.input_shape_)
        if rows.shape[1] != n_pixels:
            raise ValueError(
                f"X has {rows.shape[1]} features, but FlattenImages makes {n_pixels} of an image "
                f"of shape {self.input_shape_}."
            )
        return rows.reshape(-1, *self.input_shape_)

    def _check_input(self, X: Any, *, reset: bool) -> Samples:
        samples = as_samples(X)
        if samples.is_lazy and not reset:
            X = samples.to_array()  # plain estimators need one array
        return super()._check_input(X, reset=reset)

    def _transform_images(self, images: np.ndarray) -> np.ndarray:
        return images.reshape(len(images), -1) if images.ndim > 2 else images

    def _has_image_output(self) -> bool:
        return False
