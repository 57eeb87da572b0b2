"""Random flips of images."""

from __future__ import annotations

from typing import Any, ClassVar

from sklvision.augmentation._base import AffineAugmenter, RandomSource, RandomState, Tensor
from sklvision.augmentation._texts import document
from sklvision.utils._sklearn import StrOptions


@document
class RandomFlip(AffineAugmenter):
    """Flip images at random.

    Parameters
    ----------
    direction : {"horizontal", "vertical", "both"}, default="horizontal"
        "horizontal" swaps left and right, "vertical" top and bottom. "both" draws the two
        independently.
    %(image_common_half)s

    See Also
    --------
    RandomRotation : Random rotations by any angle.
    Compose : Several augmenters, one after another.

    Notes
    -----
    Pixels keep their values. With ``"both"``, `p` is the probability of each direction.

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
        self, direction: str = "horizontal", *, p: float = 0.5, random_state: RandomState = None
    ) -> None:
        super().__init__(p=p, random_state=random_state)
        self.direction = direction

    def _draw(self, source: RandomSource) -> tuple[Tensor, Tensor]:
        """Draw which images are flipped left to right, and which top to bottom."""
        horizontal = source.draw_flags(0.0 if self.direction == "vertical" else self.p)
        vertical = source.draw_flags(0.0 if self.direction == "horizontal" else self.p)
        return horizontal, vertical

    def _draw_maps(self, source: RandomSource, height: int, width: int) -> Tensor:
        from sklvision.augmentation import _functional

        return _functional.make_flip_maps(*self._draw(source))

    def _augment(self, X: Tensor, source: RandomSource) -> Tensor:
        from sklvision.augmentation import _functional

        return _functional.flip(X, *self._draw(source))
