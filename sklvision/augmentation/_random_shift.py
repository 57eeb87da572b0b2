"""Images moved sideways, up and down."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sklvision.augmentation._base import FILL, AffineAugmenter
from sklvision.utils._sklearn import Interval, RealNotInt

if TYPE_CHECKING:
    from torch import Tensor

    from sklvision.augmentation._draws import Draws

_DISTANCE = [
    Interval(Integral, 0, None, closed="left"),
    Interval(RealNotInt, 0, 1, closed="both"),
]


class RandomShift(AffineAugmenter):
    """Move images by random whole numbers of pixels.

    Parameters
    ----------
    height : int or float, default=0.1
        Longest way up or down: an int in pixels, a float as a fraction of the height (rounded
        to pixels).
    width : int or float, default=0.1
        Longest way to the left or right: an int in pixels, a float as a fraction of the width
        (rounded to pixels).
    fill : {"reflect", "edge", "constant"}, default="reflect"
        What appears from beyond the edges: the image mirrored there, its edge pixels
        repeated, or ``fill_value``.
    fill_value : float, default=0.0
        Value of pixels with ``fill="constant"``, in the units of the images.
    p : float, default=1.0
        Probability, per sample, of being moved.
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
    RandomZoom : Images enlarged and made smaller.
    SpectralShift : The same for spectra.

    Notes
    -----
    Every distance up to the longest, and none at all, is equally likely. Pixels keep their
    values, as nothing is interpolated.

    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.augmentation import RandomShift
    >>> images = np.array([[[1, 2, 3, 4]]] * 3)
    >>> RandomShift(0, 2, fill="constant", random_state=3).fit_transform(images)[:, 0]
    array([[0, 0, 1, 2],
           [0, 1, 2, 3],
           [1, 2, 3, 4]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **AffineAugmenter._parameter_constraints,
        **FILL,
        "height": _DISTANCE,
        "width": _DISTANCE,
    }
    _interpolates = False

    def __init__(
        self,
        height: float = 0.1,
        width: float = 0.1,
        *,
        fill: str = "reflect",
        fill_value: float = 0.0,
        p: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.height = height
        self.width = width
        self.fill = fill
        self.fill_value = fill_value
        self.p = p
        self.random_state = random_state

    def _draw(self, draws: Draws, height: int, width: int) -> tuple[Tensor, Tensor]:
        """Draw how many pixels down and to the right."""
        down, right = _pixels(self.height, height), _pixels(self.width, width)
        moved = draws.chance(self.p)
        return draws.integers(-down, down) * moved, draws.integers(-right, right) * moved

    def _maps(self, draws: Draws, height: int, width: int) -> Tensor:
        from sklvision.augmentation import _functional

        return _functional.shift_map(*self._draw(draws, height, width))

    def _augment(self, X: Tensor, draws: Draws) -> Tensor:
        from sklvision.augmentation import _functional

        moves = self._draw(draws, X.shape[1], X.shape[2])
        return _functional.shift(X, *moves, self.fill, self.fill_value)


def _pixels(distance: float, size: int) -> int:
    return int(distance) if isinstance(distance, Integral) else round(distance * size)
