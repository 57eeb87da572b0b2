"""Spectra in another light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sklvision.augmentation._base import MAGNITUDE, PART, Augmenter

if TYPE_CHECKING:
    from torch import Tensor

    from sklvision.augmentation._draws import Draws


class SpectralGain(Augmenter):
    """Scale, lift and tilt spectra, as lamps, distance and scatter do.

    Parameters
    ----------
    gain : float, default=0.1
        Largest relative change of all values, from 0 up to but without 1: they are multiplied
        by ``1 - gain`` to ``1 + gain``.
    offset : float, default=0.0
        Largest value added to all bands or taken from them, in standard deviations of the
        spectrum over its bands.
    slope : float, default=0.0
        Largest tilt, in the same unit: what is added rises or falls evenly, from ``-slope`` at
        one end to ``slope`` at the other.
    p : float, default=1.0
        Probability, per sample, of being changed.
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_transform``. In training, the classifier's seed rules.

    Attributes
    ----------
    input_shape_ : tuple of int
        Shape of one spectrum seen in ``fit``.
    n_features_in_ : int
        Number of bands seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the bands, where ``X`` had names that are all strings.

    See Also
    --------
    SpectralShift : Spectra moved along the bands.
    sklvision.spectral.SpectralScaler : Takes such differences out again.

    Notes
    -----
    .. versionadded:: 0.1

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
        "gain": PART,
        "offset": MAGNITUDE,
        "slope": MAGNITUDE,
    }
    _ndims = (2,)

    def __init__(
        self,
        gain: float = 0.1,
        *,
        offset: float = 0.0,
        slope: float = 0.0,
        p: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.gain = gain
        self.offset = offset
        self.slope = slope
        self.p = p
        self.random_state = random_state

    def _augment(self, X: Tensor, draws: Draws) -> Tensor:
        from sklvision.augmentation import _functional

        changed = draws.chance(self.p)
        return _functional.scale_bands(
            X,
            gain=1 + draws.symmetric(self.gain) * changed,
            offset=draws.symmetric(self.offset) * changed,
            slope=draws.symmetric(self.slope) * changed,
        )
