"""Turned images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sklvision.augmentation._base import FILL, AffineAugmenter
from sklvision.utils._sklearn import Interval, Real

if TYPE_CHECKING:
    from torch import Tensor

    from sklvision.augmentation._draws import Draws


class RandomRotation(AffineAugmenter):
    """Turn images about their center by random angles.

    Images keep their size: corners are turned out of the picture, and others filled.

    Parameters
    ----------
    degrees : float, default=15.0
        Largest angle, in degrees, from 0 to 180; angles are drawn evenly from ``-degrees`` to
        ``degrees``.
    step : float, default=None
        Angles are whole multiples of this many degrees: 1 for whole degrees, 90 for quarter
        turns. None allows any angle.
    fill : {"reflect", "edge", "constant"}, default="reflect"
        What appears from beyond the edges: the image mirrored there, its edge pixels
        repeated, or ``fill_value``.
    fill_value : float, default=0.0
        Value of pixels with ``fill="constant"``, in the units of the images.
    p : float, default=1.0
        Probability, per sample, of being turned.
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
    RandomFlip : Mirrored images.
    Compose : Flips, rotations, shifts and zooms in a row, with one interpolation.

    Notes
    -----
    Pixels are interpolated linearly, which blurs fine detail a little.

    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.augmentation import RandomRotation
    >>> images = np.array([[[10, 20], [30, 40]]])
    >>> RandomRotation(180, step=90, random_state=0).fit_transform(images)
    array([[[30, 10],
            [40, 20]]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **AffineAugmenter._parameter_constraints,
        **FILL,
        "degrees": [Interval(Real, 0, 180, closed="both")],
        "step": [Interval(Real, 0, 180, closed="right"), None],
    }

    def __init__(
        self,
        degrees: float = 15.0,
        *,
        step: float | None = None,
        fill: str = "reflect",
        fill_value: float = 0.0,
        p: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.degrees = degrees
        self.step = step
        self.fill = fill
        self.fill_value = fill_value
        self.p = p
        self.random_state = random_state

    def _maps(self, draws: Draws, height: int, width: int) -> Tensor:
        from sklvision.augmentation import _functional

        if self.step is None:
            degrees = draws.symmetric(self.degrees)
        else:
            n_steps = int(self.degrees / self.step + 1e-9)  # 0.3 / 0.1 is just below 3
            # Half a turn to the left is half a turn to the right, and not twice as likely.
            twice = n_steps * self.step == 180
            degrees = draws.integers(-n_steps + twice, n_steps) * self.step
        return _functional.rotation_map(degrees * draws.chance(self.p))
