"""Spectra moved along the bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sklvision.augmentation._base import MAGNITUDE, Augmenter

if TYPE_CHECKING:
    from torch import Tensor

    from sklvision.augmentation._draws import Draws


class SpectralShift(Augmenter):
    """Move spectra along the bands, as a spectrometer does that is out of calibration.

    Parameters
    ----------
    bands : float, default=1.0
        Longest way, in bands; ways are drawn evenly from ``-bands`` to ``bands``, fractions of
        a band among them.
    p : float, default=1.0
        Probability, per sample, of being moved.
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
    SpectralGain : Spectra in another light.
    RandomShift : The same for images.

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
    _ndims = (2,)

    def __init__(
        self,
        bands: float = 1.0,
        *,
        p: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.bands = bands
        self.p = p
        self.random_state = random_state

    def _augment(self, X: Tensor, draws: Draws) -> Tensor:
        from sklvision.augmentation import _functional

        return _functional.shift_bands(X, draws.symmetric(self.bands) * draws.chance(self.p))
