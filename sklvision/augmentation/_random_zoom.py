"""Images enlarged and made smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sklvision.augmentation._base import FILL, PART, AffineAugmenter

if TYPE_CHECKING:
    from torch import Tensor

    from sklvision.augmentation._draws import Draws


class RandomZoom(AffineAugmenter):
    """Enlarge and shrink images about their center.

    Images keep their size in pixels: what no longer fits is cut off, and what is missing
    around a smaller image is filled.

    Parameters
    ----------
    zoom : float, default=0.1
        Largest relative change of size: content appears ``1 - zoom`` to ``1 + zoom`` times as
        large, from 0 up to but without 1.
    fill : {"reflect", "edge", "constant"}, default="reflect"
        What appears from beyond the edges: the image mirrored there, its edge pixels
        repeated, or ``fill_value``.
    fill_value : float, default=0.0
        Value of pixels with ``fill="constant"``, in the units of the images.
    p : float, default=1.0
        Probability, per sample, of being zoomed.
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
    RandomShift : Moved images.
    Compose : Flips, rotations, shifts and zooms in a row, with one interpolation.

    Notes
    -----
    Pixels are interpolated linearly, which blurs fine detail a little.

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
        **AffineAugmenter._parameter_constraints,
        **FILL,
        "zoom": PART,
    }

    def __init__(
        self,
        zoom: float = 0.1,
        *,
        fill: str = "reflect",
        fill_value: float = 0.0,
        p: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.zoom = zoom
        self.fill = fill
        self.fill_value = fill_value
        self.p = p
        self.random_state = random_state

    def _maps(self, draws: Draws, height: int, width: int) -> Tensor:
        from sklvision.augmentation import _functional

        return _functional.zoom_map(1 + draws.symmetric(self.zoom) * draws.chance(self.p))
