"""Images of things that move."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sklvision.augmentation._base import Augmenter
from sklvision.utils._sklearn import Interval, Real

if TYPE_CHECKING:
    from torch import Tensor

    from sklvision.augmentation._draws import Draws


class RandomMotionBlur(Augmenter):
    """Smear images along a line, as a belt does that moves during the exposure.

    Parameters
    ----------
    length : float, default=5.0
        Longest line, in pixels, at least 1; lengths are drawn evenly from 1 (sharp) to this.
    direction : float, default=None
        Direction of the line in degrees, counterclockwise from the right: 0 for motion to the
        left or right, 90 for up or down. None draws any direction for every sample.
    p : float, default=0.5
        Probability, per sample, of being smeared.
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
    RandomShift : Moved but sharp images.

    Notes
    -----
    The mean over the line is taken as a convolution, whose cost grows with the square of
    ``length``. Pixels at the edges are repeated beyond them.

    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.augmentation import RandomMotionBlur
    >>> images = np.zeros((1, 3, 7))
    >>> images[0, 1, 3] = 90
    >>> blur = RandomMotionBlur(5, direction=0, p=1.0, random_state=2)
    >>> blur.fit_transform(images)[0].round()
    array([[ 0.,  0.,  0.,  0.,  0.,  0.,  0.],
           [ 0.,  8., 24., 24., 24.,  8.,  0.],
           [ 0.,  0.,  0.,  0.,  0.,  0.,  0.]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Augmenter._parameter_constraints,
        "length": [Interval(Real, 1, None, closed="left")],
        "direction": [Interval(Real, None, None, closed="neither"), None],
    }

    def __init__(
        self,
        length: float = 5.0,
        *,
        direction: float | None = None,
        p: float = 0.5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.length = length
        self.direction = direction
        self.p = p
        self.random_state = random_state

    def _augment(self, X: Tensor, draws: Draws) -> Tensor:
        from sklvision.augmentation import _functional

        length = 1 + draws.uniform(0, self.length - 1) * draws.chance(self.p)
        low, high = (0, 180) if self.direction is None else (self.direction, self.direction)
        size = 2 * math.ceil((self.length - 1) / 2) + 1
        kernels = _functional.line_kernels(length, draws.uniform(low, high), size)
        return _functional.convolve(X, kernels)
