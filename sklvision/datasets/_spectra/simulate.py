"""Simulated reflectance spectra of a sorting line."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.utils._random import make_generator
from sklvision.utils._sklearn import Interval, validate_params
from sklvision.utils._validation import check_count

LABELS = np.array([0, 1, 5])
TARGET_NAMES = ("product", "background", "foreign material")
FIRST_NM, LAST_NM = 870.0, 1650.0

# Each material: the absorbance that every band shares, then its absorption bands as
# (center in nm, standard deviation in nm, peak absorbance). A center outside the range gives
# the flank of a band that the instrument does not measure.
_MATERIALS: tuple[tuple[float, tuple[tuple[float, float, float], ...]], ...] = (
    (  # moist plant matter: water near 970, 1190 and 1460 nm
        0.18,
        (
            (970, 29, 0.035),
            (1168, 40, 0.36),
            (1265, 72, 0.12),
            (1468, 69, 0.62),
            (1562, 40, 0.17),
            (1648, 59, 0.36),
        ),
    ),
    (  # conveyor: darkens steadily to the red
        0.21,
        (
            (800, 35, 0.27),
            (984, 28, 0.046),
            (1180, 32, 0.28),
            (1260, 104, 0.26),
            (1429, 97, 0.54),
            (1660, 119, 0.61),
        ),
    ),
    (  # bright polymer: C-H near 1140, 1210 and 1370 to 1430 nm
        0.09,
        (
            (962, 40, 0.06),
            (1141, 39, 0.26),
            (1210, 52, 0.081),
            (1368, 18, 0.13),
            (1433, 58, 0.25),
            (1600, 139, 0.15),
        ),
    ),
)

_DESCR = """\
Simulated near-infrared reflectance of a sorting line: product (label 0), background (label 1)
and foreign material (label 5). Every value is a reflectance relative to a white reference.
See sklvision.datasets.make_spectra for how it is made.
"""


def _compute_reflectance(wavelengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the reflectance of the pure materials, of shape (3, n_bands)."""
    # Beer-Lambert: absorbances of Gaussian bands add up, and reflectance is 10 to their negative.
    absorbance = np.empty((len(_MATERIALS), wavelengths.size))
    for row, (floor, bands) in zip(absorbance, _MATERIALS, strict=True):
        center, width, peak = np.transpose(bands)[:, :, np.newaxis]
        row[:] = floor + np.sum(peak * np.exp(-0.5 * ((wavelengths - center) / width) ** 2), axis=0)
    return 10.0**-absorbance


