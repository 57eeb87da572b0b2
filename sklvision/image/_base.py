"""What the transformers of images share: checked input, and output that may be images."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from sklvision.utils._base import SklvisionEstimator


def _gives_tables(transformer: ImageTransformer) -> bool:
    if transformer._gives_images():
        raise AttributeError(
            f"{type(transformer).__name__} gives images, which have no feature names; "
            "FlattenImages makes features of them."
        )
    return True


class ImageTransformer(OneToOneFeatureMixin, TransformerMixin, SklvisionEstimator):
    """Base of the transformers of images.

    Subclasses implement ``_transform_images``, ``_gives_images`` and, where there is
    something to learn, ``_fit_images``; the tag ``two_d_array`` says whether tables are
    accepted beside images.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {}
    input_shape_: tuple[int, ...]

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn from training images.

        Parameters
        ----------
        X : array-like of shape (n, height, width) or (n, height, width, channels)
            Training images of any real dtype.
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
        self._fit_images(self._check_images(X, reset=True))
        if self._gives_images():
            self._refuse_container(getattr(self, "_sklearn_output_config", {}).get("transform"))
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Transform images.

        Parameters
        ----------
        X : array-like of shape (n, height, width) or (n, height, width, channels)
            Images of the shape seen in ``fit``.

        Returns
        -------
        X_new : ndarray
            The transformed images.

        Raises
        ------
        ValueError
            If the images are not of the shape seen in ``fit``, or not finite.
        """
        check_is_fitted(self)
        return self._transform_images(self._check_images(X, reset=False))

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

    def _fit_images(self, images: np.ndarray) -> None:
        """Learn from checked images."""

    def _transform_images(self, images: np.ndarray) -> np.ndarray:
        """Transform checked images."""
        raise NotImplementedError

    def _check_images(self, X: Any, *, reset: bool) -> np.ndarray:
        """Check images (or a table, by tag) and the shape seen in ``fit``, or learn it."""
        images = self._as_array(X)
        shape = images.shape[1:]
        self._check_dimensions(images)
        if not reset and shape != self.input_shape_ and max(len(shape), len(self.input_shape_)) > 1:
            raise ValueError(
                f"X holds {_describe(shape)}, but {type(self).__name__} was fitted on "
                f"{_describe(self.input_shape_)}."
            )
        if images.ndim == 2:
            validate_data(self, X, reset=reset, skip_check_array=True)
        elif reset:
            self.n_features_in_ = math.prod(shape)
            self.__dict__.pop("feature_names_in_", None)  # of an earlier fit on a table
        if reset:
            self.input_shape_ = shape
        return images

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
