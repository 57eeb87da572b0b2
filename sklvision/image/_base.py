"""Base of the transformers of images: checked input, and output that may be images."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sklvision.image._functional import map_images
from sklvision.image._texts import document
from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._image_output import ImageOutputMixin
from sklvision.utils._images import (
    check_images,
    check_same_shape,
    set_input_shape,
    warn_of_channels_first,
)
from sklvision.utils._samples import Samples

ImageFunction = Callable[[np.ndarray], np.ndarray]


@document
class ImageTransformer(
    ImageOutputMixin, OneToOneFeatureMixin, TransformerMixin, SklvisionEstimator
):
    """Base of the transformers of images.

    Subclasses implement ``_get_image_function``, ``_has_image_output`` and, where there is
    something to learn, ``_fit_images``. Those that take tables as well as images, and those
    that need all images at once, implement ``_transform_images``.

    A collection of images on disk is returned with the function of one image appended to it.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {}
    # Whether tables are taken as well as images.
    _takes_tables: ClassVar[bool] = False
    # Whether the images of a collection must have one size.
    _needs_one_size: ClassVar[bool] = False

    input_shape_: tuple[int, ...] | None

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn from training images.

        %(fit_sections)s
        """
        self._validate_params()
        samples = self._check_input(X, reset=True)
        if not samples.is_lazy:
            warn_of_channels_first(samples.sample_shape, stacklevel=2)
        self._fit_images(samples)
        self._check_container()
        self._keep_contract(samples)
        return self

    def transform(self, X: ArrayLike) -> Any:
        """Transform images.

        Parameters
        ----------
        %(X)s

        Returns
        -------
        X_new : ndarray or ImageCollection
            The transformed images, or one row of features for each. For a collection, images are
            read and transformed when they are needed, features are computed at once.

        Raises
        ------
        ValueError
            If the images are not of the shape seen in ``fit``, or not finite.
        """
        check_is_fitted(self)
        samples = self._check_input(X, reset=False)
        self._check_contract(samples)
        return self._transform_samples(samples)

    def _transform_samples(self, samples: Samples) -> Any:
        """Transform checked images, an array or a collection."""
        if samples.is_lazy:
            return samples.map(partial(transform_finite, function=self._get_image_function()))
        return self._transform_images(samples.data)

    def _fit_images(self, samples: Samples) -> None:
        """Learn from checked images, an array or a collection."""

    def _get_image_function(self) -> ImageFunction:
        """Return the fitted transformation of one image, which can be pickled."""
        raise NotImplementedError

    def _transform_images(self, images: np.ndarray) -> np.ndarray:
        """Transform an array of checked images."""
        return map_images(self._get_image_function(), images)

    def _check_input(self, X: Any, *, reset: bool) -> Samples:
        """Check images, and the shape seen in ``fit`` or learn it; collections stay unread."""
        n_dims = (2, 3, 4) if self._takes_tables else (3, 4)
        samples = check_images(X, requester=self, n_dims=n_dims, one_size=self._needs_one_size)
        if not reset:
            self._check_shape(samples)
        if samples.is_table:
            validate_data(self, X, reset=reset, skip_check_array=True)
            self.input_shape_ = samples.sample_shape if reset else self.input_shape_
        elif reset:
            set_input_shape(self, samples)
        return samples

    def _check_shape(self, samples: Samples) -> None:
        """Raise if images differ in shape from the training images."""
        shape, fitted_shape = samples.sample_shape, self.input_shape_
        if samples.is_table and fitted_shape is not None and len(fitted_shape) == 1:
            return  # the names of columns are compared as well, by validate_data
        if samples.is_lazy and shape and fitted_shape and len(fitted_shape) > 1:
            # Heights and widths may differ, as a part of a collection may hold others.
            shape = (*fitted_shape[:2], *shape[2:])
        check_same_shape(shape, fitted_shape, type(self).__name__)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = self._takes_tables
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def transform_finite(image: np.ndarray, function: ImageFunction) -> np.ndarray:
    """Transform an image of a collection, which is checked as it is read."""
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise ValueError("X contains NaN or infinity: an image of the collection has such pixels.")
    return function(image)
