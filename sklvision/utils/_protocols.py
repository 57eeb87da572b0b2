"""Protocols of what an object can do, by name, where its class does not matter."""

from __future__ import annotations

from typing import Any, Protocol, TypeGuard, runtime_checkable


class MixesTargets(Protocol):
    """An augmenter that blends samples, and their targets in the same proportions."""

    def mix(self, X: Any, targets: Any) -> tuple[Any, Any]:
        """Blend a batch: samples ``(n, ...)`` and targets ``(n, n_classes)``, both tensors."""


def can_mix_targets(augmenter: Any) -> TypeGuard[MixesTargets]:
    """Return whether an augmenter is one that :class:`MixesTargets` describes.

    Some classes have the method in some of their objects only, as a composition has whose parts
    blend; a check of the protocol itself would look at the class.
    """
    return hasattr(augmenter, "mix")


@runtime_checkable
class HasLearningRateScales(Protocol):
    """A net whose parts learn at different rates.

    Attributes
    ----------
    lr_scales : list of (str, float)
        Patterns of parameter names, and what multiplies the learning rate of the parameters
        that match; the first match counts.
    """

    lr_scales: list[tuple[str, float]]


@runtime_checkable
class HasParameterCount(Protocol):
    """A fitted estimator that knows the number of its parameters."""

    n_parameters_: int
