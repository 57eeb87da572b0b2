"""Images in another light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sklvision.augmentation._base import PART, Augmenter

if TYPE_CHECKING:
    from torch import Tensor

    from sklvision.augmentation._draws import Draws


class RandomBrightness(Augmenter):
    """Change the brightness and the contrast of images.

    Parameters
    ----------
    brightness : float, default=0.2
        Largest relative change of brightness, from 0 up to but without 1: pixel values are
        multiplied by ``1 - brightness`` to ``1 + brightness``.
    contrast : float, default=0.2
        Largest relative change of contrast, from 0 up to but without 1: the distance of pixel
        values from the mean of their image is multiplied by ``1 - contrast`` to
        ``1 + contrast``.
    p : float, default=1.0
        Probability, per sample, of being changed.
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
    SpectralGain : The same for spectra.
    GaussianNoise : Noise of the sensor.

    Notes
    -----
    Both are ratios, and so need no word about the range of the pixel values; 0 must be black.
    ``fit_transform`` clips whole-numbered images to the range of their dtype, as a camera does;
    values of floats, and in training, are not clipped.

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
        "brightness": PART,
        "contrast": PART,
    }

    def __init__(
        self,
        brightness: float = 0.2,
        *,
        contrast: float = 0.2,
        p: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.brightness = brightness
        self.contrast = contrast
        self.p = p
        self.random_state = random_state

    def _augment(self, X: Tensor, draws: Draws) -> Tensor:
        from sklvision.augmentation import _functional

        changed = draws.chance(self.p)
        return _functional.scale_brightness(
            X,
            gain=1 + draws.symmetric(self.brightness) * changed,
            contrast=1 + draws.symmetric(self.contrast) * changed,
        )
