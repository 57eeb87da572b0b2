"""Random zooms of images."""

from __future__ import annotations

from typing import Any, ClassVar

from sklvision.augmentation._base import (
    RELATIVE_CHANGE,
    FillingAugmenter,
    RandomSource,
    RandomState,
    Tensor,
)
from sklvision.augmentation._texts import document


@document
class RandomZoom(FillingAugmenter):
    """Enlarge and shrink images about their center.

    Images keep their size in pixels: pixels that no longer fit are cut off, and missing ones
    around a smaller image are filled.

    Parameters
    ----------
    zoom : float, default=0.1
        Largest relative change of size: content appears ``1 - zoom`` to ``1 + zoom`` times as
        large, from 0 to below 1.
    %(fill)s
    %(image_common_always)s

    See Also
    --------
    RandomShift : Random shifts.
    RandomRotation : Random rotations.

    Notes
    -----
    Linear interpolation of pixels blurs fine detail a little.

    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.augmentation import RandomZoom
    >>> images = np.full((2, 8, 8), 255, dtype=np.uint8)
    >>> smaller = RandomZoom(0.5, fill="constant", random_state=3).fit_transform(images)
    >>> (smaller == 0).sum(axis=(1, 2))
    array([48, 28])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **FillingAugmenter._parameter_constraints,
        "zoom": RELATIVE_CHANGE,
    }

    def __init__(
        self,
        zoom: float = 0.1,
        *,
        fill: str = "reflect",
        fill_value: float = 0.0,
        p: float = 1.0,
        random_state: RandomState = None,
    ) -> None:
        super().__init__(fill=fill, fill_value=fill_value, p=p, random_state=random_state)
        self.zoom = zoom

    def _draw_maps(self, source: RandomSource, height: int, width: int) -> Tensor:
        from sklvision.augmentation import _functional

        change = source.draw_symmetric(self.zoom)
        return _functional.make_zoom_maps(1 + change * source.draw_flags(self.p))
