"""Predictions averaged over several views of each image."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._images import check_images, set_input_shape
from sklvision.utils._labels import convert_labels
from sklvision.utils._predictions import ProbabilitiesMixin
from sklvision.utils._samples import Samples
from sklvision.utils._sklearn import HasMethods, Integral, Interval, StrOptions
from sklvision.utils._warned_calls import disable_comparison

# Which axes of an image (height, width, ...) each kind of flip reverses, one tuple per view.
_FLIPS: dict[str | None, tuple[tuple[int, ...], ...]] = {
    None: ((),),
    "horizontal": ((), (1,)),
    "vertical": ((), (0,)),
    "both": ((), (1,), (0,), (0, 1)),
}
_DIRECTIONS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))


class TestTimeAugmentation(
    ProbabilitiesMixin, MetaEstimatorMixin, ClassifierMixin, SklvisionEstimator
):
    """Classifier of images that averages its predictions over several views of each image.

    Views are the image, its mirror images, and the image shifted by a few pixels. Choose views that
    augmentation also draws in training.

    Parameters
    ----------
    estimator : estimator object
        A classifier of images with ``predict_proba``, or a Pipeline that ends in one. It is cloned
        and trained on the unchanged images.
    flip : {"horizontal", "vertical", "both"} or None, default="horizontal"
        Mirror images in addition to the image itself: left to right, top to bottom, or each of the
        two and both together. None adds none.
    shift : int, default=0
        Pixels by which images are shifted up, down, left and right; each shift is one more view of
        every flip. Edge pixels are repeated. 0 shifts nothing; at most a million.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted classifier.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_views_ : int
        Number of views of each image; a prediction takes this many times as long. 1, 2 or 4 by
        `flip`, times 5 with shifts.
    input_shape_ : tuple of int or None
        Shape of one image seen in ``fit``; None for a collection of images that differ.
    n_features_in_ : int
        Height of the images, ``X.shape[1]``, where all have one shape.

    See Also
    --------
    RandomFlip : Flip images at random in training.
    RandomShift : Shift images at random in training.

    Notes
    -----
    Probabilities are averaged, each view with the same weight. An
    :class:`~sklvision.datasets.ImageCollection` is read once per view.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> images = X.reshape(-1, 8, 8)

    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklvision.augmentation import TestTimeAugmentation
    >>> from sklvision.image import FlattenImages
    >>> classifier = make_pipeline(FlattenImages(), LogisticRegression(max_iter=5000))
    >>> TestTimeAugmentation(classifier, flip=None, shift=1).fit(images, y).n_views_
    5
    """

    __test__ = False  # pytest takes names that start with "Test" for tests

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict", "predict_proba"])],
        "flip": [StrOptions({"horizontal", "vertical", "both"}), None],
        "shift": [Interval(Integral, 0, 10**6, closed="both")],
    }

    estimator_: Any
    input_shape_: tuple[int, ...] | None

    def __init__(
        self, estimator: BaseEstimator, *, flip: str | None = "horizontal", shift: int = 0
    ) -> None:
        self.estimator = estimator
        self.flip = flip
        self.shift = shift

    def fit(self, X: ArrayLike, y: ArrayLike, **fit_params: Any) -> Self:
        """Train the classifier on the unchanged images.

        Parameters
        ----------
        X : array-like of shape (n, height, width) or (n, height, width, channels)
            Training images, or an :class:`~sklvision.datasets.ImageCollection`.
        y : array-like of shape (n,)
            Class labels.
        **fit_params : dict
            Passed to the `fit` of the classifier, such as `sample_weight`; where metadata routing
            is enabled, by its requests.

        Returns
        -------
        self : TestTimeAugmentation
            The fitted classifier.

        Raises
        ------
        ValueError
            If a parameter is out of range, the classifier has no ``predict_proba``, `X` does not
            hold images, or `y` holds several labels per image.
        """
        self._validate_params()
        if get_config()["enable_metadata_routing"]:
            fit_params = process_routing(self, "fit", **fit_params).estimator.fit
        samples, y = self._check_images(X), convert_labels(y)
        if np.ndim(y) == 2 and np.shape(y)[1] != 1:
            raise ValueError(f"y must hold one label per image, got shape {np.shape(y)}.")
        self.estimator_ = clone(self.estimator).fit(samples.data, y, **fit_params)
        directions = _DIRECTIONS if self.shift else _DIRECTIONS[:1]
        self._views = [
            (axes, (int(self.shift) * n_down, int(self.shift) * n_right))
            for axes, (n_down, n_right) in product(_FLIPS[self.flip], directions)
        ]
        self.n_views_ = len(self._views)
        set_input_shape(self, samples)
        return self

    @property
    def classes_(self) -> np.ndarray:  # type: ignore[override]
        """Class labels."""
        check_is_fitted(self)
        return self.estimator_.classes_

    def _compute_probabilities(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        samples = self._check_images(X)
        total = self.estimator_.predict_proba(samples.data)  # the first view is the image itself
        with disable_comparison():  # a mirrored image may fall where the training data rise
            for axes, distance in self._views[1:]:
                total = total + self.estimator_.predict_proba(_make_views(samples, axes, distance))
        return total / self.n_views_

    def get_metadata_routing(self) -> MetadataRouter:
        """Get the routing of metadata: metadata of `fit` go to the classifier.

        Returns
        -------
        routing : MetadataRouter
            The requests of the classifier.
        """
        return MetadataRouter(owner=self).add(
            estimator=self.estimator,
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )

    def _check_images(self, X: Any) -> Samples:
        """Check the shape of images; their values are checked by the classifier."""
        return check_images(X, requester=self, one_size=False, check_values=False)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.target_tags = inner.target_tags
        tags.classifier_tags = inner.classifier_tags
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


def _make_views(samples: Samples, axes: tuple[int, ...], distance: tuple[int, int]) -> Any:
    """Make one view of every image."""
    if samples.is_lazy:
        return samples.map(partial(_make_view, axes=axes, distance=distance))
    images = np.moveaxis(samples.data, 0, -1)  # a view of all images at once
    return np.moveaxis(_make_view(images, axes, distance), -1, 0)


def _make_view(image: np.ndarray, axes: tuple[int, ...], distance: tuple[int, int]) -> np.ndarray:
    """Flip an image (height, width, ...) along axes, and shift it by pixels (down, right)."""
    rows, columns = (
        np.clip(np.arange(side) - step, 0, side - 1)
        for side, step in zip(image.shape[:2], distance, strict=True)
    )
    return np.flip(image, axes)[rows[:, np.newaxis], columns]
