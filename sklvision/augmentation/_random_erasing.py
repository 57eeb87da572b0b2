"""Random rectangles erased from images."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from sklvision.augmentation._base import (
    FRACTION,
    PIXEL_VALUE,
    Augmenter,
    RandomSource,
    RandomState,
    Tensor,
)
from sklvision.augmentation._texts import document
from sklvision.utils._sklearn import Interval, Real, StrOptions


@document
class RandomErasing(Augmenter):
    """Erase a random rectangle of images.

    A net that cannot rely on any single part learns to use all of them.

    Parameters
    ----------
    area : float, default=0.2
        Largest fraction of the image that is erased, from 0 to 1; fractions are drawn uniformly
        from 0 to this, and rounded down to whole rows and columns.
    max_aspect : float, default=3.0
        Largest ratio of the longer to the shorter side of the rectangle, up to a million; 1 erases
        squares.
    value : float or "mean", default="mean"
        New value of the erased pixels, in the units of the images, or each image's own mean
        color.
    %(image_common_half)s

    See Also
    --------
    MixUp : Images mixed with others, and their labels too.

    Notes
    -----
    The rectangle lies wholly inside the image. One that would be longer than the image is cut,
    and its area is then less than was drawn.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] Z. Zhong, L. Zheng, G. Kang, S. Li and Y. Yang, "Random erasing data augmentation",
       Proceedings of the AAAI Conference on Artificial Intelligence 34 (7), 13001-13008 (2020).

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.augmentation import RandomErasing
    >>> images = np.full((1, 4, 6), 7)
    >>> RandomErasing(0.5, value=0, p=1.0, random_state=0).fit_transform(images)
    array([[[7, 7, 7, 7, 7, 7],
            [7, 0, 0, 7, 7, 7],
            [7, 0, 0, 7, 7, 7],
            [7, 7, 7, 7, 7, 7]]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Augmenter._parameter_constraints,
        "area": FRACTION,
        "max_aspect": [Interval(Real, 1, 1e6, closed="both")],
        "value": [*PIXEL_VALUE, StrOptions({"mean"})],
    }

    def __init__(
        self,
        area: float = 0.2,
        *,
        max_aspect: float = 3.0,
        value: float | str = "mean",
        p: float = 0.5,
        random_state: RandomState = None,
    ) -> None:
        super().__init__(p=p, random_state=random_state)
        self.area = area
        self.max_aspect = max_aspect
        self.value = value

    def _augment(self, X: Tensor, source: RandomSource) -> Tensor:
        from sklvision.augmentation import _functional

        log_aspect = math.log(self.max_aspect)
        return _functional.erase(
            X,
            area=source.draw_uniform(0, self.area) * source.draw_flags(self.p),
            aspect=source.draw_uniform(-log_aspect, log_aspect).exp(),
            top=source.draw_uniform(0, 1),
            left=source.draw_uniform(0, 1),
            value=None if isinstance(self.value, str) else self.value,
        )
