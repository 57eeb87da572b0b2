"""Bases of the augmenters: they augment batches in training, or arrays as steps of a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sklvision.augmentation._texts import document
from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._image_output import ImageOutputMixin
from sklvision.utils._images import (
    check_image_dimensions,
    check_images,
    check_same_shape,
    set_input_shape,
)
from sklvision.utils._random import draw_seed
from sklvision.utils._samples import as_samples
from sklvision.utils._sklearn import Interval, Real, StrOptions

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from sklvision.augmentation._random_source import RandomSource
else:  # names for annotations: torch is imported when numbers are drawn, and not before
    Tensor = RandomSource = Any

RandomState = int | np.random.RandomState | None

# Constraints that several augmenters share. Magnitudes are bounded so that nothing overflows
# single precision: relative ones, in pixels, bands or standard deviations, and pixel values.
FRACTION = [Interval(Real, 0, 1, closed="both")]
RELATIVE_CHANGE = [Interval(Real, 0, 1, closed="left")]
MAGNITUDE = [Interval(Real, 0, 1e6, closed="both")]
PIXEL_VALUE = [Interval(Real, -1e30, 1e30, closed="both")]


@document
class Augmenter(ImageOutputMixin, OneToOneFeatureMixin, TransformerMixin, SklvisionEstimator):
    """Base of all augmenters.

    Subclasses implement `_augment`.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "p": FRACTION,
        "random_state": ["random_state"],
    }
    # Numbers of dimensions that X may have.
    _n_dims: ClassVar[tuple[int, ...]] = (3, 4)

    p: float
    random_state: RandomState
    input_shape_: tuple[int, ...]

    def __init__(self, *, p: float = 1.0, random_state: RandomState = None) -> None:
        self.p = p
        self.random_state = random_state

    def _augment(self, X: Tensor, source: RandomSource) -> Tensor:
        """Augment images (n, height, width, channels) or spectra (n, n_bands)."""
        raise NotImplementedError

    def __call__(self, X: Tensor, generator: Generator | None = None) -> Tensor:
        """Augment every sample of a batch, in training.

        Parameters
        ----------
        X : Tensor of shape (n, height, width), (n, height, width, channels) or (n, n_bands)
            A batch of samples, of any floating-point dtype and on any device.
        generator : torch.Generator, default=None
            Source of randomness; torch's default generator of the device if None.

        Returns
        -------
        X_new : Tensor
            The augmented samples, of the same shape and dtype and on the same device.
        """
        from sklvision.augmentation._random_source import RandomSource

        name = type(self).__name__
        check_image_dimensions(X.shape, name, self._n_dims)
        if not X.is_floating_point():
            raise TypeError(f"{name} augments tensors of floats, got one of dtype {X.dtype}.")
        source = RandomSource(X, generator)
        if X.ndim == 3:
            return self._augment(X[..., None], source)[..., 0]
        return self._augment(X, source)

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Check the parameters and the data; nothing is learned.

        %(fit_sections)s
        """
        self._fit(X)
        return self

    def fit_transform(self, X: ArrayLike, y: object = None) -> np.ndarray:
        """Augment every training sample once.

        Unlike that of other transformers, the result is not that of `fit` and then `transform`,
        which leave samples as they are.

        %(fit_parameters)s

        Returns
        -------
        X_new : ndarray of the shape of `X`
            The augmented samples, read for this where `X` is a lazy collection. Images keep
            their dtype, and whole numbers are rounded and clipped to its range; spectra that
            are not float32 become float64.

        Raises
        ------
        ValueError
            As by `fit`, or if values become infinite.
        """
        from sklvision.augmentation._arrays import augment_array

        return augment_array(self, self._fit(X), draw_seed(self.random_state))

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Return the samples as they are: new samples are never augmented.

        Parameters
        ----------
        %(X)s
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
        samples = self._check_samples(X, reset=False)
        self._check_contract(as_samples(X))
        return samples

    def _has_image_output(self) -> bool:
        return 2 not in self._n_dims or len(getattr(self, "input_shape_", (0,))) > 1

    def _fit(self, X: Any) -> np.ndarray:
        """Check parameters and samples, and return these as an array or a collection."""
        self._validate_params()
        samples = self._check_samples(X, reset=True)
        self._check_container()
        self._keep_contract(as_samples(X))
        return samples

    def _check_samples(self, X: Any, *, reset: bool) -> np.ndarray:
        """Check samples and the shape seen in `fit`, or learn it."""
        samples = as_samples(X)
        is_table = samples.is_table and 2 in self._n_dims
        if not is_table:
            samples = check_images(X, requester=self, n_dims=self._n_dims)
        if not reset and not (is_table and len(self.input_shape_) == 1):
            check_same_shape(samples.sample_shape, self.input_shape_, type(self).__name__)
        if is_table:  # whose names and number of columns are compared as well
            samples.check_numbers()
            table = validate_data(self, samples.data, reset=reset, dtype=[np.float64, np.float32])
            self.input_shape_ = table.shape[1:] if reset else self.input_shape_
            return table
        if reset:
            set_input_shape(self, samples)
        return samples.data

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = 2 in self._n_dims
        tags.input_tags.three_d_array = 3 in self._n_dims
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class AffineAugmenter(Augmenter):
    """Base of flips, shifts, rotations and zooms: each sample is sampled through a matrix.

    Subclasses implement `_draw_maps`.
    """

    # Whether neighboring pixels are mixed; otherwise they only change places.
    _interpolates: ClassVar[bool] = True

    def _draw_maps(self, source: RandomSource, height: int, width: int) -> Tensor:
        """Draw matrices (n, 3, 3) as the functions of `_functional` make them."""
        raise NotImplementedError


class FillingAugmenter(AffineAugmenter):
    """Base of affine augmenters that show pixels beyond the edges, filled by `fill`."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **AffineAugmenter._parameter_constraints,
        "fill": [StrOptions({"reflect", "edge", "constant"})],
        "fill_value": PIXEL_VALUE,
    }

    fill: str
    fill_value: float

    def __init__(
        self,
        *,
        fill: str = "reflect",
        fill_value: float = 0.0,
        p: float = 1.0,
        random_state: RandomState = None,
    ) -> None:
        super().__init__(p=p, random_state=random_state)
        self.fill = fill
        self.fill_value = fill_value

    def _augment(self, X: Tensor, source: RandomSource) -> Tensor:
        from sklvision.augmentation import _functional

        maps = self._draw_maps(source, X.shape[1], X.shape[2])
        return _functional.warp(X, maps, self.fill, self.fill_value)
