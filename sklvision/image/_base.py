"""What the transformers of images share: checked input, and output that may be images."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from sklvision.image._functional import map_images
from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._lazy import is_collection

ImageFunction = Callable[[np.ndarray], np.ndarray]


def _gives_tables(transformer: ImageTransformer) -> bool:
    if transformer._gives_images():
        raise AttributeError(
            f"{type(transformer).__name__} gives images, which have no feature names; "
            "FlattenImages makes features of them."
        )
    return True


class ImageTransformer(OneToOneFeatureMixin, TransformerMixin, SklvisionEstimator):
    """Base of the transformers of images.

    Subclasses implement ``_image_function``, ``_gives_images`` and, where there is
    something to learn, ``_fit_images``. Those that take tables beside images, by the tag
    ``two_d_array``, and those that need all images at once implement ``_transform_images``.

    A collection of images on disk (whatever has ``map`` and ``batches``) is given back with
    the function of one image appended to it.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {}
    input_shape_: tuple[int, ...] | None

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn from training images.

        Parameters
        ----------
        X : array-like of shape (n, height, width) or (n, height, width, channels)
            Training images of any real dtype, or an
            :class:`~sklvision.datasets.ImageCollection`.
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
        """
        self._validate_params()
        self._fit_images(self._check_input(X, reset=True))
        if self._gives_images():
            self._refuse_container(getattr(self, "_sklearn_output_config", {}).get("transform"))
        return self

    def transform(self, X: ArrayLike) -> Any:
        """Transform images.

        Parameters
        ----------
        X : array-like of shape (n, height, width) or (n, height, width, channels)
            Images of the shape seen in ``fit``, or an
            :class:`~sklvision.datasets.ImageCollection`.

        Returns
        -------
        X_new : ndarray or ImageCollection
            The transformed images; a collection is read, and its images transformed, when
            they are needed.

        Raises
        ------
        ValueError
            If the images are not of the shape seen in ``fit``, or not finite.
        """
        check_is_fitted(self)
        images = self._check_input(X, reset=False)
        if is_collection(images):
            return images.map(partial(_finite, function=self._image_function()))
        return self._transform_images(images)

    @available_if(_gives_tables)
    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Name the output features.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the input features; the names seen in ``fit``, or x0, x1, ... where
            None.

        Returns
        -------
        feature_names_out : ndarray of str
            One name per column of the output.

        Raises
        ------
        AttributeError
            If the output is images.
        """
        return super().get_feature_names_out(input_features)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose the container of the output, where the output is a table.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            The container that ``transform`` and ``fit_transform`` give. None changes
            nothing.

        Returns
        -------
        self : object
            The transformer.

        Raises
        ------
        ValueError
            If the output is images, which fit into no table.
        """
        if self._gives_images():
            self._refuse_container(transform)
            return self
        return super().set_output(transform=transform)

    def _refuse_container(self, transform: str | None) -> None:
        if transform not in (None, "default"):
            raise ValueError(
                f"set_output(transform={transform!r}) needs a table, and {type(self).__name__} "
                "gives images. Set it on a FlattenImages step after it."
            )

    def _gives_images(self) -> bool:
        """Say whether the output is known to be images."""
        raise NotImplementedError

    def _fit_images(self, images: Any) -> None:
        """Learn from checked images, an array or a collection."""

    def _image_function(self) -> ImageFunction:
        """The fitted transformation of one image, which can be pickled."""
        raise NotImplementedError

    def _transform_images(self, images: np.ndarray) -> np.ndarray:
        """Transform an array of checked images."""
        return map_images(self._image_function(), images)

    def _check_input(self, X: Any, *, reset: bool) -> Any:
        """Check images, and the shape seen in ``fit`` or learn it; collections stay unread."""
        if not is_collection(X):
            return self._check_images(X, reset=reset)
        if len(X) == 0:
            raise ValueError(
                f"X is a collection with 0 samples; {type(self).__name__} needs at least one."
            )
        shape = X.shape[1:] or None
        if shape is not None and len(shape) not in (2, 3):
            raise ValueError(
                f"X is a collection of images of shape {shape}, but {type(self).__name__} expects "
                "(height, width) or (height, width, channels)."
            )
        if reset:
            self._keep_shape(shape)
        elif shape and self.input_shape_:
            # Heights and widths may differ, as a part of a collection may hold others.
            fitted = self.input_shape_
            self._compare_shapes((*fitted[:2], *shape[2:]) if len(fitted) > 1 else shape)
        return X

    def _check_images(self, X: Any, *, reset: bool) -> np.ndarray:
        """Check images (or a table, by tag) and the shape seen in ``fit``, or learn it."""
        images = self._as_array(X)
        shape = images.shape[1:]
        self._check_dimensions(images)
        if not reset:
            self._compare_shapes(shape)
        if images.ndim == 2:
            validate_data(self, X, reset=reset, skip_check_array=True)
            self.input_shape_ = shape if reset else self.input_shape_
        elif reset:
            self._keep_shape(shape)
        return images

    def _keep_shape(self, shape: tuple[int, ...] | None) -> None:
        for name in ("n_features_in_", "feature_names_in_"):  # of an earlier fit
            self.__dict__.pop(name, None)
        self.input_shape_ = shape
        if shape is not None:
            self.n_features_in_ = math.prod(shape)

    def _compare_shapes(self, shape: tuple[int, ...] | None) -> None:
        fitted = self.input_shape_
        if shape is None or fitted is None or shape == fitted:
            return
        if max(len(shape), len(fitted)) > 1:
            raise ValueError(
                f"X holds {_describe(shape)}, but {type(self).__name__} was fitted on "
                f"{_describe(fitted)}."
            )

    def _as_array(self, X: Any) -> np.ndarray:
        if isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1:
            X = list(X)
        try:
            return check_array(X, ensure_2d=False, allow_nd=True, estimator=self, input_name="X")
        except ValueError as error:
            shapes = _shapes_in(X)
            if len(shapes) > 1:
                raise ValueError(
                    f"X holds images of different shapes, {shapes[0]} and {shapes[1]} among them; "
                    f"{type(self).__name__} expects one shape: bring them to one size first."
                ) from error
            raise

    def _check_dimensions(self, images: np.ndarray) -> None:
        tables = get_tags(self).input_tags.two_d_array
        if images.ndim not in (3, 4) and not (tables and images.ndim == 2):
            expected = "(n, height, width) or (n, height, width, channels)"
            if tables:
                expected = f"(n, n_features), {expected}"
            hint = (
                " Reshape your data: one sample alone is X[np.newaxis]." if images.ndim < 3 else ""
            )
            raise ValueError(
                f"X has shape {images.shape}, but {type(self).__name__} expects {expected}.{hint}"
            )
        if 0 in images.shape:
            raise ValueError(f"X has shape {images.shape}: its images have no pixels.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _finite(image: np.ndarray, function: ImageFunction) -> np.ndarray:
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise ValueError("X contains NaN or infinity: an image of the collection has such pixels.")
    return function(image)


def _describe(shape: tuple[int, ...]) -> str:
    return f"rows of {shape[0]} features" if len(shape) == 1 else f"images of shape {shape}"


def _shapes_in(X: Any) -> list[tuple[int, ...]]:
    """The different shapes of the images in a list, in the order met."""
    if not isinstance(X, list | tuple):
        return []
    try:
        return list(dict.fromkeys(np.shape(image) for image in X))
    except ValueError:  # an image is itself no array
        return []
