"""What of a fit depends on the target: its encoding, weights, held-out part, loss and score."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets

from sklvision.neural_network._split import split_validation


class ClassificationTarget:
    """A target of classes.

    An estimator of another kind of target brings another class with these methods; the rest of
    a fit, which calls nothing else for what depends on the target, stays as it is.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Labels, sorted.
    """

    def __init__(self, classes: np.ndarray) -> None:
        self.classes = classes

    @classmethod
    def from_labels(cls, y: np.ndarray, classes: ArrayLike | None = None) -> Self:
        """Read the classes from the labels, unless all of them are given.

        Parameters
        ----------
        y : ndarray of shape (n_samples,)
            Labels of any type that can be sorted.
        classes : array-like of shape (n_classes,), default=None
            All classes, where later data may bring some that `y` lacks.
        """
        check_classification_targets(y)
        return cls(np.unique(np.asarray(y if classes is None else classes)))

    @property
    def n_outputs(self) -> int:
        """Width of the net's output."""
        return len(self.classes)

    def check_classes(self, classes: ArrayLike | None) -> None:
        """Raise if a later call names other classes than the first one."""
        if classes is not None and not np.array_equal(np.unique(np.asarray(classes)), self.classes):
            raise ValueError(
                f"classes={np.asarray(classes).tolist()} are not those this classifier was started "
                f"with, {self.classes.tolist()}."
            )

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return labels as indices into the classes."""
        check_classification_targets(y)
        unknown = np.setdiff1d(y, self.classes)
        if len(unknown):
            raise ValueError(
                f"y has labels {unknown.tolist()} that are not among the classes "
                f"{self.classes.tolist()} this classifier was started with."
            )
        return np.searchsorted(self.classes, y).astype(np.int64)

    def compute_weights(self, y: np.ndarray, class_weight: dict | str | None) -> np.ndarray | None:
        """Return the weight of each label; None where classes weigh the same."""
        if class_weight is None:
            return None
        weights = compute_sample_weight(class_weight, y)
        if (weights < 0).any():
            raise ValueError(f"class_weight must not be negative, got {class_weight!r}.")
        return weights

    def split_validation(
        self,
        encoded: np.ndarray,
        fraction: float,
        rng: np.random.RandomState,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return indices of training and validation samples, stratified by class."""
        return split_validation(encoded, fraction, rng)
