"""The target of a fit: its encoding, weights, held-out part, loss and score."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from torch import Tensor, nn

from sklvision.neural_network._split import split_validation
from sklvision.utils._class_weight import read_class_weights


class ClassificationTarget:
    """A target of classes.

    A fit calls this and nothing else for what depends on the target. An estimator of another kind
    of target, such as a regressor, brings another class with these methods.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Labels, sorted.

    Attributes
    ----------
    score_name : str
        Name in the history of the score of held-out samples; higher is better.
    """

    criterion: ClassVar = nn.CrossEntropyLoss
    score_name: ClassVar = "valid_acc"

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
        return cls(_find_classes(y if classes is None else np.asarray(classes)))

    def warn_of_one_class(self) -> None:
        """Warn if there is nothing to tell apart."""
        if len(self.classes) == 1:
            warnings.warn(
                f"y holds one class only, {self.classes.tolist()[0]!r}: every prediction will be "
                "that class. Two classes are needed to learn anything.",
                UserWarning,
                stacklevel=2,
            )

    @property
    def n_outputs(self) -> int:
        """Width of the net's output."""
        return len(self.classes)

    def check_classes(self, classes: ArrayLike | None) -> None:
        """Raise if a later call names other classes than the first one."""
        if classes is not None and not np.array_equal(np.unique(np.asarray(classes)), self.classes):
            raise ValueError(
                f"classes={np.asarray(classes).tolist()} are not those of the first fit "
                f"of this classifier, {self.classes.tolist()}."
            )

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Encode labels as indices into the classes."""
        unknown = np.setdiff1d(_find_classes(y), self.classes)
        if len(unknown):
            raise ValueError(
                f"y has labels {unknown.tolist()} that are not among the classes "
                f"{self.classes.tolist()} this classifier was started with."
            )
        return np.searchsorted(self.classes, y).astype(np.int64)

    def compute_weights(self, y: np.ndarray, class_weight: dict | str | None) -> np.ndarray | None:
        """Compute the weight of each label; None where classes weigh the same."""
        if class_weight is None:
            return None
        if isinstance(class_weight, str):
            return compute_sample_weight(class_weight, y)
        weights = read_class_weights(class_weight, self.classes, allows_zero=True)
        return weights[self.encode(y)]

    def split_validation(
        self,
        targets: np.ndarray,
        fraction: float,
        rng: np.random.RandomState,
        groups: np.ndarray | None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return indices of training and validation samples, stratified by class."""
        return split_validation(targets, fraction, rng, groups)

    @staticmethod
    def compute_loss(
        criterion: Callable, outputs: Tensor, targets: Tensor, weights: Tensor | None
    ) -> Tensor:
        """Compute the mean cross-entropy; weights have mean 1 over the training set, not a batch.

        Targets are class indices, or rows of probabilities that are smoothed and weighted.
        """
        if targets.is_floating_point():
            return -(targets * outputs.log_softmax(1)).sum(1).mean()
        losses = criterion(outputs, targets)
        return (losses if weights is None else losses * weights).mean()

    @staticmethod
    def sum_scores(outputs: Tensor, targets: Tensor) -> float:
        """Sum the scores of samples, whose mean is the accuracy: 1 where the class is right."""
        return int((outputs.argmax(1) == targets.to(outputs.device)).sum())

    @staticmethod
    def make_soft_targets(
        targets: Tensor,
        n_outputs: int,
        criterion: nn.CrossEntropyLoss,
        weights: Tensor | None,
        dtype: torch.dtype,
    ) -> Tensor:
        """Make one row of smoothed probabilities a sample, multiplied by its weight.

        Augmenters that blend samples blend these rows in the same proportions.
        """
        smoothing = criterion.label_smoothing
        one_hot = nn.functional.one_hot(targets, n_outputs).to(dtype)
        soft = one_hot * (1 - smoothing) + smoothing / n_outputs
        return soft if weights is None else soft * weights[:, None]


def _find_classes(y: np.ndarray) -> np.ndarray:
    """Return the different labels, sorted."""
    try:
        check_classification_targets(y)
        return np.unique(y)
    except TypeError as error:
        types = sorted({type(label).__name__ for label in np.asarray(y, dtype=object)})
        raise ValueError(
            f"y has labels of types that cannot be sorted together: {', '.join(types)}. "
            "Make all of them strings, or all of them numbers."
        ) from error
