"""Images with a part covered."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sklvision.augmentation._base import FRACTION, Augmenter
from sklvision.utils._sklearn import Interval, Real, StrOptions

if TYPE_CHECKING:
    from torch import Tensor

    from sklvision.augmentation._draws import Draws


class RandomErasing(Augmenter):
    """Cover a random rectangle of images.

    A net that cannot count on any one part learns to use them all.

    Parameters
    ----------
    area : float, default=0.2
        Largest part of the image that is covered, from 0 to 1; parts are drawn evenly from 0
        to this, and rounded down to whole rows and columns.
    max_aspect : float, default=3.0
        Largest ratio of the longer to the shorter side of the rectangle; 1 covers squares.
    value : float or "mean", default="mean"
        What covers it: a value in the units of the images, or each image's own mean color.
    p : float, default=0.5
        Probability, per sample, of being covered.
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
    MixUp : Images blended with others, and their labels too.

    Notes
    -----
    The rectangle lies wholly inside the image. One that would be longer than the image is cut,
    and then covers less than was drawn.

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
        "max_aspect": [Interval(Real, 1, None, closed="left")],
        "value": [Interval(Real, None, None, closed="neither"), StrOptions({"mean"})],
    }

    def __init__(
        self,
        area: float = 0.2,
        *,
        max_aspect: float = 3.0,
        value: float | str = "mean",
        p: float = 0.5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.area = area
        self.max_aspect = max_aspect
        self.value = value
        self.p = p
        self.random_state = random_state

    def _augment(self, X: Tensor, draws: Draws) -> Tensor:
        from sklvision.augmentation import _functional

        return _functional.erase(
            X,
            area=draws.uniform(0, self.area) * draws.chance(self.p),
            aspect=draws.symmetric(math.log(self.max_aspect)).exp(),
            top=draws.uniform(0, 1),
            left=draws.uniform(0, 1),
            value=None if isinstance(self.value, str) else self.value,
        )