def _count_classes(n_samples: int, weights: Sequence[float] | None) -> NDArray[np.int64]:
    """Split ``n_samples`` in proportion to ``weights``, by the largest remainders."""
    try:
        proportions = np.ones(LABELS.size) if weights is None else np.asarray(weights, dtype=float)
    except (TypeError, ValueError):  # no numbers
        proportions = np.zeros(0)
    if (
        proportions.shape != LABELS.shape
        or not np.isfinite(proportions).all()
        or proportions.min() < 0
    ):
        raise ValueError(
            f"weights must be 3 finite, non-negative proportions, of product, background and "
            f"foreign material; got {weights!r}."
        )
    if proportions.sum() == 0:
        raise ValueError(f"weights must not all be zero; got {weights!r}.")
    # Largest remainders: round down, then give the rest to the classes that lost most.
    exact = n_samples * proportions / proportions.sum()
    counts = np.floor(exact).astype(np.int64)
    for position in np.argsort(counts - exact, kind="stable")[: n_samples - counts.sum()]:
        counts[position] += 1
    return counts


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_bands": [Interval(Integral, 2, None, closed="left")],
        "weights": ["array-like", None],
        "brightness_spread": [Interval(Real, 0, 10, closed="both")],
        "baseline_drift": [Interval(Real, 0, 1e6, closed="both")],
        "noise": [Interval(Real, 0, 1e6, closed="both")],
        "mixing": [Interval(Real, 0, 0.5, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_spectra(
    n_samples: int = 300,
    *,
    n_bands: int = 502,
    weights: Sequence[float] | None = None,
    brightness_spread: float = 0.1,
    baseline_drift: float = 0.01,
    noise: float = 0.005,
    mixing: float = 0.0,
    shuffle: bool = True,
    random_state: int | np.random.RandomState | None = None,
    return_X_y: bool = True,
) -> tuple[NDArray[np.float32], NDArray[np.int64]] | Bunch:
    """Make near-infrared spectra of a product, its background and foreign material.

    Sorting machines look at a belt with a line spectrometer and must distinguish, pixel by pixel,
    the product (label 0) from the empty belt (label 1) and from anything foreign (label 5). Each
    material absorbs in a few bands, and each measured spectrum is a distorted copy of its
    material's reflectance.

    .. versionadded:: 0.1

    Parameters
    ----------
    n_samples : int, default=300
        Number of spectra.
    n_bands : int, default=502
        Number of wavelengths, equally spaced from 870 to 1650 nm.
    weights : array-like of shape (3,), default=None
        Proportions of product, background and foreign material; they need not add up to one.
        The counts are exact to the nearest sample. ``None`` makes the classes equal.
    brightness_spread : float, default=0.1
        Standard deviation of the logarithm of each spectrum's overall gain, so 0.1 means
        about 10 % more or less light; up to 10. The main difference within a class on real
        lines.
    baseline_drift : float, default=0.01
        Root mean square, in units of reflectance, of a random parabola over the bands that
        is added to each spectrum: stray light and a drifting dark current. Up to a million.
    noise : float, default=0.005
        Standard deviation, in units of reflectance, of the detector's white noise, up to a
        million.
    mixing : float, default=0.0
        Largest fraction, in [0, 0.5), of another material in the field of view, as at the edges of
        objects. The fraction in each spectrum is uniform between 0 and this; its label is that of
        the larger part. Near 0.5 the classes overlap.
    shuffle : bool, default=True
        Whether to shuffle the samples, which are otherwise sorted by class.
    random_state : int, RandomState instance or None, default=None
        Determines the samples. Pass an int for the same data in every call.
    return_X_y : bool, default=True
        Whether to return ``(X, y)`` instead of a Bunch.

    Returns
    -------
    X : ndarray of shape (n_samples, n_bands), dtype float32
        Reflectance relative to a white reference: 1.0 is as bright as the reference. Noise
        and drift may carry a dark band below 0.
    y : ndarray of shape (n_samples,), dtype int64
        Labels: 0 product, 1 background, 5 foreign material.
    data : :class:`~sklearn.utils.Bunch`
        With ``return_X_y=False``: ``data``, ``target``, ``wavelengths`` (nm, of shape
        (n_bands,)), ``feature_names``, ``target_names`` and ``DESCR``.

    Raises
    ------
    ValueError
        If a parameter is out of its range; the message names it.

    See Also
    --------
    load_spectra : Read measured spectra.
    sklearn.datasets.make_classification : Problems without the physics.

    Notes
    -----
    A material's absorbance is ``A(w) = a0 + sum_k p_k exp(-(w - c_k)^2 / (2 s_k^2))``, a floor
    and six Gaussian bands, and its reflectance ``R(w) = 10 ** -A(w)``, as apparent absorbance is
    defined in near-infrared spectroscopy [1]_. A sample is ``gain * R(w) + drift(w) +
    noise(w)``. The bands were chosen so that the three curves look like those of a real
    502-band sorting line; the wavelength axis is nominal.

    The values are float32: their seven digits are far below the noise of any detector, and nets
    compute in float32, so anything wider would only cost memory.

    References
    ----------
    .. [1] Burns, D. A. and Ciurczak, E. W. (2007). Handbook of Near-Infrared Analysis,
       3rd edition. CRC Press.

    Examples
    --------
    >>> from sklvision.datasets import make_spectra
    >>> X, y = make_spectra(60, weights=[8, 1, 1], random_state=0)
    >>> X.shape
    (60, 502)
    >>> [int((y == label).sum()) for label in (0, 1, 5)]
    [48, 6, 6]
    """
    n_samples = check_count("n_samples", n_samples)
    rng = make_generator(random_state)
    wavelengths = np.linspace(FIRST_NM, LAST_NM, n_bands)
    material = _compute_reflectance(wavelengths)
    class_indices = np.repeat(np.arange(LABELS.size), _count_classes(n_samples, weights))
    if shuffle:
        rng.shuffle(class_indices)

    share = rng.uniform(0.0, mixing, (n_samples, 1))
    other_indices = (class_indices + rng.randint(1, LABELS.size, n_samples)) % LABELS.size
    gain = np.exp(brightness_spread * rng.standard_normal((n_samples, 1)))
    X = gain * ((1.0 - share) * material[class_indices] + share * material[other_indices])

    # Legendre polynomials are orthogonal: each of the three takes a third of the mean square.
    degrees = np.arange(3)
    parabolas = np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, n_bands), 2).T
    scale = baseline_drift * np.sqrt((2 * degrees + 1) / degrees.size)
    X += (scale * rng.standard_normal((n_samples, degrees.size))) @ parabolas
    X += noise * rng.standard_normal(X.shape)

    X, y = X.astype(np.float32), LABELS[class_indices]
    if return_X_y:
        return X, y
    return Bunch(
        data=X,
        target=y,
        wavelengths=wavelengths,
        feature_names=[f"{wavelength:.2f}" for wavelength in wavelengths],
        target_names=list(TARGET_NAMES),
        DESCR=_DESCR,
    )
