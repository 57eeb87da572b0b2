"""Random gain, offset and slope of spectra."""

from __future__ import annotations

from typing import Any, ClassVar

from sklvision.augmentation._base import (
    MAGNITUDE,
    RELATIVE_CHANGE,
    Augmenter,
    RandomSource,
    RandomState,
    Tensor,
)
from sklvision.augmentation._texts import document


@document
class SpectralGain(Augmenter):
    """Scale, shift and tilt spectra, as lamps, distance and scatter do.

    .. versionadded:: 0.1

    Parameters
    ----------
    gain : float, default=0.1
        Largest relative change of all values, from 0 to below 1: they are multiplied by
        ``1 - gain`` to ``1 + gain``.
    offset : float, default=0.0
        Largest value added to or subtracted from all bands, in standard deviations of the spectrum
        over its bands, up to a million.
    slope : float, default=0.0
        Largest tilt, in the same unit: a straight line from ``-slope`` at one end to ``slope`` at
        the other is added.
    %(spectrum_common_always)s

    See Also
    --------
    SpectralShift : Random shifts of spectra along the bands.
    sklvision.spectral.SpectralScaler : Removes such differences.

    References
    ----------
    .. [1] E. J. Bjerrum, M. Glahder and T. Skov, "Data augmentation of spectral data for
       convolutional neural network (CNN) based deep chemometrics", arXiv:1710.01927 (2017).

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.augmentation import SpectralGain
    >>> spectra = np.array([[1.0, 2.0, 3.0]] * 2)
    >>> SpectralGain(0.5, random_state=0).fit_transform(spectra).round(2)
    array([[1.04, 2.08, 3.13],
           [0.89, 1.79, 2.68]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Augmenter._parameter_constraints,
        "gain": RELATIVE_CHANGE,
        "offset": MAGNITUDE,
        "slope": MAGNITUDE,
    }
    _n_dims = (2,)

    def __init__(
        self,
        gain: float = 0.1,
        *,
        offset: float = 0.0,
        slope: float = 0.0,
        p: float = 1.0,
        random_state: RandomState = None,
    ) -> None:
        super().__init__(p=p, random_state=random_state)
        self.gain = gain
        self.offset = offset
        self.slope = slope

    def _augment(self, X: Tensor, source: RandomSource) -> Tensor:
        from sklvision.augmentation import _functional

        flags = source.draw_flags(self.p)
        return _functional.scale_bands(
            X,
            gain=1 + source.draw_symmetric(self.gain) * flags,
            offset=source.draw_symmetric(self.offset) * flags,
            slope=source.draw_symmetric(self.slope) * flags,
        )
