"""Noise of the sensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sklvision.augmentation._base import MAGNITUDE, Augmenter

if TYPE_CHECKING:
    from torch import Tensor

    from sklvision.augmentation._draws import Draws


class GaussianNoise(Augmenter):
    """Add Gaussian noise to images or spectra.

    Parameters
    ----------
    scale : float, default=0.05
        Standard deviation of the noise: as a fraction of the standard deviation of the values
        of each sample, or in the units of the samples, see ``relative``.
    relative : bool, default=True
        Whether ``scale`` is a fraction. A sample of one value throughout then gets no noise.
    p : float, default=1.0
        Probability, per sample, of getting noise.
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_transform``. In training, the classifier's seed rules.

    Attributes
    ----------
    input_shape_ : tuple of int
        Shape of one sample seen in ``fit``.
    n_features_in_ : int
        Number of values in one sample.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the bands, where ``X`` was a table with names that are all strings.

    See Also
    --------
    SpectralGain : Spectra in another light.
    RandomBrightness : Images in another light.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.augmentation import GaussianNoise
    >>> spectra = np.array([[1.0, 2.0, 3.0]])
    >>> noise = GaussianNoise(0.1, random_state=0).fit(spectra)
    >>> noise.fit_transform(spectra).round(2)
    array([[1.04, 1.97, 3.05]])
    >>> noise.transform(spectra)
    array([[1., 2., 3.]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Augmenter._parameter_constraints,
        "scale": MAGNITUDE,
        "relative": ["boolean"],
    }
    _ndims = (2, 3, 4)

    def __init__(
        self,
        scale: float = 0.05,
        *,
        relative: bool = True,
        p: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.scale = scale
        self.relative = relative
        self.p = p
        self.random_state = random_state

    def _augment(self, X: Tensor, draws: Draws) -> Tensor:
        from sklvision.augmentation import _functional

        scale = (self.scale * draws.chance(self.p)).to(X.dtype)
        return _functional.add_noise(X, draws.normal(X.shape), scale, self.relative)
