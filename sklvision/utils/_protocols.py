"""Protocols of what an object can do, by name, where its class does not matter.

Each comes with the function that tells whether an object follows it. That looks at the object:
some classes have such a method in some of their objects only, and a check of the protocol itself
would look at the class.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeGuard


class LabelMixer(Protocol):
    """An augmenter that blends samples, and their labels in the same proportions."""

    def mix(self, X: Any, targets: Any) -> tuple[Any, Any]:
        """Mix a batch: samples ``(n, ...)`` and targets ``(n, n_classes)``, both tensors."""


class HasLearningRateScales(Protocol):
    """A net whose parts learn at different rates.

    Attributes
    ----------
    lr_scales : list of (str, float)
        Patterns of parameter names, and what multiplies the learning rate of the parameters
        that match; the first match counts.
    """

    lr_scales: list[tuple[str, float]]


class HasProbabilities(Protocol):
    """A classifier that predicts probabilities."""

    classes_: Any

    def predict(self, X: Any) -> Any:
        """Predict labels of shape (n_samples,)."""

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities of shape (n_samples, n_classes)."""


class HasParameterCount(Protocol):
    """A fitted estimator that knows the number of its parameters."""

    n_parameters_: int


def is_label_mixer(augmenter: Any) -> TypeGuard[LabelMixer]:
    """Return whether an augmenter blends labels; a composition does if one of its parts does."""
    return callable(getattr(augmenter, "mix", None))


def has_lr_scales(net: Any) -> TypeGuard[HasLearningRateScales]:
    """Return whether a net scales the learning rates of its parts."""
    return hasattr(net, "lr_scales")


def has_probabilities(classifier: Any) -> TypeGuard[HasProbabilities]:
    """Return whether a classifier predicts probabilities."""
    return hasattr(classifier, "predict_proba")


def has_parameter_count(estimator: Any) -> TypeGuard[HasParameterCount]:
    """Return whether an estimator knows the number of its parameters."""
    return hasattr(estimator, "n_parameters_")
