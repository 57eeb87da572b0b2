"""Random brightness and contrast of images."""

from __future__ import annotations

from typing import Any, ClassVar

from sklvision.augmentation._base import (
    RELATIVE_CHANGE,
    Augmenter,
    RandomSource,
    RandomState,
    Tensor,
)
from sklvision.augmentation._texts import document


@document
class RandomBrightness(Augmenter):
    """Change the brightness and the contrast of images.

    Parameters
    ----------
    brightness : float, default=0.2
        Largest relative change of brightness, from 0 to below 1: pixel values are multiplied
        by ``1 - brightness`` to ``1 + brightness``.
    contrast : float, default=0.2
        Largest relative change of contrast, from 0 to below 1: the distance of pixel
        values from the mean of their image is multiplied by ``1 - contrast`` to
        ``1 + contrast``.
    %(image_common_always)s

    See Also
    --------
    SpectralGain : Gain, offset and slope of spectra.
    GaussianNoise : Noise of the sensor.

    Notes
    -----
    Both are ratios, so the range of the pixel values need not be known; 0 must be black.
    ``fit_transform`` clips whole-numbered images to the range of their dtype, as a camera does;
    floats, and all values in training, are not clipped.

    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.augmentation import RandomBrightness
    >>> images = np.array([[[100, 200]]] * 3, dtype=np.uint8)
    >>> RandomBrightness(0.5, contrast=0.0, random_state=5).fit_transform(images)[:, 0]
    array([[115, 231],
           [ 69, 139],
           [142, 255]], dtype=uint8)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Augmenter._parameter_constraints,
        "brightness": RELATIVE_CHANGE,
        "contrast": RELATIVE_CHANGE,
    }

    def __init__(
        self,
        brightness: float = 0.2,
        *,
        contrast: float = 0.2,
        p: float = 1.0,
        random_state: RandomState = None,
    ) -> None:
        super().__init__(p=p, random_state=random_state)
        self.brightness = brightness
        self.contrast = contrast

    def _augment(self, X: Tensor, source: RandomSource) -> Tensor:
        from sklvision.augmentation import _functional

        flags = source.draw_flags(self.p)
        return _functional.scale_brightness(
            X,
            gain=1 + source.draw_symmetric(self.brightness) * flags,
            contrast=1 + source.draw_symmetric(self.contrast) * flags,
        )
