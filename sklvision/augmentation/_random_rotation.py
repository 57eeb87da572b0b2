"""Random rotations of images."""

from __future__ import annotations

from typing import Any, ClassVar

from sklvision.augmentation._base import FillingAugmenter, RandomSource, RandomState, Tensor
from sklvision.augmentation._texts import document
from sklvision.utils._sklearn import Interval, Real


@document
class RandomRotation(FillingAugmenter):
    """Rotate images about their center by random angles.

    Images keep their size: parts that leave the image are cut off, and empty corners are filled.

    Parameters
    ----------
    degrees : float, default=15.0
        Largest angle, in degrees, from 0 to 180; angles are drawn uniformly from ``-degrees`` to
        ``degrees``.
    step : float, default=None
        Angles are whole multiples of this many degrees, at least 0.001: 1 for whole degrees, 90
        for quarter turns. None allows any angle.
    %(fill)s
    %(image_common_always)s

    See Also
    --------
    RandomFlip : Random flips.
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
        **FillingAugmenter._parameter_constraints,
        "degrees": [Interval(Real, 0, 180, closed="both")],
        "step": [Interval(Real, 1e-3, 180, closed="both"), None],
    }

    def __init__(
        self,
        degrees: float = 15.0,
        *,
        step: float | None = None,
        fill: str = "reflect",
        fill_value: float = 0.0,
        p: float = 1.0,
        random_state: RandomState = None,
    ) -> None:
        super().__init__(fill=fill, fill_value=fill_value, p=p, random_state=random_state)
        self.degrees = degrees
        self.step = step

    def _draw_maps(self, source: RandomSource, height: int, width: int) -> Tensor:
        from sklvision.augmentation import _functional

        if self.step is None:
            degrees = source.draw_symmetric(self.degrees)
        else:
            n_steps = int(self.degrees / self.step + 1e-9)  # 0.3 / 0.1 is just below 3
            # Half a turn to the left is half a turn to the right, and not twice as likely.
            has_half_turn = n_steps * self.step == 180
            degrees = source.draw_integers(-n_steps + has_half_turn, n_steps) * self.step
        return _functional.make_rotation_maps(degrees * source.draw_flags(self.p))
