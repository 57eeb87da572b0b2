"""One measured spectrum, and several of them brought to one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sklvision.datasets._tables.axis import describe_axis
from sklvision.utils._bands import interpolate_bands


@dataclass(frozen=True)
class Spectrum:
    """A spectrum with its axis."""

    path: Path  # file it comes from
    title: str
    axis: NDArray[np.float64]  # (n_bands,), in the order of the file
    values: NDArray[np.float64]  # (n_bands,)
    unit: str | None  # of the axis
    quantity: str  # kind of the values, such as "absorbance"

    def describe_axis(self) -> str:
        """Describe the number of bands, and the ends of the axis."""
        return f"{len(self.axis)} bands, {describe_axis(self.axis.tolist(), self.unit)}"


def stack_spectra(
    spectra: Sequence[Spectrum], *, resample: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Stack spectra of one axis; a spectrum that runs the other way is turned.

    Parameters
    ----------
    spectra : sequence of Spectrum
        At least one spectrum.
    resample : bool, default=False
        Whether to interpolate spectra of other axes linearly to the positions of the first that lie
        within all of them. Nothing is extrapolated.

    Returns
    -------
    axis : ndarray of shape (n_bands,)
        The positions.
    X : ndarray of shape (n_spectra, n_bands)
        The values.

    Raises
    ------
    ValueError
        If units, quantities or axes differ; the message names two files.
    """
    first = spectra[0]
    for spectrum in spectra[1:]:
        _check_same_kind(first, spectrum)
    rows = [_align(first, spectrum) for spectrum in spectra]
    if all(row is not None for row in rows):
        return first.axis, np.array(rows)
    second = spectra[next(i for i, row in enumerate(rows) if row is None)]
    if not resample:
        raise ValueError(
            f"{second.path} has another axis ({second.describe_axis()}) than {first.path} "
            f"({first.describe_axis()}). Read them with resample=True to interpolate all to one."
        )
    low = max(spectrum.axis.min() for spectrum in spectra)
    high = min(spectrum.axis.max() for spectrum in spectra)
    axis = first.axis[(first.axis >= low) & (first.axis <= high)]
    if len(axis) < 2:
        raise ValueError(
            f"{second.path} ({second.describe_axis()}) and {first.path} ({first.describe_axis()}) "
            "hardly overlap with the others: nothing is extrapolated."
        )
    contract = {"axis": axis.tolist()}
    resampled = [
        interpolate_bands(contract, spectrum.values[np.newaxis], spectrum.axis.tolist())
        for spectrum in spectra
    ]
    return axis, np.concatenate(resampled)


def _check_same_kind(first: Spectrum, second: Spectrum) -> None:
    for expected, value in ((first.unit, second.unit), (first.quantity, second.quantity)):
        if expected and value and expected != value:
            raise ValueError(
                f"{second.path} is in {value}, and {first.path} in {expected}. Convert one of them "
                "first."
            )


def _align(first: Spectrum, second: Spectrum) -> NDArray[np.float64] | None:
    """Return the values in the order of the first axis, None where the positions differ."""
    if len(second.axis) != len(first.axis):
        return None
    # Positions are the same up to rounding: a hundredth of the distance between bands.
    tolerance = np.abs(np.diff(first.axis)).min() / 100 if len(first.axis) > 1 else 0.0
    for axis, values in ((second.axis, second.values), (second.axis[::-1], second.values[::-1])):
        if (np.abs(axis - first.axis) <= tolerance).all():
            return values
    return None
