"""Random motion blur of images."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from sklvision.augmentation._base import Augmenter, RandomSource, RandomState, Tensor
from sklvision.augmentation._texts import document
from sklvision.utils._sklearn import Interval, Real

# A kernel takes memory by the square of its length: at this one, 4 MB for each large image.
_LONGEST = 1000


@document
class RandomMotionBlur(Augmenter):
    """Blur images along a line, like a belt that moves during the exposure.

    Parameters
    ----------
    length : float, default=5.0
        Longest line, in pixels, from 1 to 1000; lengths are drawn uniformly from 1 (sharp) to
        this.
    direction : float, default=None
        Direction of the line in degrees from -360 to 360, counterclockwise from the right: 0 for
        motion to the left or right, 90 for up or down. None draws any direction for every
        sample.
    %(image_common_half)s

    See Also
    --------
    RandomShift : Random shifts, of sharp images.

    Notes
    -----
    The mean over the line is taken as a convolution, of lines longer than 33 pixels by Fourier
    transforms. Pixels at the edges are repeated beyond them.

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
        "length": [Interval(Real, 1, _LONGEST, closed="both")],
        "direction": [Interval(Real, -360, 360, closed="both"), None],
    }

    def __init__(
        self,
        length: float = 5.0,
        *,
        direction: float | None = None,
        p: float = 0.5,
        random_state: RandomState = None,
    ) -> None:
        super().__init__(p=p, random_state=random_state)
        self.length = length
        self.direction = direction

    def _augment(self, X: Tensor, source: RandomSource) -> Tensor:
        from sklvision.augmentation import _functional

        length = 1 + source.draw_uniform(0, self.length - 1) * source.draw_flags(self.p)
        low, high = (0, 180) if self.direction is None else (self.direction, self.direction)
        size = 2 * math.ceil((self.length - 1) / 2) + 1
        degrees = source.draw_uniform(low, high)
        kernels = _functional.make_line_kernels(length, degrees, size, (X.shape[1], X.shape[2]))
        return _functional.convolve(X, kernels)
