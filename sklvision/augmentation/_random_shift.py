"""Random shifts of images."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

from sklvision.augmentation._base import FillingAugmenter, RandomSource, RandomState, Tensor
from sklvision.augmentation._texts import document
from sklvision.utils._sklearn import Interval, RealNotInt

_DISTANCE = [
    Interval(Integral, 0, 10**6, closed="both"),
    Interval(RealNotInt, 0, 1, closed="both"),
]


@document
class RandomShift(FillingAugmenter):
    """Shift images by random whole numbers of pixels.

    Parameters
    ----------
    height : int or float, default=0.1
        Longest distance up or down: an int in pixels, up to a million, or a float as a fraction of
        the height (rounded to pixels).
    width : int or float, default=0.1
        Longest distance to the left or right: an int in pixels, up to a million, or a float as a
        fraction of the width (rounded to pixels).
    %(fill)s
    %(image_common_always)s

    See Also
    --------
    RandomZoom : Random enlargement and reduction.
    SpectralShift : Random shifts of spectra along the bands.

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
        **FillingAugmenter._parameter_constraints,
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
        random_state: RandomState = None,
    ) -> None:
        super().__init__(fill=fill, fill_value=fill_value, p=p, random_state=random_state)
        self.height = height
        self.width = width

    def _draw(self, source: RandomSource, height: int, width: int) -> tuple[Tensor, Tensor]:
        """Draw the numbers of pixels down and to the right."""
        n_down = _convert_to_pixels(self.height, height)
        n_right = _convert_to_pixels(self.width, width)
        flags = source.draw_flags(self.p)
        return (
            source.draw_integers(-n_down, n_down) * flags,
            source.draw_integers(-n_right, n_right) * flags,
        )

    def _draw_maps(self, source: RandomSource, height: int, width: int) -> Tensor:
        from sklvision.augmentation import _functional

        return _functional.make_shift_maps(*self._draw(source, height, width))

    def _augment(self, X: Tensor, source: RandomSource) -> Tensor:
        from sklvision.augmentation import _functional

        n_down, n_right = self._draw(source, X.shape[1], X.shape[2])
        return _functional.shift(X, n_down, n_right, self.fill, self.fill_value)


def _convert_to_pixels(distance: float, size: int) -> int:
    return int(distance) if isinstance(distance, Integral) else round(distance * size)
