"""Mirrored images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sklvision.augmentation._base import AffineAugmenter
from sklvision.utils._sklearn import StrOptions

if TYPE_CHECKING:
    from torch import Tensor

    from sklvision.augmentation._draws import Draws


class RandomFlip(AffineAugmenter):
    """Mirror images at random.

    Parameters
    ----------
    direction : {"horizontal", "vertical", "both"}, default="horizontal"
        "horizontal" swaps left and right, "vertical" top and bottom. "both" decides about each
        of the two on its own.
    p : float, default=0.5
        Probability, per sample and direction, of being mirrored.
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_transform``. In training, the classifier's seed rules.

    Attributes
    ----------
    input_shape_ : tuple of int
        Shape of one image seen in ``fit``.
    n_features_in_ : int
        Number of values in one image.

    See Also
    --------
    RandomRotation : Images turned by any angle.
    Compose : Several augmenters, one after another.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.augmentation import RandomFlip
    >>> images = np.array([[[1, 2, 3]]])
    >>> RandomFlip(p=1.0).fit_transform(images)
    array([[[3, 2, 1]]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **AffineAugmenter._parameter_constraints,
        "direction": [StrOptions({"horizontal", "vertical", "both"})],
    }
    _interpolates = False

    def __init__(
        self,
        direction: str = "horizontal",
        *,
        p: float = 0.5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.direction = direction
        self.p = p
        self.random_state = random_state

    def _draw(self, draws: Draws) -> tuple[Tensor, Tensor]:
        """Draw who is mirrored left to right, and who top to bottom."""
        horizontal = draws.chance(0.0 if self.direction == "vertical" else self.p)
        vertical = draws.chance(0.0 if self.direction == "horizontal" else self.p)
        return horizontal, vertical

    def _maps(self, draws: Draws, height: int, width: int) -> Tensor:
        from sklvision.augmentation import _functional

        return _functional.flip_map(*self._draw(draws))

    def _augment(self, X: Tensor, draws: Draws) -> Tensor:
        from sklvision.augmentation import _functional

        return _functional.flip(X, *self._draw(draws))
