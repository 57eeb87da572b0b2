"""Random shifts of spectra along the bands."""

from __future__ import annotations

from typing import Any, ClassVar

from sklvision.augmentation._base import MAGNITUDE, Augmenter, RandomSource, RandomState, Tensor
from sklvision.augmentation._texts import document


@document
class SpectralShift(Augmenter):
    """Shift spectra along the bands, as an uncalibrated spectrometer does.

    Parameters
    ----------
    bands : float, default=1.0
        Longest distance, in bands, up to a million; distances are drawn uniformly from ``-bands``
        to ``bands`` and may be fractions of a band.
    %(spectrum_common_always)s

    See Also
    --------
    SpectralGain : Random gain, offset and slope of spectra.
    RandomShift : Random shifts of images.

    Notes
    -----
    Values between bands are interpolated linearly; those at the ends are repeated.

    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.augmentation import SpectralShift
    >>> spectra = np.array([[0.0, 0.0, 1.0, 0.0, 0.0]] * 2)
    >>> SpectralShift(1.0, random_state=0).fit_transform(spectra).round(2)
    array([[0.  , 0.14, 0.86, 0.  , 0.  ],
           [0.  , 0.03, 0.97, 0.  , 0.  ]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Augmenter._parameter_constraints,
        "bands": MAGNITUDE,
    }
    _n_dims = (2,)

    def __init__(
        self, bands: float = 1.0, *, p: float = 1.0, random_state: RandomState = None
    ) -> None:
        super().__init__(p=p, random_state=random_state)
        self.bands = bands

    def _augment(self, X: Tensor, source: RandomSource) -> Tensor:
        from sklvision.augmentation import _functional

        distance = source.draw_symmetric(self.bands)
        return _functional.shift_bands(X, distance * source.draw_flags(self.p))
