"""What all augmenters share: the door into training and the door of a pipeline step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._lazy import is_collection
from sklvision.utils._random import draw_seed
from sklvision.utils._sklearn import Interval, Real, StrOptions

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from sklvision.augmentation._draws import Draws

# Constraints that several augmenters share.
PROBABILITY = [Interval(Real, 0, 1, closed="both")]
FRACTION = [Interval(Real, 0, 1, closed="both")]
PART = [Interval(Real, 0, 1, closed="left")]
MAGNITUDE = [Interval(Real, 0, None, closed="left")]
FILL = {
    "fill": [StrOptions({"reflect", "edge", "constant"})],
    "fill_value": [Interval(Real, None, None, closed="neither")],
}

_SHAPES = {2: "(n, n_bands)", 3: "(n, height, width)", 4: "(n, height, width, channels)"}


def _gives_tables(augmenter: Augmenter) -> bool:
    if augmenter._gives_images():
        raise AttributeError(
            f"{type(augmenter).__name__} gives images, which have no feature names."
        )
    return True


class Augmenter(OneToOneFeatureMixin, TransformerMixin, SklvisionEstimator):
    """Base of all augmenters.

    Subclasses implement `_augment`. torch is imported when numbers are drawn, and not before.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "p": PROBABILITY,
        "random_state": ["random_state"],
    }
    # Numbers of dimensions that X may have.
    _ndims: ClassVar[tuple[int, ...]] = (3, 4)

    random_state: int | np.random.RandomState | None
    input_shape_: tuple[int, ...]

    def _augment(self, X: Tensor, draws: Draws) -> Tensor:
        """Return varied copies of images (n, height, width, channels) or spectra (n, n_bands)."""
        raise NotImplementedError

    def __call__(self, X: Tensor, generator: Generator | None = None) -> Tensor:
        """Vary every sample of a batch: the door into training.

        Parameters
        ----------
        X : Tensor of shape (n, height, width), (n, height, width, channels) or (n, n_bands)
            A batch of samples, of any floating-point dtype and on any device.
        generator : torch.Generator, default=None
            Source of randomness; torch's default generator of the device where None.

        Returns
        -------
        X_new : Tensor
            The varied samples, of the same shape and dtype and on the same device.
        """
        from sklvision.augmentation._draws import Draws

        self._check_ndim(X.shape)
        if not X.is_floating_point():
            raise TypeError(
                f"{type(self).__name__} varies tensors of floats, got one of dtype {X.dtype}."
            )
        draws = Draws(X, generator)
        return (
            self._augment(X[..., None], draws)[..., 0] if X.ndim == 3 else self._augment(X, draws)
        )

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Check the parameters and the data; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_bands)
            Training samples of any real dtype.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted augmenter.

        Raises
        ------
        ValueError
            If a parameter is out of range, or `X` is not an array of finite samples.
        """
        self._fit(X)
        return self

    def fit_transform(self, X: ArrayLike, y: object = None) -> np.ndarray:
        """Vary every training sample once.

        Unlike that of other transformers, the result is not what `fit` and then `transform`
        give, which leave samples as they are.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_bands)
            Training samples of any real dtype.
        y : None
            Ignored.

        Returns
        -------
        X_new : ndarray of the shape of `X`
            The varied samples, read for this where `X` is a lazy collection. Images keep their
            dtype, and whole numbers are rounded and clipped to what it holds; spectra that are
            not float32 become float64.
        """
        from sklvision.augmentation._draws import augment_array

        return augment_array(self, self._fit(X), draw_seed(self.random_state))

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Return the samples as they are: what is new is never varied.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_bands)
            Samples of the shape seen in `fit`.

        Returns
        -------
        X : ndarray
            The same samples; a lazy collection of images stays one.

        Raises
        ------
        ValueError
            If the samples are not of the shape seen in `fit`, or not finite.
        """
        check_is_fitted(self)
        return self._check_samples(X, reset=False)

    @available_if(_gives_tables)
    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Name the output features, where they are bands of spectra.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the input features; the names seen in `fit`, or x0, x1, ... where None.

        Returns
        -------
        feature_names_out : ndarray of str
            The same names.

        Raises
        ------
        AttributeError
            If the output is images.
        """
        return super().get_feature_names_out(input_features)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose the container of the output, where it is spectra.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            The container that `transform` and `fit_transform` give. None changes nothing.

        Returns
        -------
        self : object
            The augmenter.

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
        return 2 not in self._ndims or len(getattr(self, "input_shape_", (0,))) > 1

    def _fit(self, X: Any) -> np.ndarray:
        self._validate_params()
        samples = self._check_samples(X, reset=True)
        if self._gives_images():
            self._refuse_container(getattr(self, "_sklearn_output_config", {}).get("transform"))
        return samples

    def _check_samples(self, X: Any, *, reset: bool) -> np.ndarray:
        """Check samples and the shape seen in `fit`, or learn it."""
        if is_collection(X):
            samples = X  # shapes are known beforehand, pixels are read when they are needed
            self._check_ndim(X.shape)
        elif 2 in self._ndims and _is_table(X):
            samples = validate_data(self, X, reset=reset, dtype=[np.float64, np.float32])
        else:
            samples = check_array(X, ensure_2d=False, allow_nd=True, estimator=self, input_name="X")
            self._check_ndim(samples.shape)
        shape = samples.shape[1:]
        if reset:
            self.input_shape_, self.n_features_in_ = shape, math.prod(shape)
            if samples.ndim > 2:
                self.__dict__.pop("feature_names_in_", None)  # of an earlier fit on a table
        elif shape != self.input_shape_:
            raise ValueError(
                f"X holds samples of shape {shape}, but {type(self).__name__} was fitted on "
                f"samples of shape {self.input_shape_}."
            )
        return samples

    def _check_ndim(self, shape: tuple[int, ...]) -> None:
        if len(shape) not in self._ndims:
            expected = " or ".join(_SHAPES[ndim] for ndim in self._ndims)
            raise ValueError(
                f"X has shape {tuple(shape)}, but {type(self).__name__} expects {expected}."
            )
        if 0 in shape:
            raise ValueError(f"X has shape {tuple(shape)}: there is nothing in it.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = 2 in self._ndims
        tags.input_tags.three_d_array = 3 in self._ndims
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class AffineAugmenter(Augmenter):
    """Base of flips, shifts, rotations and zooms: each sample is seen through a matrix.

    Subclasses implement `_maps`, and have `fill` and `fill_value` if they show what lies beyond
    the edges.
    """

    # Whether pixels are mixed with their neighbours; otherwise they are only moved.
    _interpolates: ClassVar[bool] = True

    fill: str
    fill_value: float

    def _maps(self, draws: Draws, height: int, width: int) -> Tensor:
        """Draw matrices (n, 3, 3) as the functions of `_functional` make them."""
        raise NotImplementedError

    def _augment(self, X: Tensor, draws: Draws) -> Tensor:
        from sklvision.augmentation import _functional

        maps = self._maps(draws, X.shape[1], X.shape[2])
        return _functional.warp(X, maps, self.fill, self.fill_value)


def _is_table(X: Any) -> bool:
    """Whether X is to be read as (n, n_bands); what is neither is refused by that reading too."""
    try:
        return (X.ndim if hasattr(X, "ndim") else np.asarray(X).ndim) < 3
    except ValueError:  # samples of different shapes
        return False
