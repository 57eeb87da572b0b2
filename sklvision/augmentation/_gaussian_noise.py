"""Gaussian noise of images and spectra."""

from __future__ import annotations

from typing import Any, ClassVar

from sklvision.augmentation._base import Augmenter, RandomSource, RandomState, Tensor
from sklvision.augmentation._texts import document
from sklvision.utils._sklearn import Interval, Real


@document
class GaussianNoise(Augmenter):
    """Add Gaussian noise to images or spectra.

    .. versionadded:: 0.1

    Parameters
    ----------
    scale : float, default=0.05
        Standard deviation of the noise: as a fraction of the standard deviation of the values
        of each sample, or in the units of the samples, see ``relative``. Up to 1e30.
    relative : bool, default=True
        Whether ``scale`` is a fraction. A sample whose values are all equal then gets no noise.
    %(sample_common_always)s

    See Also
    --------
    SpectralGain : Random gain, offset and slope of spectra.
    RandomBrightness : Random brightness and contrast of images.

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
        "scale": [Interval(Real, 0, 1e30, closed="both")],
        "relative": ["boolean"],
    }
    _n_dims = (2, 3, 4)

    def __init__(
        self,
        scale: float = 0.05,
        *,
        relative: bool = True,
        p: float = 1.0,
        random_state: RandomState = None,
    ) -> None:
        super().__init__(p=p, random_state=random_state)
        self.scale = scale
        self.relative = relative

    def _augment(self, X: Tensor, source: RandomSource) -> Tensor:
        from sklvision.augmentation import _functional

        scale = (float(self.scale) * source.draw_flags(self.p)).to(X.dtype)
        return _functional.add_noise(X, source.draw_normal(X.shape), scale, self.relative)
